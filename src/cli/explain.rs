//! `plangate explain`.

use plangate::eval::trace;
use plangate::explain::Query;
use plangate::finding::RuleId;
use plangate::gate::{self, ExplainRequest, Stages};
use plangate::problem::{Problem, ProblemCode};
use plangate::report::explain;
use plangate::report::rule_page::{self, Cases, RulePage};

use super::args::{ExplainArgs, ExplainFormat};
use super::setup::{self, Overrides};
use super::{output, plans};

/// Depth of the deepest explanation.
const DEEPEST: u8 = 3;

/// Explains a rule, a problem code, or findings of a plan; returns the exit code.
pub(crate) fn run(args: &ExplainArgs) -> u8 {
    match render(args) {
        Ok(text) if args.format == ExplainFormat::Human => output::print_styled(&text),
        Ok(text) => output::print_bytes(text.as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn render(args: &ExplainArgs) -> Result<String, Vec<Problem>> {
    match &args.plan {
        None => without_plan(args),
        Some(plan) => with_plan(args, plan),
    }
}

fn depth(args: &ExplainArgs) -> u8 {
    args.depth.unwrap_or_else(|| args.verbose.saturating_add(1)).min(DEEPEST)
}

fn without_plan(args: &ExplainArgs) -> Result<String, Vec<Problem>> {
    if let Some(code) = ProblemCode::parse(&args.what) {
        return written(match args.format {
            ExplainFormat::Human => Ok(explain::human_problem(code)),
            ExplainFormat::Markdown => Ok(explain::markdown_problem(code)),
            ExplainFormat::Json => explain::json_problem(code),
        });
    }
    let settings = setup::settings(&args.setup)?;
    let stages = setup::open(&args.setup, settings, 0, Overrides::default())?;
    let Some(rule) = stages.policies.rules().iter().find(|rule| rule.id.as_str() == args.what) else {
        return Err(vec![unknown(args, &stages)]);
    };
    let is_own = !rule.origin.is_shipped();
    let source = if is_own || depth(args) >= DEEPEST { trace::untraced(&stages.policies, rule) } else { Vec::new() };
    let cases = Cases::default();
    let page = RulePage { rule, source: &source, cases: &cases };
    written(match args.format {
        ExplainFormat::Human => Ok(rule_page::human(&page)),
        ExplainFormat::Markdown => Ok(rule_page::markdown(&page)),
        ExplainFormat::Json => rule_page::json(&page),
    })
}

/// What is no rule: a finding without its plan, or a slip.
fn unknown(args: &ExplainArgs, stages: &Stages) -> Problem {
    if Query::parse(&args.what, args.rule.as_deref(), &ids(stages)).is_ok() {
        return Problem::new(ProblemCode::NothingSelected, "a finding is explained from its plan")
            .help("name the plan as well: `plangate explain FINDING PLAN`");
    }
    let codes = ProblemCode::ALL.iter().map(|code| code.as_str());
    let known = stages.policies.rules().iter().map(|rule| rule.id.as_str()).chain(codes);
    plangate::explain::unknown_rule(&args.what, known)
}

fn with_plan(args: &ExplainArgs, plan: &str) -> Result<String, Vec<Problem>> {
    if args.format == ExplainFormat::Markdown {
        let problem = Problem::new(ProblemCode::Config, "findings are explained as human or json, not as markdown");
        return Err(vec![problem]);
    }
    let settings = setup::settings(&args.setup)?;
    let plans = plans::select_with_json(&[plan.to_owned()], &args.json)?;
    let overrides = Overrides { expect: args.expect, fail_on: None };
    let stages = setup::open_with_sources(&args.setup, &args.sources, settings, plans::largest(&plans), overrides)?;
    let query = Query::parse(&args.what, args.rule.as_deref(), &ids(&stages)).map_err(|problem| vec![problem])?;
    let request = ExplainRequest { query, depth: depth(args) };
    let mut explanations = Vec::new();
    for plan in plans {
        explanations.extend(gate::explain(&stages, plan, &request)?);
    }
    written(match args.format {
        ExplainFormat::Json => explain::json(&explanations),
        ExplainFormat::Human | ExplainFormat::Markdown => Ok(explain::human(&explanations)),
    })
}

fn ids(stages: &Stages) -> Vec<RuleId> {
    stages.policies.rules().iter().map(|rule| rule.id.clone()).collect()
}

fn written(text: serde_json::Result<String>) -> Result<String, Vec<Problem>> {
    text.map_err(|error| vec![Problem::new(ProblemCode::ReportWrite, format!("could not write JSON: {error}"))])
}
