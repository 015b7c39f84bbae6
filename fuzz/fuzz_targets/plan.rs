//! Recognition, loading and completeness of any bytes: never a panic, never an answer of nothing.
//!
//! Seeds: `cargo +nightly fuzz run plan -- fixtures/inputs fixtures/edge-cases -max_len=200000`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plangate::plan::completeness::{Expect, assess};
use plangate::plan::detect::recognise;
use plangate::plan::json::{Interest, load};
use plangate::plan::sink::NoSink;

fuzz_target!(|data: &[u8]| {
    let found = recognise(data.to_vec());
    assert!(!found.is_empty(), "every input gets an answer");
    for document in found.into_iter().flatten() {
        let builtin = load(&document, &Interest::builtin(), NoSink);
        let everything = load(&document, &Interest::everything(), NoSink);
        // What is read for policies is at most refused more often, never less.
        assert!(everything.is_err() || builtin.is_ok(), "the interest decides what is kept, not what is a plan");
        if let Ok(loaded) = builtin {
            let _ = assess(&loaded.plan, Expect::Ordinary);
            let _ = assess(&loaded.plan, Expect::RefreshOnly);
        }
    }
});
