//! What `prove` says of a real project's set, held against what a round trip of each migration on empty
//! tables found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The migrations whose way back the round trip found broken.
fn broken(set: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(set.join("oracle/oracle.json")).expect("oracle.json");
    let oracle: Value = serde_json::from_str(&text).expect("JSON");
    let trips = &oracle["round trip of each migration"];
    ["down fails", "down leaves a difference", "second up fails"]
        .iter()
        .flat_map(|key| trips[key].as_array().expect("a list").clone())
        .map(|entry| entry[0].as_str().expect("a name").to_owned())
        .collect()
}

/// Every way back that the round trip found broken is refused, and no other, but for those that are argued,
/// with their reason, on either side. How many were proved, and how many refused.
pub(crate) fn assert_agrees(set: &Path, output: &str, argued: &[(&str, &str)]) -> (usize, usize) {
    let about = set.display();
    let value: Value =
        serde_json::from_str(output).unwrap_or_else(|error| panic!("{about}: {error}: {output}"));
    let proved = value["proved"].as_array().unwrap_or_else(|| panic!("{about}: {value}"));
    let refused: BTreeMap<&str, &Value> = proved
        .iter()
        .filter(|one| one["refused"] == true)
        .map(|one| (one["name"].as_str().expect("a name"), one))
        .collect();
    let declared: BTreeSet<&str> = proved
        .iter()
        .filter(|one| one["verdict"] == "none" && one["refused"] == false)
        .filter_map(|one| one["name"].as_str())
        .collect();
    let broken = broken(set);
    let is_argued = |name: &str| argued.iter().any(|(argued, _)| *argued == name);
    for name in &broken {
        let found = refused.contains_key(name.as_str()) || declared.contains(name.as_str());
        assert!(found != is_argued(name), "{about}: {name} is broken, and was not refused");
    }
    for (name, one) in &refused {
        let known = broken.contains(*name) || is_argued(name);
        assert!(known, "{about}: {name} restores, and was refused: {one}");
    }
    (proved.len(), refused.len())
}
