//! Runs rules that judge resources instead of the plan, as Regula's do, and puts what they say into the words of the
//! result contract.
//!
//! Owns what its `allow`, `deny` and `policy` mean (Regula `rego/lib/fugue/regula.rego`). The view of resources is made by
//! Regula's own library, once for a plan; must not know how.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::policy::Rule;
use crate::policy::contract::shape;
use crate::policy::resource_rules::{ResourceRule, VIEW};
use crate::rego::{Failure, FailureKind, Input, Job, Program, Run};

/// The view of the resources of a plan.
struct View {
    whole: Input,
    /// By type; each with its address.
    by_type: BTreeMap<String, Vec<(String, Input)>>,
}

/// A job for each resource a rule looks at and each part of it, in the order of the rules.
struct Plan<'a> {
    jobs: Vec<Job>,
    asked: Vec<Vec<Asked<'a>>>,
}

/// What a job asks.
struct Asked<'a> {
    address: &'a str,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Allow,
    Deny,
    Policy,
}

/// One run for each rule, which must all judge resources.
pub(super) fn run(program: &Program, input: &Input, rules: &[&Rule]) -> Vec<Run> {
    if rules.is_empty() {
        return Vec::new();
    }
    let view = match View::new(program, input) {
        Ok(view) => view,
        Err(message) => return rules.iter().map(|_| failed(&message)).collect(),
    };
    let Plan { jobs, asked } = plan(&view, rules);
    let mut runs = program.run(jobs).into_iter();
    let of_rule = |(rule, asked): (&&Rule, Vec<Asked<'_>>)| fold(rule, asked.into_iter().zip(&mut runs).collect());
    rules.iter().zip(asked).map(of_rule).collect()
}

/// What is run for the rules.
pub(super) fn jobs(program: &Program, input: &Input, rules: &[&Rule]) -> Vec<Job> {
    if rules.is_empty() {
        return Vec::new();
    }
    View::new(program, input).map_or_else(|_| Vec::new(), |view| plan(&view, rules).jobs)
}

impl View {
    fn new(program: &Program, plan: &Input) -> Result<Self, String> {
        let job = Job { rule: VIEW.to_owned(), input: plan.clone() };
        let run = program.run_for_input(job).and_then(|run| match (run.value, run.builtin_errors.first()) {
            // What is undefined for it may be a resource, which no rule would look at.
            (Ok(_), Some(error)) => Err(format!("a builtin failed ({})", error.message)),
            (Ok(value), None) => Ok(value),
            (Err(failure), _) => Err(failure.message),
        });
        let whole = run.map_err(|why| format!("Regula's library makes no view of the plan: {why}"))?;
        let resources = whole.as_ref().and_then(|view| view.get("resources"));
        let (Some(whole), Some(resources)) = (whole, resources) else {
            return Err("Regula's library makes no view of this input".to_owned());
        };
        let mut by_type: BTreeMap<String, Vec<(String, Input)>> = BTreeMap::new();
        for (address, resource) in resources.entries() {
            let Some(of) = resource.get("_type").and_then(|of| of.text()) else { continue };
            by_type.entry(of).or_default().push((address, resource));
        }
        Ok(Self { whole, by_type })
    }
}

fn plan<'a>(view: &'a View, rules: &[&Rule]) -> Plan<'a> {
    let mut plan = Plan { jobs: Vec::new(), asked: Vec::new() };
    for rule in rules {
        let mut asked = Vec::new();
        let mut ask = |path: &str, address: &'a str, part: Part, input: &Input| {
            plan.jobs.push(Job { rule: path.to_owned(), input: input.clone() });
            asked.push(Asked { address, part });
        };
        match &rule.resources {
            Some(ResourceRule::Together(policy)) => ask(policy, "", Part::Policy, &view.whole),
            Some(ResourceRule::Each { resource_type, allow, deny }) => {
                for (address, resource) in view.by_type.get(resource_type).into_iter().flatten() {
                    let parts = [(allow, Part::Allow), (deny, Part::Deny)];
                    for (path, part) in parts.into_iter().filter_map(|(path, part)| Some((path.as_ref()?, part))) {
                        ask(path, address, part, resource);
                    }
                }
            }
            None => {}
        }
        plan.asked.push(asked);
    }
    plan
}

fn failed(message: &str) -> Run {
    let value = Err(Failure { kind: FailureKind::Error, message: message.to_owned(), place: None });
    Run { value, builtin_errors: Vec::new(), prints: Vec::new(), took: Duration::ZERO }
}

