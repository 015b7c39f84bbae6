//! `plangate policy`: a new rule, and what rules say of themselves.

use camino::Utf8PathBuf;
use plangate::gate::{self, Stages};
use plangate::io;
use plangate::policy::{Origin, Rule};
use plangate::problem::{Problem, ProblemCode};
use plangate::report::rule_page::{self, Cases, RulePage};
use plangate::scaffold::{self, RuleName};
use plangate::workspace;

use super::args::{NewArgs, PolicyArgs, PolicyCommand, PolicyDocsArgs};
use super::setup::{self, Overrides};
use super::{output, plans};

const INTRO: &str = "`plangate policy docs --out DIR` writes these pages from the METADATA of the rules.";

/// Writes a new rule, or documentation; returns the exit code.
pub(crate) fn run(args: &PolicyArgs) -> u8 {
    let text = match &args.command {
        PolicyCommand::New(args) => new(args),
        PolicyCommand::Docs(args) => docs(args),
    };
    match text {
        Ok(text) => output::print_bytes(text.as_bytes()),
        Err(problems) => output::fail(&problems),
    }
}

fn new(args: &NewArgs) -> Result<String, Vec<Problem>> {
    let name = RuleName::parse(&args.name).map_err(|problem| vec![problem])?;
    let excerpt = match &args.from {
        None => None,
        Some(plan) => {
            let plan = plans::select(std::slice::from_ref(plan))?.into_iter().next();
            let plan = plan.ok_or_else(|| vec![Problem::new(ProblemCode::NothingSelected, "there is no such plan")])?;
            Some(gate::excerpt(plan, args.address.as_deref()).map_err(|problem| vec![problem])?)
        }
    };
    let directory = match &args.dir {
        Some(directory) => directory.clone(),
        None => workspace::policy_directory(&setup::repository_root(), args.config.as_deref())?,
    };
    let files: Vec<(Utf8PathBuf, String)> =
        scaffold::files(&name, excerpt.as_ref()).into_iter().map(|(path, text)| (directory.join(path), text)).collect();
    io::write_new(&files).map_err(|problem| vec![problem])?;
    let mut text = String::new();
    for (path, _) in &files {
        text.push_str(path.as_str());
        text.push('\n');
    }
    Ok(text)
}

fn docs(args: &PolicyDocsArgs) -> Result<String, Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let stages = setup::open(&args.setup, settings, 0, Overrides::default())?;
    let rules = own_rules(&stages)?;
    let Some(out) = &args.out else {
        return Ok(rules.iter().map(|rule| page(rule)).collect::<Vec<_>>().join("\n"));
    };
    let mut text = String::new();
    let pages = rules.iter().map(|rule| (file_name(rule), page(rule)));
    let index =
        ("README.md".to_owned(), rule_page::markdown_index("Rules of this repository", INTRO, &rules, file_name));
    for (name, page) in pages.chain([index]) {
        let path = out.join(name);
        io::write_below(&path, page.as_bytes()).map_err(|problem| vec![problem])?;
        text.push_str(path.as_str());
        text.push('\n');
    }
    Ok(text)
}

fn own_rules(stages: &Stages) -> Result<Vec<&Rule>, Vec<Problem>> {
    let own: Vec<&Rule> = stages.policies.rules().iter().filter(|rule| rule.origin == Origin::Repository).collect();
    if own.is_empty() {
        let problem = Problem::new(ProblemCode::NothingSelected, "this repository has no rules of its own")
            .help("`plangate policy new CATEGORY/NAME` makes one; built-in rules are documented in docs/rules");
        return Err(vec![problem]);
    }
    Ok(own)
}

fn page(rule: &Rule) -> String {
    rule_page::markdown(&RulePage { rule, source: &[], cases: &Cases::default() })
}

/// An id is free text: whatever else than a path it looks like is no directory.
fn file_name(rule: &Rule) -> String {
    let plain = |step: &str| {
        let plain: String =
            step.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
        if plain.trim_matches('.').is_empty() { "rule".to_owned() } else { plain }
    };
    let steps: Vec<String> = rule.id.as_str().split('/').map(plain).collect();
    format!("{}.md", steps.join("/"))
}
