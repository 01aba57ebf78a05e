//! RELIABILITY T23: 40 pairs of directories, and where they are one version.

use dbmig_build::{Code, Dialect};

use super::Set;
use super::pairs::Equal::{Everywhere, Nowhere, OnMysql};
use super::pairs::PAIRS;

#[test]
fn forty_pairs() {
    for (one, other, equal) in PAIRS {
        for dialect in Dialect::ALL {
            for names in [[one, other], [other, one]] {
                let findings = Set::new(dialect, &names).findings();
                let doubles = findings.iter().filter(|f| f.code == Code::DuplicateVersion).count();
                let expected = match equal {
                    Everywhere => 1,
                    OnMysql => usize::from(dialect == Dialect::Mysql),
                    Nowhere => 0,
                };
                assert_eq!(doubles, expected, "{dialect}: {names:?}");
            }
        }
    }
}

#[test]
fn a_pair_that_only_mysql_takes_for_one_is_explained() {
    let findings = Set::new(Dialect::Mysql, &["1A_x", "1a_y"]).findings();
    let found = findings.iter().find(|f| f.code == Code::DuplicateVersion).unwrap();
    let why = "MySQL and MariaDB compare it without case and accents";
    assert!(found.notes.iter().any(|note| note == why), "{found:?}");
    let findings = Set::new(Dialect::Mysql, &["1a_x", "1a_y"]).findings();
    assert!(!findings.iter().any(|f| f.notes.iter().any(|note| note == why)));
}
