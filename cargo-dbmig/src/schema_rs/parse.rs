//! Reads a `schema.rs`, whoever wrote it: `table!` and `joinable!`, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

/// What a `schema.rs` tells of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The tables, by their names in the database.
    pub tables: BTreeMap<String, ToldTable>,
    /// Child, parent, and column of each `joinable!`.
    pub joins: BTreeSet<(String, String, String)>,
    /// What the database calls the types that are defined: schema, and name, by their names in Rust.
    pub types: BTreeMap<String, (Option<String>, String)>,
}

/// What a `table!` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldTable {
    /// The columns of the primary key.
    pub key: Vec<String>,
    /// The types of Diesel, by the names of the columns in the database.
    pub columns: BTreeMap<String, String>,
    /// Those names in the order in which they stand.
    pub order: Vec<String>,
    /// The longest text, of columns that say it.
    pub lengths: BTreeMap<String, u64>,
}

/// Reads the text. Anything but the two macros is passed over.
///
/// # Errors
///
/// A `table!` that Diesel would not take either: the line, from 1, and what is wrong.
pub fn parse(text: &str) -> Result<Told, (usize, String)> {
    let tokens = tokens(text);
    let mut told = Told::default();
    // Tables are called by their names in Rust until all are known.
    let mut names = BTreeMap::new();
    let mut columns = BTreeMap::new();
    let mut joins = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let named = |word: &str| {
            tokens[at].text == word && tokens.get(at + 1).is_some_and(|token| token.text == "!")
        };
        let is_table = named("table");
        if is_table || named("joinable") {
            let line = tokens[at].line;
            let group =
                group(&tokens[at + 2..]).ok_or_else(|| (line, "it does not end".to_owned()))?;
            at += 2 + group.len() + 2;
            if is_table {
                let read = table(group).map_err(|why| (line, why))?;
                names.insert(read.rust, read.sql.clone());
                columns.insert(read.sql.clone(), read.of_rust);
                told.tables.insert(read.sql, read.table);
            } else {
                joins.push(join(group).map_err(|why| (line, why))?);
            }
        } else {
            if let Some((rust, sql)) = custom_type(&tokens[at..]) {
                told.types.insert(rust, sql);
            }
            at += 1;
        }
    }
    for (child, parent, column) in joins {
        let known = |name: String| names.get(&name).cloned().unwrap_or(name);
        let child = known(child);
        let sql = columns.get(&child).and_then(|columns| columns.get(&column)).cloned();
        told.joins.insert((child, known(parent), sql.unwrap_or(column)));
    }
    Ok(told)
}

#[derive(Debug)]
struct Token {
    text: String,
    line: usize,
    /// A string, without its quotes.
    string: bool,
}

/// Words, strings, `->`, and single characters; comments are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (length, string) = length(rest, first);
        let (piece, after) = rest.split_at(length);
        let comment = piece.starts_with("//") || piece.starts_with("/*");
        if !comment && !first.is_whitespace() {
            let text = match &string {
                Some(inner) => inner.clone(),
                None => piece.strip_prefix("r#").unwrap_or(piece).to_owned(),
            };
            out.push(Token { text, line, string: string.is_some() });
        }
        line += piece.matches('\n').count();
        rest = after;
    }
    out
}

/// How long the token at the front is; what is in it, where it is a string.
fn length(rest: &str, first: char) -> (usize, Option<String>) {
    let up_to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), None);
    }
    if rest.starts_with("/*") {
        return (up_to("*/"), None);
    }
    if rest.starts_with("->") || rest.starts_with("::") {
        return (2, None);
    }
    // r"…", r#"…"#, and the like.
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(inner) = raw[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = inner.find(&end).unwrap_or(inner.len());
            let whole = (2 + hashes + length + end.len()).min(rest.len());
            return (whole, Some(inner[..length].to_owned()));
        }
        if hashes == 1 {
            let name = raw[1..].find(|c| !word(c)).unwrap_or(raw.len() - 1);
            return (2 + name, None);
        }
    }
    if first == '"' {
        return plain_string(rest);
    }
    if word(first) {
        return (rest.find(|c| !word(c)).unwrap_or(rest.len()), None);
    }
    (first.len_utf8(), None)
}

fn plain_string(rest: &str) -> (usize, Option<String>) {
    let mut inner = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (at + 1, Some(inner)),
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => inner.push('\n'),
                Some('r') => inner.push('\r'),
                Some('t') => inner.push('\t'),
                Some('0') => inner.push('\0'),
                Some(other) => inner.push(other),
                None => break,
            },
            c => inner.push(c),
        }
    }
    (rest.len(), Some(inner))
}

