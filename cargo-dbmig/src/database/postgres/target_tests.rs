//! Tests of `target.rs`.

use super::*;
use crate::config::{Env, TlsMode};

fn around<'a>(env: &'a Env, tls: Option<TlsMode>) -> Surroundings<'a> {
    Surroundings { env, tls, cwd: Path::new("/folder") }
}

fn parse(url: &str, env: &[(&str, &str)], tls: Option<TlsMode>) -> CliResult<PostgresTarget> {
    let env = Env::from_pairs(env.iter().copied());
    PostgresTarget::parse(url, around(&env, tls))
}

#[test]
fn shown_without_secrets() {
    for (url, shown) in [
        ("postgres://u:secret@h:5433/d", "postgres://h:5433/d"),
        ("postgresql://u:secret@h/d?application_name=x", "postgres://h/d"),
        ("host=h password=secret dbname=d", "postgres://h/d"),
        ("hostaddr=::1 port=1 password=secret dbname=d", "postgres://[::1]:1/d"),
        ("postgres://u:secret@[::1]:1/d", "postgres://[::1]:1/d"),
        ("postgres://u:secret@a:1,b:2/d", "postgres://a:1,b:2/d"),
        ("postgres://u:secret@%2Frun%2Fpg/d", "postgres:///run/pg/d"),
        ("postgres:///d?host=/run/pg&password=secret", "postgres:///run/pg/d"),
    ] {
        let target = parse(url, &[], None).unwrap();
        assert_eq!(target.to_string(), shown, "{url}");
        assert!(!format!("{target:?}").contains("secret"));
    }
}

#[test]
fn refused_without_the_value() {
    for (url, reason) in [
        ("postgres://u:secret@h:x/d", "the port is no number"),
        ("postgres://h/d?sslmode=secret", "`sslmode` must be `disable`"),
        ("postgres://h/d?connect_timeout=secret", "`connect_timeout` must be a number"),
        ("postgres://h/d?secret=1", "parameter 1 is not known"),
        ("postgres://h/d?sslpassword=secret", "`sslpassword` is not supported"),
        ("postgres://h/d?sslcrl=secret", "`sslcrl` is not supported"),
        ("postgres://h/d?gssencmode=require", "`gssencmode` must be one of"),
        ("postgres://h/d?channel_binding=secret", "`channel_binding` must be one of"),
        ("postgres://h/d?sslnegotiation=direct", "`sslmode` must be `require` or more"),
        ("postgres://h/d?sslmode=require&sslrootcert=system", "`verify-full` where"),
        ("postgres://h/d?ssl_min_protocol_version=TLSv1.3", "`ssl_min_protocol_version` must"),
        ("host=h port=secret", "`port` must be a number"),
        ("host='se@cret' port=1", "`host` must be"),
        ("host=h port=1,2", "`port` must be one for all hosts"),
        ("hostaddr=secret", "`hostaddr` must be an IP address"),
    ] {
        let error = parse(url, &[], None).unwrap_err();
        let shown = format!("{error:?}");
        assert!(shown.contains(reason), "{url}: {shown}");
        assert!(!shown.contains("secret") && !shown.contains("se@cret"), "{url}: {shown}");
    }
}

#[test]
fn a_slip_in_a_name_is_seen() {
    let error = parse("postgres://h/d?ssl_mode=require", &[], None).unwrap_err();
    assert!(error.help.contains(&"did you mean `sslmode`?".to_owned()), "{:?}", error.help);
}

