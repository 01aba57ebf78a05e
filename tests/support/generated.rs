//! Generations: what is asked for, what the database must say of it afterwards, and the trial that both
//! ways are held to.

use cargo_dbmig::generate::{Id, Known, Options, Part, Understood, understand};
use dbmig_build::check::{self, Checked};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet, Version};
use dbmig_runtime::catalogue::{Catalogue, Change, Difference, Kind, Scope, facts};
use dbmig_runtime::proof::{self, Failure, Shadow};

/// What there is before: the same on every dialect, and generated as well.
const BASE: [&str; 4] = [
    "create_teams name:string:unique",
    "create_users name:string(50) email:string(100):unique age:int:null team:references:null \
     'note:text:null' 'score:decimal(8,2):default=0' active:bool:default=true:index",
    "create_posts 'title:string(80)' body:text:null author:references(users):cascade \
     'state:enum:{draft,sent,gone}:default=draft' 'at:timestamp:null'",
    "index posts title --name posts_by_title --unsafe",
];

/// One generation.
pub(crate) struct Case {
    /// The command line behind `generate`.
    pub(crate) line: &'static str,
    /// What differs afterwards, on SQLite, PostgreSQL, MySQL (MariaDB): parts of it, with `;` between; behind
    /// `@` what the texts say, behind `@!` what they do not.
    /// Empty where it is refused.
    pub(crate) says: [&'static str; 3],
}

/// The same on every dialect.
const fn every(line: &'static str, says: &'static str) -> Case {
    Case { line, says: [says, says, says] }
}

const fn each(
    line: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    mysql: &'static str,
) -> Case {
    Case { line, says: [sqlite, postgres, mysql] }
}

include!("generated_cases.rs");

/// The words of a line: blanks between them, single quotes around those with blanks; two of them are one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if quoted && chars.peek() == Some(&'\'') => {
                chars.next();
                word.push('\'');
            }
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()))
            }
            c => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// Words and options, as the command line has them.
fn read(line: &str) -> (Vec<String>, Options) {
    let mut options = Options::default();
    let mut plain = Vec::new();
    let mut all = words(line).into_iter();
    while let Some(word) = all.next() {
        let mut value = || Some(all.next().expect("the value of an option"));
        match word.as_str() {
            "--name" => options.name = value(),
            "--unique" => options.unique = true,
            "--where" => options.predicate = value(),
            "--using" => options.using = value(),
            "--include" => options.include = value(),
            "--check" => options.check = value(),
            "--fk" => options.fk = value(),
            "--on-delete" => options.on_delete = value(),
            "--pk" => options.pk = true,
            "--table" => options.table = value(),
            "--columns" => options.columns = value(),
            "--no-timestamps" => options.no_timestamps = true,
            "--no-id" => options.id = Id::None,
            "--id-uuid" => options.id = Id::Uuid,
            "--id-int" => options.id = Id::Int,
            "--materialized" => options.materialized = true,
            "--unsafe" => options.short = true,
            other if other.starts_with("--") => panic!("{other}"),
            _ => plain.push(word),
        }
    }
    (plain, options)
}

/// The migrations of a line.
fn generate(line: &str, known: &Catalogue) -> Result<(Vec<Part>, Catalogue), String> {
    let (words, options) = read(line);
    let asked = match understand(&words, &options).map_err(|error| error.message)? {
        Understood::Does(asked) | Understood::Perhaps(asked) => asked,
        Understood::Name(name) => panic!("`{name}` is only a name"),
    };
    let written = asked.write(Known::All(known), &options).map_err(|error| error.message)?;
    assert_eq!(written.todo, Vec::<String>::new(), "{line}");
    Ok((written.parts, written.after))
}

/// With every name as one that somebody chose, so that it is told.
fn named(catalogue: &Catalogue) -> Catalogue {
    let mut named = catalogue.clone();
    for table in &mut named.tables {
        let keys = table.uniques.iter_mut().map(|key| &mut key.label);
        let foreign = table.foreign_keys.iter_mut().map(|key| &mut key.label);
        let checks = table.checks.iter_mut().map(|check| &mut check.label);
        let indexes = table.indexes.iter_mut().map(|index| &mut index.label);
        let all = keys.chain(foreign).chain(checks).chain(indexes);
        all.for_each(|label| label.generated = false);
    }
    named
}

