//! plangate: a safety gate between `terraform plan` and `terraform apply`.
//!
//! Data flows one way: plan bytes → typed [`plan::Plan`] → facts → policies → evaluation →
//! findings → waivers → verdict → report. The library never prints, exits, reads the clock or
//! the environment; see ARCHITECTURE.md for the layers and who may use whom.

pub mod address;
pub mod catalog;
pub mod config;
pub mod eval;
pub mod facts;
pub mod finding;
pub mod gate;
pub mod io;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod rego;
pub mod report;
pub mod source;
pub mod suggest;
pub mod text;
pub mod toml_file;
pub mod verdict;
pub mod waiver;
pub mod workspace;
