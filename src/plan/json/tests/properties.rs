//! Broken plans never panic and never load.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::plan::completeness::{Expect, assess};

fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios/29-deposed/plan.json");
    std::fs::read_to_string(path).unwrap()
}

fn survive(bytes: Vec<u8>) {
    for document in recognise(bytes).into_iter().flatten() {
        for interest in [Interest::builtin(), Interest::everything()] {
            if let Ok(loaded) = load(&document, &interest, NoSink) {
                let _ = assess(&loaded.plan, Expect::Ordinary);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cut_plan_never_loads(cut in 1_usize..1000) {
        let text = sample();
        let text = text.trim_end();
        let end = text.floor_char_boundary(text.len() * cut / 1000).min(text.len() - 1);
        let mut found = recognise(text.as_bytes()[..end].to_vec());
        prop_assert_eq!(found.len(), 1);
        let loaded = found.remove(0).and_then(|document| load(&document, &Interest::builtin(), NoSink));
        prop_assert!(loaded.is_err());
    }

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..8)) {
        let mut bytes = sample().into_bytes();
        for (at, byte) in changes {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "any place will do")]
            let at = (at * bytes.len() as f64) as usize;
            bytes[at] = byte;
        }
        survive(bytes);
    }

    #[test]
    fn swapped_json_tokens_never_panic(from in 0_usize..400, to in 0_usize..400, token in "[{}\\[\\],:\"n0]") {
        let text = sample();
        let mut parts: Vec<&str> = text.split_inclusive([',', '{', '[']).collect();
        let (from, to) = (from % parts.len(), to % parts.len());
        parts.swap(from, to);
        parts[to] = &token;
        survive(parts.concat().into_bytes());
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), start in "(\\{|\\[|\u{feff}|03:04:05.1 STDOUT \\[|::)?") {
        let found = recognise([start.as_bytes(), &bytes].concat());
        prop_assert!(!found.is_empty());
        survive([start.as_bytes(), &bytes].concat());
    }
}
