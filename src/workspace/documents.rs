//! Finds data for policies, and reads what the manifests of OPA bundles say.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use globset::{Glob, GlobMatcher};
use serde_json::Value;

use super::{MAX_TEXT_BYTES, PolicyPath, Setup, at, normal};
use crate::config::Config;
use crate::data::{self, Data};
use crate::io;
use crate::policy::conventions;
use crate::problem::{Place, Problem, ProblemCode};
use crate::rego::Dialect;
use crate::source::{SourceFile, Span};

/// The file that makes a directory an OPA bundle.
const MANIFEST: &str = ".manifest";
/// Of a bundle these files are data, others are not.
const BUNDLE_DATA: [&str; 3] = ["data.json", "data.yaml", "data.yml"];

/// What a manifest says about a bundle.
pub(super) struct Bundle {
    directory: Utf8PathBuf,
    file: SourceFile,
    /// Paths below `data` that it may fill, as steps; all where one is empty.
    roots: Vec<Vec<String>>,
    dialect: Option<Dialect>,
    dialects: Vec<(GlobMatcher, Dialect)>,
}

impl Bundle {
    /// The bundle at a directory, if it is one.
    pub(super) fn at(directory: &Utf8Path) -> Result<Option<Self>, Problem> {
        let path = normal(&directory.join(MANIFEST));
        if !directory.is_dir() || !io::exists(&path) {
            return Ok(None);
        }
        let file = io::read_text(&path, MAX_TEXT_BYTES)?;
        Self::parse(directory, file).map(Some)
    }

    fn parse(directory: &Utf8Path, file: SourceFile) -> Result<Self, Problem> {
        let json = data::parse(&file)?;
        let wrong =
            |message: String| Problem::new(ProblemCode::Config, message).at(&file, Span::default(), "this file");
        let roots = match json.get("roots") {
            None => vec![Vec::new()],
            Some(roots) => strings(roots).ok_or_else(|| wrong("`roots` must be a list of paths".to_owned()))?,
        };
        let dialect = json.get("rego_version").map(|version| self::dialect(version, &wrong)).transpose()?;
        let mut dialects = Vec::new();
        if let Some(files) = json.get("file_rego_versions") {
            let files = files.as_object().ok_or_else(|| wrong("`file_rego_versions` must be an object".to_owned()))?;
            for (pattern, version) in files {
                let glob = Glob::new(pattern.trim_start_matches('/'))
                    .map_err(|error| wrong(format!("`{pattern}` is no valid pattern: {}", error.kind())))?;
                dialects.push((glob.compile_matcher(), self::dialect(version, &wrong)?));
            }
        }
        Ok(Self { directory: directory.to_owned(), file, roots, dialect, dialects })
    }

    /// The dialect of a file of the bundle.
    pub(super) fn dialect(&self, file: &Utf8Path) -> Option<Dialect> {
        let below = file.strip_prefix(normal(&self.directory)).ok()?;
        let by_file = self.dialects.iter().find(|(glob, _)| glob.is_match(below.as_std_path()));
        by_file.map(|(_, dialect)| *dialect).or(self.dialect)
    }

    /// A policy of the bundle must be in a package below one of the roots.
    pub(super) fn check_package(&self, file: &SourceFile) -> Option<Problem> {
        Utf8Path::new(file.name()).strip_prefix(normal(&self.directory)).ok()?;
        let (package, span) = conventions::package_line(file.text())?;
        let steps: Vec<String> = package.split('.').map(str::to_owned).collect();
        (!self.covers(&steps)).then(|| {
            Problem::new(ProblemCode::PolicyLoad, format!("the package `{package}` is below no root of its bundle"))
                .at(file, span, "outside the bundle's roots")
                .help(format!("{} lists the roots: add it there, or rename the package", self.file.name()))
        })
    }

    fn covers(&self, path: &[String]) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }
}

