//! Saved plan files: any archive and any content of its entries. Never a panic; what is read loads or is refused.
//!
//! The input is packed into an archive: the first half is `tfplan`, the second `tfstate`; where it is an archive itself, it is
//! read as it is. Seeds: the `tfplan` files of fixtures/scenarios and their entries.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plangate::plan::completeness::{Expect, assess};
use plangate::plan::detect::recognise;
use plangate::plan::json::{Interest, load};
use plangate::plan::sink::NoSink;

/// An archive of entries that are not compressed.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let offset = (out.len() as u32).to_le_bytes();
        let (size, name_length) = ((content.len() as u32).to_le_bytes(), (name.len() as u16).to_le_bytes());
        let head =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &crc.sum().to_le_bytes(), &size, &size, &name_length, &[0, 0]].concat();
        out.extend([b"PK\x03\x04", &head[..], name.as_bytes(), content].concat());
        directory.extend([b"PK\x01\x02\x14\0", &head[..], &[0; 10], &offset, name.as_bytes()].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let (size, start) = ((directory.len() as u32).to_le_bytes(), (out.len() as u32).to_le_bytes());
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0, 0]].concat());
    out
}

fuzz_target!(|data: &[u8]| {
    let bytes = if data.starts_with(b"PK") {
        data.to_vec()
    } else if let Some((length, rest)) = data.split_first_chunk::<2>() {
        let at = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (plan, state) = rest.split_at(at);
        if state.is_empty() { archive(&[("tfplan", plan)]) } else { archive(&[("tfplan", plan), ("tfstate", state)]) }
    } else {
        return;
    };
    for document in recognise(bytes).into_iter().flatten() {
        let text: serde_json::Result<serde::de::IgnoredAny> = serde_json::from_slice(document.bytes());
        let builtin = load(&document, &Interest::builtin(), NoSink);
        assert!(document.saved().is_none() || text.is_ok(), "what is rendered is JSON");
        if let Ok(loaded) = builtin {
            let _ = assess(&loaded.plan, Expect::Ordinary);
        }
    }
});
