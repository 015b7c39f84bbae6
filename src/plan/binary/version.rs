//! Versions of the program that made a plan.

/// A release; what comes before it (`-alpha1`, `-dev`) counts as older than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release {
    major: u32,
    minor: u32,
    patch: u32,
    /// Of two with the same numbers the one without a suffix is newer.
    is_final: bool,
}

impl Release {
    pub(super) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch, is_final: true }
    }

    /// Reads `1.11.4` or `1.9.0-beta1+build`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (numbers, is_final) = match text.split_once('-') {
            Some((numbers, _)) => (numbers, false),
            None => (text, true),
        };
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let release = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()??, is_final };
        parts.next().is_none().then_some(release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_comes_after_what_leads_to_it() {
        let parse = |text| Release::parse(text).unwrap();
        assert_eq!(parse("1.8.0"), Release::new(1, 8, 0));
        assert!(parse("1.8.0-rc1") < parse("1.8.0") && parse("1.10.0-dev+x") > parse("1.9.9"));
        for text in ["", "1", "1.2", "1.2.x", "1.2.3.4", "v1.2.3"] {
            assert_eq!(Release::parse(text), None, "{text}");
        }
    }
}