/// The policy paths that are bundles.
pub(super) fn bundles(paths: &[PolicyPath<'_>], problems: &mut Vec<Problem>) -> Vec<Bundle> {
    let mut bundles = Vec::new();
    for path in paths {
        match Bundle::at(path.path) {
            Ok(bundle) => bundles.extend(bundle),
            Err(problem) => problems.push(problem),
        }
    }
    bundles
}

/// What policies see under `data`: of arguments, configuration, and the bundles among the policies.
pub(super) fn read(setup: &Setup, config: &Config, bundles: &[Bundle]) -> Result<Data, Vec<Problem>> {
    let arguments = setup.extra_data.iter().map(|path| (path.as_path(), None));
    let configured = config.data.iter().map(|path| (path.path.as_path(), Some(&path.place)));
    let in_bundles = bundles.iter().map(|bundle| (bundle.directory.as_path(), None));
    let (mut data, mut problems, mut seen) = (Data::default(), Vec::new(), BTreeSet::new());
    for (path, place) in arguments.chain(configured).chain(in_bundles) {
        if seen.insert(io::canonical(path))
            && let Err(found) = add(&mut data, path, place)
        {
            problems.extend(found);
        }
    }
    if problems.is_empty() { Ok(data) } else { Err(problems) }
}

/// Paths as steps.
fn strings(value: &Value) -> Option<Vec<Vec<String>>> {
    let steps = |text: &str| text.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
    value.as_array()?.iter().map(|item| item.as_str().map(steps)).collect()
}

fn dialect(version: &Value, wrong: &dyn Fn(String) -> Problem) -> Result<Dialect, Problem> {
    match version.as_u64() {
        Some(0) => Ok(Dialect::V0),
        Some(1) => Ok(Dialect::V1),
        _ => Err(wrong("a version of Rego is 0 or 1".to_owned())),
    }
}

/// Adds the documents at a path: a file as it is, of a directory those below, each at the path of its own directory.
fn add(data: &mut Data, path: &Utf8Path, place: Option<&Place>) -> Result<(), Vec<Problem>> {
    let bundle = Bundle::at(path).map_err(|problem| vec![problem])?;
    let files = files(path, bundle.is_some(), place).map_err(|problem| vec![problem])?;
    if files.is_empty() && bundle.is_none() {
        let problem = Problem::new(ProblemCode::Config, format!("there is no data under `{path}`"))
            .help("data are files that end in .json, .yaml or .yml");
        return Err(vec![at(problem, place, "no data here")]);
    }
    let problems: Vec<Problem> =
        files.iter().filter_map(|file| add_file(data, path, file, bundle.as_ref()).err()).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn files(path: &Utf8Path, bundle: bool, place: Option<&Place>) -> Result<Vec<Utf8PathBuf>, Problem> {
    if path.is_file() {
        return Ok(vec![normal(path)]);
    }
    if !path.exists() {
        let problem = Problem::new(ProblemCode::Config, format!("the data path `{path}` does not exist"))
            .help("name a JSON or YAML file, or a directory of them");
        return Err(at(problem, place, "does not exist"));
    }
    let files = io::files_under(path, &["json", "yaml", "yml"])?;
    let wanted = |file: &Utf8PathBuf| !bundle || file.file_name().is_some_and(|name| BUNDLE_DATA.contains(&name));
    Ok(files.into_iter().filter(wanted).map(|file| normal(&file)).collect())
}

fn add_file(data: &mut Data, root: &Utf8Path, path: &Utf8Path, bundle: Option<&Bundle>) -> Result<(), Problem> {
    let file = io::read_text(path, MAX_TEXT_BYTES)?;
    let below = path.strip_prefix(normal(root)).ok().and_then(Utf8Path::parent).unwrap_or(Utf8Path::new(""));
    let steps: Vec<String> = below.components().map(|step| step.as_str().to_owned()).collect();
    if let Some(bundle) = bundle {
        check_roots(bundle, &file, &steps)?;
    }
    data.add(&steps, &file)
}

/// Every value of a bundle's data must be below one of its roots.
fn check_roots(bundle: &Bundle, file: &SourceFile, steps: &[String]) -> Result<(), Problem> {
    let document = data::parse(file)?;
    let outside = leaves(&document, steps.to_vec()).into_iter().find(|path| !bundle.covers(path));
    match outside {
        None => Ok(()),
        Some(path) => {
            let message = format!("`data.{}` of `{}` is below no root of its bundle", path.join("."), file.name());
            Err(Problem::new(ProblemCode::Config, message)
                .at(file, Span::default(), "this file")
                .help(format!("{} lists the roots: add it there", bundle.file.name())))
        }
    }
}

/// The paths of all values that are no objects.
fn leaves(value: &Value, path: Vec<String>) -> Vec<Vec<String>> {
    match value {
        Value::Object(object) if !object.is_empty() => object
            .iter()
            .flat_map(|(key, value)| leaves(value, path.iter().cloned().chain([key.clone()]).collect()))
            .collect(),
        _ => vec![path],
    }
}
