//! From an address to the place in the sources that it comes from.

use super::module::header;
use super::syntax::Block;
use super::{Module, SourceBlock, Sources, Spot, child_key};
use crate::address::{Address, Parts};

/// What a place is to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlacedAt {
    /// The block of the resource.
    Resource,
    /// The call of its module: the block is gone from it, or the module is not at hand.
    ModuleCall,
    /// The `removed` block that lets go of it, or destroys it.
    RemovedBlock,
    /// Nowhere: the configuration has neither its block nor a call of its module.
    Removed,
}

/// Where an address comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<'a> {
    /// What the place is to the address.
    pub at: PlacedAt,
    /// The place; `None` of what is nowhere.
    pub spot: Option<&'a Spot>,
    /// First line of the block there.
    pub header: Option<String>,
    /// The resource block, where that is the place.
    pub block: Option<&'a SourceBlock>,
}

impl Sources {
    /// Where an address comes from; `None` where nobody can tell: it cannot be parsed, or a part of the sources that
    /// might have it could not be read.
    #[must_use]
    pub fn locate(&self, address: &Address) -> Option<Placed<'_>> {
        let parts = address.parts().ok()?;
        let mut around = vec![self.module("")?];
        let mut nearest = None;
        let mut key = String::new();
        for step in &parts.modules {
            let Some(call) = around.last()?.call_block(&step.name) else { return gone(&around, &parts, nearest) };
            nearest = Some(call);
            key = child_key(&key, &step.name);
            match self.module(&key) {
                Some(inner) => around.push(inner),
                // The module is not at hand: its call is all there is.
                None => return Some(placed(PlacedAt::ModuleCall, call)),
            }
        }
        match around.last()?.content().blocks.get(&relative(&parts)) {
            Some(block) => Some(Placed {
                at: PlacedAt::Resource,
                spot: Some(&block.spot),
                header: Some(block.header.clone()),
                block: Some(block),
            }),
            None => gone(&around, &parts, nearest),
        }
    }

    /// The block of a resource, where it is known that there is one.
    #[must_use]
    pub fn block(&self, address: &Address) -> Option<&SourceBlock> {
        self.locate(address)?.block
    }

    /// Whether the block of an address would have been found if there were one: its module, and all files of it and of
    /// the modules around it, could be read.
    #[must_use]
    pub fn is_known(&self, address: &Address) -> bool {
        let Ok(parts) = address.parts() else { return false };
        let Some(mut module) = self.module("") else { return false };
        let mut key = String::new();
        for step in &parts.modules {
            if module.call_block(&step.name).is_none() {
                return module.unparsed.is_empty();
            }
            key = child_key(&key, &step.name);
            match self.module(&key) {
                Some(inner) => module = inner,
                None => return false,
            }
        }
        module.unparsed.is_empty() || module.content().blocks.contains_key(&relative(&parts))
    }
}

/// Where what has no block comes from: `around` are the modules that lead to it, as far as there are any, and `nearest` is
/// the last call on the way.
fn gone<'a>(around: &[&'a Module], parts: &Parts, nearest: Option<&'a Block>) -> Option<Placed<'a>> {
    if around.last().is_some_and(|module| !module.unparsed.is_empty()) {
        return None;
    }
    // A `removed` block may stand in every module around it.
    for (at, module) in around.iter().enumerate().rev() {
        let modules = parts.modules.get(at..).unwrap_or_default().to_vec();
        let inner = Parts { modules, ..parts.clone() }.without_keys().to_string();
        if let Some(block) = module.removed_block(&inner) {
            return Some(placed(PlacedAt::RemovedBlock, block));
        }
    }
    Some(match nearest {
        Some(call) => placed(PlacedAt::ModuleCall, call),
        None => Placed { at: PlacedAt::Removed, spot: None, header: None, block: None },
    })
}

fn placed(at: PlacedAt, block: &Block) -> Placed<'_> {
    Placed { at, spot: Some(&block.spot), header: Some(header(block)), block: None }
}

/// The address within its module, without its key.
fn relative(parts: &Parts) -> String {
    format!("{}{}.{}", parts.kind.prefix(), parts.resource_type, parts.name)
}
