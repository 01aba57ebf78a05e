#![no_main]

use dbmig_build::LockFile;
use libfuzzer_sys::fuzz_target;

// What was written is read as what was meant, and written the same again.
fuzz_target!(|text: &str| {
    let _ = dbmig_build::lock::resolve(text);
    let Ok(lock) = LockFile::parse(text) else { return };
    let rendered = lock.render();
    let again = LockFile::parse(&rendered).expect("what is written can be read");
    assert_eq!(again, lock);
    assert_eq!(again.render(), rendered);
});
