//! What must have a value for a statement with `not` to hold.
//!
//! OPA takes calls, and the references given to calls and literals, out of a statement before it negates it (`v1/ast/compile.go`,
//! `rewriteExprTerms`, `rewriteDynamicTerms`): where one has no value, neither has the statement. The engine negates the whole, so
//! that a helper with `not` would hold for what is absent, and a rule with `not helper` would be silent. Owns which expressions
//! these are; must not change text.

use super::ast::{AssignOp, BoolOp, Expr, Step};

/// The expressions of what stands behind `not` that OPA evaluates before it, in their order. `is_reference` tells names of rules,
/// imports and documents from variables.
pub(super) fn operands<'e>(expr: &'e Expr, is_reference: &dyn Fn(&str) -> bool) -> Vec<&'e Expr> {
    let mut finder = Finder { is_reference, found: Vec::new() };
    finder.statement(expr);
    finder.found
}

/// Whether an expression may have no value: it is more than constants, variables, comprehensions, and collections of these.
pub(super) fn may_be_undefined(expr: &Expr, is_reference: &dyn Fn(&str) -> bool) -> bool {
    let mut finder = Finder { is_reference, found: Vec::new() };
    finder.operand(expr);
    !finder.found.is_empty()
}

struct Finder<'e, 'f> {
    is_reference: &'f dyn Fn(&str) -> bool,
    found: Vec<&'e Expr>,
}

impl<'e> Finder<'e, '_> {
    /// What is negated itself: its own value may be absent.
    fn statement(&mut self, expr: &'e Expr) {
        match expr {
            Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } | Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
                self.side(lhs);
                self.side(rhs);
            }
            Expr::Call { params, .. } => params.iter().for_each(|param| self.operand(param)),
            Expr::BoolExpr { .. }
            | Expr::BinExpr { .. }
            | Expr::ArithExpr { .. }
            | Expr::UnaryExpr { .. }
            | Expr::Membership { .. } => expr.children().into_iter().for_each(|child| self.operand(child)),
            _ => self.side(expr),
        }
    }

    /// A reference here may be absent; what stands in its brackets may not.
    fn side(&mut self, expr: &'e Expr) {
        match expr {
            Expr::Var { .. } => {}
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                let (root, steps) = expr.reference();
                if !matches!(root, Expr::Var { .. }) {
                    self.operand(root);
                }
                for index in steps.iter().filter_map(Step::dynamic) {
                    self.operand(index);
                }
            }
            _ => self.operand(expr),
        }
    }

    fn operand(&mut self, expr: &'e Expr) {
        match expr {
            Expr::Var { value, .. } => {
                if (self.is_reference)(value) {
                    self.found.push(expr);
                }
            }
            Expr::Array { .. } | Expr::Set { .. } | Expr::Object { .. } => {
                expr.children().into_iter().for_each(|child| self.operand(child));
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            // A comprehension always has a value.
            | Expr::ArrayCompr { .. }
            | Expr::SetCompr { .. }
            | Expr::ObjectCompr { .. } => {}
            Expr::Call { .. }
            | Expr::UnaryExpr { .. }
            | Expr::RefDot { .. }
            | Expr::RefBrack { .. }
            | Expr::BinExpr { .. }
            | Expr::BoolExpr { .. }
            | Expr::ArithExpr { .. }
            | Expr::AssignExpr { .. }
            | Expr::Membership { .. } => self.found.push(expr),
        }
    }
}
