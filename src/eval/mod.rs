//! Evaluation of policies over a plan.

#[cfg(test)]
mod dump_tmp;
pub mod input;
