//! A second opinion on loaded rules: the compiler of the engine's virtual machine, used as a linter.
//!
//! It reports unknown functions and undefined variables that the interpreter finds only when the line runs. Nothing else it
//! says counts: it does not support all of Rego, and its programs are never run.

use regorus::Engine;
use regorus::languages::rego::compiler::Compiler;

use super::builtins;

/// What the compiler says of one rule: a message, the name it does not know, and the place as file and byte offsets.
pub(super) struct Finding {
    pub(super) message: String,
    pub(super) name: String,
    pub(super) at: Option<(String, usize, usize)>,
}

/// Prepares the engine, which holds all modules, and compiles each of `rules`.
///
/// # Errors
/// The engine's rendered error when it cannot prepare the modules at all.
pub(super) fn lint(engine: &mut Engine, rules: &[String]) -> Result<Vec<Finding>, String> {
    // Prepares the modules; the query itself touches none of them.
    engine.eval_bool_query("true".to_owned(), false).map_err(|error| error.to_string())?;
    // Rules with a variable in the middle of their head are no entry points.
    let Some(policy) = rules.iter().find_map(|rule| engine.compile_with_entrypoint(&rule.as_str().into()).ok()) else {
        return Ok(Vec::new());
    };
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
        let name = message.split('\'').nth(1).unwrap_or_default().to_owned();
        findings.push(Finding { message, name, at });
    }
    Ok(findings)
}
