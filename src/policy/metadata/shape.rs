//! The shapes of METADATA, as visitors.
//!
//! Not read from a tree: only so does the YAML reader say where a wrong value stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use globset::{Glob, GlobMatcher};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{RelatedResource, RuleMeta, Scope, Selector};
use crate::finding::{Level, Severity};
use crate::plan::Action;
use crate::policy::contract::DeclaredLevel;
use crate::policy::parameters::{Kind, Parameter};
use crate::suggest::{self, list};

/// The keys OPA gives a meaning; others at the top are ignored by OPA, and here.
const OPA_KEYS: [&str; 10] = [
    "scope",
    "title",
    "description",
    "related_resources",
    "authors",
    "organizations",
    "schemas",
    "entrypoint",
    "compile",
    "custom",
];
/// plangate's keys under `custom`.
const OWN_KEYS: [&str; 8] = ["id", "severity", "level", "strict", "category", "help", "selector", "parameters"];
/// Own keys that decide something and that no other tool uses with one letter changed.
const DECISIVE_KEYS: [&str; 5] = ["severity", "level", "strict", "selector", "parameters"];

/// Reads a value of one shape.
pub(super) trait Shape: Copy {
    type Out;
    const EXPECTED: &'static str;

    fn string<E: Error>(self, _: &str) -> Option<Result<Self::Out, E>> {
        None
    }
    fn map<'de, A: MapAccess<'de>>(self, _: A) -> Option<Result<Self::Out, A::Error>> {
        None
    }
    fn list<'de, A: SeqAccess<'de>>(self, _: A) -> Option<Result<Self::Out, A::Error>> {
        None
    }
}

#[derive(Clone, Copy)]
pub(super) struct Seed<S>(pub(super) S);

impl<'de, S: Shape> DeserializeSeed<'de> for Seed<S> {
    type Value = S::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Shape> Visitor<'de> for Seed<S> {
    type Value = S::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S::Out, E> {
        let unexpected = serde::de::Unexpected::Str(text);
        self.0.string(text).unwrap_or_else(|| Err(E::invalid_type(unexpected, &self)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<S::Out, A::Error> {
        self.0.map(map).unwrap_or_else(|| Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<S::Out, A::Error> {
        self.0.list(list).unwrap_or_else(|| Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)))
    }
}

/// A string that is not blank.
#[derive(Clone, Copy)]
struct Text;

impl Shape for Text {
    type Out = String;
    const EXPECTED: &'static str = "a string";

    fn string<E: Error>(self, text: &str) -> Option<Result<String, E>> {
        Some(if text.trim().is_empty() { Err(E::custom("it is blank")) } else { Ok(text.to_owned()) })
    }
}

/// One of several words, in any case (other tools write `HIGH`).
#[derive(Clone, Copy)]
struct Word<T> {
    choices: fn() -> Vec<(&'static str, T)>,
}

impl<T: Copy> Shape for Word<T> {
    type Out = T;
    const EXPECTED: &'static str = "a word";

    fn string<E: Error>(self, text: &str) -> Option<Result<T, E>> {
        let choices = (self.choices)();
        let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, choice)| *choice);
        Some(found.ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            E::custom(format_args!("`{text}` is not one of {}", list(&words)))
        }))
    }
}

fn scopes() -> Vec<(&'static str, Scope)> {
    Scope::ALL.to_vec()
}

fn severities() -> Vec<(&'static str, Severity)> {
    Severity::ALL.into_iter().map(|severity| (severity.as_str(), severity)).collect()
}

fn levels() -> Vec<(&'static str, DeclaredLevel)> {
    // A rule cannot switch itself off: that would be a rule which looks in force and is not.
    let fixed = Level::ALL
        .into_iter()
        .filter(|level| *level != Level::Off)
        .map(|level| (level.as_str(), DeclaredLevel::Fixed(level)));
    fixed.chain([("per-finding", DeclaredLevel::PerFinding)]).collect()
}

fn strict_levels() -> Vec<(&'static str, Level)> {
    [Level::Info, Level::Warn, Level::Deny].map(|level| (level.as_str(), level)).to_vec()
}

fn verbs() -> Vec<(&'static str, &'static str)> {
    Action::verbs().into_iter().map(|verb| (verb, verb)).collect()
}

/// A pattern of resource types.
#[derive(Clone, Copy)]
struct TypePattern;

impl Shape for TypePattern {
    type Out = GlobMatcher;
    const EXPECTED: &'static str = "a resource type, in which `*` stands for any characters";

    fn string<E: Error>(self, text: &str) -> Option<Result<GlobMatcher, E>> {
        let built = if text.trim().is_empty() { return Some(Err(E::custom("it is blank"))) } else { Glob::new(text) };
        Some(
            built
                .map(|glob| glob.compile_matcher())
                .map_err(|error| E::custom(format_args!("`{text}` is not a pattern: {}", error.kind()))),
        )
    }
}

