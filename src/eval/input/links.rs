//! The part of `input.plangate` that tells how changes hang together.

use schemars::JsonSchema;
use serde::Serialize;

use super::{AttributeInput, verb_class};
use crate::address::Address;
use crate::facts::{Cause, Container, Dependents, Identity, Links, Referrer, Referrers, Takes};

/// How a change hangs together with others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinksInput<'a> {
    /// What it comes from, nearest first, down to the root; at most 16 steps.
    pub cause: Vec<CauseInput<'a>>,
    /// The change without which this one would not happen; absent where it has a reason of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<IdentityInput<'a>>,
    /// What is destroyed and has this object in it, while its own change does not destroy it.
    pub collateral_of: Vec<ContainerInput<'a>>,
    /// What lies in it and goes down with it.
    pub takes: TakesInput<'a>,
    /// Who depends on it; counted for what is destroyed.
    pub dependents: DependentsInput<'a>,
    /// Who references it; filled where others find data through it and it is destroyed, forgotten or renamed.
    pub referenced_by: ReferrersInput<'a>,
    /// What is encrypted with it; filled where it is a key that is destroyed, forgotten or stopped.
    pub encrypts: ReferrersInput<'a>,
    /// A delete and a create that look like one object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<RenameInput<'a>>,
    /// The instance becomes what another one of its block was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<ShiftInput<'a>>,
}

/// The identity of a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IdentityInput<'a> {
    /// Its address.
    pub address: &'a str,
    /// Key of a deposed object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed: Option<&'a str>,
}

/// One step of a chain of causes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CauseInput<'a> {
    /// What comes first.
    pub address: &'a str,
    /// Key of a deposed object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed: Option<&'a str>,
    /// What happens to it, as one word.
    pub verb: &'a str,
    /// What that comes to: `keep`, `update`, `destroy`, `forget`.
    pub verb_class: &'a str,
    /// How the dependent hangs on it: `reference`, `containment`, `depends_on`, `prior_state`.
    pub origin: &'a str,
    /// The attribute of the dependent that leads to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<&'a str>,
    /// Attributes that force its own replacement.
    pub replaced_by: Vec<AttributeInput<'a>>,
}

/// What an object lies in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContainerInput<'a> {
    /// Address of the container.
    pub address: &'a str,
    /// Key of a deposed object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed: Option<&'a str>,
    /// The attribute that says so.
    pub attribute: &'a str,
    /// How that is known: `value`, `id_prefix`, `reference`.
    pub known_by: &'a str,
    /// The container itself is only lost with another one.
    pub indirect: bool,
    /// A setting keeps the destroyed container's object alive.
    pub kept: bool,
}

/// What goes down with an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TakesInput<'a> {
    /// How many objects.
    pub objects: usize,
    /// How many of them hold data.
    pub stores: usize,
    /// The first 20 of those.
    pub first_stores: Vec<&'a str>,
}

/// Who depends on an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DependentsInput<'a> {
    /// How many directly.
    pub direct: usize,
    /// How many in all.
    pub all: usize,
    /// How many of those hold data.
    pub stores: usize,
    /// The first 20 direct ones.
    pub first_direct: Vec<&'a str>,
    /// The first 20 that hold data.
    pub first_stores: Vec<&'a str>,
    /// There are so many that counting stopped.
    pub at_least: bool,
}

/// Who references an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReferrersInput<'a> {
    /// How many objects.
    pub all: usize,
    /// How many of them the plan does not destroy.
    pub surviving: usize,
    /// The first 8: those that survive before the others, by address.
    pub first: Vec<ReferrerInput<'a>>,
}

/// An object that references another.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReferrerInput<'a> {
    /// Its address.
    pub address: &'a str,
    /// Key of a deposed object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed: Option<&'a str>,
    /// The attribute that says so, without indexes; absent where the state says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<&'a str>,
    /// How that is known: `name` or `reference`.
    pub known_by: &'a str,
    /// `certain`, or `maybe` where a value is unknown or several objects may be meant.
    pub certainty: &'a str,
    /// The plan does not destroy it.
    pub survives: bool,
}

