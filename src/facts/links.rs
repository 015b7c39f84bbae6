//! How changes hang together: what goes down with what, why something is replaced, who depends on it, and what looks
//! like the same object under another address.
//!
//! Owns the shape of these facts; [`super::scene`] derives them.

use super::AttributeChange;
use super::containment::KnownBy;
use super::references::Referrers;
use crate::address::Address;
use crate::plan::Action;

/// How a change hangs together with others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Links {
    /// What it comes from, nearest first, down to the root.
    pub cause: Vec<Cause>,
    /// Where the chain ends, if the chain explains everything: without that change this one would not happen.
    pub root: Option<Identity>,
    /// What is destroyed and has this object in it, while its own change does not destroy it.
    pub collateral_of: Vec<Container>,
    /// What lies in it and goes down with it.
    pub takes: Takes,
    /// Who depends on it.
    pub dependents: Dependents,
    /// Who references it; filled where others find data through it and it is destroyed, forgotten or renamed.
    pub referenced_by: Referrers,
    /// What is encrypted with it; filled where it is a key that is destroyed, forgotten or stopped.
    pub encrypts: Referrers,
    /// The same object under another address, by its looks.
    pub rename: Option<Rename>,
    /// The object whose place in a list it takes.
    pub shift: Option<Shift>,
}

/// The identity of a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Where it is.
    pub address: Address,
    /// Key of a deposed object.
    pub deposed: Option<String>,
}

/// One step of a chain of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What comes first.
    pub identity: Identity,
    /// What happens to it.
    pub action: Action,
    /// How the dependent hangs on it: `reference`, `containment`, `depends_on`, `prior_state`.
    pub origin: &'static str,
    /// The attribute of the dependent that leads to it.
    pub attribute: Option<String>,
    /// What forces its own replacement.
    pub replaced_by: Vec<AttributeChange>,
}

/// What an object lies in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// The container.
    pub identity: Identity,
    /// The attribute that says so.
    pub attribute: String,
    /// How that is known.
    pub known_by: KnownBy,
    /// The container itself is only lost with another one.
    pub indirect: bool,
    /// A setting keeps the object of the destroyed container alive.
    pub kept: bool,
}

/// What goes down with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takes {
    /// How many objects.
    pub objects: usize,
    /// How many of them hold data.
    pub stores: usize,
    /// The first of those, by address.
    pub first_stores: Vec<Address>,
}

/// Who depends on an object, destroyed or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependents {
    /// How many directly.
    pub direct: usize,
    /// How many in all.
    pub all: usize,
    /// How many of those hold data.
    pub stores: usize,
    /// The first direct ones, by address.
    pub first_direct: Vec<Address>,
    /// The first that hold data, by address.
    pub first_stores: Vec<Address>,
    /// There are so many that counting stopped.
    pub at_least: bool,
}

/// A delete and a create that look like one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The other address.
    pub other: Address,
    /// Attributes that are equal.
    pub equal: Vec<String>,
    /// A `moved` block, ready to paste.
    pub moved_block: String,
}

/// An instance that becomes what its neighbour was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The neighbour.
    pub other: Address,
    /// The attribute that shows it.
    pub attribute: String,
}

#[cfg(test)]
mod tests;
