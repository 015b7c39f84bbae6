//! `change` of a resource or output as it is written.
//!
//! Of quiet entries only identifying values are built: Terraform writes `actions` before them. In a document that has
//! another order all are built, and the others dropped when the object is complete.

use serde::de::{MapAccess, SeqAccess};

use super::fields::{List, Part, Words};
use crate::plan::json::KeepValues;
use crate::plan::json::keep::{Keep, KeepNamed, Names};
use crate::plan::json::read::{Failure, Item, Kind, Loader, Scalar, Target, read_item};
use crate::plan::sink::DocumentSink;
use crate::plan::value::{Number, Value};
use crate::plan::{Action, AttributePath, Change, Importing, Mode, PathStep, Shadow, Stated};

/// The change of an output.
#[derive(Debug, Default)]
pub(super) struct Output(RawChange);

impl<'de, S: DocumentSink> Target<'de, S> for Output {
    const WHAT: &'static str = "an output change (an object)";

    fn accepts(&self, kind: Kind) -> bool {
        kind == Kind::Map
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        self.0.field(loader, key, map)
    }

    fn close(&mut self, loader: &Loader<'de, S>, kind: Kind) -> Result<(), Failure> {
        self.0.close(loader, kind)
    }
}

impl Part for Output {
    type Of = Change;

    fn finish(self) -> Change {
        self.0.finish(&Mode::Managed)
    }
}

/// `change`.
#[derive(Debug, Default)]
pub(super) struct RawChange {
    pub(super) present: bool,
    actions: Option<Actions>,
    values: Values,
    before_stated: Stated,
    after_stated: Stated,
    replace_paths: List<PathList>,
    importing: Option<RawImporting>,
    generated_config: Presence,
}

/// A target, and whether what is read into it is there at all.
struct Noted<'t, T> {
    target: &'t mut T,
    stated: &'t mut Stated,
}

impl<'de, S: DocumentSink, T: Target<'de, S>> Target<'de, S> for Noted<'_, T> {
    const WHAT: &'static str = T::WHAT;

    fn accepts(&self, kind: Kind) -> bool {
        self.target.accepts(kind)
    }

    fn scalar(&mut self, scalar: Scalar<'_>) {
        *self.stated = if scalar.kind() == Kind::Null { Stated::Null } else { Stated::Value };
        self.target.scalar(scalar);
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        self.target.field(loader, key, map)
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        self.target.item(loader, seq)
    }

    fn close(&mut self, loader: &Loader<'de, S>, kind: Kind) -> Result<(), Failure> {
        *self.stated = Stated::Value;
        self.target.close(loader, kind)
    }
}

/// A value of which nothing is kept.
struct Dropped;

impl<S: DocumentSink> Target<'_, S> for Dropped {}

/// What the interest may leave out.
#[derive(Debug, Default)]
struct Values {
    before: Keep,
    after: Keep,
    after_unknown: Keep,
    before_sensitive: Keep,
    after_sensitive: Keep,
    before_identity: Keep,
    after_identity: Keep,
}

impl Values {
    fn place(&mut self, key: &str) -> Option<&mut Keep> {
        match key {
            "before" => Some(&mut self.before),
            "after" => Some(&mut self.after),
            "after_unknown" => Some(&mut self.after_unknown),
            "before_sensitive" => Some(&mut self.before_sensitive),
            "after_sensitive" => Some(&mut self.after_sensitive),
            "before_identity" => Some(&mut self.before_identity),
            "after_identity" => Some(&mut self.after_identity),
            _ => None,
        }
    }
}

impl Values {
    /// Where an identifying value of a quiet entry goes: the object as it is, and what of it is secret.
    fn identifying_place(&mut self, key: &str) -> Option<&mut Keep> {
        match key {
            "before" => Some(&mut self.before),
            "before_sensitive" => Some(&mut self.before_sensitive),
            _ => None,
        }
    }

    /// What is kept of a quiet entry whose values were read before its actions.
    fn identifying(self, names: &Names) -> Self {
        let only = |kept: Keep| Keep::of(names.only(kept.value));
        if names.is_empty() {
            return Self::default();
        }
        Self { before: only(self.before), before_sensitive: only(self.before_sensitive), ..Self::default() }
    }
}

impl RawChange {
    fn is_quiet(&self) -> bool {
        self.actions.as_ref().is_some_and(Actions::are_quiet)
    }

    fn keeps_values(&self, interest: KeepValues) -> bool {
        match interest {
            KeepValues::None => false,
            KeepValues::Changed => !self.is_quiet(),
            KeepValues::All => true,
        }
    }

    /// Reads what is kept of a quiet entry.
    fn read_identifying<'de, S: DocumentSink, A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        let mut unnoted = Stated::default();
        let stated = match key {
            "before" => &mut self.before_stated,
            "after" => &mut self.after_stated,
            _ => &mut unnoted,
        };
        match self.values.identifying_place(key) {
            Some(place) if !loader.identifying.is_empty() => {
                let mut named = KeepNamed::new(&loader.identifying);
                let node = loader.read(map, &mut Noted { target: &mut named, stated })?;
                *place = Keep::of(named.into_value());
                Ok(node)
            }
            _ if matches!(key, "before" | "after") => loader.read(map, &mut Noted { target: &mut Dropped, stated }),
            _ => loader.skip(map),
        }
    }

    pub(super) fn finish(self, mode: &Mode) -> Change {
        let actions = self.actions.unwrap_or_default();
        let values = self.values;
        Change {
            action: Action::read(&actions.words, mode),
            actions: actions.words,
            before: values.before.value,
            before_stated: self.before_stated,
            after_stated: self.after_stated,
            after: values.after.value,
            after_unknown: mask(values.after_unknown),
            before_sensitive: mask(values.before_sensitive),
            after_sensitive: mask(values.after_sensitive),
            replace_paths: self.replace_paths.into_vec(),
            importing: self.importing.map(RawImporting::finish),
            generated_config: self.generated_config.0,
            before_identity: identity(values.before_identity),
            after_identity: identity(values.after_identity),
        }
    }
}

