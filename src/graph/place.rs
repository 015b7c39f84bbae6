//! Where an object stands in the module tree, cut for look-ups.
//!
//! Owns the keys of the indexes the graph is built with. Must not know references.

use crate::address::{Address, Parts};
use crate::plan::segments::{Segment, segments};

/// The place of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Names and texts of the module instances around it, outermost first: `("a", "module.a[\"x\"]")`.
    modules: Vec<(String, String)>,
    /// The block: `aws_s3_bucket.raw`, `data.aws_ami.x`.
    pub(super) block: String,
    /// The instance key as it stands between the brackets.
    pub(super) key: Option<String>,
}

impl Place {
    /// `None` where the address is none this version can parse.
    pub(super) fn of(address: &Address) -> Option<Self> {
        let Parts { modules, kind, resource_type, name, key } = address.parts().ok()?;
        let key = key.map(|key| key.to_string().trim_start_matches('[').trim_end_matches(']').to_owned());
        Some(Self {
            modules: modules.iter().map(|step| (step.name.clone(), step.to_string())).collect(),
            block: format!("{}{resource_type}.{name}", kind.prefix()),
            key,
        })
    }

    /// The module instance it stands in, `""` for the root.
    pub(super) fn module(&self) -> String {
        self.prefix(self.modules.len())
    }

    /// The module instances around it, outermost first, each as (parent, name, itself).
    pub(super) fn modules(&self) -> impl Iterator<Item = (String, &str, String)> {
        (0..self.modules.len())
            .zip(&self.modules)
            .map(|(depth, (name, _))| (self.prefix(depth), name.as_str(), self.prefix(depth + 1)))
    }

    fn prefix(&self, depth: usize) -> String {
        let steps: Vec<&str> = self.modules.iter().take(depth).map(|(_, text)| text.as_str()).collect();
        steps.join(".")
    }

    /// What it is called from each module instance around it, itself included: see [`block_key`].
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        (0..=self.modules.len()).map(|depth| {
            let below = self.modules.iter().skip(depth).flat_map(|(name, _)| ["module", name.as_str()]);
            let below: Vec<&str> = below.chain([self.block.as_str()]).collect();
            block_key(&self.prefix(depth), &below.join("."))
        })
    }

    /// The look-up key of a configuration address (absolute, no instance keys) as it is meant from here: modules both
    /// have in common are the same instances.
    pub(super) fn key_of(&self, config_address: &str) -> String {
        let target = segments(config_address);
        let mut rest = target.as_slice();
        let mut shared = 0;
        while let ([Segment { name: "module", .. }, called, tail @ ..], Some((name, _))) =
            (rest, self.modules.get(shared))
            && called.name == name
        {
            rest = tail;
            shared += 1;
        }
        let below: Vec<&str> = rest.iter().map(|segment| segment.name).collect();
        block_key(&self.prefix(shared), &below.join("."))
    }

    /// The block's address in the configuration: absolute, without instance keys.
    pub(super) fn config_module(&self) -> String {
        let names: Vec<String> = self.modules.iter().map(|(name, _)| format!("module.{name}")).collect();
        names.join(".")
    }
}

/// The look-up key of a block, or of modules and a block, seen from a module instance.
pub(super) fn block_key(module: &str, block: &str) -> String {
    format!("{module}|{block}")
}

/// A module instance one step further in.
pub(super) fn within(module: &str, step: &str) -> String {
    if module.is_empty() { step.to_owned() } else { format!("{module}.{step}") }
}
