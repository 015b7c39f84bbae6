//! From what was written to what holds: values judged, all mistakes at once.
//!
//! Must not read files, so it cannot say whether a path exists.

use camino::{Utf8Path, Utf8PathBuf};
use globset::{Glob, GlobBuilder, GlobMatcher};

use super::file::{ConfigFile, DecisionEntry, RuleEntry};
use super::{
    BuiltinErrors, Config, ConfiguredPath, Decision, Expect, LintLevel, LintOverride, PathSelector, PolicyPaths,
    RegoVersion, RegoVersionOverride, RuleOverride, RuleSelector, WaiversPath, resolve,
};
use crate::finding::{Level, Preset};
use crate::policy::parameters::Setting;
use crate::toml_file::{Reader, Written, quoted};

const LEVELS: [(&str, Level); 4] =
    [("off", Level::Off), ("info", Level::Info), ("warn", Level::Warn), ("deny", Level::Deny)];
/// `off` would name a rule and not run it.
const RUN_LEVELS: [(&str, Level); 3] = [("info", Level::Info), ("warn", Level::Warn), ("deny", Level::Deny)];
const PRESETS: [(&str, Preset); 2] =
    [(Preset::Standard.as_str(), Preset::Standard), (Preset::Strict.as_str(), Preset::Strict)];
const WARN_OR_DENY: [(&str, Level); 2] = [("warn", Level::Warn), ("deny", Level::Deny)];
const EXPECTATIONS: [(&str, Expect); 2] = [("ordinary", Expect::Ordinary), ("refresh-only", Expect::RefreshOnly)];
const BUILTIN_ERRORS: [(&str, BuiltinErrors); 2] =
    [("warn", BuiltinErrors::Warn), ("undecided", BuiltinErrors::Undecided)];
const LINT_LEVELS: [(&str, LintLevel); 3] =
    [("off", LintLevel::Off), ("warn", LintLevel::Warn), ("error", LintLevel::Error)];
const REGO_VERSIONS: [(&str, RegoVersion); 2] = [("v0", RegoVersion::V0), ("v1", RegoVersion::V1)];

/// Judges every value; what is wrong goes to the reader and the default takes its place.
pub(super) fn validate(reader: &mut Reader<'_>, written: ConfigFile, mut config: Config, base: &Utf8Path) -> Config {
    if let Some(paths) = written.policies {
        config.policies = PolicyPaths::Explicit(self::paths(reader, "policies", paths, base));
    }
    if let Some(path) = written.waivers.and_then(|path| configured_path(reader, "waivers", &path, base)) {
        config.waivers = WaiversPath::Explicit(path);
    }
    config.source = written.source.and_then(|path| configured_path(reader, "source", &path, base));
    choose(reader, "preset", written.preset.as_ref(), &PRESETS, &mut config.preset);
    choose(reader, "fail-on", written.fail_on.as_ref(), &WARN_OR_DENY, &mut config.fail_on);
    choose(reader, "expect", written.expect.as_ref(), &EXPECTATIONS, &mut config.expect);
    choose(reader, "unknown_types", written.unknown_types.as_ref(), &WARN_OR_DENY, &mut config.unknown_types);
    choose(reader, "builtin_errors", written.builtin_errors.as_ref(), &BUILTIN_ERRORS, &mut config.builtin_errors);
    config.limits = written.limits;
    config.rules = written.rules.iter().filter_map(|rule| rule_override(reader, rule)).collect();
    config.parameters = written.rules.iter().flat_map(|rule| settings(reader, rule)).collect();
    config.rego_versions = rego_versions(reader, &written.rego_version, base);
    config.decisions = written.decisions.iter().filter_map(|decision| self::decision(reader, decision)).collect();
    config.data = paths(reader, "data", written.data, base);
    config.lint = lint_overrides(reader, &written.lint);
    config
}

fn decision(reader: &mut Reader<'_>, written: &DecisionEntry) -> Option<Decision> {
    let level = match &written.level {
        Some(level) => Some(reader.choose("level", level, &RUN_LEVELS)?),
        None => None,
    };
    let place = reader.place(written.path.span, "named here");
    Some(Decision { path: written.path.value.clone(), level, place })
}

fn choose<T: Copy>(
    reader: &mut Reader<'_>,
    key: &str,
    word: Option<&Written<String>>,
    choices: &[(&str, T)],
    to: &mut T,
) {
    if let Some(choice) = word.and_then(|word| reader.choose(key, word, choices)) {
        *to = choice;
    }
}

/// The paths of a list, each once.
fn paths(reader: &mut Reader<'_>, key: &str, written: Vec<Written<String>>, base: &Utf8Path) -> Vec<ConfiguredPath> {
    let mut paths: Vec<ConfiguredPath> = Vec::new();
    for written in written {
        let Some(path) = configured_path(reader, key, &written, base) else { continue };
        if paths.iter().any(|earlier| earlier.path == path.path) {
            let message = format!("`{key}` names `{}` twice", path.path);
            reader.report(written.span, message, "already in the list", "remove one of the two");
            continue;
        }
        paths.push(path);
    }
    paths
}

