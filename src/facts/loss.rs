//! The catalogue's shorthand for recovery, in words.

/// Whether what is lost can be had again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recoverable {
    /// Not at all.
    No,
    /// For some time, or under conditions.
    Maybe,
    /// The data lives elsewhere, or can be made again from there.
    Elsewhere,
}

impl Recoverable {
    /// The word used in `input.plangate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Maybe => "maybe",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// Recovery in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The gist.
    pub recoverable: Recoverable,
    /// A clause that can stand alone, without full stop.
    pub text: String,
}

impl Recovery {
    /// Reads the catalogue's `word(details)`. Words it does not know are shown as they are and promise nothing.
    #[must_use]
    pub fn read(shorthand: &str) -> Self {
        let (word, details) = split(shorthand);
        let (recoverable, clause) = match word {
            "none" => (Recoverable::No, "it cannot be recovered"),
            "external" => (Recoverable::Elsewhere, "the data itself is kept elsewhere and stays"),
            "rebuild" => (Recoverable::Elsewhere, "it can be rebuilt from its source"),
            "retained" => (Recoverable::Maybe, "the service may keep backups of it"),
            "soft" => (Recoverable::Maybe, "it may be recoverable for a limited time by soft delete"),
            "parent" => (Recoverable::Maybe, "it is recoverable only from backups of what contains it"),
            "window" => (Recoverable::Maybe, "the deletion is delayed and can be cancelled until then"),
            "final" => (Recoverable::Maybe, "it is recoverable only from a final snapshot"),
            "undrop" => (Recoverable::Maybe, "it can be undropped for a limited time"),
            "ver" => (Recoverable::Maybe, "earlier versions may remain"),
            "bin" => (Recoverable::Maybe, "it may stay in a recycle bin for a limited time"),
            _ => return Self { recoverable: Recoverable::Maybe, text: shorthand.to_owned() },
        };
        let text = details.map_or_else(|| clause.to_owned(), |details| format!("{clause} ({details})"));
        Self { recoverable, text }
    }
}

/// `soft(30d)` is `soft` and `30d`; anything less regular is one word.
fn split(shorthand: &str) -> (&str, Option<&str>) {
    match shorthand.split_once('(') {
        None => (shorthand, None),
        Some((word, rest)) => match rest.strip_suffix(')') {
            Some(details) if !details.contains(['(', ')']) => (word.trim_end(), Some(details)),
            _ => (shorthand, None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorthand_becomes_a_clause() {
        assert_eq!(Recovery::read("none").text, "it cannot be recovered");
        assert_eq!(Recovery::read("none").recoverable, Recoverable::No);
        assert_eq!(Recovery::read("soft(30d)").text, "it may be recoverable for a limited time by soft delete (30d)");
    }

    #[test]
    fn what_is_not_shorthand_stands_as_it_is_and_promises_nothing() {
        for odd in ["rebuild(A) or none(B)", "depends on `type`", "by reclaim policy (Delete = gone)"] {
            let recovery = Recovery::read(odd);
            assert_eq!((recovery.recoverable, recovery.text.as_str()), (Recoverable::Maybe, odd));
        }
    }
}
