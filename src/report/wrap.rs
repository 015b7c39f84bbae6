//! Lines of a readable width, for every text a terminal gets.
//!
//! Must not escape: that is done before.

/// Width to which text is wrapped, in characters.
pub(super) const WIDTH: usize = 100;

/// Wraps text at [`WIDTH`]; line feeds of the text are kept.
pub(super) fn wrap(out: &mut String, text: &str, indent: usize) {
    for raw in text.split('\n') {
        if raw.starts_with("  ") {
            // A line of a block to paste must not be cut.
            out.push_str(&" ".repeat(indent));
            out.push_str(raw);
            out.push('\n');
            continue;
        }
        let mut column = 0;
        for word in raw.split(' ') {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > WIDTH {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += width;
        }
        out.push('\n');
    }
}
