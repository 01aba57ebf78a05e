#![no_main]

use dbmig_build::Dialect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dbmig_build_fuzz::check(bytes, Dialect::Sqlite));
