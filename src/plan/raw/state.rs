//! `prior_state`: which instances exist, on what they depend, and what identifies them; and how many resources
//! `planned_values` has.

use serde::de::{MapAccess, SeqAccess};

use super::fields::{Index, List, Part, SharedTexts, Words};
use super::others::too_deep;
use crate::address::Address;
use crate::plan::json::keep::KeepNamed;
use crate::plan::json::read::{Failure, Item, Kind, Loader, Target, read_item, skip_item};
use crate::plan::segments::{is_too_deep, mode_of, resource_part, segments};
use crate::plan::sink::DocumentSink;
use crate::plan::{Mode, PriorInstance, Shadow, Value};

/// Declares a target that is an object (or `null`, or anything, which counts as empty) with some keys read.
macro_rules! object {
    ($target:ident { $($key:literal => $field:tt),+ $(,)? }) => {
        impl<'de, S: DocumentSink> Target<'de, S> for $target {
            const WHAT: &'static str = "an object";

            fn accepts(&self, kind: Kind) -> bool {
                matches!(kind, Kind::Map | Kind::Null)
            }

            fn field<A: MapAccess<'de>>(
                &mut self,
                loader: &mut Loader<'de, S>,
                key: &str,
                map: &mut A,
            ) -> Result<Option<S::Node>, A::Error> {
                match key {
                    $($key => loader.read(map, &mut self.$field),)+
                    _ => loader.skip(map),
                }
            }
        }
    };
}

/// `prior_state`.
#[derive(Debug, Default)]
pub(super) struct PriorState {
    values: Values,
}

/// `prior_state.values`.
#[derive(Debug, Default)]
struct Values {
    root_module: Module,
}

/// A module of the state (Terraform `internal/command/jsonstate/state.go`).
#[derive(Debug, Default)]
struct Module {
    address: Words,
    resources: List<Instance>,
    child_modules: List<Module>,
}

/// A resource instance of the state.
#[derive(Debug, Default)]
struct Instance {
    address: Words,
    mode: Words,
    resource_type: Words,
    index: Index,
    deposed: Words,
    depends_on: SharedTexts,
    values: Value,
    sensitive: Value,
}

object!(PriorState { "values" => values });
object!(Values { "root_module" => root_module });
object!(Module { "address" => address, "resources" => resources, "child_modules" => child_modules });

impl<'de, S: DocumentSink> Target<'de, S> for Instance {
    const WHAT: &'static str = "an object";

    fn accepts(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Map | Kind::Null)
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "address" => loader.read(map, &mut self.address),
            "mode" => loader.read(map, &mut self.mode),
            "type" => loader.read(map, &mut self.resource_type),
            "index" => loader.read(map, &mut self.index),
            "deposed_key" | "deposed" => loader.read(map, &mut self.deposed),
            "depends_on" => loader.read(map, &mut self.depends_on),
            "values" | "sensitive_values" if !loader.identifying.is_empty() => {
                let mut named = KeepNamed::new(&loader.identifying);
                let node = loader.read(map, &mut named)?;
                *(if key == "values" { &mut self.values } else { &mut self.sensitive }) = named.into_value();
                Ok(node)
            }
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        if self.address.0.as_deref().is_some_and(is_too_deep) { Err(too_deep()) } else { Ok(()) }
    }
}

impl From<PriorState> for Option<Vec<PriorInstance>> {
    fn from(state: PriorState) -> Self {
        Some(state.values.root_module.finish())
    }
}

impl Part for Module {
    type Of = Vec<PriorInstance>;

    fn finish(self) -> Vec<PriorInstance> {
        let module = self.address.0.unwrap_or_default();
        let own = self.resources.into_vec().into_iter().flatten();
        let mut all: Vec<_> =
            own.map(|instance| PriorInstance { address: within(&module, &instance.address), ..instance }).collect();
        all.extend(self.child_modules.into_vec().into_iter().flatten());
        all
    }
}

/// The absolute address: Terraform 0.12 wrote those of the state relative to the module.
fn within(module: &str, address: &Address) -> Address {
    let is_absolute =
        module.is_empty() || address.as_str().strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
    if is_absolute { address.clone() } else { Address::new(format!("{module}.{address}")) }
}

impl Part for Instance {
    type Of = Option<PriorInstance>;

    /// `None` for a data source, and for an entry without address.
    fn finish(self) -> Option<PriorInstance> {
        let mut address = self.address.0?;
        let managed = is_managed(self.mode.0.as_deref(), &address);
        // Terraform 0.12 left the key off.
        if let Some(index) = self.index.0
            && segments(&address).last().is_some_and(|last| last.key.is_none())
        {
            address.push_str(&index);
        }
        managed.then(|| PriorInstance {
            resource_type: self.resource_type.0.unwrap_or_else(|| resource_part(&address).resource_type.to_owned()),
            address: Address::new(address),
            deposed: self.deposed.0,
            depends_on: self.depends_on.into(),
            values: self.values,
            sensitive: match self.sensitive {
                Value::Null => Shadow::default(),
                mask => Shadow::new(mask),
            },
        })
    }
}

/// Whether a resource, by mode and address, is neither data source nor ephemeral.
pub(super) fn is_managed(mode: Option<&str>, address: &str) -> bool {
    !matches!(mode_of(mode, address), Mode::Data | Mode::Ephemeral)
}

/// `planned_values`, for one question: are there resources in it? Any shape goes.
#[derive(Debug, Default)]
pub(super) struct PlannedValues {
    pub(super) resources: usize,
}

impl<'de, S: DocumentSink> Target<'de, S> for PlannedValues {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "root_module" | "child_modules" => loader.read(map, self),
            "resources" => {
                let mut items = Items(0);
                let node = loader.read(map, &mut items)?;
                self.resources += items.0;
                Ok(node)
            }
            _ => loader.skip(map),
        }
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        read_item(loader, seq, self)
    }
}

/// How many items an array has.
#[derive(Debug)]
struct Items(usize);

impl<'de, S: DocumentSink> Target<'de, S> for Items {
    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let item = skip_item(loader, seq)?;
        self.0 += usize::from(matches!(item, Item::Read(_)));
        Ok(item)
    }
}