/// What differs, that which belongs to new tables as well.
fn told(before: &Catalogue, after: &Catalogue) -> String {
    let mut told: Vec<_> = before.differences(after).iter().map(ToString::to_string).collect();
    let known = facts(before);
    for (object, facts) in facts(after) {
        if !known.contains_key(&object) {
            told.push(Difference { object, change: Change::Added(facts) }.to_string());
        }
    }
    told.join("\n")
}

/// A server, with what is there before every case.
pub(crate) struct Bench<'s> {
    dialect: Dialect,
    shadow: &'s mut dyn Shadow,
    base: RawSet,
    before: Catalogue,
}

impl<'s> Bench<'s> {
    pub(crate) fn new(dialect: Dialect, shadow: &'s mut dyn Shadow) -> Self {
        let server = {
            let mut session = shadow.fresh().unwrap();
            Catalogue::read(&mut *session, &Scope::all()).unwrap().server
        };
        let before = Catalogue::empty(dialect, server);
        let mut bench = Self { dialect, shadow, base: RawSet::default(), before };
        for line in BASE {
            let (parts, _) =
                generate(line, &bench.before).unwrap_or_else(|why| panic!("{line}: {why}"));
            bench.add(parts);
            bench.before =
                bench.made_by(&bench.base.clone()).unwrap_or_else(|why| panic!("{line}: {why}"));
        }
        bench
    }

    /// Makes more of the one migration that is there before: the fewer, the faster.
    fn add(&mut self, parts: Vec<Part>) {
        let text = |file: &RawFile| String::from_utf8(file.bytes().unwrap().to_vec()).unwrap();
        let mut base = Part {
            suffix: String::new(),
            up: String::new(),
            down: String::new(),
            no_transaction: false,
            foreign_keys_off: false,
        };
        if let Some(one) = self.base.migrations.pop() {
            (base.up, base.down) = (text(&one.up), text(&one.down));
        }
        for part in parts {
            assert!(!part.no_transaction && !part.foreign_keys_off);
            base.up.push_str(&part.up);
            base.down.insert_str(0, &part.down);
        }
        self.base = self.with(&[base]);
    }

    /// The base with more migrations behind it.
    fn with(&self, parts: &[Part]) -> RawSet {
        let mut raw = self.base.clone();
        for part in parts {
            let bytes = |text: &str| RawFile::Bytes(text.as_bytes().to_vec());
            let mut metadata = format!("run_in_transaction = {}\n", !part.no_transaction);
            if part.foreign_keys_off {
                metadata.push_str("\n[dbmig]\nforeign_keys = \"off\"\n");
            }
            raw.migrations.push(RawMigration {
                dir_name: format!("{:04}_x", raw.migrations.len() + 1),
                up: bytes(&part.up),
                down: bytes(&part.down),
                metadata: bytes(&metadata),
                backfill: RawFile::Absent,
            });
        }
        raw
    }

    fn set(&self, raw: &RawSet) -> MigrationSet {
        let options = check::Options {
            read_settings: cargo_dbmig::metadata::read,
            dialects: Some(vec![self.dialect]),
            ..check::Options::default()
        };
        let Checked { set, findings, .. } = check::run(raw, &options);
        set.unwrap_or_else(|| panic!("{findings:?}"))
    }

    fn made_by(&mut self, raw: &RawSet) -> Result<Catalogue, String> {
        let set = self.set(raw);
        let mut session = self.shadow.fresh().unwrap();
        proof::replay(&mut *session, &set, &|_| true)
            .map_err(|error| format!("{error}: {:?}", error.kind))?;
        Ok(Catalogue::read(&mut *session, &Scope::all()).unwrap())
    }

    /// What the statements of our renderer make of a new database.
    fn rendered(&mut self, catalogue: &Catalogue) -> Result<Catalogue, String> {
        let mut session = self.shadow.fresh().unwrap();
        for statement in catalogue.to_sql() {
            session.execute(&statement).map_err(|error| format!("{error}: {statement}"))?;
        }
        Ok(Catalogue::read(&mut *session, &Scope::all()).unwrap())
    }

    /// Every case, held to what it says: how many were not refused.
    pub(crate) fn hold_all(&mut self) -> usize {
        let mut wrong = Vec::new();
        let mut done = 0;
        // A part of them, where somebody looks for one.
        let wanted = std::env::var("DBMIG_TEST_CASE").unwrap_or_default();
        for case in CASES.iter().filter(|case| case.line.contains(&wanted)) {
            match self.hold(case) {
                Ok(generated) => done += usize::from(generated),
                Err(why) => {
                    wrong.push(format!("{}\n    {}", case.line, why.replace('\n', "\n    ")))
                }
            }
        }
        let server = &self.before.server;
        assert!(wrong.is_empty(), "{} on {server}:\n{}", wrong.len(), wrong.join("\n"));
        println!("{done} of {} generated on {server}, the others refused", CASES.len());
        done
    }

