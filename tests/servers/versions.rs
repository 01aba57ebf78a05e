//! Which versions are one key: asked of MariaDB.

use dbmig_build::Version;
use mysql::prelude::Queryable as _;

use crate::pairs::{Equal, PAIRS};
use crate::support::{Scratch, Server};

/// The default of MariaDB 10, and two that are as coarse as the defaults of newer servers.
const COLLATIONS: [&str; 3] =
    ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci"];

#[test]
fn mariadb_agrees_about_every_pair() {
    let mut conn = Scratch::new(Server::Mariadb).mysql();
    let mut wrong = Vec::new();
    for (one, other, equal) in PAIRS {
        let [a, b] = [one, other].map(Version::of_directory);
        let any = COLLATIONS.into_iter().any(|collation| {
            let sql = format!(
                "SELECT CAST(? AS CHAR CHARACTER SET utf8mb4) COLLATE {collation} = \
                 CAST(? AS CHAR CHARACTER SET utf8mb4) COLLATE {collation}"
            );
            let answer: Option<bool> = conn.exec_first(sql, (a.as_str(), b.as_str())).unwrap();
            answer.unwrap()
        });
        if any != (equal != Equal::Nowhere) {
            wrong.push((one, other, equal));
        }
    }
    assert_eq!(wrong, []);
}
