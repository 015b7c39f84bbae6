//! A second opinion on loaded rules: the compiler of the engine's virtual machine, used as a linter.
//!
//! It reports unknown functions and undefined variables that the interpreter finds only when the line runs. Nothing else it
//! says counts: it does not support all of Rego, and its programs are never run.

use regorus::Engine;
use regorus::languages::rego::compiler::Compiler;

use super::builtins;

/// What the compiler says of one rule: a message and the place as file and byte offsets.
pub(super) struct Finding {
    pub(super) message: String,
    pub(super) at: Option<(String, usize, usize)>,
}

/// Prepares the engine, which holds all modules, by way of `any` rule of theirs, and compiles each of `rules`.
///
/// # Errors
/// The engine's rendered error when it cannot prepare the modules at all.
pub(super) fn lint(engine: &mut Engine, any: Option<&str>, rules: &[String]) -> Result<Vec<Finding>, String> {
    let Some(first) = any else { return Ok(Vec::new()) };
    let policy = engine.compile_with_entrypoint(&first.into()).map_err(|error| error.to_string())?;
    let ours: Vec<(&str, usize)> = builtins::ours().collect();
    let mut findings = Vec::new();
    for rule in rules {
        let Err(error) = Compiler::compile_from_policy_with_host_await(&policy, &[rule], &ours) else { continue };
        let message = error.error.to_string();
        let kind = message.split_once(':').map(|(kind, _)| kind);
        if !matches!(kind, Some("Undefined variable" | "Unknown function")) {
            continue;
        }
        let at = error.span.map(|span| {
            let place = |at: u32| usize::try_from(at).unwrap_or_default();
            (span.source.get_path().clone(), place(span.start), place(span.end))
        });
        findings.push(Finding { message, at });
    }
    Ok(findings)
}
