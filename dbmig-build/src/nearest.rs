//! "did you mean": the nearest of a few known words.

/// The known word that takes the fewest edits, if it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    // Nobody mistypes that much, and the work grows with the length.
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let near = known.into_iter().map(|known| {
        let letters: Vec<char> = known.chars().collect();
        (distance(&word, &letters), word.len().max(letters.len()), known)
    });
    // A third of the letters may be wrong.
    near.filter(|(edits, longest, _)| edits * 3 <= *longest)
        .min_by_key(|(edits, ..)| *edits)
        .map(|(.., known)| known)
}

/// Letters to insert, remove, replace, or exchange with their neighbour.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (left, right, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("allow", "alow", 1),
            ("tood", "todo", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            let (left, right): (Vec<_>, Vec<_>) = (left.chars().collect(), right.chars().collect());
            assert_eq!(distance(&left, &right), expected, "{left:?} {right:?}");
            assert_eq!(distance(&right, &left), expected, "{right:?} {left:?}");
        }
    }

    #[test]
    fn offers_only_what_is_near() {
        for (word, expected) in [
            ("alow", Some("allow")),
            ("Allow", Some("allow")),
            ("allows", Some("allow")),
            ("tood", Some("todo")),
            ("ignore", None),
            ("t", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, ["allow", "todo"]), expected, "{word}");
        }
    }
}