pub(super) fn configured_path(
    reader: &mut Reader<'_>,
    key: &str,
    path: &Written<String>,
    base: &Utf8Path,
) -> Option<ConfiguredPath> {
    if path.value.trim().is_empty() || path.value.contains('\0') {
        let help = "a path is relative to the directory of this file; `.` is that directory";
        reader.report(path.span, format!("`{key}` holds an empty path"), "not a path", help);
        return None;
    }
    Some(ConfiguredPath { path: resolve(base, &path.value), place: reader.place(path.span, "named here") })
}

fn settings(reader: &Reader<'_>, rule: &RuleEntry) -> Vec<Setting> {
    let setting = |(name, value): &(Written<String>, Written<serde_json::Value>)| Setting {
        rule: rule.selector.value.clone(),
        name: name.value.clone(),
        value: value.value.clone(),
        place: reader.place(name.span, "set here"),
    };
    rule.parameters.iter().map(setting).collect()
}

fn rule_override(reader: &mut Reader<'_>, rule: &RuleEntry) -> Option<RuleOverride> {
    let level = reader.choose("level", rule.level.as_ref()?, &LEVELS);
    let place = reader.place(rule.selector.span, "level set here");
    let text = &rule.selector.value;
    if text.trim().is_empty() {
        let help = "write the id of a rule as `plangate rules` lists it";
        reader.report(rule.selector.span, "a rule without id", "names no rule", help);
        return None;
    }
    let selector = if is_glob(text) {
        RuleSelector::Glob(glob(reader, &rule.selector)?)
    } else {
        RuleSelector::Exact(text.clone())
    };
    Some(RuleOverride { selector, level: level?, place })
}

fn lint_overrides(reader: &mut Reader<'_>, written: &[(Written<String>, Written<String>)]) -> Vec<LintOverride> {
    let mut overrides: Vec<LintOverride> = Vec::new();
    for (key, level) in written {
        let id = key.value.replace('_', "-");
        let Some(level) = reader.choose(&id, level, &LINT_LEVELS) else { continue };
        if overrides.iter().any(|earlier| earlier.id == id) {
            reader.report(key.span, format!("`lint` names `{id}` twice"), "already set above", "keep one of the two");
            continue;
        }
        overrides.push(LintOverride { id, level, place: reader.place(key.span, "level set here") });
    }
    overrides
}

fn rego_versions(
    reader: &mut Reader<'_>,
    written: &[(Written<String>, Written<String>)],
    base: &Utf8Path,
) -> Vec<RegoVersionOverride> {
    let mut overrides: Vec<RegoVersionOverride> = Vec::new();
    for (path, version) in written {
        let version = reader.choose("rego-version", version, &REGO_VERSIONS);
        let Some(selector) = path_selector(reader, path, base) else { continue };
        if let PathSelector::Path(path_meant) = &selector
            && overrides.iter().any(|o| matches!(&o.selector, PathSelector::Path(earlier) if earlier == path_meant))
        {
            let message = format!("`rego-version` names `{path_meant}` twice");
            reader.report(path.span, message, "already set above", "keep one of the two");
            continue;
        }
        let place = reader.place(path.span, "dialect set here");
        overrides.extend(version.map(|version| RegoVersionOverride { selector, version, place }));
    }
    overrides
}

fn path_selector(reader: &mut Reader<'_>, path: &Written<String>, base: &Utf8Path) -> Option<PathSelector> {
    if is_glob(&path.value) {
        let matcher = glob(reader, path)?;
        return Some(PathSelector::Glob { base: resolve(base, "."), matcher });
    }
    configured_path(reader, "rego-version", path, base).map(|path| PathSelector::Path(path.path))
}

/// Whether a text holds a character that [`globset`] gives a meaning.
fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// `*` stays within one step between slashes, `**` crosses them.
fn glob(reader: &mut Reader<'_>, pattern: &Written<String>) -> Option<GlobMatcher> {
    let built: Result<Glob, globset::Error> =
        GlobBuilder::new(&pattern.value).literal_separator(true).backslash_escape(true).build();
    match built {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            let message = format!("{} is not a valid pattern: {}", quoted(&pattern.value), error.kind());
            reader.report(pattern.span, message, "not a pattern", "`*` matches within one step, `**` across `/`");
            None
        }
    }
}

/// Where the file stands: what its relative paths start from.
pub(super) fn directory_of(file_name: &str) -> Utf8PathBuf {
    Utf8Path::new(file_name).parent().map(Utf8Path::to_owned).unwrap_or_default()
}
