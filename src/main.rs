//! The `plangate` program.

fn main() {}
