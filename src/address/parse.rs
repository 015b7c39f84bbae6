//! What the steps of a resource address mean.
//!
//! Grammar (Terraform `internal/addrs`):
//! `{ "module." NAME [KEY] "." } [ "data." | "ephemeral." | "list." | "action." ] TYPE "." NAME [KEY]`.

use std::fmt;

use super::lex::{self, AddressError, InstanceKey, Step};

/// A resource address, taken apart. `Display` gives back exactly the text it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parts {
    /// The module instances around it, outermost first.
    pub modules: Vec<ModuleStep>,
    /// What kind of block it is.
    pub kind: Kind,
    /// Resource type.
    pub resource_type: String,
    /// Name of the block.
    pub name: String,
    /// Which instance of the block.
    pub key: Option<InstanceKey>,
}

/// One `module.NAME[KEY]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStep {
    /// Name of the module call.
    pub name: String,
    /// Which instance of the call.
    pub key: Option<InstanceKey>,
}

/// The kind of block that an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A managed resource: no prefix.
    Managed,
    /// `data.`
    Data,
    /// `ephemeral.`
    Ephemeral,
    /// `list.`
    List,
    /// `action.`
    Action,
}

impl Kind {
    /// The prefix in an address, with its dot.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Managed => "",
            Self::Data => "data.",
            Self::Ephemeral => "ephemeral.",
            Self::List => "list.",
            Self::Action => "action.",
        }
    }

    fn from_keyword(word: &str) -> Option<Self> {
        match word {
            "data" => Some(Self::Data),
            "ephemeral" => Some(Self::Ephemeral),
            "list" => Some(Self::List),
            "action" => Some(Self::Action),
            _ => None,
        }
    }
}

impl Parts {
    /// The same block without any instance key.
    #[must_use]
    pub fn without_keys(&self) -> Self {
        let modules = self.modules.iter().map(|step| ModuleStep { name: step.name.clone(), key: None });
        Self { modules: modules.collect(), key: None, ..self.clone() }
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for module in &self.modules {
            write!(f, "{module}.")?;
        }
        write!(f, "{}{}.{}", self.kind.prefix(), self.resource_type, self.name)?;
        self.key.iter().try_for_each(|key| key.fmt(f))
    }
}

impl fmt::Display for ModuleStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "module.{}", self.name)?;
        self.key.iter().try_for_each(|key| key.fmt(f))
    }
}

/// Parses a resource address.
pub(super) fn parts(text: &str) -> Result<Parts, AddressError> {
    let mut steps = Steps::new(text)?;
    if let Some(step) = steps.rest().iter().find(|step| step.word.contains('*')) {
        return Err(AddressError::new(step.at, "`*` is no part of a name"));
    }
    let mut modules = Vec::new();
    while steps.eat("module")? {
        let step = steps.next("a module name")?;
        modules.push(ModuleStep { name: step.word.to_owned(), key: step.key });
    }
    let Target { kind, resource_type, name } = steps.target()?;
    Ok(Parts { modules, kind, resource_type: resource_type.word.to_owned(), name: name.word.to_owned(), key: name.key })
}

/// The steps not yet read.
pub(super) struct Steps<'a> {
    steps: std::vec::IntoIter<Step<'a>>,
    end: usize,
}

