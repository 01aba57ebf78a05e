//! What is known of the ways back in a plan, said before anything is reverted, and the consent that it
//! takes where the database is protected.

use dbmig_runtime::catalogue;
use dbmig_runtime::plan::{Known, Plan, Step, Unproved, WayBack, ways_back};
use serde_json::{Value, json};

use super::running::Sides;
use crate::context::Context;
use crate::error::CliResult;
use crate::failure;
use crate::render;
use crate::shell;

/// What was accepted on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// `--accept-unproved`.
    pub unproved: bool,
    /// `--accept-loss`: tables, and columns as `table.column`.
    pub losses: Vec<String>,
}

impl Accepted {
    /// The flags, behind a command.
    pub fn typed(&self) -> String {
        let unproved = if self.unproved { " --accept-unproved" } else { "" };
        let losses = self.losses.iter().map(|lost| {
            // Otherwise it would be taken for an option.
            let sign = if lost.starts_with('-') { '=' } else { ' ' };
            format!(" --accept-loss{sign}{}", shell::quoted(lost))
        });
        losses.fold(unproved.to_owned(), |flags, loss| flags + &loss)
    }

    /// Whether a loss was accepted: by its name, or by that of its table.
    fn covers(&self, lost: &str) -> bool {
        self.losses.iter().any(|accepted| {
            lost.strip_prefix(accepted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// What a protected database wants beside what was accepted: pure.
    pub fn lacking(&self, ways: &[WayBack]) -> Self {
        let mut lacking = Self::default();
        for way in ways {
            match &way.known {
                Known::Proved => {}
                Known::Unproved(_) => lacking.unproved = !self.unproved,
                Known::Loses(lost) => {
                    for lost in lost.iter().filter(|lost| !self.covers(lost)) {
                        if !lacking.losses.contains(lost) {
                            lacking.losses.push(lost.clone());
                        }
                    }
                }
            }
        }
        lacking
    }

    /// Both together, for a command that is accepted.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let losses = self.losses.iter().chain(&other.losses).cloned().collect();
        Self { unproved: self.unproved || other.unproved, losses }
    }

    /// Nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is known of the ways back in a plan.
///
/// # Errors
///
/// The set can not be read, or the server does not say what it is.
pub fn known(context: &Context<'_>, sides: &mut Sides, plan: &Plan) -> CliResult<Vec<WayBack>> {
    if !plan.steps.iter().any(|step| matches!(step, Step::Revert(..))) {
        return Ok(vec![]);
    }
    let lock = context.check()?.lock;
    let server = catalogue::server(&mut *sides.session)
        .map_err(|error| failure::of_database("ask the server for its version", error))?;
    let place = (sides.session.dialect(), server.as_str());
    Ok(ways_back(plan, &sides.set, &sides.history, lock.as_ref(), place))
}

/// What is worth knowing, a line each.
///
/// Where nothing protects the database, what is not proved is one line, and what is not locked none:
/// drafts are reverted all day.
pub fn in_words(ways: &[WayBack], sides: &Sides, protected: bool) -> Vec<String> {
    let name = |way: &WayBack| render::name_of(&sides.set, &sides.history, &way.version).to_owned();
    let mut lines = Vec::new();
    let mut unproved = Vec::new();
    for way in ways {
        if protected && !way.untried.is_empty() {
            let (name, tables) = (name(way), way.untried.join(", "));
            lines.push(format!("the way back of `{name}` was tried without rows in {tables}"));
        }
        match &way.known {
            Known::Proved => {}
            Known::Loses(lost) => {
                lines.push(format!("the way back of `{}` loses {}", name(way), lost.join(", ")));
            }
            Known::Unproved(why) if protected => {
                lines.push(format!("the way back of `{}` is not proved: {why}", name(way)));
            }
            Known::Unproved(Unproved::NotLocked) => {}
            Known::Unproved(_) => unproved.push(name(way)),
        }
    }
    if let [first, rest @ ..] = &unproved[..] {
        let more =
            if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        lines.push(format!("the way back is not proved: `{first}`{more}"));
    }
    lines
}

/// How what is not proved becomes so.
pub fn remedies(ways: &[WayBack]) -> Vec<&'static str> {
    let any = |is: &dyn Fn(&Unproved) -> bool| {
        ways.iter().any(|way| matches!(&way.known, Known::Unproved(why) if is(why)))
    };
    let mut remedies = Vec::new();
    if any(&|why| matches!(why, Unproved::NoVerdict | Unproved::OtherTexts)) {
        remedies.push("prove it first: `cargo dbmig prove`");
    }
    if any(&|why| matches!(why, Unproved::OtherServer { .. })) {
        remedies.push(
            "prove it on such a server: `[shadow]` with `url` in dbmig.toml, and `cargo dbmig prove --all`",
        );
    }
    remedies
}

/// Adds what is known to the steps of a plan as JSON.
pub fn add_json(plan: &mut Value, ways: &[WayBack]) {
    let steps = plan["steps"].as_array_mut().into_iter().flatten();
    let reverts = steps.filter(|step| step["action"] == "revert");
    for (step, way) in reverts.zip(ways) {
        step["way_back"] = match &way.known {
            Known::Proved => json!({ "known": "proved" }),
            Known::Loses(lost) => json!({ "known": "loses", "lost": lost }),
            Known::Unproved(why) => json!({ "known": "unproved", "reason": why.to_string() }),
        };
    }
}

#[cfg(test)]
mod tests {
    use dbmig_build::Version;

    use super::*;

    fn ways(known: &[Known]) -> Vec<WayBack> {
        let way = |known: &Known| WayBack {
            version: Version::new("1"),
            known: known.clone(),
            untried: vec![],
        };
        known.iter().map(way).collect()
    }

    #[test]
    fn what_is_lacking() {
        let unproved = || Known::Unproved(Unproved::NoVerdict);
        let loses = |lost: &[&str]| Known::Loses(lost.iter().map(|&lost| lost.into()).collect());
        for (known, typed, lacking) in [
            (vec![], "", ""),
            (vec![Known::Proved], "", ""),
            (vec![Known::Proved, unproved()], "", " --accept-unproved"),
            (vec![unproved(), unproved()], " --accept-unproved", ""),
            (vec![unproved()], " --accept-loss t", " --accept-unproved"),
            (
                vec![loses(&["t.a", "t.b", "u"])],
                "",
                " --accept-loss t.a --accept-loss t.b --accept-loss u",
            ),
            (vec![loses(&["t.a", "t.b", "u"])], " --accept-loss t", " --accept-loss u"),
            (vec![loses(&["t.a", "t.b"])], " --accept-loss t.b", " --accept-loss t.a"),
            // A column is not its table, nor a name the beginning of another.
            (vec![loses(&["t"])], " --accept-loss t.a", " --accept-loss t"),
            (vec![loses(&["users.a"])], " --accept-loss user", " --accept-loss users.a"),
            (vec![loses(&["t.a"]), loses(&["t.a"])], " --accept-unproved", " --accept-loss t.a"),
            (vec![unproved(), loses(&["a b.c"])], "", " --accept-unproved --accept-loss 'a b.c'"),
            (vec![loses(&["-t"])], "", " --accept-loss=-t"),
        ] {
            let words: Vec<_> = typed.split_whitespace().collect();
            let losses = words.windows(2).filter(|pair| pair[0] == "--accept-loss");
            let accepted = Accepted {
                unproved: words.contains(&"--accept-unproved"),
                losses: losses.map(|pair| pair[1].to_owned()).collect(),
            };
            assert_eq!(accepted.typed(), typed);
            let wanted = accepted.lacking(&ways(&known));
            assert_eq!(wanted.typed(), lacking, "{known:?} {typed}");
            assert_eq!(wanted.is_empty(), lacking.is_empty());
            assert!(accepted.with(&wanted).lacking(&ways(&known)).is_empty(), "{known:?} {typed}");
        }
    }
}
