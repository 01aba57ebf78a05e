//! A statement, a column, or an action of an ALTER TABLE is forgotten, or stands in the wrong place.

use dbmig_build::Dialect;
use dbmig_build::sql::split;

use super::Mutant;
use super::text::Text;

/// What the order of columns alone changes.
pub(super) const EXCHANGED: &str = "two columns exchanged";

/// What does nothing in a migration, there or not.
const IDLE: [&str; 8] =
    ["pragma foreign_keys", "select 1", "set ", "begin", "commit", "start", "lock", "analyze"];

/// Each statement left out.
pub(super) fn mutants(down: &str, dialect: Dialect) -> Vec<Mutant> {
    let split = split(down, dialect);
    let mut mutants = Vec::new();
    for (at, statement) in split.statements.iter().enumerate() {
        let head = statement.sql.to_ascii_lowercase();
        if IDLE.iter().any(|idle| head.starts_with(idle)) {
            continue;
        }
        let others = split.statements.iter().enumerate().filter(|(other, _)| *other != at);
        let text: String = others.map(|(_, other)| other.piece).collect();
        mutants.push(Mutant { what: format!("statement {} left out", at + 1), text });
    }
    mutants
}

/// Each column, constraint, or action left out; two columns that stand beside each other exchanged.
pub(super) fn items(text: &Text<'_>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (from, to) = text.statement(at);
        let list = match () {
            () if text.is(from, "create") && (from..from + 4).any(|at| text.is(at, "table")) => {
                (from..to).find(|at| text.is(*at, "(")).map(|open| open + 1)
            }
            () if text.is(from, "alter") && text.is(from + 1, "table") => Some(from + 2),
            () => None,
        };
        if let Some(first) = list.filter(|first| *first < to) {
            of_list(text, first, to, &mut mutants);
        }
        at = to + 1;
    }
    mutants
}

fn of_list(text: &Text<'_>, first: usize, end: usize, mutants: &mut Vec<Mutant>) {
    let depth = text.depth(first);
    let end = (first..end).find(|at| text.depth(*at) < depth).unwrap_or(end);
    let commas: Vec<_> =
        (first..end).filter(|at| text.depth(*at) == depth && text.is(*at, ",")).collect();
    let starts = std::iter::once(first).chain(commas.iter().map(|comma| comma + 1));
    let items: Vec<_> = starts.zip(commas.iter().copied().chain([end])).collect();
    // One alone is the whole.
    if items.len() < 2 || items.iter().any(|(from, to)| from >= to) {
        return;
    }
    for (at, (from, to)) in items.iter().enumerate() {
        // The first of an ALTER TABLE stands behind the name of the table.
        let named = depth == 0 && at == 0;
        if !named {
            let (from, to) = if at == 0 { (*from, to + 1) } else { (from - 1, *to) };
            let what = format!("item {} left out at byte {}", at + 1, text.place(from));
            mutants.push(Mutant { what, text: text.with(from, to, "") });
        }
        let Some((from2, to2)) = items.get(at + 1).filter(|_| depth == 1) else { continue };
        if is_column(text, *from) && is_column(text, *from2) {
            let (one, other) = (text.between(*from, *to), text.between(*from2, *to2));
            let what = format!("{EXCHANGED} at byte {}", text.place(*from));
            let text = text.with(*from, *to2, &format!("{other},\n{one}"));
            mutants.push(Mutant { what, text });
        }
    }
}

fn is_column(text: &Text<'_>, at: usize) -> bool {
    const OTHERS: [&str; 9] =
        ["constraint", "primary", "unique", "foreign", "check", "key", "index", "like", "exclude"];
    text.is_name(at) && !OTHERS.iter().any(|word| text.is(at, word))
}
