//! Tests of the manifest edits: what is in front, and what comes out.

use super::*;

fn add(manifest: &str) -> Option<String> {
    let source = DependencySource::Registry("0.1".into());
    add_dependencies(manifest, "Cargo.toml", &source, &[Dialect::Sqlite]).unwrap()
}

const RUNTIME: &str = "dbmig-runtime = { version = \"0.1\", features = [\"sqlite\"] }\n";
const BUILD: &str = "dbmig-build = \"0.1\"\n";

/// `R` and `B` stand for the two lines.
fn expect(template: &str) -> String {
    template.replace("R\n", RUNTIME).replace("B\n", BUILD)
}

#[test]
fn entries_take_their_place() {
    let cases = [
        // A new package, with and without a line end.
        (
            "[package]\nname = \"a\"\n\n[dependencies]\n",
            "[package]\nname = \"a\"\n\n[dependencies]\nR\n\n[build-dependencies]\nB\n",
        ),
        (
            "[package]\nname = \"a\"",
            "[package]\nname = \"a\"\n\n[dependencies]\nR\n\n[build-dependencies]\nB\n",
        ),
        // A sorted table stays sorted, comments stay with what they are about.
        (
            "[package]\n[dependencies]\n# the one\nclap = \"4\" # four\n# the other\nserde = \"1\"\n\n[build-dependencies]\ncc = \"1\"\n",
            "[package]\n[dependencies]\n# the one\nclap = \"4\" # four\nR\n# the other\nserde = \"1\"\n\n[build-dependencies]\ncc = \"1\"\nB\n",
        ),
        // Any other keeps its order.
        (
            "[package]\n[dependencies]\nserde = \"1\"\nclap = \"4\"\n# diesel = \"2\"\n",
            "[package]\n[dependencies]\nserde = \"1\"\nclap = \"4\"\nR\n# diesel = \"2\"\n\n[build-dependencies]\nB\n",
        ),
        // Behind the dependencies, in front of the rest.
        (
            "[package]\n\n[dependencies]\na = \"1\"\n\n[features]\nx = []\n# end\n",
            "[package]\n\n[dependencies]\na = \"1\"\nR\n\n[build-dependencies]\nB\n\n[features]\nx = []\n# end\n",
        ),
        (
            "[package]\n\n[[bin]]\nname = \"a\"\n\n[dev-dependencies]\na = \"1\"\n\n[lints]\nworkspace = true\n",
            "[package]\n\n[[bin]]\nname = \"a\"\n\n[dependencies]\nR\n\n[dev-dependencies]\na = \"1\"\n\n[build-dependencies]\nB\n\n[lints]\nworkspace = true\n",
        ),
        // Sub-tables.
        (
            "[package]\n\n[dependencies.serde]\nversion = \"1\"\n\n[build-dependencies]\n\n[package.metadata.x]\ny = 1\n",
            "[package]\n\n[dependencies]\nR\n\n[dependencies.serde]\nversion = \"1\"\n\n[build-dependencies]\nB\n\n[package.metadata.x]\ny = 1\n",
        ),
        (
            "[package]\n[dependencies]\na = \"1\"\n[dependencies.serde]\nversion = \"1\"\n",
            "[package]\n[dependencies]\na = \"1\"\nR\n[dependencies.serde]\nversion = \"1\"\n\n[build-dependencies]\nB\n",
        ),
        // Dotted keys.
        (
            "[package]\n[dependencies]\nserde.workspace = true\nzip.workspace = true\n[build-dependencies]\ndbmig-build.workspace = true\n",
            "[package]\n[dependencies]\nR\nserde.workspace = true\nzip.workspace = true\n[build-dependencies]\ndbmig-build.workspace = true\n",
        ),
        (
            "dependencies.a = \"1\"\n\n[package]\nname = \"a\"\n\n\n",
            "dependencies.a = \"1\"\ndependencies.R\n\n[package]\nname = \"a\"\n\n[build-dependencies]\nB\n",
        ),
        // One of the two is there, in whatever form.
        (
            "[package]\n[dependencies.dbmig-runtime]\npath = \"x\"\n",
            "[package]\n[dependencies.dbmig-runtime]\npath = \"x\"\n\n[build-dependencies]\nB\n",
        ),
        // A root package with its workspace.
        (
            "[workspace]\nmembers = []\n\n[package]\nname = \"a\"\n\n[dependencies]\n\n[workspace.dependencies]\nx = \"1\"\n",
            "[workspace]\nmembers = []\n\n[package]\nname = \"a\"\n\n[dependencies]\nR\n\n[build-dependencies]\nB\n\n[workspace.dependencies]\nx = \"1\"\n",
        ),
    ];
    for (before, after) in cases {
        let edited = add(before).unwrap_or_else(|| panic!("nothing to do in\n{before}"));
        assert_eq!(edited, expect(after), "\nbefore:\n{before}\nafter:\n{edited}");
        assert_eq!(add(&edited), None, "{edited}");
    }
}

