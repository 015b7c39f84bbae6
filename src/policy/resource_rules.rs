//! Rules that judge resources instead of a plan, as Regula's do: packages `rules.NAME`, run on the view of resources that
//! Regula's library makes of a plan.
//!
//! Owns which packages these are and what their constants say, by the text of their files. Must not run anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::contract::DeclaredLevel;
use super::metadata::{RelatedResource, RuleMeta};
use super::reading::Reading;
use super::{Origin, Rule};
use crate::finding::{Level, Location, RuleId, Severity};
use crate::problem::{Problem, ProblemCode};
use crate::rego::{self, ModuleInfo, Reads, RuleInfo};
use crate::text;

/// The package of Regula's library that makes the view.
pub const LIBRARY: &str = "fugue.resource_view";
/// The rule of it that is the view: `{"resources": {address: resource}, "_plan": plan}`.
pub const VIEW: &str = "data.fugue.resource_view.resource_view_input";

/// What `resource_type` is where a rule judges all resources together.
const MULTIPLE: &str = "MULTIPLE";
/// What `input_type` is where a rule is for plans; so it is of rules that do not say.
const OF_PLANS: [&str; 3] = ["tf", "terraform", "tf_plan"];
/// What it is where a rule is for other documents. Their helpers stand in packages of the same names.
const OF_OTHERS: [&str; 3] = ["arm", "cfn", "k8s"];
/// The rules of a package that judge resources; others may judge the plan.
const JUDGING: [&str; 3] = ["allow", "deny", "policy"];
/// What the library makes the view of. Other keys it reads to tell other documents from plans, or of these.
const OF_THE_VIEW: [&str; 3] = ["configuration", "planned_values", "resource_changes"];
/// The rules of the modules that `regula write-test-inputs` makes of configurations.
const MOCKS: [&str; 3] = ["mock_config", "mock_input", "mock_resources"];

/// How a rule judges resources; the paths are those of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceRule {
    /// Each resource of a type by itself.
    Each {
        /// The type; of data sources with `data.` in front.
        resource_type: String,
        /// What permits it, where the rule has that.
        allow: Option<String>,
        /// What refuses it, where the rule has that.
        deny: Option<String>,
    },
    /// All together: a set of judgements.
    Together(String),
}

/// What there is of such rules.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) rules: Vec<Rule>,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
    /// Packages that are such a rule, or stand in for a plan in its tests.
    pub(super) packages: BTreeSet<&'a str>,
    /// Packages of the library: what these use, and helpers of rules for other documents, which may not be loaded.
    pub(super) library: BTreeSet<&'a str>,
}

/// A package and its files.
struct Package<'a> {
    name: &'a str,
    modules: Vec<&'a ModuleInfo>,
}

/// Looks through the packages of the repository; finds nothing where Regula's library is not among them.
pub(super) fn find(modules: &[ModuleInfo]) -> Found<'_> {
    let mut found = Found::default();
    let own = || modules.iter().filter(|module| !module.trusted);
    let view = |module: &'_ &ModuleInfo| module.rules.iter().any(|rule| rule.path == VIEW);
    let Some(module) = own().find(view) else { return found };
    let Some(view) = module.rules.iter().find(|rule| rule.path == VIEW) else { return found };
    let reads = reads(view);
    let root = root(module);
    let mut packages: BTreeMap<&str, Vec<&ModuleInfo>> = BTreeMap::new();
    for module in own() {
        packages.entry(&module.package).or_default().push(module);
    }
    let mut others = 0;
    for (name, modules) in packages {
        let package = Package { name, modules };
        let is_rule = is_named_like_a_rule(name) && package.rule("resource_type").is_some();
        if is_rule || package.is_mock() {
            found.packages.insert(name);
        }
        let first = name.split('.').next().unwrap_or_default();
        if first == "fugue" || (OF_OTHERS.contains(&first) && package.lies_in(root)) {
            found.library.insert(name);
        }
        match is_rule.then(|| rule(&package, &reads)) {
            Some(Ok(Some(rule))) => found.rules.push(rule),
            Some(Ok(None)) => others += 1,
            Some(Err(problem)) => found.problems.push(problem),
            None => {}
        }
    }
    if others > 0 {
        found.notes.push(format!("{} of Regula not run: for other documents than plans", text::count(others, "rule")));
    }
    if !found.rules.is_empty() {
        found.notes.push(
            "rules of Regula judge what a plan leaves behind: they see nothing that it destroys; waivers and rules that \
             `fugue.regula.config` disables are not asked"
                .to_owned(),
        );
    }
    found
}

/// The directory of the library, with its slash, where its files lie as Regula's do: the view in `lib/fugue`.
fn root(view: &ModuleInfo) -> Option<&str> {
    let (directory, _) = view.file.name().rsplit_once(['/', '\\'])?;
    directory.strip_suffix("fugue").filter(|root| root.ends_with("lib/") || root.ends_with("lib\\"))
}

/// Whether a rule of one of these packages judges resources, and not the plan.
pub(super) fn judges(name: &str) -> bool {
    JUDGING.contains(&name)
}

/// `rules.NAME`.
fn is_named_like_a_rule(package: &str) -> bool {
    package.strip_prefix("rules.").is_some_and(|name| !name.contains(['.', '[']))
}

/// What a rule reads is what the library reads to make the view; of other documents nothing is in a plan.
fn reads(view: &RuleInfo) -> Arc<Reads> {
    let mut reads = Reads::clone(&view.reads);
    reads.parts.retain(|part| part.keys.first().is_some_and(|key| OF_THE_VIEW.contains(&key.as_str())));
    Arc::new(reads)
}

