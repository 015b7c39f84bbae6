//! Policies: what is loaded and what it promises.

pub mod builtin;
