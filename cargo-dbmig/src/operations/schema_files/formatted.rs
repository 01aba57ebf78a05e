//! What comes after the text: the project's `rustfmt.toml`, and the patch of `diesel.toml`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::config::Env;
use crate::error::{CliError, CliResult};
use crate::schema_rs::{HEADER, HEADER_OF_DIESEL};

/// The configuration that `rustfmt` would find from here.
pub(super) fn rustfmt_config(cwd: &Path, env: &Env) -> Option<PathBuf> {
    let variable = |name| env.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = variable("HOME");
    let global =
        variable("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
    let beside = home.into_iter().chain(global.map(|folder| folder.join("rustfmt")));
    let above = cwd.ancestors().map(Path::to_path_buf);
    let names = ["rustfmt.toml", ".rustfmt.toml"];
    above.chain(beside).flat_map(|folder| names.map(|name| folder.join(name))).find(|p| p.is_file())
}

/// Formats a text with the program, in the folder where it finds its configuration.
pub(super) fn rustfmt(cwd: &Path, text: &str) -> Result<String, String> {
    let mut child = Command::new("rustfmt")
        .current_dir(cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`rustfmt` could not be started ({error})"))?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    let text = text.to_owned();
    // It may answer before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let written = writer.join().is_ok_and(|result| result.is_ok());
    if !output.status.success() || !written {
        let message = String::from_utf8_lossy(&output.stderr);
        let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or("it failed");
        return Err(format!("`rustfmt`: {line}"));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// Applies `patch_file`. It was made with Diesel's header, so it is applied below that.
pub(super) fn patch(text: &str, path: &Path, shown: &str) -> CliResult<String> {
    let difference = std::fs::read_to_string(path)
        .map_err(|error| CliError::io("read", Path::new(shown), &error))?;
    apply(text, &difference).map_err(|reason| {
        CliError::usage(format!("`{shown}` does not apply to `schema.rs`: {reason}")).help(
            "make it anew: leave `patch_file` out, run `cargo dbmig schema rs`, edit, and `git diff`",
        )
    })
}

fn apply(text: &str, difference: &str) -> Result<String, String> {
    let patch = diffy::Patch::from_str(difference).map_err(|error| error.to_string())?;
    let ours = format!("{HEADER}\n");
    let diesels = format!("{HEADER_OF_DIESEL}\n");
    let base = swap(text, &ours, &diesels);
    let patched = diffy::apply(&base, &patch).map_err(|error| error.to_string())?;
    Ok(swap(&patched, &diesels, &ours))
}

fn swap(text: &str, from: &str, to: &str) -> String {
    text.strip_prefix(from).map_or_else(|| text.to_owned(), |rest| format!("{to}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_apply_below_the_header_of_either() {
        let text = format!("{HEADER}\n\na\nb\n");
        for first in [HEADER_OF_DIESEL, "// x"] {
            let patch = format!("@@ -1,4 +1,4 @@\n {first}\n \n-a\n+c\n b\n");
            let applied = apply(&text, &patch);
            if first == HEADER_OF_DIESEL {
                assert_eq!(applied.unwrap(), format!("{HEADER}\n\nc\nb\n"));
            } else {
                applied.unwrap_err();
            }
        }
        let patch = "@@ -3,2 +3,2 @@\n-a\n+c\n b\n";
        assert_eq!(apply(&text, patch).unwrap(), format!("{HEADER}\n\nc\nb\n"));
    }
}
