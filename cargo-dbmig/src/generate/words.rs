//! Words: names taken apart and put together, one and many.

use heck::ToSnakeCase as _;

/// Words that have a plural of their own; the last part of a name is looked up here.
const IRREGULAR: [(&str, &str); 16] = [
    ("analysis", "analyses"),
    ("child", "children"),
    ("crisis", "crises"),
    ("criterion", "criteria"),
    ("datum", "data"),
    ("foot", "feet"),
    ("goose", "geese"),
    ("index", "indices"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("man", "men"),
    ("medium", "media"),
    ("mouse", "mice"),
    ("person", "people"),
    ("quiz", "quizzes"),
    ("woman", "women"),
];

/// Words that are the same for one and for many.
const UNCOUNTED: [&str; 14] = [
    "advice",
    "aircraft",
    "audit",
    "equipment",
    "feedback",
    "fish",
    "history",
    "information",
    "metadata",
    "money",
    "news",
    "series",
    "sheep",
    "species",
];

/// `AddPhoneToUsers`, `add-phone-to-users`, `add phone to users` as `add_phone_to_users`. Digits stay with
/// the letters before them.
pub(super) fn snake(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { text.to_owned() } else { text.to_snake_case() }
}

/// Whether a name is that of a Rust type: then its table has the plural of it.
pub(super) fn is_model(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().any(|c| c.is_ascii_lowercase())
        && !text.contains(['_', '-', ' '])
}

/// Many of it: `user` → `users`, `blog_entry` → `blog_entries`.
pub(super) fn plural(name: &str) -> String {
    let (head, last) = split_last(name);
    let ends = |endings: &[&str]| endings.iter().any(|ending| last.ends_with(ending));
    let many = if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == last) {
        (*many).to_owned()
    } else if UNCOUNTED.contains(&last) || IRREGULAR.iter().any(|(_, many)| *many == last) {
        last.to_owned()
    } else if let Some(stem) = last.strip_suffix('y').filter(|stem| !ends_in_vowel(stem)) {
        format!("{stem}ies")
    } else if ends(&["s", "x", "z", "ch", "sh"]) {
        // `users` is many already, `address` is one.
        if last.ends_with('s') && !ends(&["ss", "us", "is"]) {
            last.to_owned()
        } else {
            format!("{last}es")
        }
    } else {
        format!("{last}s")
    };
    format!("{head}{many}")
}

/// One of it: `users` → `user`, `categories` → `category`.
pub(super) fn singular(name: &str) -> String {
    let (head, last) = split_last(name);
    let one = if let Some((one, _)) = IRREGULAR.iter().find(|(_, many)| *many == last) {
        (*one).to_owned()
    } else if UNCOUNTED.contains(&last) {
        last.to_owned()
    } else if let Some(stem) = last.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        format!("{stem}y")
    } else if let Some(stem) = last.strip_suffix("es").filter(|stem| takes_es(stem)) {
        stem.to_owned()
    } else if let Some(stem) = last.strip_suffix('s').filter(|stem| {
        !["s", "u", "i"].iter().any(|ending| stem.ends_with(ending)) && !stem.is_empty()
    }) {
        stem.to_owned()
    } else {
        last.to_owned()
    };
    format!("{head}{one}")
}

/// Whether one of it ends like this, so that many of it end in `es`: `status`, and not `hous`.
fn takes_es(stem: &str) -> bool {
    let latin = stem.strip_suffix("us").is_some_and(|before| !ends_in_vowel(before));
    latin || ["ss", "x", "z", "ch", "sh"].iter().any(|ending| stem.ends_with(ending))
}

fn split_last(name: &str) -> (&str, &str) {
    let at = name.rfind('_').map_or(0, |at| at + 1);
    name.split_at(at)
}

fn ends_in_vowel(stem: &str) -> bool {
    stem.is_empty() || stem.ends_with(['a', 'e', 'i', 'o', 'u'])
}

/// Items of a list in a sentence: `a`, `a and b`, `a, b, and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [all @ .., last] => format!("{}, and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snakes() {
        for (text, expected) in [
            ("users", "users"),
            ("AddPhoneToUsers", "add_phone_to_users"),
            ("add-phone-to-users", "add_phone_to_users"),
            ("add phone to users", "add_phone_to_users"),
            ("firstName", "first_name"),
            ("line_2", "line_2"),
            ("line2", "line2"),
        ] {
            assert_eq!(snake(text), expected);
        }
    }

    #[test]
    fn one_and_many() {
        for (one, many) in [
            ("user", "users"),
            ("blog_entry", "blog_entries"),
            ("category", "categories"),
            ("day", "days"),
            ("address", "addresses"),
            ("box", "boxes"),
            ("branch", "branches"),
            ("status", "statuses"),
            ("person", "people"),
            ("sales_person", "sales_people"),
            ("child", "children"),
            ("house", "houses"),
            ("case", "cases"),
            ("analysis", "analyses"),
            ("equipment", "equipment"),
            ("news", "news"),
        ] {
            assert_eq!(plural(one), many, "{one}");
            assert_eq!(singular(many), one, "{many}");
            assert_eq!(plural(many), many, "{many}");
            assert_eq!(singular(one), one, "{one}");
        }
    }

    #[test]
    fn models() {
        for (text, expected) in
            [("User", true), ("BlogEntry", true), ("users", false), ("SQL", false), ("A_b", false)]
        {
            assert_eq!(is_model(text), expected, "{text}");
        }
    }
}
