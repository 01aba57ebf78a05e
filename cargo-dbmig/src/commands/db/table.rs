//! Rows as an aligned table.

use dbmig_runtime::session::Row;

/// What stands for no value.
const NULL: &str = "NULL";

/// The lines of a table: names, a rule, and rows. A line break inside a value is shown as `\n`.
pub(super) fn lines(columns: &[String], rows: &[Row]) -> Vec<String> {
    let names: Vec<String> = columns.iter().map(|name| one_line(name)).collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.as_deref().map_or(NULL.into(), one_line)).collect())
        .collect();
    let length = |text: &String| text.chars().count();
    let widths: Vec<usize> = (0..names.len())
        .map(|index| {
            let all = cells.iter().filter_map(|row| row.get(index)).chain(names.get(index));
            all.map(length).max().unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> = (0..names.len())
        .map(|index| {
            let mut all = rows.iter().filter_map(|row| row.get(index)?.as_deref()).peekable();
            all.peek().is_some() && all.all(|text| text.parse::<f64>().is_ok())
        })
        .collect();
    let line = |texts: &[String]| {
        let padded = texts.iter().zip(&widths).zip(&numeric).map(|((text, &width), &right)| {
            let room = " ".repeat(width.saturating_sub(length(text)));
            if right { format!("{room}{text}") } else { format!("{text}{room}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rule = widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>().join("  ");
    [line(&names), rule].into_iter().chain(cells.iter().map(|row| line(row))).collect()
}

fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: &[Option<&str>]| -> Row {
            cells.iter().map(|cell| cell.map(str::to_owned)).collect()
        };
        let columns = ["id", "name", "x"].map(str::to_owned);
        let rows =
            [row(&[Some("1"), Some("é\nb"), None]), row(&[Some("-20.5"), Some(""), Some("y")])];
        assert_eq!(
            lines(&columns, &rows),
            ["   id  name  x", "-----  ----  ----", "    1  é\\nb  NULL", "-20.5        y",]
        );
        assert_eq!(lines(&columns, &[]), ["id  name  x", "--  ----  -"]);
    }
}