/// What is between the bracket at the front and the one that closes it.
fn group(tokens: &[Token]) -> Option<&[Token]> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| !token.string) {
        match token.text.as_str() {
            "(" | "{" | "[" => depth += 1,
            ")" | "}" | "]" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(&tokens[1..at]);
                }
            }
            _ if at == 0 => return None,
            _ => {}
        }
    }
    None
}

/// `postgres_type(name = "…", schema = "…"))] … struct Name`, and the same with `mysql_type`.
fn custom_type(tokens: &[Token]) -> Option<(String, (Option<String>, String))> {
    let [attribute, rest @ ..] = tokens else { return None };
    if attribute.string || !matches!(&*attribute.text, "postgres_type" | "mysql_type") {
        return None;
    }
    let inner = group(rest)?;
    let value = |key: &str| {
        let at = inner
            .windows(3)
            .find(|three| three[0].text == key && three[1].text == "=" && three[2].string);
        at.map(|three| three[2].text.clone())
    };
    // The definition that it stands before; another attribute of a type begins another one.
    let behind = &rest[inner.len() + 2..];
    let end = behind.iter().position(|token| token.text == "struct" && !token.string)?;
    let rust = behind.get(end + 1)?.text.clone();
    Some((rust, (value("schema"), value("name")?)))
}

/// What attributes say that matters here.
#[derive(Default)]
struct Attributes {
    sql_name: Option<String>,
    max_length: Option<u64>,
}

/// What attributes say, and the tokens behind all of them.
fn attributes(mut tokens: &[Token]) -> Result<(Attributes, &[Token]), String> {
    let mut said = Attributes::default();
    while tokens.first().is_some_and(|token| token.text == "#" && !token.string) {
        let inner = group(&tokens[1..]).ok_or("an attribute does not end")?;
        if let [word, equals, value] = inner {
            match (&*word.text, value.string) {
                ("sql_name", true) if equals.text == "=" => {
                    said.sql_name = Some(value.text.clone());
                }
                ("max_length", false) if equals.text == "=" => {
                    said.max_length = value.text.replace('_', "").parse().ok();
                }
                _ => {}
            }
        }
        tokens = &tokens[inner.len() + 3..];
    }
    Ok((said, tokens))
}

/// A `table!`, with its names in Rust and in the database.
struct ReadTable {
    rust: String,
    sql: String,
    table: ToldTable,
    /// The columns by their names in Rust.
    of_rust: BTreeMap<String, String>,
}

fn table(mut tokens: &[Token]) -> Result<ReadTable, String> {
    while tokens.first().is_some_and(|token| token.text == "use") {
        let end = tokens.iter().position(|token| token.text == ";").ok_or("`use` does not end")?;
        tokens = &tokens[end + 1..];
    }
    let (of_table, rest) = attributes(tokens)?;
    let mut names = Vec::new();
    let mut tokens = rest;
    while let [name, after @ ..] = tokens {
        names.push(name.text.clone());
        match after {
            [dot, more @ ..] if dot.text == "." => tokens = more,
            after => {
                tokens = after;
                break;
            }
        }
    }
    let rust = names.pop().ok_or("it names no table")?;
    let schema = names.pop().map(|schema| format!("{schema}.")).unwrap_or_default();
    let mut key = vec!["id".to_owned()];
    if tokens.first().is_some_and(|token| token.text == "(") {
        let inner = group(tokens).ok_or("the primary key does not end")?;
        let parts = inner.iter().filter(|token| token.text != ",");
        key = parts.map(|token| token.text.clone()).collect();
        tokens = &tokens[inner.len() + 2..];
    }
    let mut fields = group(tokens).ok_or_else(|| format!("`{rust}` has no columns"))?;
    let mut table = ToldTable::default();
    let mut of_rust = BTreeMap::new();
    while !fields.is_empty() {
        let (said, rest) = attributes(fields)?;
        let [name, arrow, rest @ ..] = rest else {
            return Err(format!("the columns of `{rust}` can not be read"));
        };
        if arrow.text != "->" {
            return Err(format!("`{}` of `{rust}` has no type", name.text));
        }
        let (ty, behind) = field_type(rest);
        let sql = said.sql_name.unwrap_or_else(|| name.text.clone());
        of_rust.insert(name.text.clone(), sql.clone());
        table.lengths.extend(said.max_length.map(|length| (sql.clone(), length)));
        table.order.push(sql.clone());
        table.columns.insert(sql, ty);
        fields = behind;
    }
    table.key = key.iter().map(|name| of_rust.get(name).unwrap_or(name).clone()).collect();
    // The name of a schema is part of neither.
    let sql = of_table.sql_name.unwrap_or_else(|| format!("{schema}{rust}"));
    Ok(ReadTable { rust, sql, table, of_rust })
}

