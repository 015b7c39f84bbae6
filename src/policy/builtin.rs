pub const MODULES: &[(&str, &str)] = &[];
