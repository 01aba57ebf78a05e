//! Writes a file only when its content changes, so that nothing is compiled again for nothing.

use std::fs;
use std::path::Path;

use super::BuildError;

pub(super) fn write_if_changed(path: &Path, content: &str) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|old| old == content.as_bytes()) {
        return Ok(());
    }
    fs::write(path, content).map_err(|error| BuildError::Write(path.to_owned(), error))
}
