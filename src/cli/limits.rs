//! Bounds the memory of the process.

use plangate::problem::{Problem, ProblemCode};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Below this the program itself does not run.
const MINIMUM: u64 = 256 * MIB;

/// The address space a run may take unless told otherwise: room for a plan many times its size and for the
/// stacks of the threads, in bytes.
pub(crate) fn default_limit(input_bytes: u64, threads: usize) -> u64 {
    let threads = u64::try_from(threads).unwrap_or(u64::MAX);
    (4 * GIB).saturating_add(input_bytes.saturating_mul(8)).saturating_add(threads.saturating_mul(64 * MIB))
}

/// Reads a size such as `512MiB`, `2G` or `1073741824`.
pub(crate) fn parse_size(text: &str) -> Result<u64, Problem> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kib" => Some(KIB),
        "m" | "mib" => Some(MIB),
        "g" | "gib" => Some(GIB),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(factor).and_then(|(n, factor)| n.checked_mul(factor));
    let problem = |what: &str| Problem::new(ProblemCode::Config, format!("`--max-memory {text}` {what}"));
    match bytes {
        None => Err(problem("is no size").help("write bytes, or a number with KiB, MiB or GiB")),
        Some(bytes) if bytes < MINIMUM => Err(problem("is too little").help("give at least 256MiB")),
        Some(bytes) => Ok(bytes),
    }
}

/// Address space the process has, in bytes: allocators and libraries reserve more than they use. 0 where nobody says.
#[cfg(unix)]
fn mapped() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix("kB"));
    size.and_then(|size| size.trim().parse::<u64>().ok()).map_or(0, |size| size.saturating_mul(KIB))
}

/// Sets the limit, beside what the process has already. Past it an allocation fails and the process aborts, with a line on
/// standard error and a non-zero status: a policy that eats memory never passes.
#[cfg(unix)]
pub(crate) fn set(bytes: u64) -> Result<(), Problem> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let bytes = bytes.saturating_add(mapped());
    let maximum = getrlimit(Resource::As).maximum;
    let current = maximum.map_or(bytes, |maximum| bytes.min(maximum));
    setrlimit(Resource::As, Rlimit { current: Some(current), maximum })
        .map_err(|error| Problem::new(ProblemCode::Config, format!("could not limit memory: {error}")))
}

/// Memory is not bounded on this platform.
#[cfg(not(unix))]
pub(crate) fn set(_bytes: u64) -> Result<(), Problem> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_has_some_address_space() {
        assert!((MIB..1024 * GIB).contains(&mapped()));
    }

    #[test]
    fn sizes_take_binary_units() {
        assert_eq!(parse_size("512MiB").unwrap(), 512 * MIB);
        assert_eq!(parse_size("2g").unwrap(), 2 * GIB);
        assert_eq!(parse_size("1000000000").unwrap(), 1_000_000_000);
        for wrong in ["", "MiB", "1", "255MiB", "1.5G", "12 apples", "99999999999999999999", "99999999999GiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
