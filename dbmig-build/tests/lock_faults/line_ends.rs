//! RELIABILITY T30: 1,000 texts with every line end, with and without byte order mark and final newline.

use dbmig_build::{Code, Dialect, Digest, RawFile};

use super::Set;

/// A text of some lines that holds what is easily mistaken for a line end.
fn text(mut seed: u64) -> Vec<&'static str> {
    const LINES: [&str; 8] = [
        "-- note",
        "",
        "INSERT INTO t VALUES ('a\\n');",
        "SELECT 'é\u{2028}x', 1;",
        "  ",
        "SELECT 2;\t",
        "/* \u{feff} */",
        "SELECT \"\u{85}\";",
    ];
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("31 bits fit")
    };
    let count = 2 + next() % 12;
    (0..count).map(|_| LINES[next() % LINES.len()]).chain(["SELECT 3;"]).collect()
}

fn joined(lines: &[&str], end: impl Fn(usize) -> &'static str) -> String {
    let mut text = lines[0].to_owned();
    for (index, line) in lines[1..].iter().enumerate() {
        text += end(index);
        text += line;
    }
    text
}

#[test]
fn digests_are_equal_within_their_groups() {
    for seed in 0..1000 {
        let lines = text(seed);
        let lf = joined(&lines, |_| "\n");
        let crlf = joined(&lines, |_| "\r\n");
        let mixed = joined(&lines, |index| if index % 2 == 0 { "\r\n" } else { "\n" });
        let cr = joined(&lines, |_| "\r");
        let digest = |text: &str| Digest::of_file("up", text.as_bytes());
        let mut groups = Vec::new();
        for (ends, texts) in [
            ("\n", &[lf.clone() + "\n", crlf.clone() + "\r\n", mixed.clone() + "\n"][..]),
            ("", &[lf, crlf, mixed]),
        ] {
            let of: Vec<_> = texts
                .iter()
                .flat_map(|text| [digest(text), digest(&format!("\u{feff}{text}"))])
                .collect();
            assert!(of.iter().all(|one| *one == of[0]), "text {seed}");
            groups.push(of[0].clone());
            // A carriage return alone is no line end to a database, and may stand in a literal.
            let old = format!("{cr}{}", if ends.is_empty() { "" } else { "\r" });
            assert_eq!(digest(&old), digest(&format!("\u{feff}{old}")));
            groups.push(digest(&old));
        }
        groups.sort();
        groups.dedup();
        assert_eq!(groups.len(), 4, "text {seed}: the final newline and the old line end matter");
    }
}

#[test]
fn a_final_newline_is_told() {
    for (locked, now) in [("\n", ""), ("", "\n"), ("\n", "\r\n"), ("\r\n", ""), ("", "\r\n")] {
        for (body, code) in [
            ("SELECT 1;", Code::Reformatted),
            // The newline may belong to the literal that does not end.
            ("SELECT 'open", Code::Modified),
        ] {
            let with = |end: &str| RawFile::Bytes(format!("{body}{end}").into());
            let mut set = Set::new(Dialect::Sqlite, &["1_a"]);
            set.raw.migrations[0].up = with(locked);
            let mut set = set.lock();
            set.raw.migrations[0].up = with(now);
            let found: Vec<_> = set.findings().into_iter().filter(|f| f.code == code).collect();
            if locked.is_empty() == now.is_empty() {
                assert!(found.is_empty(), "{body:?}: {found:?}");
            } else {
                assert_eq!(found.len(), 1, "{body:?} {locked:?} {now:?}");
                assert!(found[0].notes.iter().any(|note| note == "newline at end only"));
            }
        }
    }
    let mut set = Set::new(Dialect::Sqlite, &["1_a"]).lock();
    set.raw.migrations[0].up = RawFile::Bytes(b"CREATE TABLE t_3 (a INT); \n".to_vec());
    let found = set.findings().into_iter().find(|f| f.code == Code::Reformatted).unwrap();
    assert_eq!(found.notes, ["the statements are the same"], "a blank is no newline");
}
