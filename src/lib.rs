//! plangate: a safety gate between `terraform plan` and `terraform apply`.
//!
//! Data flows one way: plan bytes → typed [`plan::Plan`] → facts → policies → evaluation →
//! findings → waivers → verdict → report. The library never prints, exits, reads the clock or
//! the environment; see ARCHITECTURE.md for the layers and who may use whom.
//!
//! ```
//! use plangate::gate::{self, PlanInput, PlanSource};
//! use plangate::verdict::Verdict;
//! use plangate::workspace::{self, Setup};
//!
//! // What the repository at `root` configures; one that does not exist has the built-in rules alone.
//! let stages = workspace::open(&Setup {
//!     root: "no-such-repository".into(),
//!     config: None,
//!     extra_policies: Vec::new(),
//!     decisions: Vec::new(),
//!     extra_data: Vec::new(),
//!     now: "2026-11-23T12:00:00Z".parse()?,
//!     threads: 1,
//!     rule_timeout: std::time::Duration::from_secs(30),
//!     context: None,
//!     environment: serde_json::Map::new(),
//!     expect: None,
//!     fail_on: None,
//!     sources: workspace::SourceSetup::default(),
//! })
//! .map_err(|problems| format!("{problems:?}"))?;
//!
//! let plan = br#"{"format_version": "1.2", "resource_changes": [{
//!     "address": "aws_s3_bucket.raw", "mode": "managed", "type": "aws_s3_bucket",
//!     "change": {"actions": ["delete"], "before": {}, "after": null}}]}"#;
//! let plan = PlanInput { name: "plan.json".to_owned(), source: PlanSource::Bytes(plan.to_vec()) };
//! let report = gate::check(&stages, vec![plan]);
//! assert_eq!(report.verdict, Verdict::Blocked);
//! assert_eq!(report.plans[0].findings[0].rule.as_str(), "stateful/destroy-data-store");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod address;
pub mod calibration;
pub mod catalog;
pub mod config;
pub mod data;
pub mod eval;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod gate;
pub mod graph;
pub mod io;
pub mod lint;
pub mod overlay;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod rego;
pub mod report;
pub mod scaffold;
pub mod selection;
pub mod source;
pub mod sources;
pub mod suggest;
pub mod testing;
pub mod text;
pub mod toml_file;
pub mod verdict;
pub mod waiver;
pub mod workspace;
