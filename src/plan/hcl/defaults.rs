//! Defaults of the root module's variables, as Terraform prints them under `variables`.
//!
//! Owns the conversion of a constant to the type of its variable. What cannot be told exactly is not told: conversions that
//! depend on types of other values (`any` within collections), texts that Terraform might normalise, numbers that a 64-bit
//! float may not hold. Must not evaluate expressions.
//!
//! Sources: Terraform `internal/configs/named_values.go`, `internal/typeexpr`; go-cty `cty/convert`, `cty/json`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use serde_json::{Map, Number, Value as Json};

use super::Module;
use super::syntax::{Block, Expr, Form};

/// What the root module says of the values of its variables.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// The default of each variable that has one, `None` where it has none; variables whose default cannot be told are
    /// not here.
    pub known: BTreeMap<String, Option<Json>>,
    /// Variables whose default cannot be told.
    pub untold: Vec<String>,
    /// Every file was read, so that no other variable is declared.
    pub is_whole: bool,
}

impl Defaults {
    /// Whether every value is known, given which variables the caller set.
    #[must_use]
    pub fn is_complete(&self, is_set: impl Fn(&str) -> bool) -> bool {
        self.is_whole && self.untold.iter().all(|name| is_set(name))
    }
}

impl Module {
    /// Defaults of its variables. None where a file was not read: it may override any of them.
    #[must_use]
    pub fn variable_defaults(&self) -> Defaults {
        if !self.unparsed.is_empty() {
            return Defaults::default();
        }
        let mut found = Defaults { is_whole: true, ..Defaults::default() };
        for block in self.body().blocks("variable") {
            let Some(name) = block.labels.first() else { continue };
            let value = block.body.attribute("default").map(|default| value_of(block, &default.expr));
            match value {
                Some(None) => found.untold.push(name.to_string()),
                value => drop(found.known.insert(name.to_string(), value.flatten())),
            }
        }
        let untold: BTreeSet<&String> = found.untold.iter().collect();
        found.known.retain(|name, _| !untold.contains(name));
        found
    }
}

/// The default of a variable as it is in its type; `None` where it cannot be told.
fn value_of(block: &Block, default: &Expr) -> Option<Json> {
    let Form::Constant(value) = &default.form else { return None };
    let of = match block.body.attribute("type") {
        None => Type::Any,
        Some(written) => Type::parse(written.expr.text()?)?,
    };
    of.convert(value)
}

/// A type constraint.
#[derive(Debug, Clone, PartialEq)]
enum Type {
    Any,
    Bool,
    Number,
    String,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(Vec<(String, Attribute)>),
}

/// An attribute of an object type.
#[derive(Debug, Clone, PartialEq)]
struct Attribute {
    of: Type,
    optional: bool,
    /// The second argument of `optional`.
    default: Option<Json>,
}

impl Type {
    /// A type as it is written, in quotes too, as it was before 0.12.
    fn parse(text: &str) -> Option<Self> {
        Self::of(&text.parse().ok()?)
    }

    fn of(expression: &Expression) -> Option<Self> {
        let any = || Box::new(Self::Any);
        match expression {
            Expression::Variable(word) => Some(match word.as_str() {
                "any" => Self::Any,
                "bool" => Self::Bool,
                "number" => Self::Number,
                "string" => Self::String,
                "list" => Self::List(any()),
                "map" => Self::Map(any()),
                _ => return None,
            }),
            Expression::String(word) => Some(match word.as_str() {
                "string" => Self::String,
                "list" => Self::List(any()),
                "map" => Self::Map(any()),
                _ => return None,
            }),
            Expression::FuncCall(call) => Self::of_call(call),
            _ => None,
        }
    }