/// The same object under another address, by its looks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RenameInput<'a> {
    /// The other address.
    pub other: &'a str,
    /// Attributes that are equal.
    pub equal: &'a [String],
    /// A `moved` block, ready to paste.
    pub moved_block: &'a str,
}

/// An instance that becomes what another one of its block was.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ShiftInput<'a> {
    /// The other instance.
    pub other: &'a str,
    /// The attribute that shows it.
    pub attribute: &'a str,
}

impl<'a> LinksInput<'a> {
    pub(super) fn new(links: &'a Links) -> Self {
        Self {
            cause: links.cause.iter().map(CauseInput::new).collect(),
            root_cause: links.root.as_ref().map(IdentityInput::new),
            collateral_of: links.collateral_of.iter().map(ContainerInput::new).collect(),
            takes: TakesInput::new(&links.takes),
            dependents: DependentsInput::new(&links.dependents),
            referenced_by: ReferrersInput::new(&links.referenced_by),
            encrypts: ReferrersInput::new(&links.encrypts),
            rename: links.rename.as_ref().map(|rename| RenameInput {
                other: rename.other.as_str(),
                equal: &rename.equal,
                moved_block: &rename.moved_block,
            }),
            shift: links
                .shift
                .as_ref()
                .map(|shift| ShiftInput { other: shift.other.as_str(), attribute: &shift.attribute }),
        }
    }
}

impl<'a> IdentityInput<'a> {
    fn new(identity: &'a Identity) -> Self {
        Self { address: identity.address.as_str(), deposed: identity.deposed.as_deref() }
    }
}

impl<'a> CauseInput<'a> {
    fn new(cause: &'a Cause) -> Self {
        Self {
            address: cause.identity.address.as_str(),
            deposed: cause.identity.deposed.as_deref(),
            verb: cause.action.verb(),
            verb_class: verb_class(cause.action).as_str(),
            origin: cause.origin,
            attribute: cause.attribute.as_deref(),
            replaced_by: cause.replaced_by.iter().map(AttributeInput::new).collect(),
        }
    }
}

impl<'a> ContainerInput<'a> {
    fn new(container: &'a Container) -> Self {
        Self {
            address: container.identity.address.as_str(),
            deposed: container.identity.deposed.as_deref(),
            attribute: &container.attribute,
            known_by: container.known_by.as_str(),
            indirect: container.indirect,
            kept: container.kept,
        }
    }
}

impl<'a> TakesInput<'a> {
    fn new(takes: &'a Takes) -> Self {
        Self { objects: takes.objects, stores: takes.stores, first_stores: addresses(&takes.first_stores) }
    }
}

impl<'a> DependentsInput<'a> {
    fn new(dependents: &'a Dependents) -> Self {
        Self {
            direct: dependents.direct,
            all: dependents.all,
            stores: dependents.stores,
            first_direct: addresses(&dependents.first_direct),
            first_stores: addresses(&dependents.first_stores),
            at_least: dependents.at_least,
        }
    }
}

impl<'a> ReferrersInput<'a> {
    fn new(referrers: &'a Referrers) -> Self {
        Self {
            all: referrers.all,
            surviving: referrers.surviving,
            first: referrers.first.iter().map(ReferrerInput::new).collect(),
        }
    }
}

impl<'a> ReferrerInput<'a> {
    fn new(referrer: &'a Referrer) -> Self {
        Self {
            address: referrer.identity.address.as_str(),
            deposed: referrer.identity.deposed.as_deref(),
            attribute: referrer.attribute.as_deref(),
            known_by: referrer.known_by.as_str(),
            certainty: referrer.certainty.as_str(),
            survives: referrer.survives,
        }
    }
}

fn addresses(addresses: &[Address]) -> Vec<&str> {
    addresses.iter().map(Address::as_str).collect()
}
