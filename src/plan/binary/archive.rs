//! The ZIP archive of a saved plan: its directory, checked, and its entries, inflated within limits.
//!
//! Terraform picks the first entry of a name by the directory at the end of the file. A reader that finds entries any other
//! way, or an archive in which two readers could find different ones, would judge another plan than the one that is applied:
//! so every byte of the file must belong to exactly one entry, in the order of the directory, under one name. Must not know
//! what an entry means.
//!
//! Layout: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4, of which Go's `archive/zip` writes the part that is read here.

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::fault::{Fault, cut_off, odd};

/// Most bytes that all entries of a plan file may have together when inflated.
pub(super) const MAX_INFLATED: u64 = 1 << 30;
/// Most entries: one for each source file, and a few.
const MAX_ENTRIES: usize = 65_000;
/// Deflate cannot do better than this (RFC 1951: 258 bytes by two bits): what claims more is a lie.
const MAX_RATIO: u64 = 1_032;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const END_LENGTH: usize = 22;

/// Bits of the general purpose flag that are understood: compression effort, a descriptor after the data, UTF-8 names.
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_UTF8: u16 = 1 << 11;
const FLAGS: u16 = 0b110 | FLAG_DESCRIPTOR | FLAG_UTF8;

/// A checked archive.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry<'a>>,
    inflated: u64,
}

#[derive(Debug)]
struct Entry<'a> {
    name: &'a str,
    stored: bool,
    crc: u32,
    compressed: usize,
    size: u64,
    data: usize,
}

impl<'a> Archive<'a> {
    /// Reads the directory and checks that it tells all of the file.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let end = End::of(bytes)?;
        let mut at = Cursor { bytes, at: end.directory };
        let mut entries = Vec::with_capacity(end.entries);
        let mut names = BTreeSet::new();
        let mut next = 0;
        for _ in 0..end.entries {
            let (entry, after) = Entry::read(bytes, &mut at, next)?;
            if !names.insert(entry.name) {
                return Err(odd("two entries of the archive have the same name"));
            }
            next = after;
            entries.push(entry);
        }
        if at.at != end.at {
            return Err(odd("the directory of the archive has another length than it says"));
        }
        if next != end.directory {
            return Err(odd("the archive holds bytes that belong to no entry"));
        }
        Ok(Self { bytes, entries, inflated: 0 })
    }

    /// Names of all entries, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|entry| entry.name)
    }

    /// Sizes of all entries when inflated, in bytes, in the order of the file.
    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|entry| entry.size)
    }

    /// The content of the entry of a number, whatever was read before.
    pub(super) fn content(&self, index: usize) -> Result<Vec<u8>, Fault> {
        self.entries.get(index).ok_or_else(cut_off)?.content(self.bytes)
    }

    /// The content of an entry; `None` where there is none of that name.
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else { return Ok(None) };
        self.inflated = self.inflated.saturating_add(entry.size);
        if self.inflated > MAX_INFLATED {
            return Err(Fault::TooLarge(format!("its entries hold more than {} MiB", MAX_INFLATED >> 20)));
        }
        entry.content(self.bytes).map(Some)
    }
}

impl<'a> Entry<'a> {
    /// Reads one record of the directory and the header it points to, which must stand at `expected`; also yields where the
    /// entry ends.
    fn read(bytes: &'a [u8], central: &mut Cursor<'a>, expected: usize) -> Result<(Self, usize), Fault> {
        central.signature(CENTRAL)?;
        let _made_by = central.u16()?;
        let head = Head::read(central)?;
        let (name, extra, comment) = (central.u16()?, central.u16()?, central.u16()?);
        let disk = central.u16()?;
        let _attributes = (central.u16()?, central.u32()?);
        let offset = central.u32()?;
        let name = central.name(name)?;
        let _ = (central.take(usize::from(extra))?, central.take(usize::from(comment))?);
        if disk != 0 || [head.compressed, head.size, offset].contains(&u32::MAX) {
            return Err(Fault::TooLarge("it is of the ZIP64 form, which holds more than 4 GiB".to_owned()));
        }
        head.check()?;
        if usize::try_from(offset) != Ok(expected) {
            return Err(odd("entries of the archive overlap, or leave a gap, or are out of order"));
        }
        let mut local = Cursor { bytes, at: expected };
        local.signature(LOCAL)?;
        let here = Head::read(&mut local)?;
        let (name_here, extra) = (local.u16()?, local.u16()?);
        if local.name(name_here)? != name {
            return Err(odd("an entry of the archive has two names"));
        }
        local.take(usize::from(extra))?;
        let data = local.at;
        let compressed = usize::try_from(head.compressed).map_err(|_| cut_off())?;
        local.take(compressed)?;
        here.agrees(&head, &mut local)?;
        let entry =
            Self { name, stored: head.method == 0, crc: head.crc, compressed, size: u64::from(head.size), data };
        Ok((entry, local.at))
    }

