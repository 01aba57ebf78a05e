//! `Source`: where the rows of a data file come from, one after the other, as often as they are asked for.

use std::ops::ControlFlow;

use dbmig_build::{LARGE_SEED, Seed, SeedFile};

use super::blocks::Blocks;
use super::cell::{Cursor, Malformed, Row};
use super::csv::{self, Records};
use super::json::{self, Objects};

/// The longest row of a file that is not held, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// A data file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    text: Text<'a>,
    is_json: bool,
}

#[derive(Debug, Clone, Copy)]
enum Text<'a> {
    Held(&'a str),
    File(&'a SeedFile),
}

/// What is done with a row, and with how much of the file was read by then, from 0 to 1.
pub(super) type WithRow<'w> = dyn FnMut(Row<'_>, f64) -> ControlFlow<()> + 'w;

impl<'a> Source<'a> {
    pub(super) fn of(seed: &'a Seed) -> Self {
        let text = seed.file.as_ref().map_or(Text::Held(&seed.sql), Text::File);
        Self { text, is_json: seed.name.ends_with(".json") }
    }

    /// How long it is, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        match self.text {
            Text::Held(text) => text.len() as u64,
            Text::File(file) => file.bytes,
        }
    }

    /// Whether its rows are too many to be held.
    pub(super) fn is_large(&self) -> bool {
        self.bytes() >= LARGE_SEED as u64
    }

    /// The names of its columns, with their places.
    ///
    /// # Errors
    ///
    /// What is wrong with the form of the beginning, and what reading reports.
    pub(super) fn header(&self) -> Result<Row<'static>, Malformed> {
        let read = if self.is_json { json::header } else { csv::header };
        let file = match self.text {
            Text::Held(text) => return read(&mut Cursor::new(text)).map(Row::into_owned),
            Text::File(file) => file,
        };
        let begin = |message| Malformed::new((1, 1), message);
        let mut blocks = Blocks::open(file).map_err(begin)?;
        loop {
            let (text, over) = blocks.text();
            let mut cursor = Cursor::new(text);
            let header = read(&mut cursor);
            if over || (header.is_ok() && !cursor.rest().is_empty()) {
                return header.map(Row::into_owned);
            }
            blocks.more(0).map_err(begin)?;
        }
    }

    /// Gives every row to `with`, until that has enough.
    ///
    /// # Errors
    ///
    /// What is wrong with the form, and what reading reports: nothing after it can be read.
    pub(super) fn each(&self, with: &mut WithRow<'_>) -> Result<(), Malformed> {
        let mut reader = match self.is_json {
            true => Reader::Json(Objects::default()),
            false => Reader::Csv(Records::default()),
        };
        let mut first = true;
        let file = match self.text {
            Text::Held(text) => {
                let mut cursor = Cursor::new(text);
                while let Some(row) = reader.next(&mut cursor, first) {
                    first = false;
                    let share = 1.0 - cursor.rest().len() as f64 / text.len() as f64;
                    if with(row?, share).is_break() {
                        break;
                    }
                }
                return Ok(());
            }
            Text::File(file) => file,
        };
        let mut place = (1, 1);
        let mut blocks = Blocks::open(file).map_err(|message| Malformed::new(place, message))?;
        loop {
            let (text, over) = blocks.text();
            let mut cursor = Cursor::within(text, place);
            loop {
                let before = cursor.clone();
                let row = reader.next(&mut cursor, first);
                // What reaches to the end of a block may go on in the next one.
                let cut = cursor.rest().is_empty() || !matches!(row, Some(Ok(_)));
                if cut && !over {
                    if text.len() > LONGEST {
                        let message = format!("this row is longer than {LONGEST} bytes");
                        let long = || Malformed::new(before.place(), message);
                        return Err(row.and_then(Result::err).unwrap_or_else(long));
                    }
                    cursor = before;
                    break;
                }
                let Some(row) = row else { return Ok(()) };
                first = false;
                if with(row?, blocks.share(cursor.rest().len())).is_break() {
                    return Ok(());
                }
            }
            place = cursor.place();
            let behind = text.len() - cursor.rest().len();
            blocks.more(behind).map_err(|message| Malformed::new(place, message))?;
        }
    }
}