/// A mask; `null` is none.
fn mask(kept: Keep) -> Shadow {
    match kept.value {
        Value::Null => Shadow::default(),
        mask => Shadow::new(mask),
    }
}

fn identity(kept: Keep) -> Option<Value> {
    Some(kept.value).filter(|value| *value != Value::Null)
}

impl<'de, S: DocumentSink> Target<'de, S> for RawChange {
    const WHAT: &'static str = "a change (an object)";

    fn accepts(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Map | Kind::Null)
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        let keeps = self.keeps_values(loader.values);
        match key {
            "actions" => loader.read(map, self.actions.get_or_insert_default()),
            "replace_paths" => loader.read(map, &mut self.replace_paths),
            "importing" => {
                let mut importing = RawImporting::default();
                let node = loader.read(map, &mut importing)?;
                self.importing = Some(importing).filter(|importing| importing.present);
                Ok(node)
            }
            "generated_config" => loader.read(map, &mut self.generated_config),
            "before" if keeps => {
                loader.read(map, &mut Noted { target: &mut self.values.before, stated: &mut self.before_stated })
            }
            "after" if keeps => {
                loader.read(map, &mut Noted { target: &mut self.values.after, stated: &mut self.after_stated })
            }
            key => match self.values.place(key) {
                Some(place) if keeps => loader.read(map, place),
                _ => self.read_identifying(loader, key, map),
            },
        }
    }

    fn close(&mut self, loader: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        self.present = true;
        if !self.keeps_values(loader.values) {
            self.values = std::mem::take(&mut self.values).identifying(&loader.identifying);
        }
        Ok(())
    }
}

/// `actions`; anything but an array leaves no words, which is an unknown action.
#[derive(Debug, Default)]
struct Actions {
    words: Vec<String>,
}

impl Actions {
    /// Whether the values are of no interest, whatever the mode is.
    fn are_quiet(&self) -> bool {
        matches!(self.words.as_slice(), [word] if word == "no-op" || word == "read")
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for Actions {
    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        let mut item = Keep::default();
        let node = read_item(loader, seq, &mut item)?;
        if matches!(node, Item::Read(_)) {
            self.words.push(match item.value {
                Value::String(word) => word.into_string(),
                // Whatever it is, it is shown nowhere: it may hold values.
                _ => "(not a word)".to_owned(),
            });
        }
        Ok(node)
    }
}

/// One of `replace_paths`.
#[derive(Debug, Default)]
struct PathList(List<Keep>);

impl<'de, S: DocumentSink> Target<'de, S> for PathList {
    const WHAT: &'static str = "a path (an array)";

    fn accepts(&self, kind: Kind) -> bool {
        kind == Kind::List
    }

    fn item<A: SeqAccess<'de>>(&mut self, loader: &mut Loader<'de, S>, seq: &mut A) -> Result<Item<S::Node>, A::Error> {
        self.0.item(loader, seq)
    }
}

impl Part for PathList {
    type Of = AttributePath;

    fn finish(self) -> AttributePath {
        let step = |value| match value {
            Value::String(key) => PathStep::Key(key.into()),
            Value::Number(Number::Int(index @ 0..)) => PathStep::Index(index.unsigned_abs()),
            other => PathStep::Key(other.to_string().into()),
        };
        AttributePath(self.0.into_vec().into_iter().map(step).collect())
    }
}

/// `importing`.
#[derive(Debug, Default)]
struct RawImporting {
    present: bool,
    id: Words,
    unknown: super::fields::Flag,
}

impl RawImporting {
    fn finish(self) -> Importing {
        Importing { id: self.id.0, unknown: self.unknown.0.unwrap_or(false) }
    }
}

impl<'de, S: DocumentSink> Target<'de, S> for RawImporting {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        self.present = scalar.kind() != Kind::Null;
    }

    fn field<A: MapAccess<'de>>(
        &mut self,
        loader: &mut Loader<'de, S>,
        key: &str,
        map: &mut A,
    ) -> Result<Option<S::Node>, A::Error> {
        match key {
            "id" => loader.read(map, &mut self.id),
            "unknown" => loader.read(map, &mut self.unknown),
            _ => loader.skip(map),
        }
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        self.present = true;
        Ok(())
    }
}

/// Whether there is a value at all.
#[derive(Debug, Default)]
struct Presence(bool);

impl<'de, S: DocumentSink> Target<'de, S> for Presence {
    fn scalar(&mut self, scalar: Scalar<'_>) {
        self.0 = !matches!(scalar, Scalar::Null | Scalar::Bool(false) | Scalar::String(""));
    }

    fn close(&mut self, _: &Loader<'de, S>, _: Kind) -> Result<(), Failure> {
        self.0 = true;
        Ok(())
    }
}