/// The type up to the comma, without what stands before `::`, and what is behind it.
fn field_type(tokens: &[Token]) -> (String, &[Token]) {
    let mut depth = 0_usize;
    let mut words: Vec<&str> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "," if depth == 0 => return (words.concat(), &tokens[at + 1..]),
            "::" => {
                words.pop();
                continue;
            }
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            _ => {}
        }
        words.push(&token.text);
        if token.text == "," {
            words.push(" ");
        }
    }
    (words.concat(), &[])
}

fn join(tokens: &[Token]) -> Result<(String, String, String), String> {
    // Paths before the names say where they are.
    let last = |tokens: &[Token]| tokens.last().map(|token| token.text.clone());
    let arrow = tokens.iter().position(|token| token.text == "->");
    let open = tokens.iter().position(|token| token.text == "(");
    let found = arrow.zip(open).and_then(|(arrow, open)| {
        let (child, parent) = (last(&tokens[..arrow])?, last(tokens.get(arrow + 1..open)?)?);
        Some((child, parent, tokens.get(open + 1)?.text.clone()))
    });
    found.ok_or_else(|| "`joinable!` can not be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diesel_writes() {
        let told = parse(
            "// @generated automatically by Diesel CLI.\npub mod sql_types { pub struct Mood; }\n\
             diesel::table! {\n    use diesel::sql_types::*;\n    use super::sql_types::Mood;\n\n    /// A \"person\".\n    \
             #[sql_name = \"us\\\"ers\"]\n    users (id, r#type_) {\n        id -> Int4,\n        /// it's\n        \
             #[sql_name = \"type\"]\n        #[max_length = 5]\n        type_ -> Nullable<diesel::sql_types::Varchar>,\n        \
             moods -> Array<Nullable<Mood>>,\n    }\n}\n\ntable! { audit.log { id -> Pair<Text, Int4> } }\n\
             diesel::joinable!(posts -> users (author_));\n\
             table! { posts { id -> Int4, #[sql_name = \"author\"] author_ -> Int4, } }\n\
             diesel::allow_tables_to_appear_in_same_query!(posts, users,);",
        )
        .unwrap();
        let users = &told.tables["us\"ers"];
        assert_eq!(users.key, ["id", "type"]);
        assert_eq!(users.order, ["id", "type", "moods"]);
        assert_eq!(users.lengths.iter().collect::<Vec<_>>(), [(&"type".to_owned(), &5)]);
        let columns: Vec<_> = users.columns.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(columns, ["id Int4", "moods Array<Nullable<Mood>>", "type Nullable<Varchar>"]);
        assert_eq!(told.tables["audit.log"].columns["id"], "Pair<Text, Int4>");
        assert_eq!(told.tables["audit.log"].key, ["id"]);
        let join = ("posts".to_owned(), "us\"ers".to_owned(), "author".to_owned());
        assert_eq!(told.joins.into_iter().collect::<Vec<_>>(), [join]);
    }

    #[test]
    fn what_types_are_called() {
        let told = parse(
            "pub mod sql_types {\n    #[derive(SqlType)]\n    #[diesel(postgres_type(name = \"mood\"))]\n    \
             pub struct Mood;\n\n    #[diesel(postgres_type(name = \"a b\", schema = \"x\"))]\n    pub struct AB;\n    \
             #[diesel(mysql_type(name = \"Enum\"))]\n    pub struct UsersRoleEnum;\n}",
        )
        .unwrap();
        let types: Vec<_> = told
            .types
            .iter()
            .map(|(rust, (schema, sql))| (&**rust, schema.as_deref(), &**sql))
            .collect();
        assert_eq!(
            types,
            [("AB", Some("x"), "a b"), ("Mood", None, "mood"), ("UsersRoleEnum", None, "Enum")]
        );
    }

    #[test]
    fn what_is_no_schema() {
        for (text, line, why) in [
            ("\ntable! { users", 2, "does not end"),
            ("table! { users (id) }", 1, "has no columns"),
            ("table! { users { id Int4 } }", 1, "has no type"),
            ("table! { users { id } }", 1, "can not be read"),
            ("joinable!(a b);", 1, "can not be read"),
        ] {
            let (at, message) = parse(text).unwrap_err();
            assert!(at == line && message.contains(why), "{text}: {at}: {message}");
        }
        assert_eq!(parse("fn main() { let table = 'x'; }"), Ok(Told::default()));
        assert_eq!(parse(""), Ok(Told::default()));
    }
}
