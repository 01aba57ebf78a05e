//! Time zones, full names, states from the last login, a new format.

use super::places;

/// The examples: time zones, full names, states from the last login, a new format.
#[test]
fn the_examples() {
    for place in places() {
        let from = crate::sandbox::repository().join("fixtures/backfills");
        crate::sandbox::copy(&from, &place.sandbox.cwd);
        place.dbmig(["migrate", "--to", "20260201090000"]).ok();
        let mut session = place.session();
        let people: Vec<_> = (1..=2_500)
            .map(|n| {
                let login = ["NULL", "'2024-12-24'", "'2026-01-01'"][n % 3];
                format!("({n}, 'Ada{n}', 'Smith', {login}, 'likes \"tea\"')")
            })
            .collect();
        for part in people.chunks(500) {
            let columns = "id, first_name, last_name, last_login, preferences";
            let sql = format!("INSERT INTO users ({columns}) VALUES {}", part.join(", "));
            session.execute(&sql).unwrap();
        }
        place.dbmig(["migrate"]).ok().says("(2500 of 2500 rows changed, 3 windows");
        let count = place.text("COUNT(*)");
        let columns = "timezone, status, settings";
        let found = place.one(&format!(
            "SELECT {columns}, {count} FROM users GROUP BY {columns} ORDER BY status"
        ));
        let row = |status: &str, count: usize| {
            format!("UTC|{status}|{{\"version\": 2, \"text\": \"likes 'tea'\"}}|{count}")
        };
        let expected = [row("active", 833), row("idle", 834), row("new", 833)].join("\n");
        assert_eq!(found, expected, "{}", place.name);
        let name = place.one("SELECT full_name FROM users WHERE id = 42");
        assert_eq!(name, "Ada42 Smith", "{}", place.name);
        place.dbmig(["backfill", "verify"]).ok();
    }
}
