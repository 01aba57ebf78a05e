//! The texts of real projects through all oracles of their dialect.

#[path = "../../dbmig-build/tests/oracles/mod.rs"]
mod oracles;

#[path = "../support/engine.rs"]
mod engine;

use std::fs;

use dbmig_build::Dialect;

use super::{sets, sql_files};

#[test]
fn every_file_is_read_as_others_read_it() {
    for (folder, dialect) in
        [("sqlite", Dialect::Sqlite), ("pg", Dialect::Postgres), ("mysql", Dialect::Mysql)]
    {
        let (mut files, mut compared, mut semicolons) = (Vec::new(), 0, 0);
        for set in sets(folder) {
            sql_files(&set.join("migrations"), &mut files);
        }
        for file in &files {
            let Ok(text) = String::from_utf8(fs::read(file).unwrap()) else { continue };
            let Some(ours) = oracles::ours(&text, dialect) else { continue };
            let name = file.display();
            if let Some(theirs) = oracles::sqlparser(&text, dialect) {
                assert_eq!(ours.len(), theirs, "sqlparser: {name}");
                compared += 1;
            }
            if dialect == Dialect::Postgres {
                assert_eq!(ours, oracles::squawk(&text), "squawk: {name}");
            }
            if dialect == Dialect::Sqlite {
                if let Some((theirs, places)) = oracles::sqlite3_parser(&text) {
                    assert_eq!(ours, theirs, "sqlite3-parser: {name}");
                    for place in oracles::solid(&text) {
                        assert!(places.contains(&place), "sqlite3-parser: {name}: {place:?}");
                    }
                }
            }
            semicolons += ours.len();
        }
        println!(
            "{dialect}: {} files, {compared} compared with sqlparser, {semicolons} semicolons",
            files.len()
        );
        assert!(compared * 10 >= files.len() * 9, "{dialect}: too few files were compared");
    }
}

#[test]
fn sqlite_cuts_the_files_as_we_do() {
    for set in sets("sqlite") {
        let engine = engine::Engine::new();
        let mut dirs: Vec<_> = fs::read_dir(set.join("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        dirs.retain(|dir| dir.join("up.sql").is_file());
        dirs.sort_by_key(|dir| {
            dbmig_build::Version::of_directory(dir.file_name().unwrap().to_str().unwrap())
        });
        let ups = dirs.iter().map(|dir| dir.join("up.sql"));
        let downs = dirs.iter().rev().map(|dir| dir.join("down.sql"));
        let (mut pieces, mut files, mut whole) = (0, 0, 0);
        for file in ups.chain(downs).filter(|file| file.is_file()) {
            let (compared, all) =
                engine::compare(&engine, &fs::read_to_string(&file).unwrap(), true);
            pieces += compared;
            files += 1;
            whole += usize::from(all);
        }
        println!("{}: {pieces} pieces, {whole} of {files} files to their end", set.display());
        assert!(whole * 2 > files, "{}: the engine refused too many files", set.display());
    }
}
