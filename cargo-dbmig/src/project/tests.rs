//! Tests of discovery, on folders that are written for each case.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with these files; a path that ends in `/` is a directory.
fn tree(files: Files<'_>) -> TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        if path.to_string_lossy().ends_with('/') {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
    }
    folder
}

/// Paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

const PACKAGE: (&str, &str) = ("ws/app/Cargo.toml", "[package]\nname = 'app'\n");
const WORKSPACE: (&str, &str) =
    ("ws/Cargo.toml", "[workspace]\nmembers = ['app']\nexclude = ['ex']\n");

#[test]
fn the_root_is_the_nearest_folder_that_has_a_file() {
    let dbmig = ("ws/dbmig.toml", "");
    // files besides ws/app/src/, root, workspace root
    let cases: [(Files<'_>, &str, &str); 9] = [
        (&[], "ws/app/src", "ws/app/src"),
        (&[PACKAGE], "ws/app", "ws/app"),
        (&[PACKAGE, WORKSPACE], "ws/app", "ws"),
        (&[PACKAGE, WORKSPACE, dbmig], "ws", "ws"),
        (&[PACKAGE, WORKSPACE, dbmig, ("ws/app/dbmig.toml", "")], "ws/app", "ws"),
        // Without `[workspace]` the package is the boundary.
        (&[PACKAGE, dbmig], "ws/app", "ws/app"),
        (&[PACKAGE, WORKSPACE, ("dbmig.toml", "")], "ws/app", "ws"),
        (&[PACKAGE, WORKSPACE, dbmig, ("ws/app/diesel.toml", "")], "ws", "ws"),
        (&[dbmig], "ws", "ws"),
    ];
    for (files, root, workspace_root) in cases {
        let tree = tree(&[files, &[("ws/app/src/", "")]].concat());
        let project = discover(&tree.path().join("ws/app/src"), &Overrides::default()).unwrap();
        assert_eq!(project.root, tree.path().join(root), "{files:?}");
        assert_eq!(project.workspace_root, tree.path().join(workspace_root), "{files:?}");
        assert_eq!(project.config.from_file, project.config_path.is_some());
    }
}

#[test]
fn diesel_toml_marks_a_root_where_dbmig_toml_is_missing() {
    let tree =
        tree(&[PACKAGE, WORKSPACE, ("ws/diesel.toml", "[migrations_directory]\ndir = 'db'\n")]);
    let app = tree.path().join("ws/app");
    let project = discover(&app, &Overrides::default()).unwrap();
    assert_eq!(project.root, tree.path().join("ws"));
    assert_eq!(project.manifest, Some(app.join("Cargo.toml")));
    let (dir, origin) = project.migrations_dir(&app, None, &Env::default(), None).unwrap();
    assert_eq!((dir, origin), (tree.path().join("ws/db"), Origin::DieselToml));
}

#[test]
fn an_excluded_package_is_its_own_root() {
    let tree = tree(&[WORKSPACE, ("ws/dbmig.toml", ""), ("ws/ex/Cargo.toml", "[package]\n")]);
    let project = discover(&tree.path().join("ws/ex"), &Overrides::default()).unwrap();
    assert_eq!(project.workspace_root, tree.path().join("ws/ex"));
    assert_eq!(project.config_path, None);
}

#[test]
fn named_files_are_used_or_missed() {
    let tree = tree(&[PACKAGE, ("cfg/dbmig.toml", "migrations = 'x'\n"), ("cfg/d.toml", "")]);
    let overrides =
        |manifest: Option<&str>, config: Option<&str>, diesel: Option<&str>| Overrides {
            manifest_path: manifest.map(PathBuf::from),
            config: config.map(PathBuf::from),
            diesel_config: diesel.map(PathBuf::from),
        };
    let manifest = Some("ws/app/Cargo.toml");
    let found = [
        (overrides(manifest, None, None), "ws/app"),
        (overrides(None, Some("cfg/dbmig.toml"), None), "cfg"),
        (overrides(manifest, Some("cfg/dbmig.toml"), None), "cfg"),
        (overrides(manifest, None, Some("cfg/d.toml")), "ws/app"),
        // As with Diesel, a diesel.toml that is named need not be there yet.
        (overrides(manifest, None, Some("no.toml")), "ws/app"),
    ];
    for (overrides, root) in found {
        let project = discover(tree.path(), &overrides).unwrap();
        assert_eq!(project.root, tree.path().join(root), "{overrides:?}");
    }
    let missed = [
        (overrides(Some("ws/app"), None, None), "`ws/app` is not the path of a Cargo.toml file"),
        (overrides(Some("no/Cargo.toml"), None, None), "`no/Cargo.toml` does not exist"),
        (overrides(None, Some("no.toml"), None), "`no.toml` does not exist"),
    ];
    for (overrides, message) in missed {
        assert_eq!(discover(tree.path(), &overrides).unwrap_err().message, message);
    }
}

#[test]
fn broken_files_are_named_by_a_short_path() {
    let cases = [
        (("app/dbmig.toml/", ""), "`app/dbmig.toml` is a directory"),
        (("app/dbmig.toml", "x = 1"), "app/dbmig.toml:1:1: unknown key `x`"),
        (("app/diesel.toml", "x ="), "app/diesel.toml:1:"),
        (("app/Cargo.toml", "x ="), "app/Cargo.toml:1:"),
    ];
    for (file, message) in cases {
        let tree = tree(&[file]);
        let manifest = tree.path().join("app/Cargo.toml");
        if !manifest.exists() {
            fs::write(&manifest, "[package]\n").unwrap();
        }
        let manifest_path = Some(PathBuf::from("app/Cargo.toml"));
        let overrides = Overrides { manifest_path, ..Overrides::default() };
        let error = discover(tree.path(), &overrides).unwrap_err();
        assert!(error.message.starts_with(message), "{}", error.message);
    }
}

#[test]
fn the_most_specific_word_about_migrations_wins() {
    let config = |text: &'static str| ("ws/dbmig.toml", text);
    let named = config("[databases.log]\nmigrations = 'log'\n[databases.b]\nmigrations = '../b'\n");
    let diesel = ("ws/diesel.toml", "[migrations_directory]\ndir = 'diesel'\n");
    let there = ("ws/app/migrations/", "");
    let (flag, variable) = (Some("../f"), Some("v"));
    type Case<'a> = (Files<'a>, Option<&'a str>, Option<&'a str>, Option<&'a str>, &'a str, Origin);
    let cases: [Case<'_>; 12] = [
        (&[config("migrations = 'c'")], flag, variable, None, "ws/f", Origin::Flag),
        (
            &[config("migrations = 'c'")],
            None,
            variable,
            None,
            "ws/app/v",
            Origin::Variable(MIGRATION_DIRECTORY),
        ),
        (&[config("migrations = 'c'")], None, Some(""), None, "ws/c", Origin::DbmigToml),
        (&[config("migrations = 'c'"), diesel], None, None, None, "ws/c", Origin::DbmigToml),
        (&[config(""), diesel], None, None, None, "ws/diesel", Origin::DieselToml),
        (&[diesel, there], None, None, None, "ws/diesel", Origin::DieselToml),
        (&[there], None, None, None, "ws/app/migrations", Origin::Found),
        (&[("ws/migrations/", "")], None, None, None, "ws/migrations", Origin::Found),
        (&[("migrations/", "")], None, None, None, "ws/app/migrations", Origin::Default),
        (&[config(""), there], None, None, None, "ws/migrations", Origin::Default),
        (&[named, diesel], None, variable, Some("log"), "ws/log", Origin::DbmigToml),
        (&[named], None, None, Some("b"), "b", Origin::DbmigToml),
    ];
    for (files, flag, variable, database, expected, origin) in cases {
        let tree = tree(&[files, &[PACKAGE, WORKSPACE]].concat());
        let cwd = tree.path().join("ws/app");
        let project = discover(&cwd, &Overrides::default()).unwrap();
        let env = Env::from_pairs(variable.map(|value| (MIGRATION_DIRECTORY, value)));
        let found = project.migrations_dir(&cwd, flag.map(Path::new), &env, database).unwrap();
        assert_eq!(found, (tree.path().join(expected), origin), "{files:?} {flag:?} {variable:?}");
    }
}

