//! A schema as a picture of its tables: Mermaid, or the language of Graphviz.

use dbmig_runtime::catalogue::{Catalogue, Column, ForeignKey, Table};

/// `erDiagram` of Mermaid.
pub fn mermaid(catalogue: &Catalogue) -> String {
    let mut out = String::from("erDiagram\n");
    for table in &catalogue.tables {
        out.push_str(&format!("    {} {{\n", in_quotes(&table.name.to_string())));
        for column in &table.columns {
            // Names and types are words there.
            let (ty, name) = (word(&column.ty.text), word(&column.name));
            let keys = keys(table, column);
            let keys = if keys.is_empty() { keys } else { format!(" {keys}") };
            out.push_str(&format!("        {ty} {name}{keys}\n"));
        }
        out.push_str("    }\n");
    }
    for (table, key) in relations(catalogue) {
        let parent = if is_nullable(table, key) { "|o" } else { "||" };
        let child = if is_unique(table, key) { "o|" } else { "o{" };
        out.push_str(&format!(
            "    {} {parent}--{child} {} : {}\n",
            in_quotes(&key.table.to_string()),
            in_quotes(&table.name.to_string()),
            in_quotes(&key.columns.join(", ")),
        ));
    }
    out
}

/// `digraph` of Graphviz.
pub fn dot(catalogue: &Catalogue) -> String {
    let mut out = String::from("digraph schema {\n    rankdir=LR;\n    node [shape=plaintext];\n");
    for table in &catalogue.tables {
        let name = table.name.to_string();
        let mut rows = format!("<tr><td colspan=\"2\"><b>{}</b></td></tr>", in_html(&name));
        for column in &table.columns {
            let keys = keys(table, column);
            let keys = if keys.is_empty() { keys } else { format!(" {keys}") };
            rows.push_str(&format!(
                "<tr><td align=\"left\">{}</td><td align=\"left\">{}{keys}</td></tr>",
                in_html(&column.name),
                in_html(&column.ty.text),
            ));
        }
        out.push_str(&format!(
            "    {} [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">{rows}</table>>];\n",
            escaped(&name)
        ));
    }
    for (table, key) in relations(catalogue) {
        out.push_str(&format!(
            "    {} -> {} [label={}];\n",
            escaped(&table.name.to_string()),
            escaped(&key.table.to_string()),
            escaped(&key.columns.join(", ")),
        ));
    }
    out.push_str("}\n");
    out
}

/// Foreign keys to tables that are shown.
fn relations(catalogue: &Catalogue) -> impl Iterator<Item = (&Table, &ForeignKey)> {
    let all = catalogue.tables.iter().flat_map(|t| t.foreign_keys.iter().map(move |key| (t, key)));
    all.filter(|(_, key)| catalogue.table(&key.table).is_some())
}

fn keys(table: &Table, column: &Column) -> String {
    let within = |columns: &[String]| columns.contains(&column.name);
    let primary = table.primary_key.as_ref().is_some_and(|key| within(&key.columns));
    let foreign = table.foreign_keys.iter().any(|key| within(&key.columns));
    let unique = table.uniques.iter().any(|key| key.columns == [column.name.clone()]);
    let words = [(primary, "PK"), (foreign, "FK"), (unique && !primary, "UK")];
    words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

fn is_nullable(table: &Table, key: &ForeignKey) -> bool {
    key.columns.iter().any(|name| table.column(name).is_some_and(|column| column.nullable))
}

fn is_unique(table: &Table, key: &ForeignKey) -> bool {
    let keys = table.primary_key.iter().chain(&table.uniques);
    keys.into_iter().any(|unique| unique.columns == key.columns)
}

fn word(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '(' | ')' | '[' | ']');
    let word: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    match word.chars().next() {
        Some(first) if first.is_alphabetic() || first == '_' => word,
        _ => format!("_{word}"),
    }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'").replace('\n', " "))
}

fn escaped(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " "))
}

fn in_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_word() {
        for (text, expected) in [
            ("character varying(50)", "character_varying(50)"),
            ("integer[]", "integer[]"),
            ("", "_"),
            ("2fa", "_2fa"),
            ("enum('a','b')", "enum(_a___b_)"),
        ] {
            assert_eq!(word(text), expected);
        }
        assert_eq!(in_quotes("a\"b"), "\"a'b\"");
        assert_eq!(escaped("a\"\\b"), "\"a\\\"\\\\b\"");
        assert_eq!(in_html("a<b>&\""), "a&lt;b&gt;&amp;&quot;");
    }
}