    fn content(&self, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let data = bytes.get(self.data..).and_then(|rest| rest.get(..self.compressed)).ok_or_else(cut_off)?;
        let content = if self.stored { data.to_vec() } else { self.inflate(data)? };
        let mut crc = Crc::new();
        crc.update(&content);
        if u64::try_from(content.len()) != Ok(self.size) || crc.sum() != self.crc {
            return Err(odd("an entry of the archive does not have the size and checksum it should have"));
        }
        Ok(content)
    }

    fn inflate(&self, data: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut content = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        let mut decoder = DeflateDecoder::new(data);
        // One byte more than it should have is enough to tell that it has too many.
        let read = decoder.by_ref().take(self.size.saturating_add(1)).read_to_end(&mut content);
        if read.is_err() || u64::try_from(data.len()) != Ok(decoder.total_in()) {
            return Err(odd("an entry of the archive cannot be decompressed"));
        }
        Ok(content)
    }
}

/// What a local header and a record of the directory both say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u32,
    size: u32,
}

impl Head {
    fn read(at: &mut Cursor<'_>) -> Result<Self, Fault> {
        let _needed = at.u16()?;
        let (flags, method) = (at.u16()?, at.u16()?);
        let _modified = at.u32()?;
        Ok(Self { flags, method, crc: at.u32()?, compressed: at.u32()?, size: at.u32()? })
    }

    fn check(self) -> Result<(), Fault> {
        if self.flags & !FLAGS != 0 {
            return Err(odd("an entry of the archive is encrypted, or has flags that Terraform never sets"));
        }
        match self.method {
            0 if self.compressed == self.size => Ok(()),
            8 if u64::from(self.size) <= u64::from(self.compressed) * MAX_RATIO => Ok(()),
            0 | 8 => Err(odd("an entry of the archive has sizes that contradict each other")),
            _ => Err(odd("an entry of the archive is compressed by another method than deflate")),
        }
    }

    /// Whether the local header, with the descriptor behind the data if it has one, says what the directory says.
    fn agrees(self, directory: &Self, after: &mut Cursor<'_>) -> Result<(), Fault> {
        let mut here = self;
        if self.flags & FLAG_DESCRIPTOR != 0 {
            if [self.crc, self.compressed, self.size] != [0; 3] {
                return Err(odd("an entry of the archive gives its size twice"));
            }
            after.signature(DESCRIPTOR)?;
            here = Self { crc: after.u32()?, compressed: after.u32()?, size: after.u32()?, ..self };
        }
        if here == *directory { Ok(()) } else { Err(odd("an entry and the directory of the archive disagree")) }
    }
}

/// The record at the end of the file.
struct End {
    at: usize,
    directory: usize,
    entries: usize,
}

impl End {
    /// It must be the last thing in the file, without a comment: readers look for it in different ways otherwise.
    fn of(bytes: &[u8]) -> Result<Self, Fault> {
        let at = bytes.len().checked_sub(END_LENGTH).ok_or_else(cut_off)?;
        let mut end = Cursor { bytes, at };
        if end.signature(END).is_err() {
            // What Terraform did not finish writing has no directory at all.
            let cut = !bytes.windows(END.len()).any(|window| window == END);
            return Err(if cut { cut_off() } else { odd("there is something behind the end of the archive") });
        }
        let disks = (end.u16()?, end.u16()?);
        let (here, all) = (end.u16()?, end.u16()?);
        let (length, offset) = (end.u32()?, end.u32()?);
        let comment = end.u16()?;
        if all == u16::MAX || length == u32::MAX || offset == u32::MAX {
            return Err(Fault::TooLarge("it is of the ZIP64 form, which holds more than 4 GiB".to_owned()));
        }
        let directory = usize::try_from(offset).map_err(|_| cut_off())?;
        let ends = u64::from(offset) + u64::from(length);
        if disks != (0, 0) || here != all || comment != 0 || u64::try_from(at) != Ok(ends) {
            return Err(odd("the end of the archive contradicts what is before it"));
        }
        if usize::from(all) > MAX_ENTRIES {
            return Err(Fault::TooLarge(format!("it has more than {MAX_ENTRIES} entries")));
        }
        Ok(Self { at, directory, entries: usize::from(all) })
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(length).ok_or_else(cut_off)?;
        let taken = self.bytes.get(self.at..end).ok_or_else(cut_off)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.first_chunk().copied().ok_or_else(cut_off)
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    fn signature(&mut self, expected: [u8; 4]) -> Result<(), Fault> {
        if self.array()? == expected { Ok(()) } else { Err(odd("a header of the archive is not where it should be")) }
    }

    fn name(&mut self, length: u16) -> Result<&'a str, Fault> {
        let name = std::str::from_utf8(self.take(usize::from(length))?).ok();
        name.filter(|name| !name.is_empty() && !name.contains(['\\', '\0']) && !name.starts_with('/'))
            .filter(|name| name.split('/').all(|part| part != ".."))
            .ok_or_else(|| odd("an entry of the archive has a name that Terraform never gives"))
    }
}

#[cfg(test)]
pub(super) mod tests;
