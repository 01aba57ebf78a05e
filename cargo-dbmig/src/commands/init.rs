//! `init`: set up a package, or adopt a Diesel project.

mod show;

use std::path::PathBuf;

use clap::Args;
use dbmig_build::Dialect;

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::init::{self, Checkout, Inputs, Plan, Request, Stop};
use crate::render;

/// Set up a package, or adopt a Diesel project
///
/// Writes `dbmig.toml`, the migrations directory with its lock file, the seeds directory, `build.rs`, and
/// the two dependencies. Migrations that are there are locked as they are, and a database that Diesel has
/// migrated needs nothing. What exists is kept: a second run changes nothing.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The SQL dialect of the migrations: sqlite, postgres, mysql
    ///
    /// Without it: the features of `diesel` in Cargo.toml, `DATABASE_URL`, or sqlite for a new package.
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
    /// The migrations directory
    ///
    /// Without it: that of diesel.toml, or the nearest `migrations` up to the root of the workspace.
    #[arg(long, value_name = "DIR")]
    migrations: Option<PathBuf>,
    /// Take the crates from this checkout
    #[arg(long, value_name = "CHECKOUT", conflicts_with = "git")]
    path: Option<PathBuf>,
    /// Take the crates from this git repository
    #[arg(long, value_name = "URL")]
    git: Option<String>,
    /// Show the difference it would make, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
///
/// There is no package, something is not in order, or a file can not be written.
pub fn run(context: &mut Context<'_>, args: &InitArgs) -> CliResult<Exit> {
    let request = request(context, args);
    let gathered = init::gather(&Inputs {
        cwd: &context.cwd,
        env: &context.env,
        project: &context.project,
        request: &request,
    });
    let facts = match gathered {
        Ok(facts) => facts,
        Err(Stop::Error(error)) => return Err(error),
        Err(Stop::Findings(findings)) => {
            render::findings(context.output, &findings);
            let summary = render::summary(&findings).unwrap_or_default();
            return Err(CliError::new(
                Exit::Findings,
                format!("the migrations are not in order, nothing was written: {summary}"),
            )
            .help("mend them, and run `cargo dbmig init` again"));
        }
    };
    let mut plan = init::plan(&facts)?;
    look_at_database(context, &facts, &mut plan);
    if !args.dry_run {
        for change in &plan.changes {
            change.apply()?;
        }
    }
    show::outcome(context, &facts, &plan, args.dry_run);
    Ok(Exit::Done)
}

fn request(context: &Context<'_>, args: &InitArgs) -> Request {
    let path = args.path.clone().map(Checkout::Path);
    Request {
        dialect: args.dialect,
        migrations: args.migrations.clone().or_else(|| context.global.migrations_dir.clone()),
        seeds: context.global.seeds_dir.clone(),
        source: path.or_else(|| args.git.clone().map(Checkout::Git)),
        package: context.global.package.clone(),
        database: context.global.database.clone(),
        database_url: context.global.database_url.clone(),
    }
}

/// Adds what the database says to the facts. It is only looked at, and not being there is fine.
fn look_at_database(context: &mut Context<'_>, facts: &init::Facts, plan: &mut Plan) {
    let Some(set) = facts.found.set.as_ref().filter(|_| !plan.changes.is_empty()) else { return };
    context.project = facts.place.project.clone();
    match init::applied(context, set) {
        Some(Ok(line)) => plan.facts.push(format!("database: {line}")),
        Some(Err(reason)) => plan.notes.push(reason),
        None => {}
    }
}
