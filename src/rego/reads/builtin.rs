//! Builtins that do not use all of their arguments.
//!
//! Whatever is not named here uses all that is in its arguments.

use super::frame::Frame;
use super::interpreter::Interpreter;
use super::value::Value;
use crate::rego::ast::Expr;

/// A step of a path that a policy writes down.
enum Known {
    Key(String),
    Index,
}

impl<'a> Interpreter<'a> {
    pub(super) fn builtin(&mut self, frame: &mut Frame<'a>, name: &str, args: &'a [Expr]) -> Value {
        match (name, args) {
            ("object.get", [object, key, default]) => self.object_get(frame, object, key, default),
            ("json.filter", [object, paths]) => self.json_filter(frame, object, paths),
            ("count", [of]) => {
                let of = self.expr(frame, of);
                let iterated = self.iterated;
                self.element(&of);
                self.iterated = iterated;
                Value::scalar()
            }
            ("object.keys", [object]) => {
                let object = self.expr(frame, object);
                let iterated = self.iterated;
                self.element(&object);
                self.iterated = iterated;
                Value::set(object.keys())
            }
            (
                "is_array" | "is_boolean" | "is_null" | "is_number" | "is_object" | "is_set" | "is_string"
                | "type_name",
                [of],
            ) => {
                self.expr(frame, of);
                Value::scalar()
            }
            ("eq" | "equal" | "neq", [a, b]) => {
                let (a, b) = (self.expr(frame, a), self.expr(frame, b));
                self.compare(&a, &b);
                Value::scalar()
            }
            ("array.concat" | "object.union", [a, b]) => {
                let (a, b) = (self.expr(frame, a), self.expr(frame, b));
                let both = a.joined(b);
                self.bounded(both)
            }
            ("array.reverse" | "cast_array" | "cast_object", [of]) => self.expr(frame, of),
            ("array.slice", [of, from, to]) => {
                self.used(frame, [from, to]);
                self.expr(frame, of)
            }
            ("walk", _) => {
                self.iterated = true;
                self.used(frame, args)
            }
            _ => self.used(frame, args),
        }
    }

    fn object_get(&mut self, frame: &mut Frame<'a>, object: &'a Expr, key: &'a Expr, default: &'a Expr) -> Value {
        let object = self.expr(frame, object);
        let mut found = self.expr(frame, default);
        // What is read stands in the path, not in the call around it.
        let around = std::mem::replace(&mut self.place, (frame.module, key.span()));
        self.got(frame, &object, key, &mut found);
        self.place = around;
        self.bounded(found)
    }

    /// Adds what stands at this path of an object.
    fn got(&mut self, frame: &mut Frame<'a>, object: &Value, key: &'a Expr, found: &mut Value) {
        if let Expr::Array { items, .. } = key {
            let steps: Option<Vec<Known>> = items.iter().map(|item| self.known(frame, item)).collect();
            let Some(steps) = steps else {
                self.used(frame, items);
                self.consume(object);
                *found = Value::anything();
                return;
            };
            let names = steps.iter().map_while(|step| match step {
                Known::Key(key) => Some(key.clone()),
                Known::Index => None,
            });
            self.ask_below(object, &names.collect::<Vec<_>>());
            found.join(self.follow(object, &steps));
            return;
        }
        let key = self.expr(frame, key);
        match key.constants().filter(|keys| !keys.is_empty()).cloned() {
            Some(keys) => {
                for key in keys {
                    self.ask_below(object, std::slice::from_ref(&key));
                    found.join(self.key(object, &key));
                }
            }
            // A path in a variable may lead anywhere.
            None if key.is_scalar() => found.join(self.computed(object)),
            None => {
                self.consume(&key);
                self.consume(object);
                found.join(Value::anything());
            }
        }
    }

    fn json_filter(&mut self, frame: &mut Frame<'a>, object: &'a Expr, paths: &'a Expr) -> Value {
        let (Expr::Array { items, .. } | Expr::Set { items, .. }) = paths else {
            return self.used(frame, [object, paths]);
        };
        let known: Option<Vec<Vec<Known>>> = items.iter().map(|path| self.json_path(frame, path)).collect();
        let Some(known) = known else { return self.used(frame, [object, paths]) };
        let object = self.expr(frame, object);
        for path in known {
            let value = self.follow(&object, &path);
            self.consume(&value);
        }
        // What was made of constants may be anything; the rest is read.
        for inner in object.inner() {
            self.consume(inner);
        }
        Value::anything()
    }

    fn json_path(&mut self, frame: &mut Frame<'a>, path: &'a Expr) -> Option<Vec<Known>> {
        let step = |text: &str| {
            let text = text.replace("~1", "/").replace("~0", "~");
            if text.bytes().all(|byte| byte.is_ascii_digit()) { Known::Index } else { Known::Key(text) }
        };
        match path {
            Expr::String { value, .. } | Expr::RawString { value, .. } => {
                Some(value.trim_start_matches('/').split('/').map(step).collect())
            }
            Expr::Array { items, .. } => items.iter().map(|item| self.known(frame, item)).collect(),
            _ => None,
        }
    }

    fn known(&mut self, frame: &mut Frame<'a>, step: &'a Expr) -> Option<Known> {
        if let Expr::Number { .. } = step {
            return Some(Known::Index);
        }
        let value = self.expr(frame, step);
        let mut keys = value.constants()?.iter();
        match (keys.next(), keys.next()) {
            (Some(key), None) => Some(Known::Key(key.clone())),
            _ => None,
        }
    }

    fn follow(&mut self, value: &Value, steps: &[Known]) -> Value {
        let iterated = self.iterated;
        let mut value = value.clone();
        for step in steps {
            value = match step {
                Known::Key(key) => self.key(&value, key),
                Known::Index => self.element(&value),
            };
        }
        self.iterated = iterated;
        value
    }
}
