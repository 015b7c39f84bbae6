//! Evaluation of policies over a plan.

pub mod input;
