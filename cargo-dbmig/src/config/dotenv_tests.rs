//! Tests of the `.env` grammar.

use super::*;

fn set(name: &str) -> Option<String> {
    (name == "SET").then(|| "from process".to_owned())
}

#[test]
fn reads_what_dotenvy_reads() {
    let cases: [(&str, &[(&str, &str)]); 25] = [
        ("", &[]),
        ("\n  \n# comment\n", &[]),
        ("A=1", &[("A", "1")]),
        ("A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]),
        ("  A = 1 \n", &[("A", "1")]),
        ("export A=1", &[("A", "1")]),
        ("export=1", &[("export", "1")]),
        ("A=", &[("A", "")]),
        ("A= # nothing", &[("A", "")]),
        ("A=1 # one", &[("A", "1")]),
        ("A=1#one", &[("A", "1#one")]),
        ("A='x $B \\n # y'", &[("A", "x $B \\n # y")]),
        ("A=\"x\\n\\\"y\\\" \\$B # z\"", &[("A", "x\n\"y\" $B # z")]),
        ("A=a\"b c\"'d'", &[("A", "ab cd")]),
        ("A=\"two\nlines\"\nB=1", &[("A", "two\nlines"), ("B", "1")]),
        ("A=1\nB=$A-${A}", &[("A", "1"), ("B", "1-1")]),
        ("A_B=1\nC=\"$A_B.x\"", &[("A_B", "1"), ("C", "1.x")]),
        ("A=1\nB='$A'", &[("A", "1"), ("B", "$A")]),
        ("SET=mine\nA=$SET", &[("SET", "mine"), ("A", "from process")]),
        ("A=$NOBODY/${NOBODY}x", &[("A", "/x")]),
        ("A=\\$1\\ 2", &[("A", "$1 2")]),
        ("A=1$", &[("A", "1$")]),
        ("A=1\nA=2", &[("A", "1"), ("A", "2")]),
        ("\u{feff}A=1", &[("A", "1")]),
        ("A.b_1=x=y?z&q", &[("A.b_1", "x=y?z&q")]),
    ];
    for (text, expected) in cases {
        let pairs = parse(text, ".env", &set).unwrap();
        let pairs: Vec<_> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, expected, "{text:?}");
    }
}

#[test]
fn broken_lines_have_a_place_and_begin_as_diesel_does() {
    let cases = [
        ("A", "app/.env:1:2: `=` is missing after `A`"),
        ("A=1\nB hunter2", "app/.env:2:3: `=` is missing after `B`"),
        ("1A=x", "app/.env:1:1: a variable name is expected"),
        ("=x", "app/.env:1:1: a variable name is expected"),
        ("export \n", "app/.env:1:8: a variable name is expected"),
        ("A=b hunter2", "app/.env:1:5: something follows the value"),
        ("A='hunter2", "app/.env:1:3: the single quote is never closed"),
        ("\nA=\"hunter2\n\n", "app/.env:2:3: the double quote is never closed"),
        ("A=hunter2\\x", "app/.env:1:10: a backslash escapes only"),
        ("A=${hunter2", "app/.env:1:3: `${` is never closed by `}`"),
    ];
    for (text, expected) in cases {
        let error = parse(text, "app/.env", &|_| None).unwrap_err();
        let start = format!("Initializing `.env` file failed: Error parsing line: {expected}");
        assert!(error.message.starts_with(&start), "{text:?}: {}", error.message);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn the_nearest_file_counts_and_none_above_the_stop() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    std::fs::create_dir_all(root.join("ws/app/src")).unwrap();
    for file in [".env", "ws/app/.env"] {
        std::fs::write(root.join(file), "").unwrap();
    }
    let cases = [
        ("ws/app/src", "ws", Some("ws/app/.env")),
        ("ws/app", "ws/app", Some("ws/app/.env")),
        ("ws", "ws", None),
        ("ws", "", Some(".env")),
        ("ws", "elsewhere", None),
    ];
    for (start, stop, expected) in cases {
        let found = find(&root.join(start), &root.join(stop));
        assert_eq!(found, expected.map(|path| root.join(path)), "{start} up to {stop}");
    }
}
