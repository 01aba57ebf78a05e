//! Pairs of directories, and where their versions are one key. `tests/servers` asks MariaDB.

/// Where two directories have one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Equal {
    Everywhere,
    OnMysql,
    Nowhere,
}
use Equal::{Everywhere, Nowhere, OnMysql};

pub(crate) const PAIRS: [(&str, &str, Equal); 40] = [
    // Diesel's rule: up to the first `_`, without `-`.
    ("20240101_a", "20240101_b", Everywhere),
    ("2024-01-01_a", "20240101_b", Everywhere),
    ("2024-01-01-000000_a", "20240101000000_b", Everywhere),
    ("2024-0101_a", "202401-01_b", Everywhere),
    ("-20240101_a", "20240101-_b", Everywhere),
    ("20240101", "20240101_b", Everywhere),
    ("20240101_", "20240101_b", Everywhere),
    ("20240101__a", "20240101_a", Everywhere),
    ("2024-01-01", "20240101_x_y", Everywhere),
    ("2024--01--01_a", "20240101_b", Everywhere),
    ("2024-01-01-000000-0000_a", "202401010000000000_b", Everywhere),
    // Numbers are text.
    ("1_a", "01_a", Nowhere),
    ("1_a", "10_a", Nowhere),
    ("1_a", "1.0_a", Nowhere),
    ("2024-01-01-000000_a", "2024-01-01-000000-0000_a", Nowhere),
    ("2024.01.01_a", "20240101_a", Nowhere),
    ("20240101a", "20240101_a", Nowhere),
    // Other dashes are no `-`.
    ("2024\u{2013}01_a", "202401_a", Nowhere),
    ("2024\u{2010}01_a", "2024-01_a", Nowhere),
    ("2024\u{2212}01_a", "2024\u{2013}01_b", Nowhere),
    // Case.
    ("20240101A_x", "20240101a_y", OnMysql),
    ("ABC_x", "abc_y", OnMysql),
    ("v1-A_x", "V1a_y", OnMysql),
    ("\u{c9}_x", "\u{e9}_y", OnMysql),
    ("a_X", "b_x", Nowhere),
    // Accents, composed or not.
    ("20240101\u{e1}_x", "20240101a_y", OnMysql),
    ("\u{e9}_x", "e\u{301}_y", OnMysql),
    ("e\u{301}_x", "E_y", OnMysql),
    ("\u{fc}ber_x", "uber_y", OnMysql),
    ("\u{f1}_x", "n_y", OnMysql),
    ("\u{1e5}_x", "g_y", Nowhere),
    ("\u{df}_x", "ss_y", OnMysql),
    ("\u{e6}_x", "ae_y", OnMysql),
    ("stra\u{df}e_x", "STRASSE_y", OnMysql),
    // Width, and what has none.
    ("\u{ff11}_x", "1_y", OnMysql),
    ("\u{ff21}_x", "a_y", OnMysql),
    ("2024\u{200b}_x", "2024_y", OnMysql),
    ("2024\u{ad}_x", "2024_y", Nowhere),
    // Blanks at the end: a key of MariaDB does not know them.
    ("20240101 _x", "20240101_y", OnMysql),
    ("20240101 x_a", "20240101x_b", Nowhere),
];