/// The end of an address or pattern: what it names inside its module.
pub(super) struct Target<'a> {
    pub(super) kind: Kind,
    pub(super) resource_type: Step<'a>,
    pub(super) name: Step<'a>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, AddressError> {
        Ok(Self { steps: lex::steps(text)?.into_iter(), end: text.len() })
    }

    fn rest(&self) -> &[Step<'a>] {
        self.steps.as_slice()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Takes the next step if it is this word; a key on it is an error.
    pub(super) fn eat(&mut self, word: &str) -> Result<bool, AddressError> {
        if self.rest().first().is_none_or(|step| step.word != word) {
            return Ok(false);
        }
        self.bare(word)?;
        Ok(true)
    }

    pub(super) fn next(&mut self, what: &str) -> Result<Step<'a>, AddressError> {
        self.steps.next().ok_or_else(|| AddressError::new(self.end, format!("expected {what}, found the end")))
    }

    /// The next step, which must not have an instance key.
    fn bare(&mut self, what: &str) -> Result<Step<'a>, AddressError> {
        let step = self.next(what)?;
        if step.key.is_some() {
            return Err(AddressError::new(step.key_at, format!("`{}` takes no instance key", step.word)));
        }
        Ok(step)
    }

    /// `[KIND.]TYPE.NAME[KEY]` and the end.
    pub(super) fn target(&mut self) -> Result<Target<'a>, AddressError> {
        let kind = self.rest().first().and_then(|step| Kind::from_keyword(step.word));
        // Only `data` was a keyword from the start: with two words left, the others are types.
        let kind = kind.filter(|kind| *kind == Kind::Data || self.rest().len() != 2);
        if kind.is_some() {
            self.bare("a keyword")?;
        }
        let resource_type = self.bare("a resource type and name")?;
        let name = self.next("a resource name after the type")?;
        match self.rest().first() {
            None => Ok(Target { kind: kind.unwrap_or(Kind::Managed), resource_type, name }),
            Some(step) => Err(AddressError::new(step.at, "a resource address ends after TYPE.NAME")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Address;
    use super::*;

    fn parse(text: &str) -> Parts {
        let parts = parts(text).unwrap();
        assert_eq!(parts.to_string(), text);
        parts
    }

    fn key_value(parts: &Parts) -> &str {
        match &parts.key {
            Some(InstanceKey::Str(key)) => key.value(),
            other => panic!("no string key: {other:?}"),
        }
    }

    #[test]
    fn a_nested_address_comes_apart() {
        let parts = parse(r#"module.a["x.y"].module.b[0].data.aws_s3_bucket.logs["a[0]"]"#);
        assert_eq!(parts.modules.len(), 2);
        assert_eq!(parts.modules[0].name, "a");
        assert_eq!(parts.modules[1].key, Some(InstanceKey::Int(0)));
        assert_eq!(
            (parts.kind, parts.resource_type.as_str(), parts.name.as_str()),
            (Kind::Data, "aws_s3_bucket", "logs")
        );
        assert_eq!(key_value(&parts), "a[0]");
    }

    #[test]
    fn keys_are_decoded_as_hcl_and_as_go_quotes() {
        for (quoted, value) in [
            (r#""""#, ""),
            (r#""$${t}""#, "${t}"),
            (r#""$$${t}""#, "$${t}"),
            (r#""%%{if}""#, "%{if}"),
            (r#""${old}""#, "${old}"),
            (r#""a\"].b[\"c""#, "a\"].b[\"c"),
            (r#""nl\n\r\t\\""#, "nl\n\r\t\\"),
            (r#""\u200b\U0001f600""#, "\u{200b}\u{1f600}"),
            (r#""\x01\a""#, "\u{1}\u{7}"),
            (r#""*""#, "*"),
        ] {
            assert_eq!(key_value(&parse(&format!("t.n[{quoted}]"))), value, "{quoted}");
        }
    }

    #[test]
    fn numbers_are_those_terraform_prints() {
        assert_eq!(parse("t.n[9223372036854775807]").key, Some(InstanceKey::Int(i64::MAX)));
        assert_eq!(parse("t.n[-1]").key, Some(InstanceKey::Int(-1)));
        assert_eq!(parse("t.n[*]").key, Some(InstanceKey::Wildcard));
        for odd in ["t.n[007]", "t.n[9223372036854775808]", "t.n[-0]", "t.n[+1]", "t.n[]", "t.n[ 0]"] {
            assert_eq!(parts(odd).unwrap_err().offset, 4, "{odd}");
        }
    }

    #[test]
    fn keywords_are_kinds_only_in_front_of_a_type_and_a_name() {
        assert_eq!(parse("ephemeral.t.n").kind, Kind::Ephemeral);
        assert_eq!(parse("list.t.n").kind, Kind::List);
        assert_eq!(parse("action.t.n").kind, Kind::Action);
        assert_eq!(parse("action.n").resource_type, "action");
        assert!(parts("data.n").is_err());
    }

    #[test]
    fn what_is_no_resource_address_is_refused_at_its_place() {
        for (text, offset) in [
            ("", 0),
            ("t", 1),
            ("t.", 2),
            (".n", 0),
            ("t..n", 2),
            ("module.a", 8),
            ("module.a.t", 10),
            ("module[0].a.t.n", 6),
            ("t[0].n", 1),
            ("t.n.m", 4),
            ("t.n[0", 5),
            ("t.n[\"a", 4),
            ("t.n[\"\\q\"]", 5),
            ("t.n[\"\\ud800\"]", 5),
            ("t.n[0]x", 6),
            ("t.n x", 3),
            ("t.n*", 2),
            ("${t}.n", 0),
        ] {
            assert_eq!(parts(text).unwrap_err().offset, offset, "{text}");
        }
    }

    #[test]
    fn the_configuration_address_has_no_keys() {
        let address = Address::new(r#"module.a["x"].module.b.data.t.n[3]"#);
        assert_eq!(address.config_address(), "module.a.module.b.data.t.n");
        assert!(address.is_data());
        assert_eq!(Address::new("no address[").config_address(), "no address[");
        assert!(!Address::new("data.no address").is_data());
    }

    #[test]
    fn every_address_of_the_weird_keys_scenario_round_trips() {
        let plan = include_bytes!("../../fixtures/scenarios/50-weird-keys/plan.json");
        let plan: serde_json::Value = serde_json::from_slice(plan).unwrap();
        let changes = plan["resource_changes"].as_array().unwrap();
        assert!(changes.len() > 20);
        for change in changes {
            let parts = parse(change["address"].as_str().unwrap());
            assert_eq!(parts.resource_type, change["type"].as_str().unwrap());
            assert_eq!(parts.name, change["name"].as_str().unwrap());
            match &change["index"] {
                serde_json::Value::String(index) => assert_eq!(key_value(&parts), index),
                index => assert_eq!(
                    index.as_i64(),
                    match parts.key {
                        Some(InstanceKey::Int(key)) => Some(key),
                        _ => None,
                    }
                ),
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_round_trips(text in r#"([a-z*_0-9é]|\.|module\.|data\.|\[|\]|"|\\|\$|\{|-|\PC){0,30}"#) {
            if let Ok(parts) = parts(&text) {
                prop_assert_eq!(parts.to_string(), text);
            }
        }
    }
}
