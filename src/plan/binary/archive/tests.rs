use std::io::Write as _;

use super::*;

/// An archive as Go's writer lays it out; every part can be spoilt.
#[derive(Clone)]
struct File {
    name: &'static str,
    local_name: &'static str,
    data: Vec<u8>,
    method: u16,
    flags: u16,
    crc: u32,
    size: u32,
    content: usize,
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn file(name: &'static str, content: &[u8], method: u16) -> File {
    let mut crc = Crc::new();
    crc.update(content);
    File {
        name,
        local_name: name,
        data: if method == 8 { deflated(content) } else { content.to_vec() },
        method,
        flags: FLAG_DESCRIPTOR,
        crc: crc.sum(),
        size: u32::try_from(content.len()).unwrap(),
        content: content.len(),
    }
}

fn zip(files: &[File]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let u16s = |out: &mut Vec<u8>, all: &[u16]| all.iter().for_each(|n| out.extend(n.to_le_bytes()));
    let u32s = |out: &mut Vec<u8>, all: &[u32]| all.iter().for_each(|n| out.extend(n.to_le_bytes()));
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    for file in files {
        let short = |text: &str| u16::try_from(text.len()).unwrap();
        let offset = length(&out);
        let streamed = file.flags & FLAG_DESCRIPTOR != 0;
        let sizes = [file.crc, length(&file.data), file.size];
        out.extend(LOCAL);
        u16s(&mut out, &[20, file.flags, file.method, 0, 0]);
        u32s(&mut out, if streamed { &[0, 0, 0] } else { &sizes });
        u16s(&mut out, &[short(file.local_name), 0]);
        out.extend(file.local_name.as_bytes());
        out.extend(&file.data);
        if streamed {
            out.extend(DESCRIPTOR);
            u32s(&mut out, &sizes);
        }
        directory.extend(CENTRAL);
        u16s(&mut directory, &[20, 20, file.flags, file.method, 0, 0]);
        u32s(&mut directory, &sizes);
        u16s(&mut directory, &[short(file.name), 0, 0, 0, 0]);
        u32s(&mut directory, &[0, offset]);
        directory.extend(file.name.as_bytes());
    }
    let (start, entries) = (length(&out), u16::try_from(files.len()).unwrap());
    let size = length(&directory);
    out.extend(directory);
    out.extend(END);
    u16s(&mut out, &[0, 0, entries, entries]);
    u32s(&mut out, &[size, start]);
    u16s(&mut out, &[0]);
    out
}

fn read(bytes: &[u8], name: &str) -> Result<Option<Vec<u8>>, Fault> {
    Archive::open(bytes)?.read(name)
}

fn is_odd(bytes: &[u8]) -> bool {
    matches!(read(bytes, "tfplan"), Err(Fault::Odd(_)))
}

#[test]
fn entries_are_read_however_they_are_stored() {
    for flags in [0, FLAG_DESCRIPTOR, FLAG_UTF8, 0b110] {
        let files = [file("a", b"", 8), file("tfplan", b"content content content", 8), file("b/c", b"as it is", 0)]
            .map(|file| File { flags, ..file });
        let bytes = zip(&files);
        assert_eq!(read(&bytes, "tfplan").unwrap().unwrap(), b"content content content");
        assert_eq!(read(&bytes, "b/c").unwrap().unwrap(), b"as it is");
        assert_eq!(read(&bytes, "a").unwrap().unwrap(), b"");
        assert_eq!(read(&bytes, "none").unwrap(), None);
        assert_eq!(Archive::open(&bytes).unwrap().names().collect::<Vec<_>>(), ["a", "tfplan", "b/c"]);
    }
}

#[test]
fn two_entries_of_one_name_are_refused() {
    assert!(is_odd(&zip(&[file("tfplan", b"one", 8), file("tfplan", b"two", 8)])));
    assert!(is_odd(&zip(&[File { local_name: "tfplaN", ..file("tfplan", b"one", 8) }])));
}

#[test]
fn sizes_checksums_methods_and_flags_must_be_right() {
    let good = file("tfplan", b"content", 8);
    for spoilt in [
        File { crc: good.crc ^ 1, ..good.clone() },
        File { size: 6, ..good.clone() },
        File { size: 8, ..good.clone() },
        File { size: u32::MAX - 1, ..good.clone() },
        File { method: 9, ..good.clone() },
        File { method: 0, ..good.clone() },
        File { flags: 1, ..good.clone() },
        File { flags: 1 << 6, ..good.clone() },
        File { data: [good.data.clone(), vec![0]].concat(), ..good.clone() },
        File { data: good.data[..good.data.len() - 1].to_vec(), ..good.clone() },
    ] {
        assert!(is_odd(&zip(&[spoilt])));
    }
    assert_eq!(good.content, 7);
}

#[test]
fn every_byte_belongs_to_an_entry() {
    let bytes = zip(&[file("tfplan", b"content", 8), file("x", b"y", 0)]);
    assert!(is_odd(&[&bytes[..], b" "].concat()), "behind the end");
    assert!(is_odd(&[b"#", &bytes[..]].concat()), "before the first");
    let directory = bytes.windows(4).position(|four| four == CENTRAL).unwrap();
    let mut gap = bytes.clone();
    gap.insert(directory, 0);
    assert!(is_odd(&gap), "before the directory");
    let second = bytes.windows(4).rposition(|four| four == CENTRAL).unwrap();
    let mut overlapping = bytes.clone();
    overlapping[second + 42..second + 46].copy_from_slice(&[0; 4]);
    assert!(is_odd(&overlapping), "two records for one entry");
}

#[test]
fn names_lead_nowhere_else() {
    for name in ["/tfplan", "../tfplan", "a/../tfplan", "a\\b", "a\0b", ""] {
        assert!(is_odd(&zip(&[file("tfplan", b"", 8), file(name, b"", 0)])), "{name:?}");
    }
}

#[test]
fn a_cut_archive_is_truncated_and_a_bomb_is_not_inflated() {
    let bytes = zip(&[file("tfplan", &[7; 1000], 8)]);
    assert_eq!(read(&bytes[..bytes.len() / 2], "tfplan").unwrap_err(), Fault::Truncated);
    assert_eq!(read(b"PK\x03\x04", "tfplan").unwrap_err(), Fault::Truncated);
    let large = file("tfplan", &vec![0; 1 << 20], 8);
    let bytes = zip(&[large]);
    let mut archive = Archive::open(&bytes).unwrap();
    archive.inflated = MAX_INFLATED - 1;
    assert!(matches!(archive.read("tfplan"), Err(Fault::TooLarge(_))));
    let lie = File { size: 1 << 30, ..file("tfplan", b"x", 8) };
    assert!(is_odd(&zip(&[lie])), "deflate cannot do that");
}
