//! Terraform's reasons in words. For display only: nothing is decided on them.

/// A reason as a clause that follows "because"; `None` for words this version does not know.
///
/// Sources: Terraform `internal/command/jsonplan/resource.go` and `internal/plans/changes.go`; `OpenTofu`
/// 1.11 (`enabled_false`) and 1.12 (`forgot_because_…`).
#[must_use]
pub fn reason_text(code: &str) -> Option<&'static str> {
    Some(match code {
        "replace_because_cannot_update" => "an attribute changes that cannot be changed in place",
        "replace_because_tainted" => "it is marked as tainted",
        "replace_by_request" => "the plan was made with -replace for it",
        "replace_by_triggers" => "something its replace_triggered_by names changes",
        "delete_because_no_resource_config" => "the configuration no longer has it",
        "delete_because_wrong_repetition" => "its instance key no longer fits its count or for_each",
        "delete_because_count_index" => "its index is beyond the count",
        "delete_because_each_key" => "its key is no longer in the for_each",
        "delete_because_no_module" => "the instance of the module it belongs to is gone from the configuration",
        "delete_because_no_move_target" => "a moved block gives it an address the configuration does not have",
        "delete_because_enabled_false" => "its enabled argument is false",
        "forgot_because_lifecycle_destroy_in_state" => "its lifecycle said destroy = false when it was last applied",
        "forgot_because_lifecycle_destroy_in_config" => "its lifecycle says destroy = false",
        "read_because_config_unknown" => "its configuration is known only during apply",
        "read_because_dependency_pending" => "something it depends on changes first",
        "read_because_check_nested" => "a check block reads it",
        _ => return None,
    })
}
