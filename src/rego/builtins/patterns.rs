//! The `regex.*` builtins, with OPA's patterns and Go's ways of splitting and replacing.

use regex::Regex;
use regorus::Value;

use super::extensions::{Answer, Args, Fault, MAX_BYTES, MAX_ITEMS, text};
use super::re2::{self, Invalid};

/// The argument of a builtin that is a pattern.
pub(in crate::rego) fn pattern_argument(name: &str) -> Option<usize> {
    match name {
        "re_match" | "regex.match" | "regex.find_n" | "regex.find_all_string_submatch_n" | "regex.split" => Some(0),
        "regex.replace" => Some(1),
        _ => None,
    }
}

/// What is wrong with a pattern.
pub(in crate::rego) fn fault(pattern: &str) -> Option<String> {
    match re2::compile(pattern) {
        Ok(_) => None,
        Err(Invalid::Pattern(reason)) => Some(reason),
        Err(Invalid::Size) => Some("it is too big".to_owned()),
    }
}

fn compile(args: Args<'_>, pattern: &str) -> Result<Regex, Fault> {
    re2::compile(pattern).map_err(|invalid| match invalid {
        Invalid::Pattern(reason) => Fault::Error(format!("{}: invalid pattern {pattern:?}: {reason}", args.name)),
        Invalid::Size => Fault::Limit(format!("{}: the pattern {pattern:?} is too big", args.name)),
    })
}

pub(super) fn is_valid(args: Args<'_>) -> Answer {
    let Value::String(pattern) = args.get(0)? else { return Ok(Value::Bool(false)) };
    match re2::compile(pattern) {
        Ok(_) => Ok(Value::Bool(true)),
        Err(Invalid::Pattern(_)) => Ok(Value::Bool(false)),
        Err(Invalid::Size) => Err(Fault::Limit(format!("{}: the pattern {pattern:?} is too big", args.name))),
    }
}

pub(super) fn matches(args: Args<'_>) -> Answer {
    let regex = compile(args, args.string(0)?)?;
    Ok(Value::Bool(regex.is_match(args.string(1)?)))
}

/// The most matches wanted; negative means all.
fn most(args: Args<'_>, index: usize) -> Result<usize, Fault> {
    Ok(usize::try_from(args.int(index)?).unwrap_or(usize::MAX))
}

pub(super) fn find(args: Args<'_>) -> Answer {
    let regex = compile(args, args.string(0)?)?;
    let mut found = Vec::new();
    for matched in regex.find_iter(args.string(1)?).take(most(args, 2)?) {
        found.push(text(matched.as_str()));
        args.within_items(found.len())?;
    }
    Ok(Value::from(found))
}

pub(super) fn find_groups(args: Args<'_>) -> Answer {
    let regex = compile(args, args.string(0)?)?;
    let mut found = Vec::new();
    for captures in regex.captures_iter(args.string(1)?).take(most(args, 2)?) {
        let groups = captures.iter().map(|group| text(group.map_or("", |group| group.as_str())));
        found.push(Value::from(groups.collect::<Vec<_>>()));
        args.within_items(found.len().saturating_mul(captures.len()))?;
    }
    Ok(Value::from(found))
}

/// Go's `Regexp.Split`: an empty match at the beginning splits nothing off.
pub(super) fn split(args: Args<'_>) -> Answer {
    let (pattern, source) = (args.string(0)?, args.string(1)?);
    let regex = compile(args, pattern)?;
    if source.is_empty() && !pattern.is_empty() {
        return Ok(Value::from(vec![text("")]));
    }
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for matched in regex.find_iter(source) {
        end = matched.start();
        if matched.end() != 0 {
            parts.push(text(source.get(begin..end).unwrap_or_default()));
        }
        begin = matched.end();
        args.within_items(parts.len())?;
    }
    if end != source.len() {
        parts.push(text(source.get(begin..).unwrap_or_default()));
    }
    Ok(Value::from(parts))
}

pub(super) fn replace(args: Args<'_>) -> Answer {
    let (source, template) = (args.string(0)?, args.string(2)?);
    let regex = compile(args, args.string(1)?)?;
    let mut out = String::new();
    let mut at = 0;
    for captures in regex.captures_iter(source) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(source.get(at..whole.start()).unwrap_or_default());
        expand(template, &captures, &mut out);
        at = whole.end();
        if out.len() > MAX_BYTES {
            return Err(args.limit(&format!("{MAX_BYTES} bytes")));
        }
    }
    out.push_str(source.get(at..).unwrap_or_default());
    Ok(text(&out))
}

/// Go's `Regexp.Expand`: `$1`, `$name`, `${name}`, `$$`; any other `$` is itself.
fn expand(template: &str, captures: &regex::Captures<'_>, out: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = variable(rest) {
            let group = match name.parse::<usize>() {
                Ok(number) if name == number.to_string() => captures.get(number),
                _ => captures.name(name),
            };
            out.push_str(group.map_or("", |group| group.as_str()));
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
}

fn variable(text: &str) -> Option<(&str, &str)> {
    let (braced, inner) = text.strip_prefix('{').map_or((false, text), |inner| (true, inner));
    let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

pub(super) fn template_match(args: Args<'_>) -> Answer {
    let delimiter = |index: usize| -> Result<char, Fault> {
        let mut chars = args.string(index)?.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(args.wrong(index, "a single character")),
        }
    };
    let pattern = re2::template(args.string(0)?, delimiter(2)?, delimiter(3)?)
        .map_err(|reason| format!("{}: {reason}", args.name))?;
    let regex = compile(args, &pattern)?;
    Ok(Value::Bool(regex.is_match(args.string(1)?)))
}

impl Args<'_> {
    fn within_items(self, items: usize) -> Result<(), Fault> {
        if items > MAX_ITEMS { Err(self.limit(&format!("{MAX_ITEMS} items"))) } else { Ok(()) }
    }
}
