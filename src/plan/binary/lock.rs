//! `.terraform.lock.hcl`: which providers are pinned, and which product wrote it.
//!
//! Must not judge them. Source: Terraform and `OpenTofu` `internal/depsfile/locks_file.go`.

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use super::saved::{LockedProvider, Product};

/// The file, as far as it is of use; a file that cannot be parsed pins nothing.
pub(super) fn read(text: &str) -> Vec<LockedProvider> {
    let Ok(body) = text.parse::<Body>() else { return Vec::new() };
    let mut locked: Vec<LockedProvider> = body.get_blocks("provider").filter_map(provider).collect();
    locked.sort_by(|a, b| a.source.cmp(&b.source));
    locked
}

fn provider(block: &hcl_edit::structure::Block) -> Option<LockedProvider> {
    let of = |name: &str| block.body.get_attribute(name).map(|attribute| &attribute.value);
    let hashes = of("hashes").and_then(Expression::as_array);
    Some(LockedProvider {
        source: block.labels.first()?.as_str().to_owned(),
        version: of("version").and_then(Expression::as_str).unwrap_or_default().to_owned(),
        hashes: hashes.into_iter().flatten().filter_map(Expression::as_str).map(str::to_owned).collect(),
    })
}

/// Who wrote the file, by the comment at its top.
pub(super) fn product(text: &str) -> Option<Product> {
    let first = text.lines().next()?;
    let by = |command: &str| first.contains(&format!("\"{command} init\""));
    match (by("terraform"), by("tofu")) {
        (true, false) => Some(Product::Terraform),
        (false, true) => Some(Product::OpenTofu),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_and_the_product_are_read() {
        let text = "# This file is maintained automatically by \"tofu init\".\n\nprovider \"h/n/t\" {\n  version = \"1.2.3\"\n  \
                    constraints = \"~> 1.0\"\n  hashes = [\n    \"h1:a\",\n    \"zh:b\",\n  ]\n}\n";
        let expected = LockedProvider {
            source: "h/n/t".to_owned(),
            version: "1.2.3".to_owned(),
            hashes: vec!["h1:a".to_owned(), "zh:b".to_owned()],
        };
        assert_eq!(read(text), [expected]);
        assert_eq!(product(text), Some(Product::OpenTofu));
        assert_eq!((product("provider \"terraform init\" {}\n"), product("")), (Some(Product::Terraform), None));
        assert!(read("{").is_empty());
    }
}
