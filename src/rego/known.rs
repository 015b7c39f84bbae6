//! What loading finds out about a module that ships, written down so that a run need not parse it to learn it.
//!
//! Owns the shape of these notes and the question whether they suffice. They are made by loading itself
//! ([`super::Program::notes`]); a test keeps them current. Must not be trusted for files of a repository.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::rewrite::Edit;
use super::scan::{Kind, Tokens};
use super::{MetadataBlock, ModuleInfo, RuleInfo};
use crate::problem::{Problem, ProblemCode};
use crate::source::{SourceFile, Span};
use crate::text::hex;

/// What loading found out about one module.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Digest of the text they were made of.
    sha256: String,
    pub(super) edits: Vec<Edit>,
    /// [`Declared`]; read once the engine is at work on the text.
    declared: Box<RawValue>,
}

/// What the module declares.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct Declared {
    package: String,
    package_span: Span,
    rules: Vec<RuleInfo>,
    metadata: Vec<MetadataBlock>,
}

impl Known {
    /// The notes about a module.
    #[cfg(test)]
    pub(super) fn of(info: &ModuleInfo, edits: &[Edit]) -> Self {
        let declared = Declared {
            package: info.package.clone(),
            package_span: info.package_span,
            rules: info.rules.clone(),
            metadata: info.metadata.clone(),
        };
        let declared = serde_json::value::to_raw_value(&declared).unwrap();
        Self { sha256: digest(&info.file), edits: edits.to_vec(), declared }
    }

    /// Whether they are about this very text.
    pub(super) fn is_about(&self, file: &SourceFile) -> bool {
        self.sha256 == digest(file)
    }

    /// What they say of the file they are about.
    ///
    /// # Errors
    /// None in practice: a test reads them.
    pub(super) fn info(&self, file: &SourceFile) -> Result<ModuleInfo, Problem> {
        let declared: Declared = serde_json::from_str(self.declared.get()).map_err(unreadable)?;
        Ok(ModuleInfo {
            file: file.clone(),
            package: declared.package,
            package_span: declared.package_span,
            dialect: super::Dialect::V1,
            trusted: true,
            rules: declared.rules,
            metadata: declared.metadata,
            uses: std::collections::BTreeSet::new(),
            calls: std::collections::BTreeSet::new(),
        })
    }
}

/// Notes that ship and cannot be read.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> Problem {
    let message = format!("the notes on built-in policies cannot be read: {error}");
    Problem::new(ProblemCode::PolicyLoad, message).help("this is a fault of plangate: please report it")
}

fn digest(file: &SourceFile) -> String {
    hex(&Sha256::digest(file.text().as_bytes()))
}

/// Whether a file of a repository may refer to a module that ships, by `data.plangate` or by a computed step behind
/// `data`: then the checks need the syntax tree of both.
pub(super) fn may_refer(text: &str) -> bool {
    let Ok(tokens) = Tokens::scan(text) else { return true };
    let word = |index: usize| {
        let token = tokens.tokens.get(index)?;
        Some((token.kind, text.get(token.span.start..token.span.end)?))
    };
    (0..tokens.tokens.len()).any(|index| {
        let before = index.checked_sub(1).and_then(word).map_or("", |(_, text)| text);
        match word(index) {
            Some((Kind::Ident, "data")) if before != "." => match (word(index + 1), word(index + 2)) {
                (Some((_, ".")), Some((Kind::Ident, next))) => next == "plangate",
                _ => true,
            },
            Some((Kind::Ident, "plangate")) => before == "package",
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::may_refer;

    #[test]
    fn a_file_that_may_reach_what_ships_is_told() {
        for text in [
            "package a\nimport data.plangate.lib.change",
            "package a\nx := data[input.k].plangate",
            "package a\nx := data[\"plangate\"]",
            "package a\nimport data as d",
            "package a\nx if { some p; data . plangate[p] }",
            "package plangate.stateful",
            "package a\nx := \"not closed",
        ] {
            assert!(may_refer(text), "{text}");
        }
        for text in [
            "package a\nx := {\"plangate\": input.plangate.changes}",
            "package a\nimport data.lib\nx := lib.plangate",
            "package a\nx := input.data[0]",
            "package a # data.plangate\nx := 1",
        ] {
            assert!(!may_refer(text), "{text}");
        }
    }
}
