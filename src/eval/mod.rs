//! Evaluation of policies over a plan.

#[cfg(test)]
pub mod input;
