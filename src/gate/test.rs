//! The pipeline for tests of policies: `test_` rules by the engine alone, cases as plans are judged.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(super) use self::rules::{job, running};
use super::{MAX_PLAN_BYTES, Stages, derive, load};
use crate::eval::{self, Evaluation, Judged};
use crate::finding::Level;
use crate::io;
use crate::plan::Plan;
use crate::plan::completeness;
use crate::plan::detect::{self, Document};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{Input, Job};
use crate::sources::{self, Given};
use crate::testing::{
    Case, CaseFile, Coverage, FailedAt, Filter, Status, Suite, TestReport, TestResult, judge_findings,
};
use crate::text::count;

/// What of a suite is wanted.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    /// Only tests of these names.
    pub run: Option<Filter>,
    /// Also tell which lines the tests evaluate.
    pub coverage: bool,
    /// Fewest percent of the lines they shall evaluate, where coverage is told.
    pub min_coverage: Option<f64>,
}

/// Wrappers a plan may be in.
const WRAPPERS: [&str; 2] = ["plan", "tfplan"];
/// The format of a plan that is written by hand and names none.
const FORMAT_VERSION: &str = "1.2";
/// The document for inputs that are no plan.
const NO_PLAN: &str = r#"{"format_version": "1.2", "resource_changes": []}"#;

/// Runs the tests.
#[must_use]
pub fn test(stages: &Stages, suite: Suite, request: &TestRequest) -> TestReport {
    let suite = match suite.filtered(request.run.as_ref()) {
        Ok(suite) => suite,
        Err(problem) => return TestReport::of_problems(vec![problem]),
    };
    let mut tests = rules::run(&suite);
    let mut jobs = Vec::new();
    for case in &suite.cases {
        tests.push(run_case(stages, case, request.coverage.then_some(&mut jobs)));
    }
    let mut report = TestReport { tests, ..TestReport::default() };
    if request.coverage {
        match coverage(stages, &suite, jobs, request.min_coverage) {
            Ok(coverage) => report.coverage = Some(coverage),
            Err(problem) => report.problems.push(problem),
        }
    }
    report
}

/// A case, ready to be judged.
struct Subject {
    document: Document,
    plan: Plan,
    input: Option<Input>,
    beside: Option<Input>,
    /// Why nothing can be derived from it: it is no plan.
    underived: Option<Problem>,
}

fn run_case(stages: &Stages, case: &Case, jobs: Option<&mut Vec<Job>>) -> TestResult {
    let mut result = TestResult {
        name: case.name.clone(),
        kind: case.kind,
        file: case.file.to_string(),
        line: None,
        status: Status::Error,
        message: None,
        at: None,
        operands: Vec::new(),
        notes: Vec::new(),
        prints: Vec::new(),
    };
    if let Err(problem) = judge_case(stages, case, &mut result, jobs) {
        result.message = Some(problem.to_string());
        result.notes.extend(problem.help);
        result.at = problem.place.map(|place| FailedAt { file: place.file, span: place.span, label: "here" });
    }
    result
}

fn judge_case(
    stages: &Stages,
    case: &Case,
    result: &mut TestResult,
    jobs: Option<&mut Vec<Job>>,
) -> Result<(), Problem> {
    let evaluation = evaluate_case(stages, case, jobs)?;
    for record in &evaluation.rules {
        result.prints.extend(record.prints.iter().cloned());
        result.notes.extend(record.builtin_errors.iter().map(|error| format!("builtin error: {error}")));
    }
    if let Some(problem) = evaluation.problems.into_iter().next() {
        return Err(problem);
    }
    let found = judge_findings(case, &evaluation.findings);
    (result.status, result.message) = (found.status, found.message);
    result.notes.extend(found.notes);
    Ok(())
}

/// What the rules of a case make of it.
pub(super) fn evaluate_case(stages: &Stages, case: &Case, jobs: Option<&mut Vec<Job>>) -> Result<Evaluation, Problem> {
    let mut subject = subject(stages, case)?;
    let rules = || stages.policies.rules().iter();
    if let Some(problem) = subject.underived.take()
        && rules().any(|rule| case.rules.contains(&rule.id) && rule.reads.mentions_plangate)
    {
        return Err(problem);
    }
    let mut settings = stages.eval.clone();
    settings.parts_may_be_missing = true;
    settings.levels =
        rules().filter(|rule| !case.rules.contains(&rule.id)).map(|rule| (rule.id.clone(), Level::Off)).collect();
    // What is missing in a plan that was written for a test is no fault of the rule.
    let completeness = completeness::assess(&subject.plan, stages.expect);
    let sources = sources_of(case)?;
    let facts = derive(stages, &mut subject.plan, sources.as_ref())?;
    let judged = Judged {
        document: &subject.document,
        plan: &subject.plan,
        input: subject.input,
        beside: subject.beside,
        facts: &facts,
        completeness: &completeness,
        sources: sources.as_ref().map(|given| &given.now),
    };
    if let Some(jobs) = jobs {
        jobs.extend(eval::jobs(&judged, &stages.policies, &settings)?);
    }
    Ok(eval::evaluate(&judged, &stages.policies, &settings))
}

