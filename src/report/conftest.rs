//! The report as conftest writes it, for tools that read that: lines with a summary, or JSON.
//!
//! Follows conftest 0.71 `output/standard.go`, `output/json.go` and the counting of `policy/engine.go`. Rules of the
//! repository stand in the namespaces of their packages; everything that ships, and every reason for *undecided*, in
//! [`NAMESPACE`], so that nothing is lost.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::Value;

use super::{PlanReport, Report};
use crate::eval::{Outcome, RuleRecord};
use crate::finding::{Finding, Level};
use crate::policy::Origin;
use crate::problem::Problem;
use crate::text::{multi_line, without_commands};

/// The namespace of what ships with the product.
pub const NAMESPACE: &str = "plangate";
/// The file of what is about the run and no plan; conftest's name for standard input.
const NO_FILE: &str = "-";

/// What one namespace says about one file.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// The plan as named.
    #[serde(serialize_with = "file_name")]
    pub filename: String,
    /// The package, or [`NAMESPACE`].
    pub namespace: String,
    /// How many definitions of rules found nothing.
    pub successes: usize,
    /// What does not block.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Entry>,
    /// What blocks, or could not be judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Entry>,
    /// What is excepted by its policy, or waived.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Entry>,
}

/// One result.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// What it says.
    pub msg: String,
    /// `_loc` of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loc: Option<Loc>,
    /// The query, and all other keys of the result.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
}

/// A place in a file people wrote.
#[derive(Debug, Clone, Serialize)]
pub struct Loc {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<serde_json::Number>,
}

fn file_name<S: serde::Serializer>(name: &String, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if name == NO_FILE { "" } else { name })
}

/// What every namespace says about every plan: those of the repository by name, then [`NAMESPACE`].
#[must_use]
pub fn checks(report: &Report) -> Vec<Check> {
    let mut checks: Vec<Check> = report.plans.iter().flat_map(|plan| of_plan(plan, report.fail_on)).collect();
    let mut run = Check::new(NO_FILE, NAMESPACE);
    run.failures.extend(report.problems.iter().map(undecided));
    for finding in &report.findings {
        run.add(finding, report.fail_on, None);
    }
    if run.tests() > 0 {
        checks.push(run);
    }
    checks
}

fn of_plan(plan: &PlanReport, fail_on: Level) -> Vec<Check> {
    let mut namespaces: BTreeMap<(bool, &str), Vec<&RuleRecord>> = BTreeMap::from([((true, NAMESPACE), Vec::new())]);
    for rule in plan.rules.iter().filter(|rule| !matches!(rule.outcome, Outcome::Off | Outcome::NotRun)) {
        let key = match &rule.package {
            Some(package) if rule.origin == Origin::Repository => (false, package.as_str()),
            _ => (true, NAMESPACE),
        };
        namespaces.entry(key).or_default().push(rule);
    }
    let mut checks = Vec::new();
    for ((shipped, namespace), mut rules) in namespaces {
        rules.sort_by_key(|rule| (rule.location.clone(), rule.id.clone()));
        let mut check = Check::new(&plan.path, namespace);
        if shipped {
            check.failures.extend(plan.problems.iter().map(undecided));
        }
        // A problem that is told above is the answer of a rule that has none.
        let (mut definitions, mut quiet) = (0, 0);
        for rule in rules {
            let silent = check.add_rule(rule, plan, fail_on);
            if !matches!(rule.outcome, Outcome::Failed | Outcome::Undetermined) {
                definitions += rule.definitions;
                quiet += usize::from(silent);
            }
        }
        let told = check.tests() - if shipped { plan.problems.len() } else { 0 };
        check.successes = definitions.saturating_sub(told).max(quiet);
        checks.push(check);
    }
    checks
}

impl Check {
    fn new(filename: &str, namespace: &str) -> Self {
        Self {
            filename: filename.to_owned(),
            namespace: namespace.to_owned(),
            successes: 0,
            warnings: Vec::new(),
            failures: Vec::new(),
            exceptions: Vec::new(),
        }
    }

    fn tests(&self) -> usize {
        self.successes + self.warnings.len() + self.failures.len() + self.exceptions.len()
    }

    /// Adds what a rule says; `true` if that is nothing.
    fn add_rule(&mut self, rule: &RuleRecord, plan: &PlanReport, fail_on: Level) -> bool {
        // An exception is told once, and whether or not the rule has something to say.
        if let Some(query) = &rule.exception {
            self.exceptions.push(Entry { msg: query.clone(), loc: None, metadata: BTreeMap::new() });
            return false;
        }
        let mut findings: Vec<&Finding> = plan.findings.iter().filter(|finding| finding.rule == rule.id).collect();
        findings.sort_by(|a, b| as_in_a_set(a, b));
        let before = self.tests();
        for finding in findings {
            self.add(finding, fail_on, rule.path.as_deref());
        }
        self.tests() == before
    }

    fn add(&mut self, finding: &Finding, fail_on: Level, query: Option<&str>) {
        let entry = entry(finding, query, self.namespace == NAMESPACE);
        if let Some(waiver) = &finding.waiver {
            let msg = format!("{} (waived by {}: {})", entry.msg, waiver.owner, waiver.reason);
            self.exceptions.push(Entry { msg, ..entry });
        } else if finding.blocks(fail_on) {
            self.failures.push(entry);
        } else if finding.level >= Level::Warn {
            self.warnings.push(entry);
        }
    }
}

