//! Rules that no test makes fire.

use std::collections::BTreeSet;

use super::Found;
use super::table::NEVER_TESTED;
use crate::policy::{Origin, PolicySet, Rule};
use crate::rego::usage::Spot;
use crate::text::{count, one_line};

/// What is known of the tests of the policies. Lints run none: it is handed to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    /// Nobody asked.
    NotAsked,
    /// There is no test.
    Nothing,
    /// They cannot tell, for this reason: a test that was not run may be the one.
    Unknown(String),
    /// They were run, and these rules fired, by path: `data.main.deny`.
    Known(BTreeSet<String>),
}

/// Reports each rule that no test makes fire; without tests the whole set once, at its first rule.
pub(super) fn look(policies: &PolicySet, tested: &Tested, found: &mut Found<'_>) {
    let mut rules: Vec<(&Rule, Spot)> = policies
        .rules()
        .iter()
        .filter(|rule| rule.origin == Origin::Repository)
        .filter_map(|r| placed(policies, r))
        .collect();
    rules.sort_by(|a, b| a.1.key().cmp(&b.1.key()));
    let Some((_, first)) = rules.first() else { return };
    let mut whole = |message: String, label: &str, help: &str| {
        found.report(&NEVER_TESTED, first.clone(), message, label, help.to_owned());
    };
    match tested {
        Tested::NotAsked => {}
        Tested::Nothing => {
            let label = format!("the first of {}", count(rules.len(), "rule"));
            let help = "write rules named `test_…` beside your policies, or put plans into a folder `cases`; docs/testing.md \
                        says how";
            whole("these policies have no test".to_owned(), &label, help);
        }
        Tested::Unknown(why) => {
            let message = format!("which rules are tested cannot be told: {}", one_line(why));
            whole(message, "the first rule", "`plangate test` says more");
        }
        Tested::Known(fired) => {
            let never = |rule: &Rule| rule.path.as_ref().is_some_and(|path| !fired.contains(path));
            for (rule, spot) in rules.iter().filter(|(rule, _)| never(rule)) {
                let message = format!("no test makes `{}` fire", rule.id);
                let help = "add a `test_` rule or a case with an input that it must find";
                found.report(&NEVER_TESTED, spot.clone(), message, "never fires in a test", help.to_owned());
            }
        }
    }
}

/// A rule with the head of its first definition.
fn placed<'r>(policies: &PolicySet, rule: &'r Rule) -> Option<(&'r Rule, Spot)> {
    let at = rule.location.as_ref()?;
    let module = policies.program().modules().iter().find(|module| module.file.name() == at.file)?;
    let info = module.rules.iter().find(|info| Some(&info.path) == rule.path.as_ref())?;
    Some((rule, Spot { file: module.file.clone(), span: info.span }))
}
