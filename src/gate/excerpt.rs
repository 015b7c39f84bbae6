//! A plan cut down to one change, for the cases of a new rule.
//!
//! Secrets are masked. Must not know what the rule will be.

use serde_json::{Map, Value, json};

use super::{PlanInput, plan_of};
use crate::plan::Action;
use crate::plan::mask::Masker;
use crate::plan::redact::redact;
use crate::problem::{Problem, ProblemCode};
use crate::scaffold::{Excerpt, Verb};
use crate::suggest;
use crate::text::one_line;

/// What a case keeps of a plan beside its change.
const KEPT: [&str; 5] = ["format_version", "terraform_version", "applyable", "complete", "errored"];

/// The change at an address, else the first that destroys something, else the first that does anything.
///
/// # Errors
/// Whatever keeps the plan from being read, and a change that is not there.
pub fn excerpt(plan: PlanInput, address: Option<&str>) -> Result<Excerpt, Problem> {
    let document = plan.source.read()?.documents.into_iter().next();
    let document = document.ok_or_else(|| Problem::new(ProblemCode::NotAPlan, "the file holds no plan"))??;
    let malformed = |error: serde_json::Error| Problem::new(ProblemCode::Malformed, format!("not valid JSON: {error}"));
    let masker = Masker::from_json(document.bytes())?;
    let plan = redact(plan_of(serde_json::from_slice(document.bytes()).map_err(malformed)?), &masker);
    let change = chosen(&plan, address)?;
    if action(change).is_quiet() {
        let address = change.get("address").and_then(Value::as_str).unwrap_or_default();
        let problem = format!("nothing happens to `{}` in this plan", one_line(address));
        return Err(Problem::new(ProblemCode::NothingSelected, problem).help("name an object that changes"));
    }
    let (resource_type, verb) = about(change);
    let changing = serde_json::to_string_pretty(&cut(&plan, change.clone())).map_err(malformed)?;
    let quiet = serde_json::to_string_pretty(&cut(&plan, quietened(change.clone()))).map_err(malformed)?;
    Ok(Excerpt { resource_type, verb, changing: changing + "\n", quiet: quiet + "\n" })
}

fn chosen<'p>(plan: &'p Value, address: Option<&str>) -> Result<&'p Value, Problem> {
    let changes = plan.get("resource_changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let at = |change: &'p Value| change.get("address").and_then(Value::as_str).unwrap_or_default();
    let meant = |change: &&'p Value| match address {
        Some(address) => at(change) == address,
        None => action(change).destroys(),
    };
    let found = changes.iter().find(meant);
    let found = found.or_else(|| changes.iter().find(|change| address.is_none() && !action(change).is_quiet()));
    found.ok_or_else(|| match address {
        None => Problem::new(ProblemCode::NothingSelected, "nothing changes in this plan")
            .help("take a plan in which the rule should speak"),
        Some(address) => {
            let problem =
                Problem::new(ProblemCode::NothingSelected, format!("the plan has no `{}`", one_line(address)));
            match suggest::nearest(address, changes.iter().map(at)) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            }
        }
    })
}

fn action(change: &Value) -> Action {
    let words = change.pointer("/change/actions").and_then(Value::as_array);
    let words: Vec<String> = words.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    Action::read(&words, &crate::plan::Mode::Managed)
}

fn about(change: &Value) -> (String, Verb) {
    let resource_type = change.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let action = action(change);
    (resource_type, if action.destroys() { Verb::Destroy } else { Verb::Other(action.verb()) })
}

/// The plan with this change alone.
fn cut(plan: &Value, change: Value) -> Value {
    let mut kept: Map<String, Value> =
        KEPT.iter().filter_map(|key| Some(((*key).to_owned(), plan.get(*key)?.clone()))).collect();
    kept.insert("resource_changes".to_owned(), Value::Array(vec![change]));
    Value::Object(kept)
}

/// The same entry where nothing happens to the object.
fn quietened(mut entry: Value) -> Value {
    if let Some(entry) = entry.as_object_mut() {
        for key in ["action_reason", "previous_address", "deposed"] {
            entry.remove(key);
        }
    }
    if let Some(change) = entry.get_mut("change").and_then(Value::as_object_mut) {
        let is_new = change.get("before").is_none_or(Value::is_null);
        let (from, to) = if is_new { ("after", "before") } else { ("before", "after") };
        for suffix in ["", "_sensitive"] {
            if let Some(side) = change.get(&format!("{from}{suffix}")).cloned() {
                change.insert(format!("{to}{suffix}"), side);
            }
        }
        change.insert("actions".to_owned(), json!(["no-op"]));
        change.insert("after_unknown".to_owned(), json!({}));
        for key in ["replace_paths", "importing", "generated_config"] {
            change.remove(key);
        }
    }
    entry
}