fn undecided(problem: &Problem) -> Entry {
    let code = Value::from(problem.code.as_str());
    let msg = format!("undecided: {}", problem.message);
    Entry { msg, loc: None, metadata: BTreeMap::from([("code".to_owned(), code)]) }
}

fn entry(finding: &Finding, query: Option<&str>, shipped: bool) -> Entry {
    let mut metadata = finding.metadata.clone();
    let loc = metadata.remove("_loc").as_ref().and_then(loc);
    if shipped {
        metadata.insert("rule".to_owned(), finding.rule.as_str().into());
        metadata.insert("fingerprint".to_owned(), finding.fingerprint.as_str().into());
        if let Some(subject) = &finding.subject {
            metadata.insert("address".to_owned(), subject.address.as_str().into());
        }
    }
    if let Some(query) = query {
        metadata.insert("query".to_owned(), query.into());
    }
    Entry { msg: finding.message.clone(), loc, metadata }
}

fn loc(value: &Value) -> Option<Loc> {
    let file = value.get("file").and_then(Value::as_str).filter(|file| !file.is_empty()).map(str::to_owned);
    let line = value.get("line").and_then(Value::as_number).cloned();
    (file.is_some() || line.is_some()).then_some(Loc { file, line })
}

/// The order of Rego's sets: texts, then objects by their keys and values.
fn as_in_a_set(a: &Finding, b: &Finding) -> Ordering {
    let object = |finding: &Finding| {
        let mut object = finding.metadata.clone();
        object.insert("msg".to_owned(), finding.message.as_str().into());
        object
    };
    let (a_object, b_object) = (object(a), object(b));
    let keys = a_object.len().min(2).cmp(&b_object.len().min(2)).then_with(|| a_object.keys().cmp(b_object.keys()));
    keys.then_with(|| compare_all(a_object.values(), b_object.values()))
}

fn compare_all<'a>(a: impl Iterator<Item = &'a Value>, b: impl Iterator<Item = &'a Value>) -> Ordering {
    a.zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default())
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => compare_all(a.iter(), b.iter()).then(a.len().cmp(&b.len())),
        (Value::Object(a), Value::Object(b)) => {
            a.keys().cmp(b.keys()).then_with(|| compare_all(a.values(), b.values()))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

/// How many results of each kind there are.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    tests: usize,
    successes: usize,
    warnings: usize,
    failures: usize,
    exceptions: usize,
}

impl Totals {
    fn of(checks: &[Check]) -> Self {
        checks.iter().fold(Self::default(), |totals, check| Self {
            tests: totals.tests + check.tests(),
            successes: totals.successes + check.successes,
            warnings: totals.warnings + check.warnings.len(),
            failures: totals.failures + check.failures.len(),
            exceptions: totals.exceptions + check.exceptions.len(),
        })
    }

    const fn style(self) -> Style {
        if self.failures > 0 {
            AnsiColor::Red.on_default()
        } else if self.warnings > 0 {
            AnsiColor::Yellow.on_default()
        } else if self.exceptions > 0 {
            AnsiColor::Cyan.on_default()
        } else {
            AnsiColor::Green.on_default()
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = crate::text::count;
        write!(
            f,
            "{}, {} passed, {}, {}, {}",
            count(self.tests, "test"),
            self.successes,
            count(self.warnings, "warning"),
            count(self.failures, "failure"),
            count(self.exceptions, "exception")
        )
    }
}

/// The lines for people, with the summary that other tools read.
#[must_use]
pub fn lines(checks: &[Check]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for check in checks {
        let file = if check.filename == NO_FILE { "-".to_owned() } else { format!("- {}", check.filename) };
        let place = format!("{} - {} -", multi_line(&file), multi_line(&check.namespace));
        for (word, color, entries) in [
            ("WARN", AnsiColor::Yellow, &check.warnings),
            ("FAIL", AnsiColor::Red, &check.failures),
            ("EXCP", AnsiColor::Cyan, &check.exceptions),
        ] {
            let style = color.on_default();
            for entry in entries {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "{style}{word}{style:#} {place} {}", multi_line(&entry.msg));
            }
        }
    }
    let totals = Totals::of(checks);
    let style = totals.style();
    let _ = writeln!(out, "\n{style}{totals}{style:#}");
    without_commands(&out).into_owned()
}

/// The JSON that other tools read, indented by tabs.
///
/// # Errors
/// None in practice: every type here has string keys.
pub fn json(checks: &[Check]) -> serde_json::Result<String> {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    checks.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    let mut text = String::from_utf8(out).map_err(serde::ser::Error::custom)?;
    // As Go's encoder; these characters stand in strings alone.
    for (character, escape) in
        [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")]
    {
        text = text.replace(character, escape);
    }
    text.push('\n');
    Ok(text)
}

/// 0 and 1, as conftest; where warnings fail, 1 for these and 2 for failures.
#[must_use]
pub fn exit_code(checks: &[Check], fail_on_warn: bool) -> u8 {
    let totals = Totals::of(checks);
    match (totals.failures > 0, fail_on_warn) {
        (true, true) => 2,
        (true, false) => 1,
        (false, true) => u8::from(totals.warnings > 0),
        (false, false) => 0,
    }
}