    fn of_call(call: &FuncCall) -> Option<Self> {
        let mut arguments = call.args.iter();
        let (Some(argument), None) = (arguments.next(), arguments.next()) else { return None };
        let inner = || Self::of(argument).map(Box::new);
        match call.name.name.as_str() {
            "list" => inner().map(Self::List),
            "set" => inner().map(Self::Set),
            "map" => inner().map(Self::Map),
            "tuple" => match argument {
                Expression::Array(items) => items.iter().map(Self::of).collect::<Option<_>>().map(Self::Tuple),
                _ => None,
            },
            "object" => match argument {
                Expression::Object(entries) => entries
                    .iter()
                    .map(|(key, value)| Some((word(key)?, Attribute::of(value.expr())?)))
                    .collect::<Option<_>>()
                    .map(Self::Object),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value as it is in this type; `None` where that cannot be told.
    fn convert(&self, value: &Json) -> Option<Json> {
        match (self, value) {
            (_, Json::Null) => Some(Json::Null),
            (Self::Any, value) => exact(value),
            (Self::Bool, value) => boolean(value).map(Json::Bool),
            (Self::Number, value) => number(value).map(Json::Number),
            (Self::String, value) => string(value).map(Json::String),
            (Self::List(of), Json::Array(items)) => of.elements(items.iter()).map(Json::Array),
            (Self::Set(of), Json::Array(items)) => sorted(of.elements(items.iter())?).map(Json::Array),
            (Self::Map(of), Json::Object(entries)) => {
                let values = of.elements(entries.values())?;
                let keys = entries.keys().map(|key| plain(key).then(|| key.clone())).collect::<Option<Vec<_>>>()?;
                Some(Json::Object(keys.into_iter().zip(values).collect()))
            }
            (Self::Tuple(types), Json::Array(items)) if types.len() == items.len() => {
                let items = types.iter().zip(items).map(|(of, item)| of.convert(item));
                items.collect::<Option<_>>().map(Json::Array)
            }
            (Self::Object(attributes), Json::Object(entries)) => {
                let attributes = attributes.iter().map(|(name, attribute)| {
                    let value = attribute.value(entries.get(name))?;
                    Some((name.clone(), value))
                });
                attributes.collect::<Option<Map<_, _>>>().map(Json::Object)
            }
            _ => None,
        }
    }

    /// The elements of a collection, which are of one type. Of `any`, only where all are alike already.
    fn elements<'v>(&self, items: impl Iterator<Item = &'v Json> + Clone) -> Option<Vec<Json>> {
        let kinds: Vec<_> = items.clone().map(std::mem::discriminant).collect();
        let alike = kinds.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
        let primitive = || items.clone().all(|item| item.is_string() || item.is_number() || item.is_boolean());
        if self.has_any() && !(*self == Self::Any && alike && primitive()) && !kinds.is_empty() {
            return None;
        }
        items.map(|item| self.convert(item)).collect()
    }

    fn has_any(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Bool | Self::Number | Self::String => false,
            Self::List(of) | Self::Set(of) | Self::Map(of) => of.has_any(),
            Self::Tuple(types) => types.iter().any(Self::has_any),
            Self::Object(attributes) => attributes.iter().any(|(_, attribute)| attribute.of.has_any()),
        }
    }
}

impl Attribute {
    fn of(expression: &Expression) -> Option<Self> {
        let call = match expression {
            Expression::FuncCall(call) if call.name.name.as_str() == "optional" => call,
            other => return Some(Self { of: Type::of(other)?, optional: false, default: None }),
        };
        let mut arguments = call.args.iter();
        let of = Type::of(arguments.next()?)?;
        let default = match arguments.next() {
            None => None,
            Some(written) => match super::native::expression(written).form {
                // How defaults within a default apply is not followed.
                Form::Constant(value) if !value.is_array() && !value.is_object() => Some(value),
                _ => return None,
            },
        };
        Some(Self { of, optional: true, default })
    }

    fn value(&self, given: Option<&Json>) -> Option<Json> {
        match given.filter(|given| !given.is_null()) {
            Some(given) => self.of.convert(given),
            None if given.is_none() && !self.optional => None,
            None => self.of.convert(self.default.as_ref().unwrap_or(&Json::Null)),
        }
    }
}

fn word(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Expression(Expression::String(name)) if plain(name.as_str()) => Some(name.as_str().to_owned()),
        ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(_) => None,
    }
}

/// Whether Terraform keeps a text as it is written: below U+0300 nothing is composed by its normalisation, a template is
/// evaluated, and where the lines of a heredoc begin is not followed.
fn plain(text: &str) -> bool {
    text.chars().all(|c| c < '\u{300}' && c != '\n') && !text.contains("${") && !text.contains("%{")
}

/// A value whose type is that of the literal.
fn exact(value: &Json) -> Option<Json> {
    match value {
        Json::Null | Json::Bool(_) => Some(value.clone()),
        Json::Number(_) => number(value).map(Json::Number),
        Json::String(_) => string(value).map(Json::String),
        Json::Array(items) => items.iter().map(exact).collect::<Option<_>>().map(Json::Array),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| plain(key).then(|| Some((key.clone(), exact(value)?)))?);
            entries.collect::<Option<_>>().map(Json::Object)
        }
    }
}

fn boolean(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number that is told exactly: a whole one of 64 bits, or one of at most 15 digits, which a 64-bit float gives back.
fn number(value: &Json) -> Option<Number> {
    match value {
        Json::Number(number) if digits(&number.to_string()) => Some(number.clone()),
        Json::String(text) if digits(text) => {
            let whole = text.parse::<i64>().ok().map(Number::from);
            whole.or_else(|| Number::from_f64(text.parse().ok()?))
        }
        _ => None,
    }
}

/// Whether a text is a decimal number without exponent or needless zeros, of at most 15 digits where it has a fraction.
fn digits(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leads = whole.len() > 1 && whole.starts_with('0');
    match fraction {
        _ if !all(whole) || leads => false,
        None => whole.len() <= 18,
        Some(fraction) => all(fraction) && !fraction.ends_with('0') && whole.len() + fraction.len() <= 15,
    }
}

fn string(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if plain(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(_) => number(value).map(|number| number.to_string()),
        _ => None,
    }
}

/// The elements of a set, each once, in the order of Terraform; `None` where that depends on more than their values.
fn sorted(mut items: Vec<Json>) -> Option<Vec<Json>> {
    if items.len() > 1 {
        let alike = |items: &[Json], is: fn(&Json) -> bool| items.iter().all(is);
        if !alike(&items, Json::is_string) && !alike(&items, Json::is_number) && !alike(&items, Json::is_boolean) {
            return None;
        }
    }
    let order = |a: &Json, b: &Json| match (a, b) {
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (a, b) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    };
    items.sort_by(order);
    items.dedup();
    Some(items)
}

#[cfg(test)]
mod tests;
