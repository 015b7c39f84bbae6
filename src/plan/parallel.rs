//! Parts done side by side, in their order.
//!
//! Must not know what is done.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

/// Stack of a thread: what runs here bounds how deep it goes.
const STACK: usize = 8 << 20;

/// What becomes of each part; on several threads where that is worth starting them.
pub(super) fn each<'p, T: Sync, R: Send>(
    parts: &'p [T],
    worth_threads: bool,
    one: impl Fn(&'p T) -> R + Sync,
) -> Vec<R> {
    match pool(parts.len(), worth_threads) {
        Some(pool) => pool.install(|| parts.par_iter().map(&one).collect()),
        None => parts.iter().map(one).collect(),
    }
}

/// None on a thread of another pool: it would take up other work of its pool while it waits, another plan of an audit, in the
/// middle of this one.
fn pool(parts: usize, worth_threads: bool) -> Option<rayon::ThreadPool> {
    if parts < 2 || !worth_threads || rayon::current_thread_index().is_some() {
        return None;
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(parts);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK);
    pool.thread_name(|index| format!("plan-{index}")).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_order() {
        let parts: Vec<usize> = (0..5000).collect();
        assert_eq!(each(&parts, true, |part| *part), parts);
        assert_eq!(each(&parts, false, |part| *part), parts);
    }

    /// A plan of an audit is judged on a thread of a pool, and holds a lock that the next one may want.
    #[test]
    fn a_thread_of_a_pool_takes_up_no_other_work() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let here = || std::thread::current().id();
        let parts = vec![0; 5000];
        let (caller, ids) = pool.install(|| (here(), each(&parts, true, |_| here())));
        assert!(ids.iter().all(|id| *id == caller), "{ids:?}");
    }
}
