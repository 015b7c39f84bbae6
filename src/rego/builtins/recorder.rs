//! What our own builtins say about errors while a rule runs on this thread.
//!
//! An extension cannot see whether the engine is strict and its error always ends the evaluation (regorus
//! `src/interpreter.rs`, `eval_call_impl`), so the mode stands beside it, per thread: a job never changes threads.

use std::cell::RefCell;

/// Begin of the message of an error that ends the rule in both modes.
const LIMIT: &str = "limit exceeded: ";
/// Most errors kept of one run; the rest would say the same.
const MAX_RECORDED: usize = 1_000;

#[derive(Default)]
struct State {
    lax: bool,
    errors: Vec<String>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Starts recording on this thread.
pub(in crate::rego) fn start(strict: bool) {
    STATE.with_borrow_mut(|state| *state = State { lax: !strict, errors: Vec::new() });
}

/// Ends recording: the errors of a lax run, in the order they happened.
pub(in crate::rego) fn stop() -> Vec<String> {
    STATE.with_borrow_mut(|state| std::mem::take(state).errors)
}

/// Whether the error goes on (strict) or was recorded and counts as undefined (lax).
pub(in crate::rego) fn raise(message: &str) -> bool {
    STATE.with_borrow_mut(|state| {
        if state.lax && state.errors.len() < MAX_RECORDED {
            state.errors.push(message.to_owned());
        }
        !state.lax
    })
}

/// The message of an error that ends the rule in both modes.
pub(in crate::rego) fn limit(message: &str) -> String {
    format!("{LIMIT}{message}")
}

/// Whether a message was made by [`limit`].
pub(in crate::rego) fn is_limit(message: &str) -> bool {
    message.contains(LIMIT)
}