/// The sources that lie beside a case: `NAME.source`, and `NAME.base` for those before.
fn sources_of(case: &Case) -> Result<Option<Given>, Problem> {
    let beside = |extension: &str| Some(case.file.with_extension(extension)).filter(|dir| dir.is_dir());
    let (Some(source), base) = (beside("source"), beside("base")) else { return Ok(None) };
    let now = sources::read(&source)?;
    let base = base.map(|base| sources::read_base(&base, &now)).transpose()?;
    Ok(Some(Given { now, base }))
}

/// The plan of a case as a check reads it; an input that names no format is taken as it is.
fn subject(stages: &Stages, case: &Case) -> Result<Subject, Problem> {
    let malformed = |error: serde_json::Error| {
        Problem::new(ProblemCode::Malformed, format!("the case `{}` is not valid JSON: {error}", case.name))
    };
    let bytes = match &case.input {
        CaseFile::Whole => io::read_bounded(&case.file, MAX_PLAN_BYTES)?,
        CaseFile::Part(value) => serde_json::to_vec(value).map_err(malformed)?,
    };
    let refused = match as_plan(stages, bytes.clone()) {
        Ok(subject) => return Ok(subject),
        Err(problem) => problem,
    };
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return Err(refused) };
    let names_format = |value: &Value| value.get("format_version").is_some();
    if !value.is_object() || names_format(&value) || WRAPPERS.iter().any(|key| value.get(key).is_some_and(names_format))
    {
        return Err(refused);
    }
    let keys = value.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect();
    let input = Some(Input::from_json(&value));
    let with_format = serde_json::to_vec(&with_format(value)).map_err(malformed)?;
    match as_plan(stages, with_format) {
        Ok(subject) => Ok(subject),
        Err(problem) => {
            let mut loaded = as_plan(stages, NO_PLAN.as_bytes().to_vec())?;
            loaded.plan.keys = keys;
            Ok(Subject { input, underived: Some(problem), ..loaded })
        }
    }
}

/// The same input, its plan with a format version.
fn with_format(mut value: Value) -> Value {
    let wrapper = WRAPPERS.into_iter().find(|key| value.get(key).is_some_and(Value::is_object));
    let plan = match wrapper {
        Some(key) => value.get_mut(key),
        None => Some(&mut value),
    };
    if let Some(Value::Object(plan)) = plan {
        plan.insert("format_version".to_owned(), FORMAT_VERSION.into());
    }
    value
}

fn as_plan(stages: &Stages, bytes: Vec<u8>) -> Result<Subject, Problem> {
    let mut documents = detect::recognise(bytes);
    if documents.len() > 1 {
        let message = format!("a case is one plan, and this file holds {}", count(documents.len(), "document"));
        return Err(Problem::new(ProblemCode::Malformed, message).help("give each a file of its own"));
    }
    let document = documents.pop().unwrap_or_else(|| Err(Problem::new(ProblemCode::NotAPlan, "the file is empty")))?;
    let (plan, input, beside) = load(&document, &stages.interest)?;
    Ok(Subject { document, plan, input, beside, underived: None })
}

/// The lines that all tests evaluate: once more, and slower.
fn coverage(stages: &Stages, suite: &Suite, jobs: Vec<Job>, minimum: Option<f64>) -> Result<Coverage, Problem> {
    let mut traced = suite.program.trace_all(running(suite).map(job).collect());
    traced.extend(stages.policies.program().trace_all(jobs));
    let mut evaluated: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    // What fails here has failed its test already, and says nothing of lines.
    for (file, lines) in traced.into_iter().flatten().flat_map(|traced| traced.lines) {
        evaluated.entry(file).or_default().extend(lines);
    }
    let mut coverable = stages.policies.program().coverable()?;
    coverable.retain(|file, _| suite.policies.contains(file));
    Ok(Coverage::new(coverable, &evaluated, minimum))
}