enum Reader {
    Csv(Records),
    Json(Objects),
}

impl Reader {
    fn next<'t>(
        &mut self,
        cursor: &mut Cursor<'t>,
        first: bool,
    ) -> Option<Result<Row<'t>, Malformed>> {
        match self {
            Self::Csv(records) => records.next(cursor),
            Self::Json(objects) => objects.next(cursor, first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbmig_build::Digest;

    fn seed_in(dir: &std::path::Path, name: &str, text: &str) -> Seed {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        let about = path.metadata().unwrap();
        let file = SeedFile { path, bytes: about.len(), modified: about.modified().ok() };
        let digest = Digest::of_file("seed", text.as_bytes());
        Seed { name: name.into(), sql: String::new(), digest, file: Some(file) }
    }

    fn all(source: Source<'_>) -> (Vec<Row<'static>>, Result<(), Malformed>) {
        let mut rows = Vec::new();
        let end = source.each(&mut |row, _| {
            rows.push(row.into_owned());
            ControlFlow::Continue(())
        });
        (rows, end)
    }

    /// Rows of different lengths, so that the ends of blocks come to lie everywhere in them.
    fn texts() -> [(&'static str, String); 2] {
        let cell = |n: usize| format!("é\"\"\r\n,{}", "x".repeat(n % 97));
        let csv: String = (0..5_000).map(|n| format!("{n},\"{}\",\r\n", cell(n))).collect();
        let json: Vec<_> = (0..5_000)
            .map(|n| {
                format!("{{\"a\" :{n}, \"b\":\"é\\u00e9{}\", \"c\":{{}}}}", "x".repeat(n % 89))
            })
            .collect();
        [("x.csv", format!("a,b,c\n{csv}")), ("x.json", format!("[ {} ] \n", json.join(" ,\n")))]
    }

    #[test]
    fn a_file_in_blocks_has_the_rows_and_places_of_its_text() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in texts() {
            let seed = seed_in(dir.path(), name, &text);
            let (in_blocks, whole) =
                (Source::of(&seed), Source { text: Text::Held(&text), ..Source::of(&seed) });
            assert_eq!(in_blocks.header(), whole.header());
            let (rows, end) = all(in_blocks);
            assert_eq!((rows.len(), &end), (5_000, &Ok(())), "{name}");
            assert_eq!((rows, end), all(whole), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_has_the_same_place() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in texts() {
            for wrong in ["\"", "x\"y", "{", "\u{1}"] {
                // Somewhere in the second block, and at the end.
                for at in [text[..100_005].rfind('\n').unwrap() + 1, text.len()] {
                    let broken = format!("{}{wrong}{}", &text[..at], &text[at..]);
                    let seed = seed_in(dir.path(), name, &broken);
                    let (in_blocks, whole) = (
                        Source::of(&seed),
                        Source { text: Text::Held(&broken), ..Source::of(&seed) },
                    );
                    let (rows, end) = all(in_blocks);
                    assert_eq!((rows.len(), end), {
                        let (rows, end) = all(whole);
                        (rows.len(), end)
                    });
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_changed_meanwhile_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let [(name, text), _] = texts();
        let seed = seed_in(dir.path(), name, &text);
        let mut count = 0;
        let end = Source::of(&seed).each(&mut |_, _| {
            count += 1;
            if count == 10 {
                std::fs::write(dir.path().join(name), format!("{text}1,2,3\n")).unwrap();
            }
            ControlFlow::Continue(())
        });
        assert!(end.unwrap_err().message.starts_with("the file was changed while it was read"));
        assert!(Source::of(&seed).header().is_err());
    }

    #[test]
    fn it_stops_when_there_is_enough() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in texts() {
            let seed = seed_in(dir.path(), name, &text);
            let (mut count, mut last) = (0, 0.0);
            let _ = Source::of(&seed).each(&mut |_, share| {
                assert!(share >= last && share <= 1.0);
                (count, last) = (count + 1, share);
                if count == 4_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert_eq!(count, 4_000);
            assert!((0.7..0.9).contains(&last), "{last}");
        }
    }
}
