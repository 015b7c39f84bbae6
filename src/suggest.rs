//! Known words: which one a misspelt word was probably meant to be, and all of them in a sentence.
//!
//! Must not know what the words are for.

/// The known word closest to `word`, if one is close enough to be a likely slip; of equally close
/// ones the first. A word that differs only in case, `-` and `_` is always close enough.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word);
    let limit = (word.len() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (distance(&word, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether one slip (a character added, lost, changed, or two swapped) leads from one word to the other.
#[must_use]
pub fn is_one_slip(word: &str, known: &str) -> bool {
    distance(&fold(word), &fold(known)) == 1
}

/// `a`, `b` or `c`, each in backticks.
#[must_use]
pub fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// Longer words are not compared: the table below would grow with their product.
const MAX_LENGTH: usize = 128;

fn fold(word: &str) -> Vec<char> {
    word.chars().take(MAX_LENGTH).flat_map(char::to_lowercase).map(|c| if c == '_' { '-' } else { c }).collect()
}

/// Edit distance in which swapping two neighbours counts once (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&above, j) + usize::from(x != y)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["policies", "waivers", "fail-on", "expect"];
        assert_eq!(nearest("policy", known), None, "three slips away in six letters");
        assert_eq!(nearest("polices", known), Some("policies"));
        assert_eq!(nearest("wiavers", known), Some("waivers"));
        assert_eq!(nearest("FAIL_ON", known), Some("fail-on"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn swapping_neighbours_is_one_slip() {
        assert!(is_one_slip("levle", "level"));
        assert!(is_one_slip("levels", "level"));
        assert!(!is_one_slip("label", "level"));
        assert!(!is_one_slip("level", "level"));
    }

    #[test]
    fn long_words_cost_no_more_than_the_limit() {
        let long = "x".repeat(1_000_000);
        assert_eq!(nearest(&long, [long.as_str()]), Some(long.as_str()));
    }

    #[test]
    fn a_list_of_words_reads_as_a_sentence() {
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&[]), "");
    }
}