#[test]
fn seeds_are_named_or_beside_the_migrations() {
    let text = "seeds = 's'\n[databases.log]\nmigrations = 'log/migrations'\n[databases.b]\nmigrations = 'b'\n";
    let tree = tree(&[("dbmig.toml", text), ("plain/dbmig.toml", "")]);
    let root = tree.path();
    let cases = [
        ("", Some("f"), None, "f", Origin::Flag),
        ("", None, None, "s", Origin::DbmigToml),
        ("", None, Some("log"), "log/seeds", Origin::BesideMigrations),
        ("", None, Some("b"), "seeds_b", Origin::BesideMigrations),
        ("plain", None, None, "plain/seeds", Origin::BesideMigrations),
    ];
    for (folder, flag, database, expected, origin) in cases {
        let project = discover(&root.join(folder), &Overrides::default()).unwrap();
        let (migrations, _) =
            project.migrations_dir(root, None, &Env::default(), database).unwrap();
        let found = project.seeds_dir(root, flag.map(Path::new), &migrations, database).unwrap();
        assert_eq!(found, (root.join(expected), origin), "{folder} {database:?}");
    }
}

#[test]
fn schema_rs_is_ours_or_diesels() {
    let diesel = ("diesel.toml", "[print_schema]\nfile = 'src/d.rs'\n");
    let cases: [(Files<'_>, Option<(&str, Origin)>); 3] = [
        (&[("dbmig.toml", "schema = 'a.rs'"), diesel], Some(("a.rs", Origin::DbmigToml))),
        (&[("dbmig.toml", ""), diesel], Some(("src/d.rs", Origin::DieselToml))),
        (&[("dbmig.toml", "")], None),
    ];
    for (files, expected) in cases {
        let tree = tree(files);
        let project = discover(tree.path(), &Overrides::default()).unwrap();
        let expected = expected.map(|(path, origin)| (tree.path().join(path), origin));
        assert_eq!(project.schema_file(None).unwrap(), expected, "{files:?}");
    }
}

#[test]
fn dotenv_is_read_up_to_the_workspace_root() {
    let tree = tree(&[PACKAGE, WORKSPACE, (".env", "A=above"), ("ws/.env", "A=file\nB=$A/$SET")]);
    let app = tree.path().join("ws/app");
    let project = discover(&app, &Overrides::default()).unwrap();
    let (env, path) = project.with_dotenv(&app, Env::from_pairs([("SET", "s")])).unwrap();
    assert_eq!((env.get("A"), env.get("B")), (Some("file"), Some("file/s")));
    assert_eq!(path, Some(tree.path().join("ws/.env")));
}

#[test]
fn paths_below_the_current_folder_are_shown_short() {
    let cases = [("/a/b/c", "b/c"), ("/a", "."), ("/x", "/x"), ("/ab", "/ab")];
    for (path, expected) in cases {
        assert_eq!(show(Path::new(path), Path::new("/a")), expected);
    }
}

#[test]
fn dots_are_resolved() {
    let cases = [("/a/./b/../c", "/a/c"), ("a/..", ""), ("../a", "../a"), ("/..", "/..")];
    for (path, expected) in cases {
        assert_eq!(tidy(Path::new(path)), Path::new(expected));
    }
}
