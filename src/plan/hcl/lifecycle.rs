//! What a block says of the life of its objects.

use std::sync::Arc;

use super::Spot;
use super::syntax::{Attribute, Block, Body};

/// A setting that is a truth value, or an expression that nobody has evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value; `None` of an expression.
    pub value: Option<bool>,
    /// Where it is written.
    pub spot: Spot,
}

impl Setting {
    /// Whether it holds, or may.
    #[must_use]
    pub const fn may_hold(&self) -> bool {
        !matches!(self.value, Some(false))
    }

    /// `true`, `false`, or `expression`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self.value {
            Some(true) => "true",
            Some(false) => "false",
            None => "expression",
        }
    }
}

/// Names that a setting lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As written; `all` alone stands for everything.
    pub names: Vec<Arc<str>>,
    /// Where it is written.
    pub spot: Spot,
}

/// `lifecycle`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Terraform refuses every plan that destroys the object, as long as the block is there.
    pub prevent_destroy: Option<Setting>,
    /// The new object is made before the old one is destroyed.
    pub create_before_destroy: Option<Setting>,
    /// `false`: the object is forgotten, not destroyed (`removed` blocks; `OpenTofu` 1.12, Terraform 1.16).
    pub destroy: Option<Setting>,
    /// Attributes whose changes are not planned.
    pub ignore_changes: Option<Listed>,
    /// What replaces the object when it changes.
    pub replace_triggered_by: Option<Listed>,
}

/// A provisioner that runs before the object is destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyProvisioner {
    /// `local-exec`, `remote-exec`, `file`.
    pub kind: Arc<str>,
    /// Its failure does not stop the apply.
    pub continues: bool,
    /// Where it is written.
    pub spot: Spot,
}

impl Lifecycle {
    pub(super) fn of(body: &Body) -> Self {
        let mut lifecycle = Self::default();
        for block in body.blocks("lifecycle") {
            for attribute in &block.body.attributes {
                lifecycle.read(attribute);
            }
        }
        lifecycle
    }

    fn read(&mut self, attribute: &Attribute) {
        let setting = || {
            let value = attribute.expr.truth();
            (!attribute.expr.is_null()).then(|| Setting { value, spot: attribute.spot.clone() })
        };
        let listed = || Some(Listed { names: attribute.expr.words(), spot: attribute.spot.clone() });
        match &*attribute.name {
            "prevent_destroy" => self.prevent_destroy = setting(),
            "create_before_destroy" => self.create_before_destroy = setting(),
            "destroy" => self.destroy = setting(),
            "ignore_changes" => self.ignore_changes = listed(),
            "replace_triggered_by" => self.replace_triggered_by = listed(),
            _ => {}
        }
    }
}

/// The provisioners of a block with `when = destroy`. What `when` cannot be read as counts as one.
pub(super) fn destroy_provisioners(body: &Body) -> Vec<DestroyProvisioner> {
    let is_one = |block: &&Block| {
        block.body.attribute("when").is_some_and(|when| when.expr.word().is_none_or(|word| word != "create"))
    };
    body.blocks("provisioner")
        .filter(is_one)
        .map(|block| DestroyProvisioner {
            kind: block.labels.first().cloned().unwrap_or_default(),
            continues: block.body.attribute("on_failure").is_some_and(|on| on.expr.word() == Some("continue")),
            spot: block.spot.clone(),
        })
        .collect()
}
