use super::*;

struct Dir(tempfile::TempDir);

impl Dir {
    /// A directory with these files; each holds its own name.
    fn with(files: &[&str]) -> Self {
        let dir = Self(tempfile::tempdir().unwrap());
        for file in files {
            let path = dir.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        dir
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().join(name)
    }

    /// The paths without the directory.
    fn short(&self, paths: Vec<Utf8PathBuf>) -> Vec<String> {
        paths.into_iter().map(|path| path.strip_prefix(self.path("")).unwrap().to_string()).collect()
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        self.short(expand_glob(self.path(pattern).as_str()).unwrap())
    }
}

#[test]
fn reads_stop_at_the_bound() {
    let dir = Dir::with(&["12345"]);
    assert_eq!(read_bounded(&dir.path("12345"), 5).unwrap(), b"12345");
    let problem = read_bounded(&dir.path("12345"), 4).unwrap_err();
    assert!(problem.message.contains("12345") && problem.message.contains("larger than 4 bytes"), "{problem}");
    assert_eq!(read_stream_bounded("-", &b"abc"[..], 3).unwrap(), b"abc");
    let endless = read_stream_bounded("standard input", io::repeat(b'x'), 1 << 20).unwrap_err();
    assert!(endless.message.contains("`standard input` is larger than 1 MiB"));
}

#[test]
fn errors_name_the_file_and_what_is_wrong_with_it() {
    let dir = Dir::with(&["file"]);
    for (name, words) in [("missing", "does not exist"), ("", "is a directory"), ("file/x", "is no directory")] {
        let path = dir.path(name);
        let problem = read_bounded(&path, 9).unwrap_err();
        assert_eq!(problem.code, ProblemCode::Unreadable);
        assert!(problem.message.contains(path.as_str()) && problem.message.contains(words), "{problem}");
    }
}

#[test]
fn texts_lose_their_byte_order_mark_and_must_be_utf8() {
    let dir = Dir::with(&[]);
    fs::write(dir.path("bom"), b"\xef\xbb\xbfa = 1").unwrap();
    assert_eq!(read_text(&dir.path("bom"), 99).unwrap().text(), "a = 1");
    fs::write(dir.path("latin"), b"ok\nna\xefve").unwrap();
    assert!(read_text(&dir.path("latin"), 99).unwrap_err().message.contains("line 2"));
    fs::write(dir.path("utf16"), b"\xff\xfea\0").unwrap();
    assert!(read_text(&dir.path("utf16"), 99).unwrap_err().help.unwrap().contains("UTF-16"));
}

#[test]
fn a_write_replaces_the_whole_file_and_leaves_nothing_else() {
    let dir = Dir::with(&["report.json"]);
    write_atomic(&dir.path("report.json"), b"new").unwrap();
    write_atomic(&dir.path("other.json"), b"other").unwrap();
    assert_eq!(fs::read(dir.path("report.json")).unwrap(), b"new");
    assert_eq!(dir.short(files_under(&dir.path(""), &["json", "tmp"]).unwrap()), ["other.json", "report.json"]);
    for (target, words) in [("", "it is a directory"), ("no/such", "its directory does not exist")] {
        let problem = write_atomic(&dir.path(target), b"x").unwrap_err();
        assert_eq!(problem.code, ProblemCode::ReportWrite);
        assert!(problem.message.contains(words), "{problem}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_permissions_survive_a_write_and_devices_are_written_directly() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = Dir::with(&["real"]);
    symlink("real", dir.path("link")).unwrap();
    fs::set_permissions(dir.path("real"), fs::Permissions::from_mode(0o640)).unwrap();
    write_atomic(&dir.path("link"), b"new").unwrap();
    assert!(fs::symlink_metadata(dir.path("link")).unwrap().is_symlink());
    assert_eq!(fs::read(dir.path("real")).unwrap(), b"new");
    assert_eq!(fs::metadata(dir.path("real")).unwrap().permissions().mode() & 0o777, 0o640);
    write_atomic(Utf8Path::new("/dev/null"), b"x").unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn the_repository_root_is_the_nearest_with_git() {
    let dir = Dir::with(&["a/.git/HEAD", "a/b/c/x", "a/sub/.git", "a/sub/d/x"]);
    let root = |start: &str| find_repository_root(&dir.path(start)).unwrap();
    assert!(root("a/b/c").ends_with("a") && root("a").ends_with("a"));
    assert!(root("a/sub/d").ends_with("a/sub"), "a `.git` file counts too");
    assert_eq!(find_repository_root(&dir.path("missing")), None);
}

#[test]
fn files_are_found_below_sorted_and_not_in_hidden_directories() {
    let dir = Dir::with(&["p/b.rego", "p/a/z.rego", "p/a.rego", "p/x.json", "p/y.txt", "p/.git/h.rego", "p/REGO"]);
    let found = files_under(&dir.path("p"), &["rego", "json"]).unwrap();
    assert_eq!(dir.short(found), ["p/a/z.rego", "p/a.rego", "p/b.rego", "p/x.json"]);
    assert!(files_under(&dir.path("none"), &["rego"]).unwrap_err().message.contains("does not exist"));
    assert!(files_under(&dir.path("p/a.rego"), &["rego"]).unwrap_err().message.contains("is no directory"));
    assert_eq!(dir.short(files_under(&dir.path("p/.git"), &["rego"]).unwrap()), ["p/.git/h.rego"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_dangling_ones_are_errors_only_if_wanted() {
    use std::os::unix::fs::symlink;
    let dir = Dir::with(&["p/a.rego", "shared/s.rego"]);
    symlink("..", dir.path("p/loop")).unwrap();
    symlink("../shared", dir.path("p/shared")).unwrap();
    symlink("nowhere", dir.path("p/note.txt")).unwrap();
    let found = files_under(&dir.path("p"), &["rego"]).unwrap();
    assert_eq!(dir.short(found), ["p/a.rego", "p/loop/shared/s.rego"], "each real directory once");
    symlink("nowhere", dir.path("p/b.rego")).unwrap();
    assert!(files_under(&dir.path("p"), &["rego"]).unwrap_err().message.contains("b.rego"));
}

#[cfg(unix)]
#[test]
fn a_glob_sees_a_directory_under_each_of_its_names_and_ends() {
    use std::os::unix::fs::symlink;
    let dir = Dir::with(&["a/x.json", "prod/p.json", "prod/c/q.json"]);
    symlink("../prod", dir.path("a/link")).unwrap();
    symlink("..", dir.path("prod/up")).unwrap();
    assert_eq!(dir.glob("*/c/*.json"), ["prod/c/q.json"]);
    assert_eq!(dir.glob("**/prod/*.json"), ["prod/p.json"]);
    assert_eq!(dir.glob("**/p.json"), ["a/link/p.json", "prod/p.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_an_error_not_a_gap() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = Dir::with(&["p/a.rego"]);
    let name = std::ffi::OsStr::from_bytes(b"\xff.rego");
    fs::write(dir.path("p").as_std_path().join(name), "").unwrap();
    let problem = files_under(&dir.path("p"), &["rego"]).unwrap_err();
    assert!(problem.message.contains("\u{fffd}.rego") && problem.message.contains("not UTF-8"), "{problem}");
    assert_eq!(files_under(&dir.path("p"), &["json"]).unwrap(), [""; 0]);
    assert!(expand_glob(dir.path("p/*.rego").as_str()).is_err());
}

#[test]
fn globs_match_within_and_across_directories() {
    let dir = Dir::with(&["a.json", "b.txt", "x/c.json", "x/y/d.json", ".hid/e.json", "x/[odd].json"]);
    assert_eq!(dir.glob("*.json"), ["a.json"]);
    assert_eq!(dir.glob("*/*.json"), ["x/[odd].json", "x/c.json"]);
    assert_eq!(dir.glob("**/*.json"), ["a.json", "x/[odd].json", "x/c.json", "x/y/d.json"]);
    assert_eq!(dir.glob("**/.hid/*.json"), [".hid/e.json"]);
    assert_eq!(dir.glob("{a,b}.*"), ["a.json", "b.txt"]);
    assert_eq!(dir.glob("x/\\[odd\\].json"), ["x/[odd].json"]);
    assert_eq!(dir.glob("a.json"), ["a.json"]);
    assert_eq!(dir.glob("none.json"), [""; 0]);
    assert_eq!(dir.glob("none/*.json"), [""; 0]);
    assert_eq!(expand_glob("[").unwrap_err().code, ProblemCode::NothingSelected);
    assert_eq!(expand_glob("src/i?/mod.rs").unwrap(), ["src/io/mod.rs"], "relative names stay relative");
    assert_eq!(expand_glob("Cargo.t*ml").unwrap(), ["Cargo.toml"]);
}
