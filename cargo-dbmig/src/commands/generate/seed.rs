//! `generate seed`: a new seed file.

use clap::Args;

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::seeding;

/// Write a new seed
///
/// `seeds/<set>/NNN_<name>.<form>`, numbered after the newest of its set. A data file comes with a side file
/// that says how its rows are written.
#[derive(Debug, Args)]
pub(super) struct SeedArgs {
    /// Its name; of a data file that of its table
    name: String,
    /// Which set it is for: `reference`, `dev`, `test`
    #[arg(long, value_name = "SET", default_value = "dev")]
    set: String,
    /// The form of its file
    #[arg(long = "as", value_name = "FORM", default_value = "sql", value_parser = ["csv", "json", "sql"])]
    form: String,
    /// Show the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &SeedArgs) -> CliResult<Exit> {
    let files = seeding::new_seed(context, &args.name, &args.set, &args.form)?;
    if !args.dry_run {
        seeding::write(context, &files)?;
    }
    let next = "write the rows, then check them: `cargo dbmig seed check`";
    super::tell::files(context, &files, args.dry_run, next);
    Ok(Exit::Done)
}
