//! A file in blocks, for those that are too large to be held: UTF-8, without byte order mark, CRLF made LF.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

use crate::digest::normalise_ends;

/// How much is held.
const BLOCK: usize = 64 * 1024;

/// Gives each block to `with`. A character is never cut, nor a CRLF.
///
/// # Errors
///
/// What opening and reading report; [`ErrorKind::InvalidData`] where the file is not UTF-8.
pub(crate) fn each(path: &Path, mut with: impl FnMut(&[u8])) -> Result<()> {
    let mut file = File::open(path)?;
    let mut block = Vec::with_capacity(BLOCK);
    let mut begin = 0_u64;
    loop {
        let kept = block.len();
        let read = file.by_ref().take((BLOCK - kept) as u64).read_to_end(&mut block)?;
        let over = kept + read < BLOCK;
        let end = whole(&block, over).map_err(|at| {
            let at = begin + at as u64;
            Error::new(ErrorKind::InvalidData, format!("the file is not UTF-8 from byte {at} on"))
        })?;
        let mark = if begin == 0 && block.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        with(&normalise_ends(&block[mark.min(end)..end]));
        if over {
            return Ok(());
        }
        begin += end as u64;
        block.drain(..end);
    }
}

/// How far it can be taken; the byte that is wrong where it is not UTF-8.
fn whole(block: &[u8], over: bool) -> std::result::Result<usize, usize> {
    let valid = match std::str::from_utf8(block) {
        Ok(_) => block.len(),
        Err(error) if error.error_len().is_none() && !over => error.valid_up_to(),
        Err(error) => return Err(error.valid_up_to()),
    };
    // What follows tells whether it is a line end.
    Ok(if !over && block[..valid].ends_with(b"\r") { valid - 1 } else { valid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn a_large_file_has_the_digest_of_its_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        // Line ends and characters of several bytes come to lie across the end of a block.
        for shift in 0..5 {
            let text = format!("\u{feff}{}{}", "x".repeat(shift), "é,€\r\n\r😀\n".repeat(15_000));
            std::fs::write(&path, &text).unwrap();
            let whole = Digest::of_file("seed", text.as_bytes());
            assert_eq!(Digest::of_large_file("seed", &path).unwrap(), whole, "{shift}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_its_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let mut bytes = vec![b'a'; 2 * BLOCK];
        bytes.push(0xff);
        for (bytes, at) in [(bytes, 2 * BLOCK), (b"ab\xc3".to_vec(), 2)] {
            std::fs::write(&path, bytes).unwrap();
            let error = each(&path, |_| {}).unwrap_err();
            assert_eq!(error.to_string(), format!("the file is not UTF-8 from byte {at} on"));
        }
    }
}
