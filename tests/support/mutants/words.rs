//! A word is forgotten, or another one stands in its place.

use dbmig_build::Dialect;
use dbmig_build::sql::TokenKind;

use super::Mutant;
use super::text::Text;

/// Types, and what somebody could have taken for them.
const OF_ALL: [(&str, &str); 1] = [("boolean", "INTEGER")];
const OF_SQLITE: [(&str, &str); 6] = [
    ("text", "BLOB"),
    ("integer", "TEXT"),
    ("bigint", "INTEGER"),
    ("datetime", "DATE"),
    ("timestamp", "DATE"),
    ("blob", "TEXT"),
];
const OF_POSTGRES: [(&str, &str); 14] = [
    ("text", "VARCHAR(300)"),
    ("varchar", "TEXT"),
    ("integer", "BIGINT"),
    ("int", "BIGINT"),
    ("bigint", "INTEGER"),
    ("int8", "INTEGER"),
    ("serial", "INTEGER"),
    ("bytea", "TEXT"),
    ("uuid", "TEXT"),
    ("jsonb", "JSON"),
    ("json", "JSONB"),
    ("numeric", "REAL"),
    ("timestamptz", "TIMESTAMP"),
    ("date", "TIMESTAMP"),
];
const OF_MYSQL: [(&str, &str); 9] = [
    ("text", "MEDIUMTEXT"),
    ("varchar", "CHAR"),
    ("char", "VARCHAR"),
    ("integer", "BIGINT"),
    ("int", "BIGINT"),
    ("bigint", "INTEGER"),
    ("bool", "INTEGER"),
    ("datetime", "DATE"),
    ("blob", "MEDIUMBLOB"),
];

/// Other words that change what is meant: what stands before, the word, and the other one.
const INSTEAD: [(&[&str], &str, &str); 11] = [
    (&["delete"], "cascade", "RESTRICT"),
    (&["update"], "cascade", "RESTRICT"),
    (&["delete"], "restrict", "CASCADE"),
    (&["delete", "set"], "null", "DEFAULT"),
    (&["trigger", "*"], "before", "AFTER"),
    (&["trigger", "*"], "after", "BEFORE"),
    (&["for", "each"], "row", "STATEMENT"),
    (&["unsigned"], "zerofill", ""),
    (&["int"], "unsigned", ""),
    (&["bigint"], "unsigned", ""),
    (&["create"], "unlogged", ""),
];

/// Every such mutant.
pub(super) fn mutants(text: &Text<'_>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for at in 0..text.len() {
        let mut add = |what: &str, from: usize, to: usize, other: &str| {
            let what = format!("{what} at byte {}", text.place(at));
            mutants.push(Mutant { what, text: text.with(from, to, other) });
        };
        of_constraints(text, at, &mut add);
        of_words(text, at, &mut add);
        of_values(text, at, &mut add);
    }
    mutants
}

type Add<'a> = dyn FnMut(&str, usize, usize, &str) + 'a;

fn of_constraints(text: &Text<'_>, at: usize, add: &mut Add<'_>) {
    if text.is(at, "not") && text.is(at + 1, "null") {
        match () {
            () if text.follows(at, &["set"]) => {
                add("SET made DROP", at - 1, at + 2, "DROP NOT NULL")
            }
            () if text.follows(at, &["drop"]) => {
                add("DROP made SET", at - 1, at + 2, "SET NOT NULL")
            }
            () if text.follows(at, &["is"]) => add("NOT left out", at, at + 1, ""),
            // What is a key, or counts by itself, is not null anyway.
            () if is_of_itself(text, at) => {}
            () => add("NOT NULL left out", at, at + 2, ""),
        }
    }
    if text.is(at, "unique") && !text.is(at + 1, "(") && !text.is(at + 1, "key") {
        add("UNIQUE left out", at, at + 1, "");
    }
    if text.is(at, "primary") && text.is(at + 1, "key") && !text.is(at + 2, "(") {
        add("PRIMARY KEY left out", at, at + 2, "");
    }
    if text.is(at, "default") && at + 1 < text.len() && !text.is(at + 1, "(") {
        let mut end = at + 2;
        if text.is(end, "(") {
            end = text.behind_parenthesis(end);
        }
        while text.is(end, "::") || text.is(end, ":") || text.follows(end, &["::"]) {
            end += 1;
        }
        match () {
            () if text.follows(at, &["delete", "set"]) || text.follows(at, &["update", "set"]) => {}
            () if text.follows(at, &["drop"]) => {}
            () if text.follows(at, &["set"]) => add("SET made DROP", at - 1, end, "DROP DEFAULT"),
            () => add("DEFAULT left out", at, end, ""),
        }
    }
}

