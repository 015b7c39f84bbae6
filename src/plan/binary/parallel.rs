//! Many parts of a saved plan done at a few goes, side by side.
//!
//! Must not know what is done.

use crate::plan::parallel;

/// Fewer parts than this are done before threads have started.
const WORTH_THREADS: usize = 512;
/// How many parts are done at one go.
const GO: usize = 256;

/// What becomes of each go of parts.
pub(super) fn goes<'p, T: Sync, R: Send>(parts: &'p [T], each: impl Fn(&'p [T]) -> R + Sync) -> Vec<R> {
    let goes: Vec<&'p [T]> = parts.chunks(GO).collect();
    parallel::each(&goes, parts.len() >= WORTH_THREADS, |go| each(go))
}

/// What becomes of each part, up to the first error in their order.
pub(super) fn map<'p, T: Sync, R: Send, E: Send>(
    parts: &'p [T],
    each: impl Fn(&'p T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let goes = goes(parts, |go| go.iter().map(&each).collect::<Result<Vec<R>, E>>());
    let mut all = Vec::with_capacity(parts.len());
    for go in goes {
        all.extend(go?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_order_and_the_first_error_counts() {
        let each = |part: &usize| if part.is_multiple_of(2) { Ok(part * 10) } else { Err(*part) };
        for length in [0, 10, 5000] {
            let parts: Vec<usize> = (0..length).map(|part| part * 2).collect();
            let expected: Vec<usize> = parts.iter().map(|part| part * 10).collect();
            assert_eq!(map(&parts, each), Ok(expected));
        }
        let mut parts: Vec<usize> = (0..5000).map(|part| part * 2).collect();
        parts.extend([3, 5]);
        parts.insert(2000, 7);
        assert_eq!(map(&parts, each), Err(7));
    }
}
