//! Whether a module has the word `plangate` where it can be a key of the input.
//!
//! A rule of the repository may yield `{"msg": …, "plangate": {…}}` and walk the input all the same: that key is no reason to
//! attach `input.plangate`. Counts too much rather than too little.

use super::ast::{AssignOp, Expr, Head, Literal, Query, Rule, Step};

/// The key.
pub(super) const KEY: &str = "plangate";

/// Whether some rule has the word as a step of a reference, as a string, or as a key that takes a value apart.
pub(super) fn mentions(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| match rule {
        Rule::Default { value, .. } => expr(value, false),
        Rule::Spec { head, bodies, .. } => {
            let head = match head {
                Head::Compr { refr, assign, .. } => {
                    steps(refr) || assign.as_ref().is_some_and(|assign| expr(&assign.value, false))
                }
                Head::Set { key, .. } => key.as_ref().is_some_and(|key| expr(key, false)),
                Head::Func { args, assign, .. } => {
                    args.iter().any(|arg| expr(arg, true))
                        || assign.as_ref().is_some_and(|assign| expr(&assign.value, false))
                }
            };
            head || bodies
                .iter()
                .any(|body| query(&body.query) || body.assign.as_ref().is_some_and(|assign| expr(&assign.value, false)))
        }
    })
}

/// The computed steps of a rule's head.
fn steps(refr: &Expr) -> bool {
    let (_, steps) = refr.reference();
    steps.iter().filter_map(Step::dynamic).any(|step| expr(step, false))
}

fn query(of: &Query) -> bool {
    of.stmts.iter().any(|stmt| {
        let replaced = stmt.with_mods.iter().any(|with| expr(&with.refr, false) || expr(&with.r#as, false));
        replaced
            || match &stmt.literal {
                Literal::SomeVars { .. } => false,
                Literal::SomeIn { key, value, collection } => {
                    key.iter().chain([value]).any(|pattern| expr(pattern, true)) || expr(collection, false)
                }
                Literal::Expr { expr: stmt } | Literal::NotExpr { expr: stmt } => expr(stmt, false),
                Literal::Every { domain, query: inner, .. } => expr(domain, false) || query(inner),
            }
    })
}

/// `pattern`: the keys of an object here say what is read.
fn expr(at: &Expr, pattern: bool) -> bool {
    match at {
        Expr::String { value, .. } | Expr::RawString { value, .. } => is_key(value),
        Expr::Var { .. } | Expr::Number { .. } | Expr::Bool { .. } | Expr::Null { .. } => false,
        Expr::Object { fields, .. } => fields.iter().any(|(_, key, value)| {
            let result = !pattern && matches!(key, Expr::String { .. } | Expr::RawString { .. });
            (!result && expr(key, pattern)) || expr(value, pattern)
        }),
        Expr::RefDot { refr, field, .. } => {
            let (root, _) = refr.reference();
            let package = matches!(root, Expr::Var { value, .. } if value == "data");
            (!package && field.1.as_str() == Some(KEY)) || expr(refr, pattern)
        }
        Expr::AssignExpr { op, lhs, rhs, .. } => expr(lhs, true) || expr(rhs, matches!(op, AssignOp::Eq)),
        // The last argument of a call may take its result apart.
        Expr::Call { fcn, params, .. } => expr(fcn, false) || params.iter().any(|param| expr(param, true)),
        _ => match at.comprehension() {
            Some((inner, outputs)) => query(inner) || outputs.into_iter().any(|output| expr(output, false)),
            None => at.children().into_iter().any(|child| expr(child, pattern)),
        },
    }
}

/// The key, alone or as the first step of a JSON path.
fn is_key(text: &str) -> bool {
    let path = text.strip_prefix('/').unwrap_or(text);
    path.strip_prefix(KEY).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
