//! `configuration` as it is written (Terraform `internal/command/jsonconfig`), into [`Configuration`].
//!
//! Every shape is tolerated below the modules: it explains, it never decides. Constants are validated and dropped.

use std::sync::Arc;

use serde::de::{MapAccess, SeqAccess};

use super::KeyNames;
use super::fields::{List, Named, Part, SharedTexts, Words};
use super::state::is_managed;
use crate::plan::configuration::{ConfigModule, ConfigResource, ModuleCall, ProviderConfig, References};
use crate::plan::json::keep::KeepNamed;
use crate::plan::json::read::{Failure, Item, Kind, Loader, Scalar, Target, read_item};
use crate::plan::sink::DocumentSink;
use crate::plan::{Configuration, Value};

/// Declares a target that is an object or `null`, with some keys read.
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

/// `configuration`.
#[derive(Debug, Default)]
pub(super) struct RawConfiguration {
    root: RawModule,
    providers: Named<RawProvider>,
    present: bool,
}

#[derive(Debug, Default)]
struct RawModule {
    resources: List<Block>,
    calls: Named<Call>,
    outputs: Named<Output>,
    variables: KeyNames,
}

#[derive(Debug, Default)]
struct Block {
    address: Words,
    mode: Words,
    provider_config_key: Words,
    expressions: Expressions,
    count: Expression,
    for_each: Expression,
    depends_on: SharedTexts,
}

#[derive(Debug, Default)]
struct Call {
    arguments: Expressions,
    count: Expression,
    for_each: Expression,
    depends_on: SharedTexts,
    module: RawModule,
}

#[derive(Debug, Default)]
struct Output {
    expression: Expression,
}

#[derive(Debug, Default)]
struct RawProvider {
    name: Words,
    full_name: Words,
    expressions: Value,
}

object!(RawModule {
    "resources" => resources,
    "module_calls" => calls,
    "outputs" => outputs,
    "variables" => variables,
});
object!(Block {
    "address" => address,
    "mode" => mode,
    "provider_config_key" => provider_config_key,
    "expressions" => expressions,
    "count_expression" => count,
    "for_each_expression" => for_each,
    "depends_on" => depends_on,
});
object!(Call {
    "expressions" => arguments,
    "count_expression" => count,
    "for_each_expression" => for_each,
    "depends_on" => depends_on,
    "module" => module,
});
object!(Output { "expression" => expression });

impl<'de, S: DocumentSink> Target<'de, S> for RawConfiguration {
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
            "root_module" => loader.read(map, &mut self.root),
            "provider_config" if !loader.provider_settings.is_empty() => loader.read(map, &mut self.providers),
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        self.present = true;
        Ok(())
    }
}

impl RawConfiguration {
    /// `None` where the key is `null`.
    pub(super) fn finish(self) -> Option<Configuration> {
        let declares_variables = !self.root.variables.0.is_empty();
        let (root, managed_resources) = self.root.finish();
        let providers = self.providers.into_vec().into_iter();
        let providers = providers.map(|(key, provider)| ProviderConfig { key: key.into(), ..provider }).collect();
        self.present.then_some(Configuration { managed_resources, declares_variables, root, providers })
    }
}

impl RawModule {
    /// The module, and how many managed resources it and what it calls declare.
    fn finish(self) -> (ConfigModule, usize) {
        let blocks = self.resources.into_vec();
        let mut managed = blocks.iter().filter(|(managed, _)| *managed).count();
        let mut calls = Vec::new();
        for (name, (call, within)) in self.calls.into_vec() {
            managed += within;
            calls.push((name.into(), call));
        }
        let outputs = self.outputs.into_vec().into_iter().map(|(name, references)| (name.into(), references)).collect();
        let resources = blocks.into_iter().map(|(_, block)| block).collect();
        (ConfigModule { resources, calls, outputs, locals: Vec::new() }, managed)
    }
}

impl Part for Block {
    type Of = (bool, ConfigResource);

    /// With whether it declares a managed resource.
    fn finish(self) -> Self::Of {
        let managed = is_managed(self.mode.0.as_deref(), self.address.0.as_deref().unwrap_or_default());
        let block = ConfigResource {
            address: self.address.0.unwrap_or_default().into(),
            provider_config_key: self.provider_config_key.0.map(Into::into),
            references: self.expressions.0,
            repetition: repetition(self.count, self.for_each),
            depends_on: self.depends_on.into(),
        };
        (managed, block)
    }
}

impl Part for Call {
    type Of = (ModuleCall, usize);

    fn finish(self) -> Self::Of {
        let (module, managed) = self.module.finish();
        let call = ModuleCall {
            arguments: self.arguments.0,
            repetition: repetition(self.count, self.for_each),
            depends_on: self.depends_on.into(),
            module,
        };
        (call, managed)
    }
}

fn repetition(count: Expression, for_each: Expression) -> References {
    count.references.into_iter().chain(for_each.references).collect()
}

impl Part for Output {
    type Of = References;

    fn finish(self) -> References {
        self.expression.references.into_boxed_slice()
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for RawProvider {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "name" => return loader.read(map, &mut self.name),
            "full_name" => return loader.read(map, &mut self.full_name),
            "expressions" => {}
            _ => return loader.skip(map),
        }
        let mut named = KeepNamed::new(&loader.provider_settings);
        let node = loader.read(map, &mut named)?;
        self.expressions = named.into_value();
        Ok(node)
    }
}

impl Part for RawProvider {
    type Of = ProviderConfig;

    fn finish(self) -> ProviderConfig {
        ProviderConfig {
            key: Arc::default(),
            name: self.name.0.map(Into::into),
            full_name: self.full_name.0.map(Into::into),
            expressions: self.expressions,
        }
    }
}

/// `expressions`: references by attribute, where there are any.
#[derive(Debug, Default)]
struct Expressions(Vec<(Arc<str>, References)>);

impl<'de, S: DocumentSink> Target<'de, S> for Expressions {
    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        let mut expression = Expression::default();
        let node = loader.read(map, &mut expression)?;
        if !expression.references.is_empty() {
            self.0.push((loader.shared(key), expression.references.into_boxed_slice()));
        }
        Ok(node)
    }
}

/// An expression, or blocks of them: `{"references": […]}`, `{"constant_value": …}`, or nested.
#[derive(Debug, Default)]
struct Expression {
    references: Vec<Arc<str>>,
    /// The elements are references.
    listing: bool,
    /// The element itself, if it is a string.
    text: Option<String>,
    /// The last element as written.
    last: String,
}

impl Expression {
    fn nested(listing: bool) -> Self {
        Self { listing, ..Self::default() }
    }

    /// Terraform writes each traversal from its most to its least specific form; only the first is kept.
    fn note<S: DocumentSink>(&mut self, loader: &mut Loader<'_, S>, text: String) {
        let shorter = self.last.strip_prefix(text.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']));
        if !shorter {
            self.references.push(loader.shared(&text));
        }
        self.last = text;
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for Expression {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        if let Scalar::String(text) = scalar {
            self.text = Some(text.to_owned());
        }
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        if key == "constant_value" {
            return loader.skip(map);
        }
        let mut inner = Self::nested(key == "references");
        let node = loader.read(map, &mut inner)?;
        self.references.append(&mut inner.references);
        Ok(node)
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let mut inner = Self::default();
        let node = read_item(loader, seq, &mut inner)?;
        if matches!(node, Item::Read(_)) {
            match inner.text.filter(|_| self.listing) {
                Some(text) => self.note(loader, text),
                None => self.references.append(&mut inner.references),
            }
        }
        Ok(node)
    }
}
