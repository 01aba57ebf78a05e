//! `Unit`: what runs as one: an SQL file, or a data file with its side file.

use dbmig_build::{Digest, Seed};

/// What runs as one.
#[derive(Debug, Clone)]
pub(super) struct Unit<'a> {
    pub(super) seed: &'a Seed,
    #[cfg_attr(not(feature = "seed"), allow(dead_code, reason = "data files are of that feature"))]
    pub(super) side: Option<&'a Seed>,
    /// Of the file, and of its side file with it.
    pub(super) digest: Digest,
}

impl Unit<'_> {
    /// What is recorded of it.
    pub(super) fn known(&self) -> (&str, &Digest) {
        (&self.seed.name, &self.digest)
    }

    pub(super) fn is_data(&self) -> bool {
        !is(&self.seed.name, "sql")
    }
}

fn is(name: &str, end: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == end)
}

/// Brings data files and side files together. A side file without a data file is left out.
pub(super) fn units(seeds: &[Seed]) -> Vec<Unit<'_>> {
    let stem = |seed: &'_ Seed| seed.name.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    seeds
        .iter()
        .filter(|seed| !is(&seed.name, "toml"))
        .map(|seed| {
            let side = seeds.iter().find(|other| {
                !is(&seed.name, "sql") && is(&other.name, "toml") && stem(other) == stem(seed)
            });
            let digest = match side {
                None => seed.digest.clone(),
                Some(side) => Digest::of_list("seed", [seed.digest.as_str(), side.digest.as_str()]),
            };
            Unit { seed, side, digest }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_file_goes_with_its_data_file() {
        let seed = |name: &str, text: &str| Seed::new(name, text);
        let names = ["dev/1_a.csv", "dev/1_a.toml", "dev/2_b.sql", "dev/2_b.toml", "dev/3_c.json"];
        let seeds = names.map(|name| seed(name, name));
        let found: Vec<_> =
            units(&seeds).iter().map(|u| (u.seed.name.clone(), u.side.is_some())).collect();
        let expected = [("dev/1_a.csv", true), ("dev/2_b.sql", false), ("dev/3_c.json", false)];
        assert_eq!(found, expected.map(|(name, side)| (name.to_owned(), side)));
        let digest =
            |text: &str| units(&[seed(names[0], "x"), seed(names[1], text)])[0].digest.clone();
        assert_ne!(digest("a"), digest("b"));
    }
}
