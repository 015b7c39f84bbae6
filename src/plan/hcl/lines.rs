//! From byte offsets to lines and columns, without counting from the start each time.

use std::sync::Arc;

use super::Spot;
use crate::source::Position;

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    file: &'a Arc<str>,
    text: &'a str,
    starts: Vec<usize>,
    /// Characters before every `STEP`th byte; none where bytes are characters. A file may be one line of megabytes.
    characters: Vec<usize>,
}

/// How many bytes are counted at most for one place.
const STEP: usize = 1024;

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a Arc<str>, text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { file, text, starts: std::iter::once(0).chain(after).collect(), characters: characters(text) }
    }

    /// The place of a byte; one past the end counts as the end.
    pub(super) fn spot(&self, offset: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        self.spot_at(line, self.before(offset).saturating_sub(self.before(start)) + 1)
    }

    /// How many characters are before a byte.
    fn before(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let Some(known) = self.characters.get(offset / STEP) else { return offset };
        let since = self.text.as_bytes().get(offset - offset % STEP..offset).unwrap_or_default();
        known + since.iter().filter(|byte| is_first(**byte)).count()
    }

    pub(super) fn spot_at(&self, line: usize, column: usize) -> Spot {
        Spot { file: Arc::clone(self.file), position: Position { line, column } }
    }
}

/// Whether a byte is the first of a character.
const fn is_first(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

fn characters(text: &str) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut before = 0;
    let mut counts = vec![before];
    for chunk in text.as_bytes().chunks(STEP) {
        before += chunk.iter().filter(|byte| is_first(**byte)).count();
        counts.push(before);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_wherever_a_place_is() {
        let file = Arc::from("a.tf");
        let text = format!("{}\n{}x", "é".repeat(1500), "aü€".repeat(1000));
        let lines = Lines::new(&file, &text);
        for (offset, c) in text.char_indices() {
            let before = text.get(..offset).unwrap();
            let line = before.rsplit('\n').next().unwrap();
            let expected = Position { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 };
            assert_eq!(lines.spot(offset).position, expected, "{c} at {offset}");
        }
        assert_eq!(lines.spot(text.len() + 9), lines.spot(text.len()));
    }
}