/// A list of elements of one shape, not empty.
#[derive(Clone, Copy)]
struct ListOf<S>(S);

impl<S: Shape> Shape for ListOf<S> {
    type Out = Vec<S::Out>;
    const EXPECTED: &'static str = "a list";

    fn list<'de, A: SeqAccess<'de>>(self, mut list: A) -> Option<Result<Self::Out, A::Error>> {
        let mut read = || {
            let mut out = Vec::new();
            while let Some(element) = list.next_element_seed(Seed(self.0))? {
                out.push(element);
            }
            if out.is_empty() { Err(A::Error::custom("an empty list")) } else { Ok(out) }
        };
        Some(read())
    }
}

/// Which keys a map may have.
#[derive(Clone, Copy)]
enum Keys {
    /// OPA's map: foreign keys are ignored, near misses and plangate's own refused.
    Top,
    /// `custom`: foreign keys are kept, near misses of what decides something refused.
    Custom,
    /// Any.
    Open,
    /// Only these.
    Only(&'static [&'static str]),
}

impl Keys {
    /// Why a key is wrong, if it is.
    fn complaint(self, key: &str) -> Option<String> {
        let slip = |known: &[&'static str]| known.iter().find(|known| suggest::is_one_slip(key, known)).copied();
        let near = |near: &str| format!("unknown key `{key}`; did you mean `{near}`?");
        match self {
            Self::Top if OPA_KEYS.contains(&key) => None,
            Self::Top if OWN_KEYS.contains(&key) => Some(format!("`{key}` must stand under `custom`")),
            Self::Top => slip(&OPA_KEYS).map(near),
            Self::Custom if OWN_KEYS.contains(&key) => None,
            Self::Custom => slip(&DECISIVE_KEYS).map(near),
            Self::Open => None,
            Self::Only(known) if known.contains(&key) => None,
            Self::Only(known) => Some(format!("unknown key `{key}`; it takes {}", list(known))),
        }
    }
}

impl Shape for Keys {
    type Out = String;
    const EXPECTED: &'static str = "a key";

    fn string<E: Error>(self, key: &str) -> Option<Result<String, E>> {
        Some(self.complaint(key).map_or_else(|| Ok(key.to_owned()), |complaint| Err(E::custom(complaint))))
    }
}

/// Gives each key to `read`, which must take the value; a key that stands twice is an error.
fn each_key<'de, A: MapAccess<'de>>(
    mut map: A,
    keys: Keys,
    mut read: impl FnMut(&str, &mut A) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    let mut seen = BTreeSet::new();
    while let Some(key) = map.next_key_seed(Seed(keys))? {
        read(&key, &mut map)?;
        if let Some(twice) = seen.replace(key) {
            return Err(A::Error::custom(format_args!("`{twice}` stands twice")));
        }
    }
    Ok(())
}

/// A URL, or `{ref, description}`.
#[derive(Clone, Copy)]
struct Related;

impl Shape for Related {
    type Out = RelatedResource;
    const EXPECTED: &'static str = "a URL or {ref, description}";

    fn string<E: Error>(self, text: &str) -> Option<Result<RelatedResource, E>> {
        Some(Ok(RelatedResource { reference: text.to_owned(), description: None }))
    }

    fn map<'de, A: MapAccess<'de>>(self, map: A) -> Option<Result<RelatedResource, A::Error>> {
        let (mut reference, mut description) = (None, None);
        let read = each_key(map, Keys::Open, |key, map| {
            match key {
                "ref" => reference = Some(map.next_value_seed(Seed(Text))?),
                "description" => description = Some(map.next_value_seed(Seed(Text))?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            Ok(())
        });
        Some(read.and_then(|()| {
            let reference = reference.ok_or_else(|| A::Error::custom("a related resource without `ref`"))?;
            Ok(RelatedResource { reference, description })
        }))
    }
}

/// `custom.selector`.
#[derive(Clone, Copy)]
struct SelectorShape;

impl Shape for SelectorShape {
    type Out = Selector;
    const EXPECTED: &'static str = "{types: […], verbs: […]}";

    fn map<'de, A: MapAccess<'de>>(self, map: A) -> Option<Result<Selector, A::Error>> {
        let mut selector = Selector::default();
        let read = each_key(map, Keys::Only(&["types", "verbs"]), |key, map| {
            if key == "types" {
                selector.types = map.next_value_seed(Seed(ListOf(TypePattern)))?;
            } else {
                let words = map.next_value_seed(Seed(ListOf(Word { choices: verbs })))?;
                selector.verbs = words.into_iter().map(str::to_owned).collect();
            }
            Ok(())
        });
        Some(read.and_then(|()| {
            let empty = selector.types.is_empty() && selector.verbs.is_empty();
            if empty { Err(A::Error::custom("a selector without `types` and `verbs`")) } else { Ok(selector) }
        }))
    }
}

/// `custom.parameters`.
#[derive(Clone, Copy)]
struct ParametersShape;

impl Shape for ParametersShape {
    type Out = BTreeMap<String, Parameter>;
    const EXPECTED: &'static str = "a map of names to {type, default, description}";

    fn map<'de, A: MapAccess<'de>>(self, map: A) -> Option<Result<Self::Out, A::Error>> {
        let mut parameters = BTreeMap::new();
        let read = each_key(map, Keys::Open, |name, map| {
            let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_word) {
                return Err(A::Error::custom(format_args!("`{name}` is no name: lower-case letters, digits and `_`")));
            }
            parameters.insert(name.to_owned(), map.next_value_seed(Seed(ParameterShape))?);
            Ok(())
        });
        Some(read.map(|()| parameters))
    }
}

fn kinds() -> Vec<(&'static str, Kind)> {
    Kind::ALL.to_vec()
}

/// One of them. Without a default nobody could run the rule as it is.
#[derive(Clone, Copy)]
struct ParameterShape;

impl Shape for ParameterShape {
    type Out = Parameter;
    const EXPECTED: &'static str = "{type, default, description}";

