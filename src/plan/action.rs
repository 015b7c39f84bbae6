//! The change algebra: the only reader of `actions[]`.
//!
//! Must not know anything else of a change. What it does not recognise counts as destroying.

use super::Mode;

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Action {
    /// `["no-op"]`.
    NoOp,
    /// `["create"]`.
    Create,
    /// `["read"]`.
    Read,
    /// `["update"]`.
    Update,
    /// `["delete"]`.
    Delete,
    /// `["delete", "create"]`: destroyed first.
    DeleteThenCreate,
    /// `["create", "delete"]`: destroyed after.
    CreateThenDelete,
    /// `["forget"]`: left behind unmanaged.
    Forget,
    /// `["create", "forget"]` (Terraform ≥ 1.16): a new object, the old one left behind.
    CreateThenForget,
    /// `["forget", "create"]` (`OpenTofu` ≥ 1.12).
    ForgetThenCreate,
    /// `["open"]`, `["renew"]` or `["close"]` of an ephemeral resource.
    Ephemeral,
    /// Anything else, also a missing, empty or malformed list.
    #[default]
    Unknown,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 12] = [
        Self::NoOp,
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::DeleteThenCreate,
        Self::CreateThenDelete,
        Self::Forget,
        Self::CreateThenForget,
        Self::ForgetThenCreate,
        Self::Ephemeral,
        Self::Unknown,
    ];

    /// Every word [`verb`](Self::verb) can give, each once.
    #[must_use]
    pub fn verbs() -> Vec<&'static str> {
        let mut verbs: Vec<_> = Self::ALL.into_iter().map(Self::verb).collect();
        verbs.dedup();
        verbs
    }

    /// Reads `actions`. Source of the combinations: Terraform `internal/command/jsonplan/plan.go`,
    /// `OpenTofu` ≥ 1.12 for `["forget", "create"]`.
    ///
    /// Nothing destroys or forgets a data source or an ephemeral resource: an entry that says so is not what its mode
    /// claims. (Terraform 0.13 writes `["update"]` for some data sources, which does no harm.)
    #[must_use]
    pub fn read(actions: &[String], mode: &Mode) -> Self {
        let action = Self::of_words(actions, mode);
        match mode {
            Mode::Data | Mode::Ephemeral if action.destroys() || action.forgets() => Self::Unknown,
            _ => action,
        }
    }

    fn of_words(actions: &[String], mode: &Mode) -> Self {
        let words: Vec<&str> = actions.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["no-op"] => Self::NoOp,
            ["create"] => Self::Create,
            ["read"] => Self::Read,
            ["update"] => Self::Update,
            ["delete"] => Self::Delete,
            ["delete", "create"] => Self::DeleteThenCreate,
            ["create", "delete"] => Self::CreateThenDelete,
            ["forget"] => Self::Forget,
            ["create", "forget"] => Self::CreateThenForget,
            ["forget", "create"] => Self::ForgetThenCreate,
            ["open" | "renew" | "close"] if *mode == Mode::Ephemeral => Self::Ephemeral,
            _ => Self::Unknown,
        }
    }

    /// Whether the object that exists is destroyed, or may be.
    #[must_use]
    pub const fn destroys(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteThenCreate | Self::CreateThenDelete | Self::Unknown)
    }

    /// Whether the object that exists is left behind unmanaged.
    #[must_use]
    pub const fn forgets(self) -> bool {
        matches!(self, Self::Forget | Self::CreateThenForget | Self::ForgetThenCreate)
    }

    /// Whether the object is destroyed and made anew.
    #[must_use]
    pub const fn replaces(self) -> bool {
        matches!(self, Self::DeleteThenCreate | Self::CreateThenDelete)
    }

    /// Whether nothing happens to a managed object.
    #[must_use]
    pub const fn is_quiet(self) -> bool {
        matches!(self, Self::NoOp | Self::Read | Self::Ephemeral)
    }

    /// One word for people and policies (`input.plangate.changes[].verb`).
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::NoOp => "no-op",
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::DeleteThenCreate | Self::CreateThenDelete => "replace",
            Self::Forget => "forget",
            Self::CreateThenForget | Self::ForgetThenCreate => "replace-forget",
            Self::Ephemeral => "ephemeral",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_destroys_or_forgets_data_sources_and_ephemeral_resources() {
        fn read(actions: &[&str], mode: &Mode) -> Action {
            Action::read(&actions.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), mode)
        }
        for mode in [Mode::Data, Mode::Ephemeral] {
            let lists: [&[&str]; 6] = [
                &["delete"],
                &["delete", "create"],
                &["create", "delete"],
                &["forget"],
                &["create", "forget"],
                &["forget", "create"],
            ];
            for actions in lists {
                assert_eq!(read(actions, &mode), Action::Unknown, "{mode:?} {actions:?}");
            }
            assert_eq!(read(&["update"], &mode), Action::Update);
            assert_eq!(read(&["no-op"], &mode), Action::NoOp);
            assert_eq!(read(&["read"], &mode), Action::Read);
        }
        assert_eq!(read(&["open"], &Mode::Ephemeral), Action::Ephemeral);
        assert_eq!(read(&["open"], &Mode::Data), Action::Unknown);
        assert_eq!(read(&["delete"], &Mode::Other("novel".to_owned())), Action::Delete);
    }
}
