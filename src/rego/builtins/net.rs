//! The `net.cidr_*` builtins the engine lacks or answers otherwise.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use regorus::Value;

use super::extensions::{Answer, Args, Fault, MAX_ITEMS, text};

/// A network: 32 or 128 bits, its first address, the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    bits: u32,
    first: u128,
    prefix: u32,
}

impl Network {
    /// `10.0.0.0/8`, and an address alone where `single` says so.
    fn parse(cidr: &str, single: bool) -> Option<Self> {
        let (address, prefix) = match cidr.split_once('/') {
            Some((address, prefix)) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(prefix.parse::<u32>().ok()?))
            }
            None if single => (cidr, None),
            _ => return None,
        };
        let (bits, value) = match address.parse().ok()? {
            IpAddr::V4(address) => (32, u128::from(u32::from(address))),
            IpAddr::V6(address) => (128, u128::from(address)),
        };
        let prefix = prefix.unwrap_or(bits);
        let host = u32::checked_sub(bits, prefix)?;
        let first = value.checked_shr(host).map_or(0, |value| value << host);
        Some(Self { bits, first, prefix })
    }

    fn host_bits(self) -> u32 {
        self.bits - self.prefix
    }

    fn last(self) -> u128 {
        self.first | 1_u128.checked_shl(self.host_bits()).map_or(u128::MAX, |size| size - 1)
    }

    fn contains(self, other: Self) -> bool {
        self.bits == other.bits && self.first <= other.first && other.last() <= self.last()
    }

    fn address(self, value: u128) -> String {
        match u32::try_from(value) {
            Ok(value) if self.bits == 32 => Ipv4Addr::from(value).to_string(),
            _ => Ipv6Addr::from(value).to_string(),
        }
    }

    /// The network of twice the size, if `other` is its upper half.
    fn joined(self, other: Self) -> Option<Self> {
        let wider = Self { prefix: self.prefix.checked_sub(1)?, ..self };
        let aligned = self.prefix == other.prefix && self.bits == other.bits;
        (aligned && wider.last() == other.last() && self.first & (wider.last() - self.last()) == 0).then_some(wider)
    }
}

fn network(args: Args<'_>, index: usize, single: bool) -> Result<Network, Fault> {
    let cidr = args.string(index)?;
    Network::parse(cidr, single).ok_or_else(|| args.wrong(index, "a network in CIDR notation"))
}

pub(super) fn expand(args: Args<'_>) -> Answer {
    let network = network(args, 0, false)?;
    if network.host_bits() > MAX_ITEMS.ilog2() {
        return Err(args.limit(&format!("{MAX_ITEMS} items")));
    }
    let addresses = (network.first..=network.last()).map(|value| text(&network.address(value)));
    Ok(Value::from(addresses.collect::<BTreeSet<_>>()))
}

pub(super) fn intersects(args: Args<'_>) -> Answer {
    let (a, b) = (network(args, 0, false)?, network(args, 1, false)?);
    Ok(Value::Bool(a.contains(b) || b.contains(a)))
}

/// OPA gives an IPv4 address alone the mask of its class (Go's `IP.DefaultMask`), and takes none of IPv6.
fn classful(cidr: &str) -> String {
    match cidr.parse::<Ipv4Addr>().map(|address| address.octets()) {
        Ok([0..=127, ..]) => format!("{cidr}/8"),
        Ok([128..=191, ..]) => format!("{cidr}/16"),
        Ok(_) => format!("{cidr}/24"),
        Err(_) => cidr.to_owned(),
    }
}

/// The fewest networks that hold the same addresses.
pub(super) fn merge(args: Args<'_>) -> Answer {
    let mut networks = Vec::new();
    for cidr in args.strings(0)? {
        networks.push(
            Network::parse(&classful(&cidr), false)
                .ok_or_else(|| args.wrong(0, "a list of networks in CIDR notation"))?,
        );
    }
    networks.sort();
    let mut merged: Vec<Network> = Vec::new();
    for network in networks {
        if merged.last().is_some_and(|last| last.contains(network)) {
            continue;
        }
        let mut next = network;
        while let Some(wider) = merged.last().and_then(|last| last.joined(next)) {
            merged.pop();
            next = wider;
        }
        merged.push(next);
    }
    let shown =
        merged.into_iter().map(|network| text(&format!("{}/{}", network.address(network.first), network.prefix)));
    Ok(Value::from(shown.collect::<BTreeSet<_>>()))
}

/// Pairs of keys: which of the first networks contain which of the second.
pub(super) fn contains_matches(args: Args<'_>) -> Answer {
    let (outer, inner) = (operand(args, 0, false)?, operand(args, 1, true)?);
    if outer.len().saturating_mul(inner.len()) > MAX_ITEMS {
        return Err(args.limit(&format!("{MAX_ITEMS} items")));
    }
    let mut found = BTreeSet::new();
    for (outer_key, outer) in &outer {
        for (inner_key, inner) in &inner {
            if outer.contains(*inner) {
                found.insert(Value::from(vec![outer_key.clone(), inner_key.clone()]));
            }
        }
    }
    Ok(Value::from(found))
}

/// A string, or a collection of strings or of arrays that begin with one; each with the key it is told by.
fn operand(args: Args<'_>, index: usize, single: bool) -> Result<Vec<(Value, Network)>, Fault> {
    let wrong = || args.wrong(index, "a network in CIDR notation, or a collection of them");
    let read = |value: &Value| {
        let cidr = match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => match items.first() {
                Some(Value::String(text)) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        cidr.and_then(|cidr| Network::parse(&cidr, single)).ok_or_else(wrong)
    };
    match args.get(index)? {
        value @ Value::String(_) => Ok(vec![(value.clone(), read(value)?)]),
        Value::Array(items) => {
            items.iter().enumerate().map(|(key, item)| Ok((Value::from(key), read(item)?))).collect()
        }
        Value::Set(items) => items.iter().map(|item| Ok((item.clone(), read(item)?))).collect(),
        Value::Object(entries) => entries.iter_sorted().map(|(key, item)| Ok((key.clone(), read(item)?))).collect(),
        _ => Err(wrong()),
    }
}
