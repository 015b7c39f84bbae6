//! The integration tests: one binary, one harness.

mod cases;
mod cli;
mod expectations;
mod harness;
mod layering;
mod properties;
mod readme;
mod repositories;
mod schemas;