/// The rule a package is; `None` where it is for another document.
fn rule(package: &Package<'_>, reads: &Arc<Reads>) -> Result<Option<Rule>, Problem> {
    if let Some((module, info)) = package.rule("input_type") {
        let of = package.text("input_type").ok_or_else(|| not_constant(module, info))?;
        if OF_OTHERS.contains(&of.as_str()) {
            return Ok(None);
        }
        if !OF_PLANS.contains(&of.as_str()) {
            return Err(unknown_document(module, info));
        }
    }
    let Some((module, info)) = package.rule("resource_type") else { return Ok(None) };
    let of = package.text("resource_type").ok_or_else(|| not_constant(module, info))?;
    let (resources, judging) = if of == MULTIPLE {
        (package.path("policy").map(ResourceRule::Together), package.rule("policy"))
    } else {
        let (allow, deny) = (package.path("allow"), package.path("deny"));
        let judges = allow.is_some() || deny.is_some();
        let each = judges.then_some(ResourceRule::Each { resource_type: of, allow, deny });
        (each, package.rule("deny").or_else(|| package.rule("allow")))
    };
    let (Some(resources), Some((module, judging))) = (resources, judging) else { return Err(idle(module, info)) };
    let metadoc = package.constant("__rego__metadoc__").unwrap_or_default();
    let meta = meta(&metadoc);
    Ok(Some(Rule {
        id: RuleId::new(package.name),
        origin: Origin::Repository,
        severity: meta.severity.unwrap_or(Severity::High),
        meta,
        declared: DeclaredLevel::Fixed(Level::Deny),
        location: Some(Location {
            file: module.file.name().to_owned(),
            position: module.file.position(judging.span.start),
        }),
        path: Some(judging.path.clone()),
        reads: Arc::clone(reads),
        package: Some(package.name.to_owned()),
        name: Some(judging.name.clone()),
        definitions: judging.definitions.len(),
        reading: Reading::Results,
        tool: Some("Regula"),
        exception: None,
        resources: Some(resources),
    }))
}

/// What `__rego__metadoc__` says.
fn meta(metadoc: &Value) -> RuleMeta {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned).filter(|text| !text.is_empty());
    let custom = metadoc.get("custom");
    let severity = text(custom.and_then(|custom| custom.get("severity"))).map(|word| word.to_lowercase());
    let severity = severity.map(|word| if word == "informational" { "info".to_owned() } else { word });
    let more = text(custom.and_then(|custom| custom.get("rule_remediation_doc")));
    RuleMeta {
        title: text(metadoc.get("title")),
        description: text(metadoc.get("description")),
        severity: severity.as_deref().and_then(Severity::parse),
        related_resources: more.into_iter().map(|reference| RelatedResource { reference, description: None }).collect(),
        ..RuleMeta::default()
    }
}

fn not_constant(module: &ModuleInfo, info: &RuleInfo) -> Problem {
    Problem::new(ProblemCode::PolicyLoad, format!("`{}` of a rule of Regula must be a string", info.name))
        .at(&module.file, info.span, "not a constant")
        .help(
            "write it as `resource_type := \"aws_s3_bucket\"`, or `\"MULTIPLE\"` for a rule that judges all resources",
        )
}

fn unknown_document(module: &ModuleInfo, info: &RuleInfo) -> Problem {
    let message = format!("a rule of Regula for documents that plangate does not know: `{}`", module.package);
    let known = [&OF_PLANS[..], &OF_OTHERS].concat().join(", ");
    Problem::new(ProblemCode::PolicyLoad, message)
        .at(&module.file, info.span, "so it would judge nothing")
        .help(format!("documents are {known}; without `input_type` a rule is for plans"))
}

fn idle(module: &ModuleInfo, info: &RuleInfo) -> Problem {
    Problem::new(ProblemCode::PolicyLoad, format!("the package `{}` judges nothing", module.package))
        .at(&module.file, info.span, "a rule of Regula")
        .help("a rule for one type has `allow` or `deny`, one for `MULTIPLE` has `policy`")
}

impl<'a> Package<'a> {
    fn rule(&self, name: &str) -> Option<(&'a ModuleInfo, &'a RuleInfo)> {
        let of = |module: &'a ModuleInfo| Some((module, module.rules.iter().find(|rule| rule.name == name)?));
        self.modules.iter().find_map(|module| of(module))
    }

    fn path(&self, name: &str) -> Option<String> {
        self.rule(name).map(|(_, rule)| rule.path.clone())
    }

    /// The value of a rule that is a constant.
    fn constant(&self, name: &str) -> Option<Value> {
        let (module, rule) = self.rule(name)?;
        let [definition] = rule.definitions.as_slice() else { return None };
        // To the end of the file: spans leave out the quotes of strings.
        let text = module.file.text().get(definition.span.start..)?;
        let value = text.get(text.find('=')? + 1..)?;
        rego::constant(value).filter(|_| definition.body.is_none())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.constant(name)?.as_str().map(str::to_owned)
    }

    /// Whether all its files lie in a directory.
    fn lies_in(&self, root: Option<&str>) -> bool {
        root.is_some_and(|root| self.modules.iter().all(|module| module.file.name().starts_with(root)))
    }

    fn is_mock(&self) -> bool {
        let mut rules = self.modules.iter().flat_map(|module| &module.rules).peekable();
        rules.peek().is_some() && rules.all(|rule| MOCKS.contains(&rule.name.as_str()))
    }
}
