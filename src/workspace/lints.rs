//! What `plangate lint` needs of a repository: policies, levels, and what the repository says of resource types.

use super::suite::open_all_tests;
use super::{
    PolicyPath, Setup, decisions, files_at, limits_of, policy_paths, policy_sources, read_catalog, read_config,
};
use crate::catalog::Catalog;
use crate::config::{Config, LintLevel};
use crate::gate;
use crate::lint::{self, Finding, Level, Levels, NEVER_TESTED, Tested};
use crate::problem::{Problem, ProblemCode};
use crate::rego;

/// Ids of all lints.
pub(super) fn ids() -> Vec<&'static str> {
    lint::ALL.into_iter().map(|lint| lint.id).collect()
}

/// Lints the policies that `extra_policies` names; where it names none, those that the repository configures.
///
/// # Errors
/// Policies that do not load, no policies, a wrong configuration.
pub fn lint(setup: &Setup) -> Result<Vec<Finding>, Vec<Problem>> {
    let config = read_config(&setup.root, setup.config.as_deref())?;
    let problems = config.check_lints(&ids());
    if !problems.is_empty() {
        return Err(problems);
    }
    let own_types = read_catalog(&config)?;
    let today = jiff::tz::Offset::UTC.to_datetime(setup.now).date();
    let all = setup.extra_policies.is_empty();
    let paths = if all {
        policy_paths(setup, &config)
    } else {
        setup.extra_policies.iter().map(|path| PolicyPath { path, place: None }).collect()
    };
    let (names, _, mut problems) = files_at(&paths);
    if all {
        problems.extend(config.check_rego_versions(&names));
    }
    let sources = policy_sources(setup, &config, &paths, &names);
    if !problems.is_empty() {
        return Err(problems.into_iter().chain(sources.err().into_iter().flatten()).collect());
    }
    let mut sources = sources?;
    let decisions = decisions(setup, &config)?;
    let named = decisions.iter().map(|decision| rego::path_of(&decision.path)).collect();
    if all {
        sources.entry_points.extend(decisions);
    }
    if sources.files.is_empty() {
        let problem = Problem::new(ProblemCode::NothingSelected, "there is no policy to lint")
            .help("name a file or directory with `.rego` files, or `policies` in plangate.toml");
        return Err(vec![problem]);
    }
    let catalog = Catalog::with(own_types.in_force(today));
    let levels = levels(&config);
    let tested = if lint::level_of(&NEVER_TESTED, &levels) == Level::Off { Tested::NotAsked } else { tested(setup) };
    lint::run(sources, &limits_of(setup), &catalog, &lint::Settings { levels, tested, named })
}

/// What the tests of these policies make fire. Tests that do not load are no reason to lint nothing.
fn tested(setup: &Setup) -> Tested {
    let own = Setup { extra_policies: Vec::new(), ..setup.clone() };
    match open_all_tests(&own, &setup.extra_policies) {
        Ok((stages, suite)) => gate::fired(&stages, &suite),
        Err(problems) => {
            Tested::Unknown(problems.into_iter().next().map(|problem| problem.message).unwrap_or_default())
        }
    }
}

/// The levels that the configuration sets.
fn levels(config: &Config) -> Levels {
    let level = |level| match level {
        LintLevel::Off => Level::Off,
        LintLevel::Warn => Level::Warn,
        LintLevel::Error => Level::Error,
    };
    config.lint.iter().filter_map(|set| Some((lint::find(&set.id)?.id, level(set.level)))).collect()
}
