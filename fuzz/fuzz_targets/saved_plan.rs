//! Saved plan files: any archive and any content of its entries. Never a panic; what is read loads or is refused.
//!
//! The input is packed into an archive: it begins with three lengths of two bytes, those of `tfplan`, `tfstate` and the manifest
//! of the source files; the rest is a source file of the root module, in the notation that the first byte of the rest tells. Where it is an
//! archive itself, it is read as it is. Seeds: the `tfplan` files of fixtures/scenarios, and their entries packed so
//! (`SEEDS` of fuzz/seeds.py).

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use plangate::catalog::Catalog;
use plangate::facts;
use plangate::plan::completeness::{Expect, assess};
use plangate::plan::detect::recognise;
use plangate::plan::hcl;
use plangate::plan::json::{Interest, load};
use plangate::plan::sink::NoSink;
use plangate::sources;

/// What `plangate check` keeps of a plan.
static INTEREST: LazyLock<Interest> =
    LazyLock::new(|| facts::interest(Catalog::builtin()).expect("the catalogue is read").without_document());

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

/// An input as an archive; `None` where it is too short for one.
fn packed(data: &[u8]) -> Option<Vec<u8>> {
    if data.starts_with(b"PK") {
        return Some(data.to_vec());
    }
    let (lengths, mut rest) = data.split_first_chunk::<6>()?;
    let mut part = |at: usize| {
        let length = usize::from(u16::from_le_bytes([lengths[at], lengths[at + 1]])).min(rest.len());
        let (part, left) = rest.split_at(length);
        rest = left;
        part
    };
    let (plan, state, manifest) = (part(0), part(2), part(4));
    let mut entries: Vec<(&str, &[u8])> = vec![("tfplan", plan)];
    if !state.is_empty() {
        entries.push(("tfstate", state));
    }
    if let Some((notation, text)) = rest.split_first() {
        let name = ["tfconfig/m-/main.tf", "tfconfig/m-/main.tf.json", "tfconfig/m-/override.tf", "tfconfig/m-a/main.tf"];
        let manifest = if manifest.is_empty() { &b"[{\"Key\":\"\",\"Dir\":\".\"}]"[..] } else { manifest };
        entries.extend([("tfconfig/modules.json", manifest), (name[usize::from(*notation) % name.len()], text)]);
    }
    Some(archive(&entries))
}

fuzz_target!(|data: &[u8]| {
    let Some(bytes) = packed(data) else { return };
    for document in recognise(bytes).into_iter().flatten() {
        let text: serde_json::Result<serde::de::IgnoredAny> = serde_json::from_slice(document.bytes());
        let builtin = load(&document, &INTEREST, NoSink);
        assert!(document.saved().is_none() || text.is_ok(), "what is rendered is JSON");
        let Ok(loaded) = builtin else { continue };
        let _ = assess(&loaded.plan, Expect::Ordinary);
        let Some(saved) = &loaded.plan.saved else { continue };
        let now = saved.sources.parsed();
        let _ = sources::notes(now);
        let mut elsewhere = saved.sources.snapshot().clone();
        elsewhere.modules.iter_mut().for_each(|module| module.dir = format!("elsewhere/{}", module.dir));
        assert_eq!(now.renamed(saved.sources.snapshot(), &elsewhere).moved(), now.moved(), "a name is no content");
        let _ = hcl::configuration(now, &INTEREST.provider_settings);
        if let Ok(mut facts) = facts::derive(&loaded.plan, Catalog::builtin()) {
            let _ = facts::sources::attach(&mut facts, &loaded.plan, now, Some(now), Catalog::builtin());
        }
    }
});
