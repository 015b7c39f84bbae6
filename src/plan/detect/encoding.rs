//! Bytes to UTF-8 text: gzip, byte order marks, UTF-16.
//!
//! Must not look at JSON.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::refusal;
use crate::problem::{Problem, ProblemCode};

/// Largest plan accepted out of a gzip file, in bytes: a bomb must not take the machine's memory. Room grows by doubling
/// and is moved, so this is below half of what the program takes by default.
pub(super) const MAX_INFLATED: u64 = 1 << 30;

/// Bytes looked at to tell UTF-16 without a mark.
const SAMPLE: usize = 512;

/// The bytes of an input out of gzip, if they are in it; what was done is added to the notes.
pub(super) fn unpack(bytes: Vec<u8>, notes: &mut Vec<String>) -> Result<Vec<u8>, Problem> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    notes.push("decompressed from gzip".to_owned());
    inflate(&bytes, MAX_INFLATED)
}

/// The text of an input; what was done to it is added to the notes.
pub(super) fn text(bytes: Vec<u8>, notes: &mut Vec<String>) -> Result<String, Problem> {
    if let Some(problem) = refusal::of_bytes(&bytes) {
        return Err(problem);
    }
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, "UTF-16LE", notes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, "UTF-16BE", notes),
        other => match unmarked_utf16(other) {
            Some(Order::Little) => utf16(other, u16::from_le_bytes, "UTF-16LE", notes),
            Some(Order::Big) => utf16(other, u16::from_be_bytes, "UTF-16BE", notes),
            None => utf8(bytes),
        },
    }
}

fn inflate(bytes: &[u8], max: u64) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(max + 1).read_to_end(&mut out);
    match read {
        Ok(_) if u64::try_from(out.len()).is_ok_and(|len| len <= max) => Ok(out),
        Ok(_) => Err(Problem::new(
            ProblemCode::Unreadable,
            format!("the gzip file holds more than {} MiB, the most that is accepted", max >> 20),
        )
        .help("give the plan without gzip: gunzip plan.json.gz")),
        Err(error) => Err(not_inflated(&error, max)),
    }
}

fn not_inflated(error: &std::io::Error, max: u64) -> Problem {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            Problem::new(ProblemCode::Truncated, "the gzip file ends in the middle").help(refusal::SHOW_AGAIN)
        }
        std::io::ErrorKind::OutOfMemory => {
            let message =
                format!("not enough memory to decompress the gzip file; up to {} MiB are accepted", max >> 20);
            Problem::new(ProblemCode::Unreadable, message)
                .help("give the plan without gzip, or the process more memory: gunzip plan.json.gz")
        }
        _ => Problem::new(ProblemCode::Unreadable, "the gzip file is damaged: it cannot be decompressed")
            .help(refusal::SHOW_AGAIN),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// UTF-16 without a mark. JSON text itself never holds a zero byte, and the first character tells where it is `{` or white
/// space. Before log lines the majority tells: nearly every other byte of mostly ASCII text is zero, though a character
/// such as `─` (U+2500) has a zero on the other side.
fn unmarked_utf16(bytes: &[u8]) -> Option<Order> {
    let sample = bytes.get(..SAMPLE.min(bytes.len()) & !1)?;
    let zeros = |at: usize| sample.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let enough = sample.len() / 8 + 1;
    let is_clear = |many: usize, few: usize| many >= enough && many / 2 >= few;
    let (even, odd) = (zeros(0), zeros(1));
    match sample {
        [b'{' | b' ' | b'\t' | b'\r' | b'\n', 0, ..] => Some(Order::Little),
        [0, b'{' | b' ' | b'\t' | b'\r' | b'\n', ..] => Some(Order::Big),
        _ if is_clear(odd, even) => Some(Order::Little),
        _ if is_clear(even, odd) => Some(Order::Big),
        [1..0x80, 0, ..] => Some(Order::Little),
        [0, 1..0x80, ..] => Some(Order::Big),
        _ => None,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, name: &str, notes: &mut Vec<String>) -> Result<String, Problem> {
    let malformed = |at: usize| {
        Problem::new(ProblemCode::Malformed, format!("the file is not valid {name} at byte offset {at}"))
            .help(refusal::SHOW_AGAIN)
    };
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(malformed(bytes.len()));
    }
    let mut text = String::with_capacity(units.len());
    let mut at = 0;
    for char in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
        let char = char.map_err(|_| malformed(at))?;
        at += char.len_utf16() * 2;
        text.push(char);
    }
    notes.push(format!("transcoded from {name}"));
    Ok(text)
}

fn utf8(mut bytes: Vec<u8>) -> Result<String, Problem> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(ProblemCode::Malformed, format!("the file is not valid UTF-8 at byte offset {at}"))
            .help(refusal::SHOW_AGAIN)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn decode(bytes: Vec<u8>) -> Result<(String, Vec<String>), Problem> {
        let mut notes = Vec::new();
        let text = unpack(bytes, &mut notes).and_then(|bytes| text(bytes, &mut notes))?;
        Ok((text, notes))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_cap() {
        let bomb = gzip(&vec![b' '; 1 << 20]);
        assert_eq!(inflate(&bomb, 1 << 10).unwrap_err().code, ProblemCode::Unreadable);
        assert_eq!(inflate(&bomb, 1 << 20).unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_cut_gzip_file_is_truncated_not_empty() {
        let whole = gzip(b"{\"format_version\":\"1.2\"}");
        let cut = whole[..whole.len() - 4].to_vec();
        assert_eq!(decode(cut).unwrap_err().code, ProblemCode::Truncated);
    }

    #[test]
    fn utf16_is_told_by_mark_and_without() {
        let text = "{\"ä\": \"€𝄞 and more text\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in
            [little.clone(), big.clone(), [vec![0xff, 0xfe], little].concat(), [vec![0xfe, 0xff], big].concat()]
        {
            let (decoded, notes) = decode(bytes).unwrap();
            assert_eq!(decoded, text);
            assert_eq!(notes.len(), 1);
        }
    }

    #[test]
    fn characters_with_a_zero_low_byte_do_not_hide_utf16() {
        let box_drawing = "╷\n│ Warning\n╵ ──\n{\"format_version\": \"1.2\"}";
        let few_ascii = format!("{{\"k\": \"{}\"}}", "漢字一丐─".repeat(200));
        for text in [box_drawing, &few_ascii, "{\"Ā\": 1}", "{\"─\":\"一\"}"] {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(decode(little).unwrap().0, text);
            assert_eq!(decode(big).unwrap().0, text);
        }
    }

    #[test]
    fn problems_with_gzip_name_the_limit_and_lack_of_memory() {
        let bomb = gzip(&vec![b' '; 3 << 20]);
        assert!(inflate(&bomb, 2 << 20).unwrap_err().message.contains("more than 2 MiB"));
        let problem = not_inflated(&std::io::ErrorKind::OutOfMemory.into(), MAX_INFLATED);
        assert!(problem.message.contains("memory") && problem.message.contains("1024 MiB"), "{}", problem.message);
    }

    #[test]
    fn broken_encodings_are_refused() {
        assert_eq!(decode(vec![0xff, 0xfe, b'{', 0, 0x00, 0xd8]).unwrap_err().code, ProblemCode::Malformed);
        assert_eq!(decode(vec![0xff, 0xfe, b'{']).unwrap_err().code, ProblemCode::Malformed);
        assert_eq!(decode(vec![b'{', 0xc3, b'}']).unwrap_err().code, ProblemCode::Malformed);
    }
}
