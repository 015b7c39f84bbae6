//! From byte offsets to lines and columns, without counting from the start each time.

use std::sync::Arc;

use super::Spot;
use crate::source::Position;

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    file: &'a Arc<str>,
    text: &'a str,
    starts: Vec<usize>,
    /// Bytes are characters: a file may be one line of megabytes.
    ascii: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a Arc<str>, text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { file, text, starts: std::iter::once(0).chain(after).collect(), ascii: text.is_ascii() }
    }

    /// The place of a byte; one past the end counts as the end.
    pub(super) fn spot(&self, offset: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        if self.ascii {
            return self.spot_at(line, offset.min(self.text.len()).saturating_sub(start) + 1);
        }
        let before = self.text.get(start..offset).unwrap_or_default();
        self.spot_at(line, before.chars().count() + 1)
    }

    pub(super) fn spot_at(&self, line: usize, column: usize) -> Spot {
        Spot { file: Arc::clone(self.file), position: Position { line, column } }
    }
}