/// Whether NOT NULL goes without saying in the column of this token.
fn is_of_itself(text: &Text<'_>, at: usize) -> bool {
    if text.dialect == Dialect::Sqlite {
        return false;
    }
    let (from, to) = text.item(at);
    (from..to).any(|at| {
        let is_key = text.is(at, "primary") && text.is(at + 1, "key");
        is_key || ["serial", "bigserial", "smallserial"].iter().any(|word| text.is(at, word))
    })
}

fn of_words(text: &Text<'_>, at: usize, add: &mut Add<'_>) {
    if text.is(at, "collate") {
        add("COLLATE left out", at, at + 2, "");
    }
    let types: &[(&str, &str)] = match text.dialect {
        Dialect::Sqlite => &OF_SQLITE,
        Dialect::Postgres => &OF_POSTGRES,
        Dialect::Mysql => &OF_MYSQL,
    };
    let (first, _) = text.statement(at);
    let is_ddl = text.is(first, "create") || text.is(first, "alter");
    // A type stands behind a name, or the word TYPE.
    if is_ddl && at > 0 && text.is_name(at - 1) {
        for (word, other) in types.iter().chain(&OF_ALL) {
            if text.is(at, word) {
                add("another type", at, at + 1, other);
            }
        }
    }
    for (before, word, other) in INSTEAD {
        let fits = text.is(at, word)
            && at >= before.len()
            && before
                .iter()
                .enumerate()
                .all(|(n, wanted)| *wanted == "*" || text.is(at - before.len() + n, wanted));
        if fits {
            let with = if other.is_empty() { "nothing" } else { other };
            add(&format!("{} made {with}", word.to_uppercase()), at, at + 1, other);
        }
    }
    if text.is(at, "desc") && text.depth(at) > 0 {
        add("DESC left out", at, at + 1, "");
    }
    if text.is(at, "where") {
        let (_, last) = text.statement(at);
        let end = (at..last).find(|end| text.depth(*end) < text.depth(at)).unwrap_or(last);
        add("WHERE left out", at, end, "");
    }
    let is_given = text.follows(at, &["constraint"]) && !text.follows(at, &["drop", "constraint"])
        || text.follows(at, &["to"]) && (first..at).any(|at| text.is(at, "rename"))
        || text.is(at + 1, "on") && text.follows(at, &["index"]);
    if is_ddl && is_given && text.is_name(at) && !text.is(at, "if") {
        let name = text.between(at, at + 1);
        let quote = name.chars().next_back().filter(|c| !c.is_alphanumeric() && *c != '_');
        let other = match quote {
            Some(quote) => format!("{}x{quote}", &name[..name.len() - 1]),
            None => format!("{name}x"),
        };
        add("another name", at, at + 1, &other);
    }
}

fn of_values(text: &Text<'_>, at: usize, add: &mut Add<'_>) {
    let Some(token) = text.token(at) else { return };
    match token.kind {
        TokenKind::Number => add("another number", at, at + 1, &format!("{}1", token.text)),
        TokenKind::String if token.text.starts_with('$') => {
            if let Some(other) = another_body(token.text, text.dialect) {
                add("another body", at, at + 1, &other);
            }
        }
        TokenKind::String => add("another text", at, at + 1, "'mutant'"),
        _ => {}
    }
    // Two names of a list in the wrong order.
    let (one, two) = (text.between(at, at + 1), text.between(at + 2, at + 3));
    let differ = !one.eq_ignore_ascii_case(two);
    if text.is_name(at) && text.is(at + 1, ",") && text.is_name(at + 2) && differ {
        add("two names exchanged", at, at + 3, &format!("{two}, {one}"));
    }
}

/// The body of a function with another word in its middle.
fn another_body(quoted: &str, dialect: Dialect) -> Option<String> {
    let tag = quoted[1..].find('$')? + 2;
    let body = quoted.get(tag..quoted.len().checked_sub(tag)?)?;
    let inside = Text::new(body, dialect);
    let words: Vec<_> = (0..inside.len()).filter(|at| inside.is_name(*at)).collect();
    let at = *words.get(words.len() / 2)?;
    let word = inside.between(at, at + 1);
    let other = inside.with(at, at + 1, &format!("{word}x"));
    Some(format!("{}{other}{}", &quoted[..tag], &quoted[quoted.len() - tag..]))
}
