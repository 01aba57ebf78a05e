//! The columns of one row, taken one after the other.

use crate::catalogue::Name;

/// What is left of a row.
pub(super) struct Cells(std::vec::IntoIter<Option<String>>);

impl Cells {
    pub(super) fn new(row: Vec<Option<String>>) -> Self {
        Self(row.into_iter())
    }

    /// The next one, or nothing where it is NULL.
    pub(super) fn optional(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    pub(super) fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    /// A boolean as text.
    pub(super) fn flag(&mut self) -> bool {
        self.optional().as_deref() == Some("true")
    }

    pub(super) fn number<T: std::str::FromStr + Default>(&mut self) -> T {
        self.optional().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// A `"char"`: one letter.
    pub(super) fn letter(&mut self) -> char {
        self.optional().and_then(|text| text.chars().next()).unwrap_or(' ')
    }

    /// Two columns: the schema, NULL for `public`, and the name.
    pub(super) fn name(&mut self) -> Name {
        Name { schema: self.optional(), name: self.text() }
    }

    /// An array of texts.
    pub(super) fn list(&mut self) -> Vec<String> {
        self.optional().map(|text| array(&text)).unwrap_or_default()
    }

    /// An array of numbers, or one of the vectors.
    pub(super) fn numbers(&mut self) -> Vec<i32> {
        let text = self.text();
        let separators = |c: char| matches!(c, '{' | '}' | ',' | ' ');
        text.split(separators).filter_map(|number| number.parse().ok()).collect()
    }
}

/// Reads an array of texts as the server writes it: `{a,"b c"}`.
fn array(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = None;
    let mut quoted = false;
    let mut chars = text.strip_prefix('{').unwrap_or(text).chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                item.get_or_insert_with(String::new);
            }
            '\\' => item.get_or_insert_with(String::new).extend(chars.next()),
            ',' | '}' if !quoted => items.extend(item.take()),
            c => item.get_or_insert_with(String::new).push(c),
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays() {
        for (text, expected) in [
            ("{}", &[][..]),
            ("{a}", &["a"]),
            ("{a,b}", &["a", "b"]),
            (r#"{"a b","c,d","e\"f","g\\h",""}"#, &["a b", "c,d", "e\"f", "g\\h", ""]),
            ("{fillfactor=70,\"x={}\"}", &["fillfactor=70", "x={}"]),
        ] {
            assert_eq!(array(text), expected, "{text}");
        }
    }

    #[test]
    fn vectors() {
        for (text, expected) in [("1 2 0", vec![1, 2, 0]), ("{3,-1}", vec![3, -1]), ("", vec![])] {
            assert_eq!(Cells::new(vec![Some(text.to_owned())]).numbers(), expected, "{text}");
        }
    }
}
