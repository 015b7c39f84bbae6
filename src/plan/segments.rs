//! Segments of an address or reference, for the loader and the graph: quote-aware, borrowed, without judgement.
//!
//! Owns only the cutting at dots and keys. Selectors and everything else use [`crate::address`].

use super::Mode;

/// One dot-separated segment with its instance key, brackets left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: Option<&'a str>,
}

/// Cuts an address at the dots outside of keys. Grammar: Terraform `internal/addrs`; a key is `[0]`, `["a.b"]` or `[*]`.
pub(crate) fn segments(address: &str) -> Vec<Segment<'_>> {
    let mut out = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        let name_end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(name_end);
        let (key, tail) = if tail.starts_with('[') { split_key(tail) } else { (None, tail) };
        out.push(Segment { name, key });
        rest = tail.strip_prefix('.').unwrap_or(tail);
        if rest.len() == tail.len() && !rest.is_empty() && !rest.starts_with('[') {
            // Text right after a key: no address Terraform prints. Taken as one more segment.
            out.push(Segment { name: rest, key: None });
            break;
        }
    }
    out
}

/// Most module calls that may lie within each other. The graph keeps what an object is called from every module around
/// it, which costs the square of the depth; Terraform modules are seldom ten deep.
pub(super) const MAX_MODULES: usize = 512;

/// Whether an address is deeper than any that Terraform prints in earnest.
pub(super) fn is_too_deep(address: &str) -> bool {
    // Each takes `module.` and a name: the segments of all others need not be counted.
    address.len() > MAX_MODULES * "module.".len()
        && segments(address).iter().filter(|segment| segment.name == "module").count() > MAX_MODULES
}

/// Splits `[key]rest`; without a closing bracket all of it is the key.
fn split_key(text: &str) -> (Option<&str>, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return (text.get(1..at), text.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    (text.get(1..), "")
}

/// Whether the address is one of a data source, its type, and that of an ephemeral resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResourcePart<'a> {
    pub(super) resource_type: &'a str,
    /// `data` or `ephemeral`; `None` for a managed resource.
    pub(super) prefix: Option<&'a str>,
}

/// The resource part of an address: what follows the module path.
pub(super) fn resource_part(address: &str) -> ResourcePart<'_> {
    match without_modules(&segments(address)) {
        [Segment { name: prefix @ ("data" | "ephemeral"), key: None }, of, _, ..] => {
            ResourcePart { resource_type: of.name, prefix: Some(prefix) }
        }
        [of, ..] => ResourcePart { resource_type: of.name, prefix: None },
        [] => ResourcePart { resource_type: "", prefix: None },
    }
}

fn without_modules<'s, 'a>(mut rest: &'s [Segment<'a>]) -> &'s [Segment<'a>] {
    while let [Segment { name: "module", key: None }, _, tail @ ..] = rest
        && !tail.is_empty()
    {
        rest = tail;
    }
    rest
}

/// The mode that a written mode and an address come to. The address is what Terraform applies to: a word that
/// contradicts it is not believed, and the resource is judged as a managed one.
pub(super) fn mode_of(written: Option<&str>, address: &str) -> Mode {
    let prefix = resource_part(address).prefix;
    match written.or(prefix) {
        Some("data") if prefix == Some("data") => Mode::Data,
        Some("ephemeral") if prefix == Some("ephemeral") => Mode::Ephemeral,
        None | Some("managed" | "data" | "ephemeral") => Mode::Managed,
        Some(other) => Mode::Other(other.to_owned()),
    }
}

/// Whether a resource of this type may have this address. Text without type and name is no address, and says nothing.
pub(super) fn may_be_of_type(address: &str, resource_type: &str) -> bool {
    match without_modules(&segments(address)) {
        [] | [_] => true,
        // `data`, `ephemeral`, or a word for a mode this version does not know.
        [_, of, _, ..] if of.name == resource_type => true,
        [of, ..] => of.name == resource_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_dots_brackets_and_quotes_stay_whole() {
        let address = r#"module.weird["c\"].d[\"e"].databricks_schema.this["a.b]"]"#;
        let found: Vec<_> = segments(address).iter().map(|s| (s.name, s.key)).collect();
        let expected = [
            ("module", None),
            ("weird", Some(r#""c\"].d[\"e""#)),
            ("databricks_schema", None),
            ("this", Some(r#""a.b]""#)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_mode_that_contradicts_the_address_is_not_believed() {
        assert_eq!(mode_of(Some("data"), "aws_db_instance.x"), Mode::Managed);
        assert_eq!(mode_of(Some("ephemeral"), "module.data.aws_db_instance.x"), Mode::Managed);
        assert_eq!(mode_of(Some("data"), "ephemeral.aws_db_instance.x"), Mode::Managed);
        assert_eq!(mode_of(Some("managed"), "data.aws_db_instance.x"), Mode::Managed);
        assert_eq!(mode_of(Some("data"), "module.m[\"k\"].data.aws_ami.x"), Mode::Data);
        assert_eq!(mode_of(None, "data.aws_ami.x"), Mode::Data);
        assert_eq!(mode_of(Some("novel"), "data.aws_ami.x"), Mode::Other("novel".to_owned()));
    }

    #[test]
    fn an_address_says_its_type() {
        for address in ["t.x", "module.m[0].t.x[\"a.b\"]", "data.t.x", "list.t.x[0]", "address-1", ""] {
            assert!(may_be_of_type(address, "t"), "{address}");
        }
        for address in ["u.x", "module.t.u.x", "data.u.x", "u.t"] {
            assert!(!may_be_of_type(address, "t"), "{address}");
        }
    }

    #[test]
    fn a_depth_beyond_all_reason_is_noticed() {
        let deep = |depth: usize| format!("{}aws_s3_bucket.x", "module.a.".repeat(depth));
        assert!(!is_too_deep(&deep(MAX_MODULES)) && is_too_deep(&deep(MAX_MODULES + 1)));
        assert!(!is_too_deep(&format!("aws_s3_bucket.x[\"{}\"]", "module.a.".repeat(4000))), "a key is no module");
    }

    #[test]
    fn type_and_mode_come_from_the_last_part() {
        let part = |address| {
            let part = resource_part(address);
            (part.resource_type.to_owned(), part.prefix.map(str::to_owned))
        };
        assert_eq!(part("module.data.aws_s3_bucket.module"), ("aws_s3_bucket".into(), None));
        assert_eq!(part("module.m[0].data.aws_ami.x"), ("aws_ami".into(), Some("data".into())));
        assert_eq!(part("ephemeral.random_password.p"), ("random_password".into(), Some("ephemeral".into())));
        assert_eq!(part("aws_db_instance.data[\"x\"]"), ("aws_db_instance".into(), None));
        assert_eq!(part(""), (String::new(), None));
        assert_eq!(part("[["), (String::new(), None));
    }
}