#[test]
fn variables_fill_what_is_left_open() {
    let env = [
        ("PGHOST", "other"),
        ("PGPORT", "7"),
        ("PGUSER", "me"),
        ("PGPASSWORD", "secret"),
        ("PGDATABASE", "there"),
        ("PGOPTIONS", "-c abc=hidden"),
        ("PGCONNECT_TIMEOUT", "3"),
    ];
    for (url, shown, user, password) in [
        ("postgres://", "postgres://other:7/there", "me", "secret"),
        ("postgres://h:5/d", "postgres://h:5/d", "me", "secret"),
        ("postgres://u:p@h/d", "postgres://h:7/d", "u", "p"),
        ("user=x", "postgres://other:7/there", "x", "secret"),
    ] {
        let target = parse(url, &env, None).unwrap();
        assert_eq!(target.to_string(), shown, "{url}");
        assert_eq!(target.config().get_user(), Some(user), "{url}");
        assert_eq!(target.config().get_password(), Some(password.as_bytes()), "{url}");
        assert_eq!(target.config().get_connect_timeout(), Some(&Duration::from_secs(3)));
        let hidden = if password == "p" { "secret" } else { "***" };
        assert_eq!(target.redact("secret: hidden"), format!("{hidden}: ***"));
    }
}

#[cfg(unix)]
#[test]
fn a_password_file_is_the_last_to_be_asked() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".pgpass");
    std::fs::write(&path, "a:*:*:*:of-a\nb:6:d:u:of-b\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let home = dir.path().to_str().unwrap();
    let elsewhere = [("HOME", "/nowhere"), ("PGPASSFILE", path.to_str().unwrap())];
    for (url, env, expected) in [
        ("postgres://u@a/d", &[("HOME", home)][..], Some("of-a")),
        ("postgres://u@b:6/d", &[("HOME", home)], Some("of-b")),
        ("postgres://u@c,b:6/d", &[("HOME", home)], None),
        ("postgres://u@a,b:6/d", &[("HOME", home)], None),
        ("postgres://u@a:1,a:2/d", &[("HOME", home)], Some("of-a")),
        ("postgres://u:p@a/d", &[("HOME", home)], Some("p")),
        ("postgres://u@a/d", &elsewhere, Some("of-a")),
        ("postgres://u@a/d", &[("HOME", "/nowhere")], None),
    ] {
        let target = parse(url, env, None).unwrap();
        assert_eq!(target.config().get_password(), expected.map(str::as_bytes), "{url}");
    }
}

#[test]
fn the_stricter_word_about_tls_counts() {
    use TlsMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".postgresql")).unwrap();
    std::fs::write(dir.path().join(".postgresql/root.crt"), "").unwrap();
    let home = dir.path().to_str().unwrap();
    for (mode, tls, env, expected) in [
        ("", None, vec![], Prefer),
        ("", None, vec![("PGSSLMODE", "disable")], Disable),
        ("?sslmode=allow", None, vec![("PGSSLMODE", "require")], Allow),
        ("?sslmode=require", None, vec![], Require),
        ("?sslmode=require", None, vec![("HOME", home)], VerifyCa),
        ("?sslmode=prefer", None, vec![("HOME", home)], Prefer),
        ("?sslmode=disable", Some(VerifyFull), vec![], VerifyFull),
        ("?sslmode=verify-full", Some(Require), vec![], VerifyFull),
        ("", Some(Require), vec![("PGSSLMODE", "disable")], Require),
        ("?sslrootcert=system", None, vec![], VerifyFull),
    ] {
        let target = parse(&format!("postgres://h/d{mode}"), &env, tls).unwrap();
        assert_eq!(target.tls.mode, expected, "{mode} {tls:?} {env:?}");
    }
}

#[test]
fn files_that_can_not_be_used_are_named() {
    for (url, reason) in [
        ("postgres://h/d?sslmode=verify-full&sslrootcert=/nosuch.crt", "/nosuch.crt"),
        ("postgres://h/d?sslmode=verify-full&sslrootcert=none.crt", "/folder/none.crt"),
        ("postgres://h/d?sslmode=verify-ca", "needs the certificate of the authority"),
        ("postgres://h/d?sslmode=require&sslcert=/a.crt&sslkey=/b.key", "/a.crt"),
    ] {
        let reported = parse(url, &[], None).unwrap().tls.connector().err().unwrap();
        assert!(reported.contains(reason), "{url}: {reported}");
    }
}
