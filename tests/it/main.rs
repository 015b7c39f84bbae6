//! The integration tests: one binary, one harness.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails; helpers outside #[test] functions are tests too"
)]

mod audit;
mod calibration;
mod cases;
mod catalog;
mod cli;
mod conventions;
mod crosscheck;
mod data;
mod expectations;
mod explain;
mod harness;
mod layering;
mod lint;
mod notable;
mod one_input;
mod parameters;
mod policy_new;
mod presets;
mod process;
mod projection;
mod properties;
mod ptest;
mod readme;
mod reports;
mod repositories;
mod rule_pages;
mod saved_plan;
mod schemas;
mod sources;
mod trace;
