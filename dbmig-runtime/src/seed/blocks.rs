//! `Blocks`: a file that is too large to be held, read from one end to the other.

use std::fs::File;
use std::io::Read as _;

use dbmig_build::SeedFile;

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

/// A window of a file that moves on.
pub(super) struct Blocks<'a> {
    about: &'a SeedFile,
    file: File,
    /// What is to be looked at.
    text: String,
    /// The beginning of a character that the last block ended in.
    cut: Vec<u8>,
    read: u64,
    over: bool,
}

impl<'a> Blocks<'a> {
    /// Opens a file and reads its first block.
    ///
    /// # Errors
    ///
    /// What opening and reading report; the file is not the one that was looked at before.
    pub(super) fn open(about: &'a SeedFile) -> Result<Self, String> {
        let file = File::open(&about.path).map_err(|error| unreadable(&error))?;
        let (text, cut) = (String::new(), Vec::new());
        let mut blocks = Self { about, file, text, cut, read: 0, over: false };
        blocks.same()?;
        blocks.more(0)?;
        if blocks.text.starts_with('\u{feff}') {
            blocks.text.drain(..'\u{feff}'.len_utf8());
        }
        Ok(blocks)
    }

    /// What is to be looked at, and whether nothing follows it.
    pub(super) fn text(&self) -> (&str, bool) {
        (&self.text, self.over)
    }

    /// How much of the file is read, less what is still to be looked at: from 0 to 1.
    pub(super) fn share(&self, left: usize) -> f64 {
        (self.read as f64 - left as f64) / (self.about.bytes as f64).max(1.0)
    }

    /// Leaves so many bytes behind, and reads on. Where nothing is left behind more is read at once.
    ///
    /// # Errors
    ///
    /// What reading reports; what is read is not UTF-8; the file was changed meanwhile.
    pub(super) fn more(&mut self, behind: usize) -> Result<(), String> {
        self.text.drain(..behind);
        let wanted = self.text.len().max(BLOCK);
        let mut bytes = std::mem::take(&mut self.cut);
        let read = self.file.by_ref().take(wanted as u64).read_to_end(&mut bytes);
        let read = read.map_err(|error| unreadable(&error))?;
        self.read += read as u64;
        self.over = read < wanted;
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.text.push_str(text),
            Err(error) if error.error_len().is_none() && !self.over => {
                self.cut = bytes.split_off(error.valid_up_to());
                self.text.push_str(&String::from_utf8_lossy(&bytes));
            }
            Err(_) => return Err("the text that begins here is not UTF-8".to_owned()),
        }
        if self.over { self.same() } else { Ok(()) }
    }

    /// The digest is of the file as it was when it was looked at.
    fn same(&self) -> Result<(), String> {
        let now = self.file.metadata().map_err(|error| unreadable(&error))?;
        match now.len() == self.about.bytes && now.modified().ok() == self.about.modified {
            true => Ok(()),
            false => Err("the file was changed while it was read: run it again".to_owned()),
        }
    }
}

fn unreadable(error: &std::io::Error) -> String {
    format!("could not read the file: {error}")
}
