//! What names say: which files are archives, and which are no plans.
//!
//! A name is believed only where it says that something is *no* plan, only of files nobody named, and only where the file does
//! not begin like a plan: a plan may be called anything.

/// Forms of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// `.tar`
    Tar,
    /// `.tar.gz`, `.tgz`
    TarGz,
    /// `.zip`; may be a saved plan, which is one too.
    Zip,
}

impl ArchiveKind {
    /// The form that a name promises.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let ends = |ending: &str| name.ends_with(ending);
        match () {
            () if ends(".tar") => Some(Self::Tar),
            () if ends(".tar.gz") || ends(".tgz") => Some(Self::TarGz),
            () if ends(".zip") => Some(Self::Zip),
            () => None,
        }
    }
}

/// Endings of what lies beside plans and is none: sources and states of Terraform, policies, scripts, settings, documents,
/// pictures, checksums. Not `.txt`, `.log`, `.jsonl`, `.out`, `.bin`: plans are saved so.
const ENDINGS: &[&str] = &[
    ".tf",
    ".tofu",
    ".tf.json",
    ".tofu.json",
    ".tfvars",
    ".tfvars.json",
    ".hcl",
    ".tfstate",
    ".tfstate.backup",
    ".tftest.hcl",
    ".tftest.json",
    ".rego",
    ".sentinel",
    ".sh",
    ".ps1",
    ".bat",
    ".cmd",
    ".py",
    ".rb",
    ".go",
    ".js",
    ".ts",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".env",
    ".xml",
    ".md",
    ".markdown",
    ".rst",
    ".adoc",
    ".html",
    ".pdf",
    ".csv",
    ".tsv",
    ".png",
    ".svg",
    ".jpg",
    ".jpeg",
    ".gif",
    ".sha256",
    ".sha512",
    ".md5",
    ".sig",
    ".asc",
    ".pem",
    ".crt",
    ".sarif",
];

/// Whole names of the same kind.
const NAMES: &[&str] = &[
    "license",
    "licence",
    "notice",
    "readme",
    "changelog",
    "codeowners",
    "makefile",
    "dockerfile",
    "jenkinsfile",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "renovate.json",
    "cdk.tf.json",
    "cdktf.json",
    "thumbs.db",
];

/// Whether a name says that the file is something else than a plan or an archive of plans. Hidden files are.
pub(super) fn is_something_else(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.starts_with('.') || NAMES.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// How much of a file its beginning is, in bytes.
pub(super) const HEAD: usize = 4096;

/// Whether a file begins like a plan, whatever its name says: as a ZIP file, as JSON with the key that Terraform writes first, or
/// as something compressed, which none of these names promises.
pub(super) fn begins_like_a_plan(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    // Of UTF-16 every other byte is zero.
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0 && byte.is_ascii()).collect();
    let text = String::from_utf8_lossy(&text);
    let is_packed = head.starts_with(b"PK\x03\x04") || head.starts_with(&[0x1f, 0x8b]);
    is_packed || (text.trim_start().starts_with('{') && text.contains("\"format_version\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_by_its_beginning() {
        let json = "{\n  \"format_version\": \"1.2\"}";
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(json.bytes().flat_map(|byte| [byte, 0])).collect();
        for plan in [json.as_bytes(), &utf16, b"PK\x03\x04tfplan", &[0x1f, 0x8b, 8]] {
            assert!(begins_like_a_plan(plan));
        }
        for other in ["{\"name\": \"x\"}", "# A `\"format_version\"`", "", "{\"version\": 4, \"serial\": 1}"] {
            assert!(!begins_like_a_plan(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn only_what_is_surely_something_else_is_left_out() {
        for other in
            ["a/main.tf", "main.tf.json", "x.auto.tfvars.json", "terraform.tfstate", "README.md", ".gitkeep", "LICENSE"]
        {
            assert!(is_something_else(other), "{other}");
        }
        for plan in [
            "plan.json",
            "tfplan",
            "a.b/plan",
            "x.tfplan",
            "plan.out",
            "plan.txt",
            "log.jsonl",
            "p.json.gz",
            "plan.bin",
        ] {
            assert!(!is_something_else(plan), "{plan}");
        }
    }

    #[test]
    fn archives_are_told_by_their_endings() {
        assert_eq!(ArchiveKind::of("a/b.TAR.GZ"), Some(ArchiveKind::TarGz));
        assert_eq!(ArchiveKind::of("b.tgz"), Some(ArchiveKind::TarGz));
        assert_eq!(ArchiveKind::of("plans.zip"), Some(ArchiveKind::Zip));
        assert_eq!(ArchiveKind::of("plan.json.gz"), None);
    }
}
