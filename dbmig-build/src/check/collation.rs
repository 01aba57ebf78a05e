//! When two versions are one key of `__diesel_schema_migrations`.
//!
//! SQLite and PostgreSQL compare bytes. The default collations of MySQL and MariaDB compare letters
//! without case and accents, and some of them without blanks at the end.

use std::borrow::Cow;

use crate::{Dialect, Version};

/// Small letters with the accented ones that count as the same.
const LATIN: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ('b', "ḃḅḇ"),
    ('c', "çćĉċčḉ"),
    ('d', "ďḋḍḏḑḓ"),
    ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('f', "ḟ"),
    ('g', "ĝğġģǧǵḡ"),
    ('h', "ĥȟḣḥḧḩḫẖ"),
    ('i', "ìíîïĩīĭįǐȉȋḭḯỉị"),
    ('j', "ĵǰ"),
    ('k', "ķǩḱḳḵ"),
    ('l', "ĺļľḷḹḻḽł"),
    ('m', "ḿṁṃ"),
    ('n', "ñńņňǹṅṇṉṋ"),
    ('o', "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợø"),
    ('p', "ṕṗ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('s', "śŝşšșṡṣṥṧṩ"),
    ('t', "ţťțṫṭṯṱẗ"),
    ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('v', "ṽṿ"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('x', "ẋẍ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('z', "źżžẑẓẕ"),
];

/// Equal for versions that are one key in a database of one of these dialects.
pub(super) fn key<'a>(version: &'a Version, dialects: &[Dialect]) -> Cow<'a, str> {
    let text = version.as_str();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    if plain || !dialects.contains(&Dialect::Mysql) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.trim_end_matches(' ').chars().flat_map(char::to_lowercase).map(narrow) {
        match c {
            // Accents that stand on their own, and what has no width.
            '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            c if c.is_ascii() => folded.push(c),
            c => folded.push(base(c)),
        }
    }
    Cow::Owned(folded)
}

/// The letter without its accent.
fn base(c: char) -> char {
    LATIN.iter().find(|(_, accented)| accented.contains(c)).map_or(c, |(base, _)| *base)
}

/// Characters as wide as an ideograph stand for the ASCII ones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}
