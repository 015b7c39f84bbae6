//! From PLAN arguments to files: existing files as they are, globs, standard input.

use camino::{Utf8Path, Utf8PathBuf};
use plangate::gate::{MAX_PLAN_BYTES, PlanInput, PlanSource};
use plangate::io;
use plangate::problem::{Problem, ProblemCode};

use super::args::JsonArgs;

/// Characters that make an argument a glob, unless a file of that very name exists.
const GLOB_CHARACTERS: [char; 4] = ['*', '?', '[', '{'];

/// The plans the arguments name, in the order given; a glob's matches are sorted.
pub(crate) fn select(arguments: &[String]) -> Result<Vec<PlanInput>, Vec<Problem>> {
    let mut plans = Vec::new();
    let mut problems = Vec::new();
    if arguments.iter().filter(|argument| *argument == "-").count() > 1 {
        return Err(vec![Problem::new(ProblemCode::NothingSelected, "standard input is named twice")]);
    }
    for argument in arguments {
        match select_one(argument) {
            Ok(found) => plans.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(plans) } else { Err(problems) }
}

/// The same; with a JSON, of the one plan that is named.
pub(crate) fn select_with_json(arguments: &[String], json: &JsonArgs) -> Result<Vec<PlanInput>, Vec<Problem>> {
    let Some(json) = &json.json else { return select(arguments) };
    let refused = |message: String| vec![Problem::new(ProblemCode::Config, message).help(ONE_PLAN)];
    if json == "-" && arguments.contains(json) {
        return Err(refused("standard input is named twice, as PLAN and as `--json`".to_owned()));
    }
    let mut plans = select(arguments)?;
    let (Some(plan), true) = (plans.pop(), plans.is_empty()) else {
        return Err(refused("`--json` is of one plan, and several are named".to_owned()));
    };
    let mut jsons = select(std::slice::from_ref(json))?;
    let (Some(json), true) = (jsons.pop(), jsons.is_empty()) else {
        return Err(refused("`--json` names several files".to_owned()));
    };
    let source = PlanSource::WithJson { plan: Box::new(plan.source), json: Box::new(json) };
    Ok(vec![PlanInput { name: plan.name, source }])
}

const ONE_PLAN: &str = "judge plans one by one: `plangate check tfplan --json plan.json`";

fn select_one(argument: &str) -> Result<Vec<PlanInput>, Problem> {
    if argument == "-" {
        let bytes = io::read_stream_bounded("standard input", std::io::stdin().lock(), MAX_PLAN_BYTES)?;
        return Ok(vec![PlanInput { name: "-".to_owned(), source: PlanSource::Bytes(bytes) }]);
    }
    if Utf8Path::new(argument).exists() || !argument.contains(GLOB_CHARACTERS) {
        return Ok(vec![file(Utf8PathBuf::from(argument))]);
    }
    let found = io::expand_glob(argument)?;
    if found.is_empty() {
        return Err(Problem::new(ProblemCode::NothingSelected, format!("`{argument}` matches no file"))
            .help("a gate that judges nothing does not pass: check the pattern and the working directory"));
    }
    Ok(found.into_iter().map(file).collect())
}

fn file(path: Utf8PathBuf) -> PlanInput {
    PlanInput { name: path.to_string(), source: PlanSource::File(path) }
}

/// Size of the largest plan in bytes, for the memory limit; what cannot be seen counts as nothing.
pub(crate) fn largest(plans: &[PlanInput]) -> u64 {
    plans.iter().map(|plan| size(&plan.source)).max().unwrap_or(0)
}

fn size(source: &PlanSource) -> u64 {
    match source {
        PlanSource::File(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        PlanSource::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        PlanSource::WithJson { plan, json } => size(plan).saturating_add(size(&json.source)),
    }
}