    /// Executed, compared with what the server says of it, and proved both ways. Whether it was not refused.
    fn hold(&mut self, case: &Case) -> Result<bool, String> {
        let says = case.says[match self.dialect {
            Dialect::Sqlite => 0,
            Dialect::Postgres => 1,
            Dialect::Mysql => 2,
        }];
        let line = case.line;
        let mariadb = self.before.server.starts_with("mariadb");
        let says = match says.chars().next() {
            Some('?') => return Ok(false),
            // What MySQL has, and MariaDB has not; and the other way round.
            Some('%') if mariadb => "!mariadb has no",
            Some('$') if !mariadb => "!differs from row to row",
            Some('%' | '$') => &says[1..],
            _ => says,
        };
        let refused = says.strip_prefix('!').or((says.is_empty()).then_some(""));
        let (parts, wanted) = match (generate(line, &self.before), refused) {
            (Ok(done), None) => done,
            (Err(why), Some(says)) if why.contains(says) => return Ok(false),
            (Err(why), _) => return Err(format!("is refused: {why}")),
            (Ok((parts, _)), Some(_)) => {
                return Err(format!("is not refused: {}", texts(&parts)));
            }
        };
        let raw = self.with(&parts);
        let with_texts = |why: String| format!("{why}\n{}", texts(&parts));
        let made = self.made_by(&raw).map_err(with_texts)?;
        // What the server has is what the intent describes, by way of the other renderer.
        let rendered = self.rendered(&wanted).map_err(with_texts)?;
        let differences = named(&made).differences(&named(&rendered));
        // MySQL takes its own index of a foreign key away as soon as another one serves.
        let by_itself = |one: &Difference| {
            self.dialect == Dialect::Mysql
                && one.object.kind == Kind::Index
                && matches!(one.change, Change::Added(_))
                && one.object.name.name.ends_with("_fkey")
        };
        let unordered: Vec<_> = differences
            .iter()
            .filter(|one| !one.is_order() && !by_itself(one))
            .map(ToString::to_string)
            .collect();
        if !unordered.is_empty() {
            return Err(with_texts(format!("is not what was meant: {}", unordered.join("\n"))));
        }
        let told = told(&named(&self.before), &named(&made));
        let lower = told.to_lowercase();
        for part in says.split(';').map(str::trim) {
            if let Some(text) = part.strip_prefix('@') {
                let (text, there) = text.strip_prefix('!').map_or((text, true), |not| (not, false));
                if texts(&parts).contains(text) != there {
                    return Err(with_texts(format!("`{part}` does not hold")));
                }
                continue;
            }
            if !lower.contains(&part.to_lowercase()) {
                return Err(format!("`{part}` is not in\n{told}"));
            }
        }
        self.prove(&raw).map_err(with_texts)?;
        Ok(true)
    }

    fn prove(&mut self, raw: &RawSet) -> Result<(), String> {
        let set = self.set(raw);
        let base = self.base.migrations.len();
        let new: Vec<_> =
            raw.migrations[base..].iter().map(|one| Version::of_directory(&one.dir_name)).collect();
        let wanted = |version: &Version| new.contains(version);
        let proved = proof::prove(&set, self.shadow, &Scope::all(), &wanted, &mut |_| {});
        let proved = proved.map_err(|error| format!("proof: {error}: {error:?}"))?;
        assert_eq!(proved.len(), new.len());
        for one in proved {
            let refused = one.failure.filter(|refused| {
                // A column that is never NULL, and has no default, comes back to an empty table only.
                !matches!(refused, Failure::DownWithRows(_) | Failure::AgainWithRows(_))
            });
            if let Some(refused) = refused {
                let differences = refused.differences().iter().map(ToString::to_string);
                let differences = differences.collect::<Vec<_>>().join("\n");
                return Err(format!("proof: {}: {refused:?}\n{differences}", one.name));
            }
        }
        Ok(())
    }
}

/// What is run, both ways.
fn texts(parts: &[Part]) -> String {
    let part = |part: &Part| format!("{}--\n{}", part.up, part.down);
    parts.iter().map(part).collect::<Vec<_>>().join("==\n")
}
