//! Builtins: which exist, with how many arguments, and those we replace.
//!
//! The one table that the static checks go by. What is not in it cannot be called: the engine finds an unknown function only
//! when the line runs.

mod extensions;
mod glob;
mod json;
mod net;
mod operators;
mod patterns;
mod re2;
pub(super) mod recorder;
mod sprintf;
mod table;

pub(super) use extensions::{ours, register};
pub(super) use patterns::{fault as pattern_fault, pattern_argument};

/// Gives a collection as it is and nothing for anything else. Written around collections by `rewrite`; no policy can call it.
pub(super) const COLLECTION: &str = "internal.collection";

/// Reads JSON. Written in place of calls by `rewrite`; no policy can call it.
pub(super) const JSON: &str = "internal.json";

/// All pairs of path and value within a value. Written in place of `walk(x)` by `rewrite`; no policy can call it.
pub(super) const WALK: &str = "internal.walk";

/// The builtins that `rewrite` answers.
pub(super) const METADATA_CHAIN: &str = "rego.metadata.chain";
pub(super) const METADATA_RULE: &str = "rego.metadata.rule";

/// The builtin of this name, if policies may call it.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    table::find(name).filter(|builtin| !matches!(builtin.name, COLLECTION | JSON | WALK))
}

/// A function that policies can call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Builtin {
    pub(super) name: &'static str,
    /// Number of arguments; `None` where any number will do.
    pub(super) arity: Option<usize>,
    /// Ours: called through the engine's extensions, which know no result argument.
    pub(super) ours: bool,
}

/// Why a builtin that other tools have is not here, for the help text.
pub(super) fn why_missing(name: &str) -> Option<&'static str> {
    Some(match name {
        "http.send" | "net.lookup_ip_addr" => {
            "policies have no network: fetch the answer in a step before and give it to the policy as a rule of its own"
        }
        "rand.intn" | "uuid.rfc4122" => "the same plan must give the same answer, so nothing random can be called",
        "rego.parse_module" => "policies cannot read policies",
        "opa.runtime" => {
            "policies see nothing of the environment, so what depends on it would never fire: write the value into a rule of its own"
        }
        "strings.render_template" => "the engine has no templates: use `sprintf` or `concat`",
        "net.cidr_overlap" => "it is now called `net.cidr_contains`",
        "regex.globs_match" => "the engine does not have this builtin: use `glob.match` or `regex.match`",
        _ if name.starts_with("crypto.") => "the engine has no cryptography but `crypto.sha256`",
        _ if name.starts_with("io.jwt.") => "the engine has no cryptography: check tokens in a step before",
        _ if name.starts_with("providers.aws.") => "policies have no network, so there is nothing to sign",
        _ if name.starts_with("graphql.") => "the engine does not have this builtin",
        _ if name.starts_with("json.") => "the engine has no JSON Schema: check types with `is_string` and the like",
        _ => return None,
    })
}

#[cfg(test)]
pub(super) fn all() -> &'static [Builtin] {
    table::BUILTINS
}
