//! The pipeline once more, for some of its findings: judged as by `check`, then looked into.

use super::sources::{self, Belonging};
use super::{PlanInput, Stages, Used, derive, free_aside, load};
use crate::catalog::Page;
use crate::eval::trace::{Trace, trace};
use crate::eval::{self, Judged};
use crate::explain::{Explanation, Known, Query};
use crate::facts::Facts;
use crate::finding::Finding;
use crate::plan::Plan;
use crate::plan::completeness::{self, Completeness};
use crate::plan::detect::Document;
use crate::plan::mask::Masker;
use crate::policy::Rule;
use crate::problem::Problem;
use crate::rego::Input;

/// Which findings are to be explained, and how far.
#[derive(Debug, Clone)]
pub struct ExplainRequest {
    /// Which findings.
    pub query: Query,
    /// 1: what and what to do; 2: also why; 3: also the rule's source.
    pub depth: u8,
}

/// A judged document, kept to be looked into.
struct Kept {
    document: Document,
    plan: Plan,
    input: Option<Input>,
    beside: Option<Input>,
    facts: Facts,
    sources: Belonging,
    completeness: Completeness,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
}

/// Explains the findings of a plan that are meant; of a file with several documents, those of each.
///
/// # Errors
/// Whatever keeps a document from being judged, a question that no finding answers, and a fingerprint that several share.
pub fn explain(stages: &Stages, plan: PlanInput, request: &ExplainRequest) -> Result<Vec<Explanation>, Vec<Problem>> {
    let mut used = Used::default();
    let mut kept = Vec::new();
    let name = plan.name;
    for document in plan.source.read().map_err(|problem| vec![problem])?.documents {
        kept.push(document.and_then(|document| judge(stages, document, &mut used)).map_err(|problem| vec![problem])?);
    }
    let mut about_run = stages.waivers.audit(&used.waivers, stages.today);
    about_run.extend(stages.own_types.audit(&used.own_types, stages.today));
    let about_run = stages.eval.relevel(about_run);

    let all = || kept.iter().flat_map(|kept| &kept.findings).chain(&about_run);
    let query = &request.query;
    query.check_unambiguous(all().filter(|finding| query.matches(finding))).map_err(|problem| vec![problem])?;
    let mut explained = Vec::new();
    for (index, kept) in kept.iter().enumerate() {
        let meant: Vec<&Finding> = kept.findings.iter().filter(|finding| query.matches(finding)).collect();
        if meant.is_empty() {
            continue;
        }
        // Made once for each document: it reads all of it.
        let masker = Masker::from_json(kept.document.bytes()).map_err(|problem| vec![problem])?;
        let mask = |text: &str| masker.mask(text);
        for finding in meant {
            let mut explanation =
                look_into(stages, kept, finding, request.depth, &mask).map_err(|problem| vec![problem])?;
            (explanation.path, explanation.document) = (name.clone(), index);
            explained.push(explanation);
        }
    }
    for finding in about_run.iter().filter(|finding| query.matches(finding)) {
        let known = Known { facts: None, help: help(stages, finding), page: None, mask: &str::to_owned };
        explained.push(crate::explain::explain(&name, 0, finding, &known, request.depth));
    }
    if explained.is_empty() {
        // A rule that failed may have kept the finding from being made.
        let unanswered = query.unanswered(all());
        let problems = kept.iter_mut().flat_map(|kept| std::mem::take(&mut kept.problems));
        return Err(problems.chain([unanswered]).collect());
    }
    for kept in kept {
        free_aside(kept.input);
    }
    Ok(explained)
}

fn judge(stages: &Stages, document: Document, used: &mut Used) -> Result<Kept, Problem> {
    let (mut plan, input, beside) = load(&document, &stages.interest)?;
    let completeness = completeness::assess(&plan, stages.expect);
    let sources = sources::of(stages, &stages.sources_at, &document)?;
    let facts = derive(stages, &mut plan, sources.given.as_deref())?;
    let judged = Judged {
        document: &document,
        plan: &plan,
        input: input.clone(),
        beside: beside.clone(),
        facts: &facts,
        completeness: &completeness,
        sources: sources.now(),
    };
    let evaluation = eval::evaluate(&judged, &stages.policies, &stages.eval);
    let mut findings = evaluation.findings;
    used.waivers.merge(&stages.waivers.apply(&mut findings, stages.today));
    used.own_types.extend(facts.overlay_entries());
    let mut problems = completeness.problems.clone();
    problems.extend(evaluation.problems);
    Ok(Kept { document, plan, input, beside, facts, sources, completeness, findings, problems })
}

fn look_into(
    stages: &Stages,
    kept: &Kept,
    finding: &Finding,
    depth: u8,
    mask: &impl Fn(&str) -> String,
) -> Result<Explanation, Problem> {
    let page = page(stages, finding)?;
    let known = Known { facts: Some(&kept.facts), help: help(stages, finding), page: page.as_ref(), mask };
    let mut explanation = crate::explain::explain("", 0, finding, &known, depth);
    if depth >= 3 {
        explanation.trace = source(stages, kept, finding, mask).transpose();
    }
    Ok(explanation)
}

fn source(
    stages: &Stages,
    kept: &Kept,
    finding: &Finding,
    mask: &impl Fn(&str) -> String,
) -> Result<Option<Trace>, String> {
    let Some(rule) = rule(stages, finding) else { return Ok(None) };
    let judged = Judged {
        document: &kept.document,
        plan: &kept.plan,
        input: kept.input.clone(),
        beside: kept.beside.clone(),
        facts: &kept.facts,
        completeness: &kept.completeness,
        sources: kept.sources.now(),
    };
    trace(&judged, &stages.policies, &stages.eval, rule, finding.subject.as_ref()).map_err(|message| mask(&message))
}

pub(super) fn page(stages: &Stages, finding: &Finding) -> Result<Option<Page>, Problem> {
    match finding.subject.as_ref().and_then(|subject| subject.resource_type.as_deref()) {
        Some(resource_type) => stages.catalog.page(resource_type),
        None => Ok(None),
    }
}

fn rule<'a>(stages: &'a Stages, finding: &Finding) -> Option<&'a Rule> {
    stages.policies.rules().iter().find(|rule| rule.id == finding.rule)
}

pub(super) fn help<'a>(stages: &'a Stages, finding: &Finding) -> Option<&'a str> {
    rule(stages, finding)?.meta.help.as_deref()
}
