//! Policies: what their METADATA says and what their results mean.
//!
//! Must not know plans.

pub mod contract;
pub mod metadata;
