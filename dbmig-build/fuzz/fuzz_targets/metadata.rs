#![no_main]

use dbmig_build::{Settings, read_subset};
use libfuzzer_sys::fuzz_target;

// Settings survive their text form, and a problem stands on a line that there is.
fuzz_target!(|text: &str| {
    let read = read_subset(text);
    let again = Settings::from_text(&read.settings.to_text());
    assert_eq!(again.as_ref(), Some(&read.settings));
    let _ = Settings::from_text(text).map(|settings| {
        assert_eq!(Settings::from_text(&settings.to_text()), Some(settings));
    });
});
