//! Patterns that select addresses, for waivers and selectors.
//!
//! Works on parsed steps: no pattern can match across a dot, a bracket or a quote by accident.

use super::Address;
use super::lex::{AddressError, InstanceKey, Step};
use super::parse::{Kind, ModuleStep, Parts, Steps, Target};

/// A pattern for addresses: an address in which parts are left open.
///
/// | pattern | matches |
/// |---|---|
/// | `azurerm_storage_account.lake` | that resource, if it has no instance key |
/// | `azurerm_storage_account.lake[*]` | every instance of it: `.lake`, `.lake[0]`, `.lake["a"]` |
/// | `azurerm_storage_account.lake["a*"]` | one instance, whose key is `a*`: quoted keys are literal |
/// | `azurerm_storage_account.*` | every instance of every such resource in the root module |
/// | `azurerm_*.lake_*` | `*` inside a type or name: any characters, never a dot; only resources without key |
/// | `module.etl.databricks_schema.this` | in the module call `etl` without key |
/// | `module.etl[*].databricks_schema.this` | in every instance of the module call `etl` |
/// | `module.*[*].databricks_schema.this` | in every instance of every module call of the root |
/// | `**.databricks_schema.this` | in the root and in every module, however deep |
/// | `module.etl[*].**` | everything in the module call `etl` and below, data sources too |
/// | `module.etl.**.aws_s3_bucket.*` | the buckets of `etl` and of all modules below it |
/// | `data.aws_ami.*` | data sources; a pattern without `data.` matches none (except through a last `**`) |
/// | `**` | everything |
///
/// A step without key matches only a step without key; the one exception is a last name that is exactly `*`.
/// Letter case counts. An address that this version cannot parse matches only the pattern of the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPattern {
    text: String,
    modules: Vec<ModulePattern>,
    /// `None`: everything in the matched modules.
    resource: Option<ResourcePattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ModulePattern {
    /// `**`: any number of module steps.
    Any,
    One {
        name: Glob,
        key: KeyPattern,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ResourcePattern {
    kind: Kind,
    resource_type: Glob,
    name: Glob,
    key: KeyPattern,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyPattern {
    Absent,
    Any,
    Is(InstanceKey),
}

impl AddressPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mut steps = Steps::new(text)?;
        let mut modules = Vec::new();
        loop {
            if steps.eat("**")? {
                modules.push(ModulePattern::Any);
                if steps.is_empty() {
                    return Ok(Self { text: text.to_owned(), modules, resource: None });
                }
            } else if steps.eat("module")? {
                let step = steps.next("a module name")?;
                modules.push(ModulePattern::One { name: Glob::new(&step)?, key: KeyPattern::new(step.key) });
            } else {
                break;
            }
        }
        if steps.is_empty() {
            let message = "a pattern ends in TYPE.NAME, or in `.**` for everything in the module";
            return Err(AddressError::new(text.len(), message));
        }
        let resource = Some(ResourcePattern::new(steps.target()?)?);
        Ok(Self { text: text.to_owned(), modules, resource })
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern selects this address.
    #[must_use]
    pub fn matches(&self, address: &Address) -> bool {
        self.text == address.as_str() || address.parts().is_ok_and(|parts| self.matches_parts(&parts))
    }

    fn matches_parts(&self, parts: &Parts) -> bool {
        self.resource.as_ref().is_none_or(|resource| resource.matches(parts))
            && matches_modules(&self.modules, &parts.modules)
    }

    /// Whether nothing in the pattern narrows it down: `**`, `*.*`, `data.*.*`, `module.*[*].**`. `_` and `-`
    /// beside a `*` do not count: nearly every type has an underscore.
    #[must_use]
    pub fn is_broad(&self) -> bool {
        self.modules.iter().all(|module| match module {
            ModulePattern::Any => true,
            ModulePattern::One { name, key } => name.is_open() && !matches!(key, KeyPattern::Is(_)),
        }) && self.resource.as_ref().is_none_or(|resource| {
            resource.resource_type.is_open() && resource.name.is_open() && !matches!(resource.key, KeyPattern::Is(_))
        })
    }
}

impl ResourcePattern {
    fn new(target: Target<'_>) -> Result<Self, AddressError> {
        let Target { kind, resource_type, name } = target;
        let key = match name.key {
            None if name.word == "*" => KeyPattern::Any,
            _ => KeyPattern::new(name.key.clone()),
        };
        Ok(Self { kind, resource_type: Glob::new(&resource_type)?, name: Glob::new(&name)?, key })
    }

    fn matches(&self, parts: &Parts) -> bool {
        self.kind == parts.kind
            && self.resource_type.matches(&parts.resource_type)
            && self.name.matches(&parts.name)
            && self.key.matches(parts.key.as_ref())
    }
}

impl ModulePattern {
    fn matches(&self, step: &ModuleStep) -> bool {
        match self {
            Self::Any => false,
            Self::One { name, key } => name.matches(&step.name) && key.matches(step.key.as_ref()),
        }
    }
}

impl KeyPattern {
    fn new(key: Option<InstanceKey>) -> Self {
        match key {
            None => Self::Absent,
            Some(InstanceKey::Wildcard) => Self::Any,
            Some(key) => Self::Is(key),
        }
    }

    fn matches(&self, key: Option<&InstanceKey>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => key.is_none(),
            Self::Is(wanted) => key == Some(wanted),
        }
    }
}

/// Matches module steps against patterns with `**`: on a mismatch the last `**` takes one step more, and
/// earlier ones need never be revisited. At most patterns × steps comparisons.
fn matches_modules(patterns: &[ModulePattern], steps: &[ModuleStep]) -> bool {
    let (mut p, mut s) = (0, 0);
    let mut last_any: Option<(usize, usize)> = None;
    loop {
        match (patterns.get(p), steps.get(s)) {
            (None, None) => return true,
            (Some(ModulePattern::Any), _) => {
                p += 1;
                last_any = Some((p, s));
            }
            (Some(pattern), Some(step)) if pattern.matches(step) => {
                p += 1;
                s += 1;
            }
            (_, None) => return false,
            (_, Some(_)) => {
                let Some((after_any, taken)) = last_any else { return false };
                (p, s) = (after_any, taken + 1);
                last_any = Some((after_any, s));
            }
        }
    }
}

/// A word with `*` in it, as the literal pieces between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Glob(Vec<String>);

impl Glob {
    fn new(step: &Step<'_>) -> Result<Self, AddressError> {
        if let Some(at) = step.word.find("**") {
            return Err(AddressError::new(step.at + at, "`**` stands for whole steps; inside a name write `*`"));
        }
        Ok(Self(step.word.split('*').map(str::to_owned).collect()))
    }

    /// First piece at the start, last piece at the end, the others each at their first place in between.
    fn matches(&self, word: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.iter().all(|only| only == word);
        };
        let rest = word.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let found = rest.and_then(|rest| {
            middle.iter().try_fold(rest, |rest, piece| rest.split_once(piece.as_str()).map(|(_, after)| after))
        });
        found.is_some()
    }

    fn is_open(&self) -> bool {
        self.0.len() > 1 && self.0.iter().all(|piece| piece.chars().all(|c| matches!(c, '_' | '-')))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, address: &str) -> bool {
        AddressPattern::parse(pattern).unwrap().matches(&Address::new(address))
    }

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        for address in yes {
            assert!(matches(pattern, address), "{pattern} should match {address}");
        }
        for address in no {
            assert!(!matches(pattern, address), "{pattern} should not match {address}");
        }
    }

    #[test]
    fn a_step_without_key_matches_only_a_step_without_key() {
        check("t.n", &["t.n"], &["t.n[0]", "t.n[\"a\"]", "t.n[*]", "module.m.t.n", "data.t.n"]);
        check("t.n[*]", &["t.n", "t.n[0]", "t.n[\"a.b\"]", "t.n[*]"], &["t.nn", "t.nn[0]"]);
        check("t.*", &["t.n", "t.n[0]", "t.m[\"a\"]"], &["tt.n", "module.m.t.n", "data.t.n"]);
        check("t.n*", &["t.n", "t.nn"], &["t.n[0]"]);
        check("module.m.t.n", &["module.m.t.n"], &["module.m[0].t.n"]);
        check("module.*.t.n", &["module.m.t.n"], &["module.m[0].t.n", "module.m.module.x.t.n"]);
        check("module.m[*].t.*", &["module.m[\"a\"].t.n[0]", "module.m.t.n"], &["module.mm.t.n"]);
    }

    #[test]
    fn quoted_keys_are_literal_and_compared_by_meaning() {
        check(r#"t.n["orders"]"#, &[r#"t.n["orders"]"#], &["t.n[\"o\"]", "t.n[0]", "t.n[*]"]);
        check(r#"t.n["a*"]"#, &[r#"t.n["a*"]"#], &[r#"t.n["ab"]"#]);
        check(r#"t.n["$${x}"]"#, &[r#"t.n["$${x}"]"#, r#"t.n["${x}"]"#], &[]);
        check(r#"t.n["module.x[\"y\"].z"]"#, &[r#"t.n["module.x[\"y\"].z"]"#], &[r#"module.x["y"].z.t"#]);
        check("t.*[0]", &["t.n[0]"], &["t.n[1]", "t.n"]);
    }

    #[test]
    fn stars_stay_inside_one_step() {
        check(
            "azurerm_*.lake_*_x",
            &["azurerm_a_b.lake_1_x", "azurerm_.lake__x"],
            &["azurerm_a.lake_x", "aws_a.lake_1_x"],
        );
        check("*.n", &["t.n"], &["t.a.n", "module.m.n.n"]);
        check("a*a.n", &["aa.n", "aba.n"], &["a.n"]);
        check("*b*b*.n", &["bb.n", "abcbd.n"], &["ab.n"]);
    }

    #[test]
    fn two_stars_take_any_number_of_module_steps() {
        check("**.t.n", &["t.n", "module.a.t.n", "module.a[0].module.b[\"x\"].t.n"], &["t.m", "data.t.n"]);
        check(
            "module.etl[*].**",
            &["module.etl.t.n", "module.etl[0].module.x.data.t.n[1]", "module.etl.ephemeral.t.n"],
            &["module.etl2.t.n", "module.a.module.etl.t.n", "t.n"],
        );
        check("module.a.**.t.n", &["module.a.t.n", "module.a.module.b.t.n"], &["t.n", "module.b.module.a.t.n"]);
        check(
            "**.module.b.**.module.c.**",
            &["module.b.module.c.t.n", "module.a.module.b.module.b.module.x.module.c[0].module.c.t.n"],
            &["module.c.module.b.t.n", "module.b.module.c[0].t.n"],
        );
        check("**", &["t.n", "data.t.n", "module.a.t.n[*]"], &["no address"]);
        check("data.*.*", &["data.t.n[0]"], &["t.n"]);
    }

    #[test]
    fn many_double_stars_cost_no_more_than_a_table() {
        let pattern = format!("{}module.x.t.n", "**.module.a.".repeat(200));
        let address = format!("{}t.n", "module.a.".repeat(2_000));
        assert!(!matches(&pattern, &address));
        assert!(!matches(&format!("{}b.n", "a*".repeat(2_000)), &format!("{}.n", "a".repeat(4_000))));
    }

    #[test]
    fn broad_patterns_are_told_apart() {
        for broad in ["**", "*.*", "*_*.*", "**.*.*[*]", "data.*.*", "module.*.**", "module.*[*].*.*", "**.*.*"] {
            assert!(AddressPattern::parse(broad).unwrap().is_broad(), "{broad}");
        }
        for narrow in ["t.*", "*.n", "azurerm_*.*", "module.a.**", "**.t.*", "*.*[0]", "module.*[0].**", "t.n"] {
            assert!(!AddressPattern::parse(narrow).unwrap().is_broad(), "{narrow}");
        }
    }

    #[test]
    fn mistakes_are_found_at_their_place() {
        for (pattern, offset) in [
            ("", 0),
            ("t", 1),
            ("module.a", 8),
            ("module.**.t.n", 7),
            ("***.n", 0),
            ("a**b.n", 1),
            ("**[0].t.n", 2),
            ("data.**", 7),
            ("{a,b}.n", 0),
            ("t.n?", 3),
            ("t.[ab]", 2),
            ("t.n[a*]", 4),
            ("*.*.*", 4),
            ("t.n ", 3),
        ] {
            assert_eq!(AddressPattern::parse(pattern).unwrap_err().offset, offset, "{pattern}");
        }
    }

    /// A `for_each` key in the spelling of Terraform (`toHCLQuotedString` in `internal/addrs/instance_key.go`).
    fn quote(key: &str) -> String {
        let mut out = String::from("\"");
        for (at, c) in key.char_indices() {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '"' | '\\' => out.extend(['\\', c]),
                '$' | '%' if key[at + 1..].starts_with('{') => out.extend([c, c]),
                c if c.is_control() => out.extend(format!("\\u{:04x}", u32::from(c)).chars()),
                c if u32::from(c) > 0xe0000 => out.extend(format!("\\U{:08x}", u32::from(c)).chars()),
                c => out.push(c),
            }
        }
        out + "\""
    }

    fn key() -> impl Strategy<Value = Option<String>> {
        let hostile = prop_oneof![any::<String>(), r#"([\["\]\\.*$%{}\n]|module\.|a){0,8}"#];
        prop_oneof![Just(None), (0..3_u32).prop_map(|n| Some(n.to_string())), hostile.prop_map(|s| Some(quote(&s)))]
    }

    fn step(words: &'static str) -> impl Strategy<Value = String> {
        (words, key()).prop_map(|(word, key)| key.map_or(word.clone(), |key| format!("{word}[{key}]")))
    }

    fn address() -> impl Strategy<Value = String> {
        (
            proptest::collection::vec(step("module\\.[ab]"), 0..4),
            prop_oneof![Just(""), Just("data."), Just("ephemeral.")],
            "[ab]_[ab]",
            step("[ab][b-]?"),
        )
            .prop_map(|(modules, kind, resource_type, name)| {
                let mut steps = modules;
                steps.push(format!("{kind}{resource_type}.{name}"));
                steps.join(".")
            })
    }

    proptest! {
        #[test]
        fn an_address_is_the_pattern_of_itself_alone(a in address(), b in address()) {
            prop_assert_eq!(Address::new(a.as_str()).parts().unwrap().to_string(), a.clone());
            prop_assert!(AddressPattern::parse(&a).unwrap().matches_parts(&Address::new(a.as_str()).parts().unwrap()));
            prop_assert_eq!(matches(&a, &b), a == b);
            prop_assert!(matches("**", &a));
        }

        #[test]
        fn no_text_panics(text in r#"([a-z*_]|\*\*|\.|module\.|data\.|\[|\]|"|\\|\PC){0,30}"#, other in ".{0,20}") {
            if let Ok(pattern) = AddressPattern::parse(&text) {
                let _ = pattern.matches(&Address::new(other.as_str()));
                prop_assert!(pattern.matches(&Address::new(text.as_str())));
            }
        }
    }
}
