//! Text of plans and policies as HTML that is nothing but text.
//!
//! The same escaping serves elements and quoted attributes. Must not know what it escapes.

use crate::text::{multi_line, one_line, truncate};

/// Text on one line.
pub(in crate::report) fn line(text: &str, max: usize) -> String {
    escape(&one_line(&truncate(text, max)))
}

/// Text whose line feeds stay.
pub(super) fn lines(text: &str, max: usize) -> String {
    escape(&multi_line(&truncate(text, max)))
}

/// Nothing in it is markup, ends an attribute, or is a command of a CI system that reads the file as a log.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    // A command of GitHub's runner starts a line. The text itself follows a tag.
    let mut starts_line = false;
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            '#' => out.push_str("&#35;"),
            ':' if starts_line => out.push_str("&#58;"),
            // No characters, to XML and to some readers of HTML.
            '\u{fffe}' => out.push_str("\\u{fffe}"),
            '\u{ffff}' => out.push_str("\\u{ffff}"),
            c => out.push(c),
        }
        starts_line = c == '\n' || (starts_line && c.is_whitespace());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_or_a_command() {
        assert_eq!(line("</script>\"'><!--&", 100), "&lt;/script&gt;&quot;&#39;&gt;&lt;!--&amp;");
        assert_eq!(lines("a: b\n ::error::x ##[x]", 100), "a: b\n &#58;:error::x &#35;&#35;[x]");
        assert_eq!(line("a\nb\u{202e}", 100), "a\\nb\\u{202e}");
    }
}
