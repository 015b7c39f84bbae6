//! Where an object is: its address, taken apart for the keys that Terraform's JSON has beside it.
//!
//! Must not know what happens there.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::fault::{Fault, odd};
use super::json::Json;
use crate::address::{Address, InstanceKey, Kind, Parts};
use crate::plan::segments::is_too_deep;

/// An address with its parts.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) address: &'a str,
    pub(super) parts: Parts,
    /// The module around it, as text.
    pub(super) module: String,
}

impl<'a> Place<'a> {
    /// Takes an address of a managed, data or ephemeral resource apart.
    pub(super) fn of(address: &'a str) -> Result<Self, Fault> {
        Self::of_any(address)
            .filter(|place| !matches!(place.parts.kind, Kind::List | Kind::Action))
            .ok_or_else(|| odd("it holds an address that no resource has"))
    }

    /// Takes the address of an action apart.
    pub(super) fn of_action(address: &'a str) -> Result<Self, Fault> {
        Self::of_any(address)
            .filter(|place| place.parts.kind == Kind::Action)
            .ok_or_else(|| odd("it holds an address that no action has"))
    }

    fn of_any(address: &'a str) -> Option<Self> {
        let parts = Address::new(address).parts().ok().filter(|_| !is_too_deep(address))?;
        let modules: Vec<String> = parts.modules.iter().map(ToString::to_string).collect();
        Some(Self { address, parts, module: modules.join(".") })
    }

    /// Whether it is a data source.
    pub(super) fn is_data(&self) -> bool {
        self.parts.kind == Kind::Data
    }

    /// Whether it is an ephemeral resource.
    pub(super) fn is_ephemeral(&self) -> bool {
        self.parts.kind == Kind::Ephemeral
    }

    /// The word for its kind.
    pub(super) const fn mode(&self) -> &'static str {
        match self.parts.kind {
            Kind::Data => "data",
            Kind::Ephemeral => "ephemeral",
            _ => "managed",
        }
    }

    /// Which kinds come first (`OpenTofu` `internal/addrs`: `ResourceModeLess`); Terraform lists no ephemeral resources.
    const fn rank(&self) -> u8 {
        match self.parts.kind {
            Kind::Ephemeral => 0,
            Kind::Data => 1,
            _ => 2,
        }
    }

    /// The order of Terraform's lists (`internal/addrs`: `AbsResourceInstance.Less`).
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.parts, &other.parts);
        let modules = a.modules.len().cmp(&b.modules.len()).then_with(|| a.modules.cmp(&b.modules));
        modules
            .then_with(|| self.rank().cmp(&other.rank()))
            .then_with(|| a.resource_type.cmp(&b.resource_type))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.key.cmp(&b.key))
    }

    /// Writes `mode`, `type`, `name` and `index`.
    pub(super) fn write_parts(&self, out: &mut Json) {
        out.text("mode", self.mode());
        out.text("type", &self.parts.resource_type);
        out.text("name", &self.parts.name);
        match &self.parts.key {
            Some(InstanceKey::Int(index)) => out.field("index", |out| out.raw(&index.to_string())),
            Some(InstanceKey::Str(key)) => out.text("index", key.value()),
            Some(InstanceKey::Wildcard) => out.field("index_unknown", |out| out.flag(true)),
            None => {}
        }
    }
}

/// A provider configuration: `module.m.provider["registry.terraform.io/hashicorp/aws"].alias`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Provider<'a> {
    pub(super) source: &'a str,
    pub(super) alias: Option<&'a str>,
}

impl<'a> Provider<'a> {
    /// Takes its address apart.
    pub(super) fn of(address: &'a str) -> Option<Self> {
        let (source, rest) = address.split_once("provider[\"")?.1.split_once("\"]")?;
        match rest {
            "" => Some(Self { source, alias: None }),
            rest => Some(Self { source, alias: Some(rest.strip_prefix('.')?) }),
        }
    }
}

/// Resources as JSON, sorted into the modules they are in.
#[derive(Debug, Default)]
pub(super) struct Modules {
    resources: Vec<String>,
    children: BTreeMap<String, Modules>,
}

impl Modules {
    /// Adds a resource; in the order in which they are to stand.
    pub(super) fn add(&mut self, place: &Place<'_>, resource: String) {
        let mut at = self;
        let mut address = String::new();
        for module in &place.parts.modules {
            if !address.is_empty() {
                address.push('.');
            }
            address.push_str(&module.to_string());
            at = at.children.entry(address.clone()).or_default();
        }
        at.resources.push(resource);
    }

    /// Writes a module; the root has no address.
    pub(super) fn write(&self, address: &str, out: &mut Json) {
        out.open();
        if !self.resources.is_empty() {
            out.field("resources", |out| out.array(&self.resources, |out, resource| out.raw(resource)));
        }
        if !address.is_empty() {
            out.text("address", address);
        }
        if !self.children.is_empty() {
            out.field("child_modules", |out| {
                out.array(&self.children, |out, (address, module)| module.write(address, out));
            });
        }
        out.close();
    }
}

/// A `for_each` key as Terraform writes it in an address (`internal/addrs/instance_key.go`: `toHCLQuotedString`).
pub(super) fn quoted_key(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 2);
    out.push('"');
    let mut rest = key.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            _ if is_print(c) => out.push(c),
            _ if u32::from(c) < 0x1_0000 => out.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            _ => out.extend(format!("\\U{:08x}", u32::from(c)).chars()),
        }
    }
    out.push('"');
    out
}

/// Go's `unicode.IsPrint`, as far as the Unicode tables agree: the standard library escapes the rest for the same reasons.
fn is_print(c: char) -> bool {
    // The first character of a string would be escaped if it joined what is before it.
    c.is_ascii_graphic() || c == ' ' || format!("a{c}").escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_stand_in_the_order_of_terraform() {
        let expected = [
            "data.t.x",
            "a.y",
            "t.x",
            "t.x[2]",
            "t.x[10]",
            "t.x[\"a\"]",
            "t.y",
            "module.a.t.x",
            "module.a[\"k\"].t.x",
            "module.b.data.t.x",
            "module.a.module.a.t.x",
        ];
        let mut places: Vec<Place<'_>> = expected.iter().rev().map(|address| Place::of(address).unwrap()).collect();
        places.sort_by(Place::order);
        assert_eq!(places.iter().map(|place| place.address).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn providers_come_apart() {
        let of = |text| Provider::of(text).map(|provider| (provider.source, provider.alias));
        assert_eq!(of("provider[\"terraform.io/builtin/terraform\"]"), Some(("terraform.io/builtin/terraform", None)));
        assert_eq!(of("module.a.provider[\"h/n/t\"].dr"), Some(("h/n/t", Some("dr"))));
        assert_eq!((of("provider.aws"), of("provider[\"h/n/t\"]x"), of("")), (None, None, None));
    }

    #[test]
    fn keys_are_quoted_as_addresses_have_them() {
        for (key, quoted) in [
            ("", r#""""#),
            ("a\"b\\", r#""a\"b\\""#),
            ("${t} %{i} $x", r#""$${t} %%{i} $x""#),
            ("\u{200b}", r#""\u200b""#),
            ("\u{a0}\u{e000}", r#""\u00a0\ue000""#),
            ("\u{e0001}", r#""\U000e0001""#),
            ("é\u{301} 漢 🦀", "\"é\u{301} 漢 🦀\""),
            ("\n\t\u{7}", r#""\n\t\u0007""#),
        ] {
            assert_eq!(quoted_key(key), quoted, "{key:?}");
        }
    }
}
