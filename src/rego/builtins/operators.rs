//! Operators written as calls: `plus(1, 2)`, `eq(a, b)`.

use std::collections::BTreeSet;

use regorus::Value;

use super::extensions::{Answer, Args, Fault};

pub(super) fn compare(args: Args<'_>) -> Answer {
    let (a, b) = (args.get(0)?, args.get(1)?);
    Ok(Value::Bool(match args.name {
        "eq" | "equal" => a == b,
        "neq" => a != b,
        "lt" => a < b,
        "lte" => a <= b,
        "gt" => a > b,
        _ => a >= b,
    }))
}

pub(super) fn sets(args: Args<'_>) -> Answer {
    let (a, b) = (args.set(0)?, args.set(1)?);
    let result: BTreeSet<Value> = match args.name {
        "and" => a.intersection(&b).cloned().collect(),
        "or" => a.union(&b).cloned().collect(),
        _ => a.difference(&b).cloned().collect(),
    };
    Ok(Value::from(result))
}

pub(super) fn arithmetic(args: Args<'_>) -> Answer {
    let (Value::Number(a), Value::Number(b)) = (args.get(0)?, args.get(1)?) else {
        if args.name == "minus" && matches!(args.get(0)?, Value::Set(_)) {
            return sets(args);
        }
        let wrong = usize::from(matches!(args.get(0)?, Value::Number(_)));
        return Err(args.wrong(wrong, "a number"));
    };
    let zero = b.as_f64() == Some(0.0);
    let result = match args.name {
        "plus" => a.add(b),
        "minus" => a.sub(b),
        "mul" => a.mul(b),
        "div" | "rem" if zero => return Err(Fault::Error(format!("{}: divide by zero", args.name))),
        "div" => a.clone().divide(b),
        _ if !a.is_integer() || !b.is_integer() => {
            return Err(Fault::Error("rem: modulo on floating-point number".to_owned()));
        }
        _ => a.clone().modulo(b),
    };
    result.map(Value::from).map_err(|error| Fault::Error(format!("{}: {error}", args.name)))
}
