//! Which lines of policies the tests evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Lines of one file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCoverage {
    /// The file.
    pub file: String,
    /// Evaluated by some test.
    pub covered: BTreeSet<usize>,
    /// Evaluated by none.
    pub uncovered: BTreeSet<usize>,
}

/// What the tests of a run evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// Every policy file, sorted; files of tests are left out.
    pub files: Vec<FileCoverage>,
    /// Fewest percent of the lines that shall be covered.
    pub minimum: Option<f64>,
}

impl Coverage {
    /// Of the lines that can be evaluated in each file, those that were.
    #[must_use]
    pub fn new(
        coverable: BTreeMap<String, BTreeSet<usize>>,
        evaluated: &BTreeMap<String, BTreeSet<usize>>,
        minimum: Option<f64>,
    ) -> Self {
        let none = BTreeSet::new();
        let files = coverable.into_iter().map(|(file, lines)| {
            let evaluated = evaluated.get(&file).unwrap_or(&none);
            let (covered, uncovered) = lines.into_iter().partition(|line| evaluated.contains(line));
            FileCoverage { file, covered, uncovered }
        });
        Self { files: files.collect(), minimum }
    }

    /// Lines covered, and lines that can be.
    #[must_use]
    pub fn lines(&self) -> (usize, usize) {
        let covered: usize = self.files.iter().map(|file| file.covered.len()).sum();
        let uncovered: usize = self.files.iter().map(|file| file.uncovered.len()).sum();
        (covered, covered + uncovered)
    }

    /// Percent covered, cut to one decimal, so that 100 means all; `None` where there is no line.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        let (covered, all) = self.lines();
        percent(covered, all)
    }

    /// Whether the minimum is reached; where there is no line, nothing is.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        let (covered, all) = self.lines();
        self.minimum.is_none_or(|minimum| all > 0 && as_f64(covered) * 100.0 >= minimum * as_f64(all))
    }
}

impl FileCoverage {
    /// As [`Coverage::percent`].
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        percent(self.covered.len(), self.covered.len() + self.uncovered.len())
    }
}

fn percent(covered: usize, all: usize) -> Option<f64> {
    let permille = covered.saturating_mul(1000).checked_div(all)?;
    Some(as_f64(permille) / 10.0)
}

/// Lines are counted in numbers that fit.
fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Neighbouring lines as ranges. Lines between two that are uncovered and cannot be evaluated (blank ones, comments) do not
/// part a range: `between` says of a line whether it is such.
#[must_use]
pub fn ranges(lines: &BTreeSet<usize>, between: impl Fn(usize) -> bool) -> Vec<RangeInclusive<usize>> {
    let mut ranges: Vec<RangeInclusive<usize>> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some(last) if (last.end() + 1..*line).all(&between) => *last = *last.start()..=*line,
            _ => ranges.push(*line..=*line),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage(covered: usize, all: usize, minimum: Option<f64>) -> Coverage {
        let lines = |n: usize| BTreeMap::from([("a".to_owned(), (1..=n).collect::<BTreeSet<usize>>())]);
        Coverage::new(lines(all), &lines(covered), minimum)
    }

    #[test]
    fn a_percentage_is_never_rounded_up() {
        assert_eq!(coverage(999, 1001, None).percent(), Some(99.8));
        assert_eq!(coverage(9999, 10_000, None).percent(), Some(99.9));
        assert_eq!(coverage(3, 3, None).percent(), Some(100.0));
        assert_eq!(coverage(0, 0, None).percent(), None);
    }

    #[test]
    fn the_minimum_is_compared_exactly() {
        assert!(coverage(2, 3, Some(66.6)).is_enough());
        assert!(!coverage(2, 3, Some(66.7)).is_enough());
        assert!(!coverage(9999, 10_000, Some(100.0)).is_enough());
        assert!(coverage(3, 3, Some(100.0)).is_enough());
        assert!(!coverage(0, 0, Some(1.0)).is_enough() && coverage(0, 0, None).is_enough());
    }

    #[test]
    fn comments_do_not_part_a_range() {
        let lines = BTreeSet::from([3, 4, 6, 9]);
        assert_eq!(ranges(&lines, |line| line == 5), [3..=6, 9..=9]);
    }
}
