//! Reads the engine's errors, which are one rendered text, back into message and place.

use crate::source::{SourceFile, Span};

use super::rewrite::EngineText;

/// An error of the engine, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EngineError {
    /// The sentence, without the engine's rendering of source lines.
    pub(super) message: String,
    /// File name, line and column as the engine counts them.
    pub(super) at: Option<(String, usize, usize)>,
}

/// Takes a rendered error apart: `--> file:line:col`, source lines, `error: message`
/// (regorus `src/lexer.rs`, `Source::message`).
///
/// Of several places the last `error:` counts with the `-->` before it: recursion errors list the way there first.
pub(super) fn parse(rendered: &str) -> EngineError {
    let (mut at, mut place_above) = (None, None);
    let mut message: Option<String> = None;
    let mut open = false;
    for line in rendered.lines() {
        if let Some(place) = line.strip_prefix("--> ") {
            place_above = parse_place(place);
            open = false;
        } else if let Some(text) = line.strip_prefix("error: ").or_else(|| line.strip_prefix("warning: ")) {
            message = Some(text.to_owned());
            at.clone_from(&place_above);
            open = true;
        } else if let (true, Some(message)) = (open, &mut message)
            && !is_rendering(line)
        {
            message.push(' ');
            message.push_str(line.trim());
        }
    }
    let message = message.unwrap_or_else(|| {
        rendered.lines().filter(|line| !is_rendering(line) && !line.starts_with("--> ")).collect::<Vec<_>>().join(" ")
    });
    EngineError { message: message.trim().trim_end_matches('.').to_owned(), at }
}

/// A line of the engine's picture of the source: `12 | text` or `   |`.
fn is_rendering(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(' ');
    rest.starts_with('|') || line.trim().is_empty()
}

fn parse_place(place: &str) -> Option<(String, usize, usize)> {
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.trim().parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?.to_owned(), line, column))
}

impl EngineError {
    /// The file and the bytes meant, if the error names one of these files.
    pub(super) fn place<'a>(&self, mut texts: impl Iterator<Item = &'a EngineText>) -> Option<(SourceFile, Span)> {
        let (name, line, column) = self.at.as_ref()?;
        let text = texts.find(|text| text.file.name() == name)?;
        Some((text.file.clone(), text.at(*line, *column)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_error_gives_message_and_place() {
        let error = parse("\n--> dir/a:b.rego:6:12\n  |\n6 | x := error: y\n  |      ^\nerror: bad thing `z`");
        assert_eq!(error.message, "bad thing `z`");
        assert_eq!(error.at, Some(("dir/a:b.rego".to_owned(), 6, 12)));
    }

    #[test]
    fn a_second_place_is_no_part_of_the_message() {
        let error =
            parse("\n--> a.rego:1:2\n1 | x\n  | ^\nerror: used before.\n--> a.rego:3:4\n3 | y\n  | ^\ndefinition: ");
        assert_eq!((error.message.as_str(), error.at), ("used before", Some(("a.rego".to_owned(), 1, 2))));
    }

    #[test]
    fn an_error_without_a_place_is_kept_whole() {
        assert_eq!(parse("memory limit"), EngineError { message: "memory limit".to_owned(), at: None });
    }
}
