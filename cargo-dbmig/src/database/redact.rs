//! What a server says, without what it was told in confidence.

/// A message in which every one of the secrets is blanked.
pub(super) fn redacted<'a>(message: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    // One of two characters hides nothing, and blanking it would spoil the message.
    // The longer ones first: a short one may be a piece of a long one.
    let mut secrets: Vec<&str> = secrets.into_iter().filter(|text| text.len() > 2).collect();
    secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
    secrets.iter().fold(message.to_owned(), |message, secret| message.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them() {
        for (message, secrets, expected) in [
            ("a b", vec![], "a b"),
            ("a secret b", vec!["secret"], "a *** b"),
            ("abcd abc", vec!["abc", "abcd"], "*** ***"),
            ("a bc", vec!["", "bc"], "a bc"),
        ] {
            assert_eq!(redacted(message, secrets), expected, "{message}");
        }
    }
}
