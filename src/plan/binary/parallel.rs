//! Many parts done side by side, in their order.
//!
//! Must not know what is done.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

/// Fewer parts than this are done before threads have started.
const WORTH_THREADS: usize = 512;
/// How many parts are done at one go.
const GO: usize = 256;

/// What becomes of each go of parts. On a thread of a pool all is done there: it would take up other work of its pool while it
/// waits, another plan of an audit, in the middle of this one.
pub(super) fn goes<'p, T: Sync, R: Send>(parts: &'p [T], each: impl Fn(&'p [T]) -> R + Sync) -> Vec<R> {
    let goes: Vec<&'p [T]> = parts.chunks(GO).collect();
    if parts.len() < WORTH_THREADS || rayon::current_thread_index().is_some() {
        return goes.into_iter().map(each).collect();
    }
    goes.par_iter().map(|go| each(go)).collect()
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

    /// A plan of an audit is judged on a thread of a pool, and holds a lock that the next one may want.
    #[test]
    fn a_thread_of_a_pool_takes_up_no_other_work() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let here = || std::thread::current().id();
        let parts = vec![0; 5000];
        let (caller, ids) = pool.install(|| (here(), goes(&parts, |_| here())));
        assert!(ids.iter().all(|id| *id == caller), "{ids:?}");
    }
}