    fn map<'de, A: MapAccess<'de>>(self, map: A) -> Option<Result<Parameter, A::Error>> {
        let (mut kind, mut default, mut description) = (None, None, None);
        let read = each_key(map, Keys::Only(&["type", "default", "description"]), |key, map| {
            match key {
                "type" => kind = Some(map.next_value_seed(Seed(Word { choices: kinds }))?),
                "default" => default = Some(map.next_value::<Value>()?),
                _ => description = Some(map.next_value_seed(Seed(Text))?),
            }
            Ok(())
        });
        Some(read.and_then(|()| {
            let kind = kind.ok_or_else(|| A::Error::custom("a parameter without `type`"))?;
            let default = default.ok_or_else(|| A::Error::custom("a parameter without `default`"))?;
            if !kind.takes(&default) {
                return Err(A::Error::custom(format_args!("`default` is no {}", kind.as_str())));
            }
            Ok(Parameter { kind, default, description })
        }))
    }
}

/// `custom`.
#[derive(Clone, Copy)]
struct Custom;

impl Shape for Custom {
    type Out = RuleMeta;
    const EXPECTED: &'static str = "a map";

    fn map<'de, A: MapAccess<'de>>(self, map: A) -> Option<Result<RuleMeta, A::Error>> {
        let mut meta = RuleMeta::default();
        let read = each_key(map, Keys::Custom, |key, map| {
            match key {
                "id" => meta.id = Some(map.next_value_seed(Seed(Text))?),
                "severity" => meta.severity = Some(map.next_value_seed(Seed(Word { choices: severities }))?),
                "level" => meta.level = Some(map.next_value_seed(Seed(Word { choices: levels }))?),
                "strict" => meta.strict = Some(map.next_value_seed(Seed(Word { choices: strict_levels }))?),
                "category" => meta.category = Some(map.next_value_seed(Seed(Text))?),
                "help" => meta.help = Some(map.next_value_seed(Seed(Text))?),
                "selector" => meta.selector = Some(map.next_value_seed(Seed(SelectorShape))?),
                "parameters" => meta.parameters = map.next_value_seed(Seed(ParametersShape))?,
                foreign => {
                    meta.custom.insert(foreign.to_owned(), map.next_value::<Value>()?);
                }
            }
            Ok(())
        });
        Some(read.map(|()| meta))
    }
}

/// The whole block.
#[derive(Clone, Copy)]
pub(super) struct Block;

impl Shape for Block {
    type Out = RuleMeta;
    const EXPECTED: &'static str = "a map of keys such as `title` and `custom`";

    fn map<'de, A: MapAccess<'de>>(self, map: A) -> Option<Result<RuleMeta, A::Error>> {
        let mut meta = RuleMeta::default();
        let read = each_key(map, Keys::Top, |key, map| {
            match key {
                "scope" => meta.scope = Some(map.next_value_seed(Seed(Word { choices: scopes }))?),
                "title" => meta.title = Some(map.next_value_seed(Seed(Text))?),
                "description" => meta.description = Some(map.next_value_seed(Seed(Text))?),
                "related_resources" => meta.related_resources = map.next_value_seed(Seed(ListOf(Related)))?,
                "custom" => {
                    let custom = map.next_value_seed(Seed(Custom))?;
                    // All other keys were not read yet in `custom`.
                    meta = RuleMeta {
                        scope: meta.scope,
                        title: meta.title.take(),
                        description: meta.description.take(),
                        related_resources: std::mem::take(&mut meta.related_resources),
                        ..custom
                    };
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            Ok(())
        });
        Some(read.map(|()| meta))
    }
}
