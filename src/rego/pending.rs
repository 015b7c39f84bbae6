//! The engine that all jobs share, while a thread of its own still builds it.
//!
//! Whoever needs it waits for it. Must not build it.

use std::sync::LazyLock;

use regorus::Engine;

use crate::problem::Problem;

type Built = Result<Engine, Vec<Problem>>;

/// An engine that is there, or will be.
pub(super) struct Pending(LazyLock<Built, Box<dyn FnOnce() -> Built + Send>>);

impl Pending {
    /// What `wait` answers, which is asked once, by the first that needs the engine.
    pub(super) fn new(wait: impl FnOnce() -> Built + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(wait)))
    }

    /// The engine.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn get(&self) -> Result<&Engine, &[Problem]> {
        self.0.as_ref().map_err(Vec::as_slice)
    }
}

impl From<Engine> for Pending {
    fn from(engine: Engine) -> Self {
        Self::new(|| Ok(engine))
    }
}