#[test]
fn inline_tables_stay_inline() {
    let before =
        "dependencies = { a = \"1\" }\nbuild-dependencies = { dbmig-build = \"0\" }\n[package]\n";
    let after = "dependencies = { a = \"1\", dbmig-runtime = { version = \"0.1\", features = [\"sqlite\"] } }\n\
                 build-dependencies = { dbmig-build = \"0\" }\n[package]\n";
    assert_eq!(add(before).as_deref(), Some(after));
    assert_eq!(add(after), None);
}

#[test]
fn what_is_there_is_left_alone() {
    let cases = [
        "[workspace]\nmembers = [\"a\"]\n",
        "",
        "[package]\n[dependencies]\ndbmig-runtime.workspace = true\n[build-dependencies]\ndbmig-build = \"0\"\n",
        "[package]\n[dependencies]\nrt = { package = \"dbmig-runtime\", path = \"x\" }\n\
         [build-dependencies.b]\npackage = \"dbmig-build\"\n",
    ];
    for manifest in cases {
        assert_eq!(add(manifest), None, "{manifest}");
    }
}

#[test]
fn sources_and_dialects_are_written_out() {
    let dialects = [Dialect::Mysql, Dialect::Sqlite, Dialect::Mysql];
    let cases = [
        (
            DependencySource::Path("../dbmig/".into()),
            "[dependencies]\ndbmig-runtime = { path = \"../dbmig/dbmig-runtime\", features = [\"sqlite\", \"mysql\"] }\n\n\
             [build-dependencies]\ndbmig-build = { path = \"../dbmig/dbmig-build\" }\n",
        ),
        (
            DependencySource::Git("https://example.org/dbmig".into()),
            "[dependencies]\ndbmig-runtime = { git = \"https://example.org/dbmig\", features = [\"sqlite\", \"mysql\"] }\n\n\
             [build-dependencies]\ndbmig-build = { git = \"https://example.org/dbmig\" }\n",
        ),
    ];
    for (source, expected) in cases {
        let edited = add_dependencies("[package]\n", "Cargo.toml", &source, &dialects).unwrap();
        assert_eq!(edited, Some(format!("[package]\n\n{expected}")));
    }
}

#[test]
fn a_plain_version_gives_way_to_a_checkout() {
    let path = DependencySource::Path("../checkout".into());
    let git = DependencySource::Git("https://example.com/x".into());
    let edit = |text: &str, source: &DependencySource| {
        add_dependencies(text, "Cargo.toml", source, &[Dialect::Sqlite]).unwrap()
    };
    let written = add("[package]\n\n[dependencies]\na = \"1\"\n").unwrap();
    assert_eq!(
        edit(&written, &path).unwrap(),
        "[package]\n\n[dependencies]\na = \"1\"\n\
         dbmig-runtime = { path = \"../checkout/dbmig-runtime\", features = [\"sqlite\"] }\n\n\
         [build-dependencies]\ndbmig-build = { path = \"../checkout/dbmig-build\" }\n"
    );
    let by_git = edit(&written, &git).unwrap();
    assert!(by_git.contains("dbmig-build = { git = \"https://example.com/x\" }\n"), "{by_git}");
    // A second one changes nothing, nor does one without a checkout.
    assert_eq!(edit(&edit(&written, &path).unwrap(), &path), None);
    assert_eq!(add(&written), None);
    // What is said beside the version stays, and what names a place is left alone.
    let table = "[package]\n[dependencies.dbmig-runtime]\nversion = \"0.1\"\noptional = true\n\
                 [build-dependencies]\ndbmig-build = \"0.1\" # why\n";
    let edited = edit(table, &path).unwrap();
    assert!(edited.contains("optional = true\npath = \"../checkout/dbmig-runtime\"\n"), "{edited}");
    assert!(edited.contains("dbmig-build = { path = \"../checkout/dbmig-build\" } # why\n"));
    assert!(!edited.contains("version"), "{edited}");
    let elsewhere = "[package]\n[dependencies]\ndbmig-runtime.workspace = true\n\
                     [build-dependencies]\ndbmig-build = { version = \"0.1\", path = \"../old\" }\n";
    assert_eq!(edit(elsewhere, &path), None);
}
