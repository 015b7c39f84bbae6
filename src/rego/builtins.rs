//! Builtins: which exist, with how many arguments, and those we replace.

pub(super) mod recorder;