/// One run of all those of a rule.
fn fold(rule: &Rule, runs: Vec<(Asked<'_>, Run)>) -> Run {
    let mut whole = Run { value: Ok(None), builtin_errors: Vec::new(), prints: Vec::new(), took: Duration::ZERO };
    let mut failure = None;
    let mut results = Vec::new();
    let mut runs = runs.into_iter().peekable();
    while let Some((asked, run)) = runs.next() {
        let value = take(&mut whole, &mut failure, run);
        let said = match asked.part {
            Part::Policy => judgements(rule, value.as_ref()),
            Part::Deny => judgement(rule, asked.address, None, value.as_ref()),
            // `deny` of the same resource stands behind it.
            Part::Allow => {
                let is_deny = |next: &Asked<'_>| next.address == asked.address && next.part == Part::Deny;
                let deny = runs.next_if(|(next, _)| is_deny(next));
                let deny = deny.and_then(|(_, run)| take(&mut whole, &mut failure, run));
                judgement(rule, asked.address, value.as_ref(), deny.as_ref())
            }
        };
        match said {
            Ok(said) => results.extend(said),
            Err(message) => failure = failure.or(Some(Failure { kind: FailureKind::Error, message, place: None })),
        }
    }
    whole.value = failure.map_or(Ok(Some(Value::Array(results))), Err);
    whole
}

/// The value of one run; what else there is of it goes to the whole.
fn take(whole: &mut Run, failure: &mut Option<Failure>, run: Run) -> Option<Value> {
    whole.took += run.took;
    whole.builtin_errors.extend(run.builtin_errors);
    whole.prints.extend(run.prints);
    match run.value {
        Ok(value) => value,
        Err(error) => {
            failure.get_or_insert(error);
            None
        }
    }
}

/// What a rule says of one resource. Where it neither permits nor refuses, Regula says nothing; here it is a finding, for
/// what should permit it does not.
fn judgement(rule: &Rule, address: &str, allow: Option<&Value>, deny: Option<&Value>) -> Result<Vec<Value>, String> {
    let holds = |value: &Value| *value == Value::Bool(true);
    match (allow, deny) {
        (_, Some(Value::Array(infos))) => refusals(rule, address, infos),
        (None, None) if !matches!(&rule.resources, Some(ResourceRule::Each { allow: Some(_), .. })) => Ok(Vec::new()),
        (allow, deny) => {
            let permitted = allow.map_or(deny.is_some(), holds);
            let refused = deny.is_some_and(holds);
            let wrong = !permitted || refused;
            Ok(wrong.then(|| result(rule, address, "")).into_iter().collect())
        }
    }
}

/// A set that refuses: of strings, which are one finding, or of objects.
fn refusals(rule: &Rule, address: &str, infos: &[Value]) -> Result<Vec<Value>, String> {
    let texts: Vec<&str> = infos.iter().filter_map(Value::as_str).collect();
    let mut results = Vec::new();
    if !texts.is_empty() {
        results.push(result(rule, address, &texts.join(", ")));
    }
    for info in infos.iter().filter(|info| !info.is_string()) {
        if !info.is_object() {
            return Err(format!("`deny` of {address} holds {}; expected strings or objects", shape(info)));
        }
        results.push(result(rule, address, message(info)));
    }
    Ok(results)
}

/// What a set of judgements says.
fn judgements(rule: &Rule, policy: Option<&Value>) -> Result<Vec<Value>, String> {
    let Some(Value::Array(judgements)) = policy else {
        let found = policy.map_or_else(|| "no value".to_owned(), shape);
        return Err(format!("`policy` has {found}; expected a set of judgements"));
    };
    let mut results = Vec::new();
    for judgement in judgements {
        if !judgement.is_object() {
            return Err(format!(
                "`policy` holds {}; expected judgements, as `fugue.deny_resource` makes them",
                shape(judgement)
            ));
        }
        if judgement.get("valid") == Some(&Value::Bool(true)) {
            continue;
        }
        let text = |key: &str| judgement.get(key).and_then(Value::as_str).unwrap_or_default();
        match text("id") {
            // Something that should be there is not.
            "" => results.push(result(rule, "", &format!("{} ({})", message(judgement), text("type")))),
            address => results.push(result(rule, address, message(judgement))),
        }
    }
    Ok(results)
}

fn message(judgement: &Value) -> &str {
    judgement.get("message").and_then(Value::as_str).unwrap_or_default()
}

/// A result by the contract.
fn result(rule: &Rule, address: &str, message: &str) -> Value {
    let title = rule.meta.title.as_deref().or(rule.meta.description.as_deref());
    let text = match (title, message) {
        (Some(title), "") => title.to_owned(),
        (Some(title), message) => format!("{title}: {message}"),
        (None, "") => format!("it does not meet `{}`", rule.id),
        (None, message) => message.to_owned(),
    };
    if address.is_empty() { json!({"msg": text}) } else { json!({"msg": text, "plangate": {"address": address}}) }
}
