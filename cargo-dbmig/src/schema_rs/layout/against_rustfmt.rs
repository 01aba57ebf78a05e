//! Every page is as `rustfmt` leaves it, whatever the lengths of names are.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::Page;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end).expect("a small number")
    }
}

fn within(page: &mut Page, depth: usize, write: &mut dyn FnMut(&mut Page)) {
    match depth {
        0 => write(page),
        depth => page.block("pub mod m", |page| within(page, depth - 1, write)),
    }
}

fn write(page: &mut Page, kind: usize, names: &[String]) {
    match kind {
        0 => page.invocation("diesel::allow_tables_to_appear_in_same_query", names),
        1 => page.derive(names),
        _ => {
            let keys = ["name", "schema"].iter().zip(names);
            let arguments: Vec<_> = keys.map(|(key, name)| format!("{key} = \"{name}\"")).collect();
            page.attribute("diesel(postgres_type", &arguments);
        }
    }
    if kind > 0 {
        page.line("pub struct A;");
    }
}

#[test]
fn rustfmt_changes_nothing() {
    let mut numbers = Numbers(1);
    let mut text = String::new();
    for _ in 0..3000 {
        let longest = [8, 11, 12, 30, 60][numbers.below(5)];
        let count = 1 + numbers.below(24);
        let names: Vec<_> = (0..count).map(|_| "n".repeat(1 + numbers.below(longest))).collect();
        let (depth, kind) = (numbers.below(3), numbers.below(3));
        let mut page = Page::default();
        within(&mut page, depth, &mut |page| write(page, kind, &names));
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&page.into_text());
    }
    let mut rustfmt = Command::new("rustfmt")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, sent) = (rustfmt.stdin.take().unwrap(), text.clone());
    let writer = std::thread::spawn(move || stdin.write_all(sent.as_bytes()).unwrap());
    let output = rustfmt.wait_with_output().unwrap();
    writer.join().unwrap();
    let formatted = String::from_utf8(output.stdout).unwrap();
    let differing = text.lines().zip(formatted.lines()).find(|(ours, theirs)| ours != theirs);
    assert_eq!(differing, None);
    assert_eq!(text.lines().count(), formatted.lines().count());
}
