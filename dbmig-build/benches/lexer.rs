//! MB/s of the lexer: cutting a text into statements, and its tokens with their digest.
//!
//! `cargo bench -p dbmig-build`. Each figure is the best of several runs over a text of 8 MB.

#![allow(clippy::print_stdout, reason = "this is its output")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use dbmig_build::Dialect;
use dbmig_build::sql;

const SIZE: usize = 8_000_000;
const RUNS: usize = 7;

/// What migrations are made of: tables, indexes, rows, comments, and a body.
const COMMON: &str = "-- Users and what they wrote.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
/* One row a post; the newest first. */
CREATE INDEX posts_by_author ON posts (author_id, created_at DESC);
ALTER TABLE posts ADD COLUMN slug VARCHAR(200) NOT NULL DEFAULT '';
INSERT INTO settings (name, value) VALUES ('greeting', 'it''s; fine'), ('limit', '250');
UPDATE posts SET slug = lower(title) WHERE slug = '' AND id BETWEEN 1 AND 10000;
";

const POSTGRES: &str = "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;
";

const MYSQL: &str = "CREATE TRIGGER touch BEFORE UPDATE ON posts FOR EACH ROW
BEGIN
    IF NEW.`title` <> OLD.`title` THEN SET NEW.updated_at = NOW(); END IF;
END;
";

const SQLITE: &str = "CREATE TRIGGER touch AFTER UPDATE ON posts
BEGIN
    UPDATE posts SET updated_at = CASE WHEN new.id > 0 THEN 'now' END WHERE id = new.id;
END;
";

fn main() {
    println!("{:<10} {:>12} {:>16}", "dialect", "split MB/s", "tokens+digest MB/s");
    for (dialect, own) in
        [(Dialect::Postgres, POSTGRES), (Dialect::Mysql, MYSQL), (Dialect::Sqlite, SQLITE)]
    {
        let part = format!("{COMMON}{own}");
        let text = part.repeat(SIZE.div_ceil(part.len()));
        assert!(sql::split(&text, dialect).unsure.is_none(), "{dialect}: the text is not certain");
        let split = best(|| sql::split(black_box(&text), dialect).statements.len());
        let digest = best(|| sql::token_digest(black_box(&text), dialect).map_or(0, |d| d.len()));
        let rate = |time: Duration| text.len() as f64 / 1e6 / time.as_secs_f64();
        println!("{:<10} {:>12.0} {:>16.0}", dialect.as_str(), rate(split), rate(digest));
    }
}

fn best(mut work: impl FnMut() -> usize) -> Duration {
    let runs = (0..RUNS).map(|_| {
        let start = Instant::now();
        assert!(black_box(work()) > 0);
        start.elapsed()
    });
    runs.min().unwrap_or_default()
}
