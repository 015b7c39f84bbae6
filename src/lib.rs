//! plangate: a safety gate between `terraform plan` and `terraform apply`.
//!
//! Data flows one way: plan bytes → typed [`plan::Plan`] → facts → policies → evaluation →
//! findings → waivers → verdict → report. The library never prints, exits, reads the clock or
//! the environment; see ARCHITECTURE.md for the layers and who may use whom.

pub mod address;
pub mod finding;
pub mod io;
pub mod plan;
pub mod problem;
pub mod rego;
pub mod source;
pub mod text;
