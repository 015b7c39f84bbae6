//! The protobuf wire format, as far as plans have it.
//!
//! Go's reader merges or overwrites fields that stand twice and takes known fields of another wire type for unknown ones:
//! here both are refused, so that no two readers see two plans. Must not know any message.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

use super::fault::{Fault, cut_off, odd};

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire<'a> {
    /// Wire type 0: numbers, booleans, enumerations.
    Varint(u64),
    /// Wire type 2: strings, bytes, messages.
    Bytes(&'a [u8]),
    /// Wire types 1 and 5, which no field of a plan has.
    Fixed,
}

/// Walks over the fields of a message.
#[derive(Debug)]
pub(super) struct Message<'a> {
    rest: &'a [u8],
    /// One bit for each field number seen that may stand once.
    seen: u64,
}

impl<'a> Message<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, seen: 0 }
    }

    /// The next field: its number and content.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Wire<'a>)>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or_else(|| odd("a field has a number that cannot be"))?;
        let wire = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => self.take(8).map(|_| Wire::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| cut_off())?;
                Wire::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Wire::Fixed)?,
            _ => return Err(odd("a field has a wire type that no plan has")),
        };
        Ok(Some((number, wire)))
    }

    /// Notes a field that may stand once.
    pub(super) fn once(&mut self, number: u32) -> Result<(), Fault> {
        let bit = 1_u64.checked_shl(number).unwrap_or_default();
        if bit == 0 || self.seen & bit != 0 {
            return Err(odd(format!("field {number} stands twice, so that readers would disagree about the plan")));
        }
        self.seen |= bit;
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.rest.split_first().ok_or_else(cut_off)?;
            self.rest = rest;
            let bits = u64::from(first & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if first & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(odd("a number of the wire format is too long"))
    }
}

impl<'a> Wire<'a> {
    /// Bytes of any kind.
    pub(super) fn bytes(self) -> Result<&'a [u8], Fault> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Varint(_) | Self::Fixed => Err(odd("a field has another type than it should have")),
        }
    }

    /// A string.
    pub(super) fn text(self) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.bytes()?).map_err(|_| odd("a text is not valid UTF-8"))
    }

    /// A number or an enumeration.
    pub(super) fn number(self) -> Result<u64, Fault> {
        match self {
            Self::Varint(value) => Ok(value),
            Self::Bytes(_) | Self::Fixed => Err(odd("a field has another type than it should have")),
        }
    }

    /// A boolean.
    pub(super) fn flag(self) -> Result<bool, Fault> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(odd("a boolean is neither true nor false")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(u32, Wire<'_>)>, Fault> {
        let mut message = Message::new(bytes);
        std::iter::from_fn(|| message.next().transpose()).collect()
    }

    #[test]
    fn fields_come_with_number_and_content() {
        let bytes = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 1, 2, 3, 4];
        let expected = [(1, Wire::Varint(150)), (2, Wire::Bytes(b"hi")), (3, Wire::Fixed)];
        assert_eq!(all(&bytes).unwrap(), expected);
        assert_eq!(
            all(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).unwrap()[0].1,
            Wire::Varint(u64::MAX)
        );
    }

    #[test]
    fn what_ends_early_or_is_no_message_is_refused() {
        for bytes in [&[0x08][..], &[0x12, 5, 1], &[0x12, 0x80], &[0x1d, 1]] {
            assert_eq!(all(bytes).unwrap_err(), Fault::Truncated, "{bytes:?}");
        }
        let long = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        for bytes in [&[0x00, 0][..], &[0x0b], &[0x0c], &[0x0f], &long] {
            assert!(matches!(all(bytes).unwrap_err(), Fault::Odd(_)), "{bytes:?}");
        }
    }

    #[test]
    fn a_field_that_may_stand_once_stands_once() {
        let mut message = Message::new(&[]);
        assert_eq!((message.once(1), message.once(63)), (Ok(()), Ok(())));
        assert!(message.once(1).is_err() && message.once(64).is_err());
    }
}
