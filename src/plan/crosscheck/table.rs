//! Which part of a plan is compared how, and where Terraform's JSON and a rendering may differ: the only place that says so.
//!
//! docs/saved-plans.md tells people the same. Must not read a document.

/// How a part at the top level is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A list in any order. The identity of an entry: JSON pointers into it.
    Entries(&'static [&'static str]),
    /// A value.
    Value,
    /// An object of changes, by names that people gave.
    Outputs,
    /// A boolean; absent is false, because versions differ in whether they write it.
    Flag,
    /// Variables: those of the file must be alike, further ones come of the JSON.
    Variables,
    /// Comes of the file; the JSON's is not looked at.
    OfFile,
    /// Comes of the JSON: no file has it.
    OfJson,
}

/// The identity of an entry of changes.
const OBJECT: &[&str] = &["/address", "/deposed"];

/// The parts of a plan that a file tells; every other key is [`Part::OfJson`].
const PARTS: [(&str, Part); 17] = [
    ("action_invocations", Part::Entries(&["/address"])),
    ("applyable", Part::Flag),
    ("checks", Part::Entries(&["/address/to_display"])),
    ("complete", Part::Flag),
    ("deferred_action_invocations", Part::Entries(&["/action_invocation/address"])),
    ("deferred_changes", Part::Entries(&["/resource_change/address", "/resource_change/deposed"])),
    ("errored", Part::Flag),
    // A rendering has the newest, whatever made the plan.
    ("format_version", Part::OfFile),
    ("output_changes", Part::Outputs),
    // Follow from the parts that are compared, in ways that differ between versions.
    ("planned_values", Part::OfFile),
    ("prior_state", Part::OfFile),
    ("relevant_attributes", Part::OfFile),
    ("resource_changes", Part::Entries(OBJECT)),
    ("resource_drift", Part::Entries(OBJECT)),
    ("terraform_version", Part::Value),
    ("timestamp", Part::Value),
    ("variables", Part::Variables),
];

/// How a part is compared.
pub(super) fn part(key: &str) -> Part {
    PARTS.iter().find(|(known, _)| *known == key).map_or(Part::OfJson, |(_, part)| *part)
}

/// How a field within a part is compared, where not value by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// A mask: only what it marks counts, so `{}`, `[]`, false and absence are alike.
    Mask,
    /// A mask of secrets: the same, where the file has such marks, and not where the value is unknown: there is nothing
    /// to hide. A new object in the place of an old one may have more marks.
    SecretMask,
    /// A mask of secrets that a rendering puts on everything.
    Whole,
    /// A list whose order says nothing.
    Unordered,
    /// Values of attributes, with the field beside it that says what of them is secret.
    Values(&'static str),
}

/// The fields of Terraform's own objects that are not compared value by value.
const FIELDS: [(&str, Field); 12] = [
    ("after", Field::Values("after_sensitive")),
    ("after_identity", Field::Values("")),
    ("after_sensitive", Field::SecretMask),
    ("after_unknown", Field::Mask),
    ("before", Field::Values("before_sensitive")),
    ("before_identity", Field::Values("")),
    ("before_sensitive", Field::SecretMask),
    ("config_sensitive", Field::Whole),
    ("config_unknown", Field::Mask),
    ("config_values", Field::Values("config_sensitive")),
    ("identity", Field::Values("")),
    ("replace_paths", Field::Unordered),
];

/// How a field of one of Terraform's own objects is compared.
pub(super) fn field(key: &str) -> Option<Field> {
    FIELDS.iter().find(|(known, _)| *known == key).map(|(_, field)| *field)
}
