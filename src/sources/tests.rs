use super::*;
use crate::address::Address;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let path = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    (dir, path)
}

fn keys(sources: &Sources) -> Vec<&str> {
    sources.modules().map(Module::key).collect()
}

const CALLS: &str =
    "module \"a\" {\n source = \"../modules/a\"\n}\nmodule \"far\" {\n source = \"x/y/z\"\n version = \"1\"\n}";

#[test]
fn local_modules_are_followed_and_fetched_ones_found_in_the_manifest() {
    let manifest = r#"{"Modules": [{"Key": "", "Source": "", "Dir": "."}, {"Key": "far", "Source": "x", "Dir": ".terraform/modules/far"}]}"#;
    let (_dir, path) = directory(&[
        ("env/main.tf", CALLS),
        ("modules/a/a.tf", "module \"b\" {\n source = \"./b\"\n}"),
        ("modules/a/b/b.tf", "resource \"t\" \"x\" {}"),
        ("env/.terraform/modules/modules.json", manifest),
        ("env/.terraform/modules/far/main.tf", "module \"sub\" {\n source = \"./sub\"\n}"),
        ("env/.terraform/modules/far/sub/main.tf", ""),
    ]);
    let sources = read(&path.join("env")).unwrap();
    assert_eq!(keys(&sources), ["", "a", "a.b", "far", "far.sub"]);
    let block = sources.block(&Address::new("module.a.module.b.t.x")).unwrap();
    assert_eq!(&*block.spot.file, path.join("modules/a/b/b.tf").as_str());
    assert_eq!(sources.missing_modules().count(), 0);
}

#[test]
fn what_is_not_at_hand_is_missing_and_no_error() {
    let (_dir, path) = directory(&[("main.tf", CALLS)]);
    let sources = read(&path).unwrap();
    let missing: Vec<String> = sources.missing_modules().map(|(key, _)| key).collect();
    assert_eq!(missing, ["a", "far"]);
}

#[test]
fn a_root_without_sources_is_an_error() {
    let (_dir, path) = directory(&[("README.md", "")]);
    assert!(read(&path).unwrap_err().message.contains("no Terraform source file"));
    assert!(read(&path.join("nowhere")).unwrap_err().message.contains("does not exist"));
    assert!(read(&path.join("README.md")).unwrap_err().message.contains("is no directory"));
}

#[test]
fn circles_and_multitudes_end() {
    let (_dir, path) = directory(&[
        ("main.tf", "module \"a\" {\n source = \"./a\"\n}\nmodule \"me\" {\n source = \".\"\n}"),
        ("a/main.tf", "module \"b\" {\n source = \"../b\"\n}"),
        ("b/main.tf", "module \"a\" {\n source = \"../a\"\n}"),
    ]);
    let sources = read(&path).unwrap();
    assert_eq!(keys(&sources), ["", "a", "a.b"]);
    assert!(sources.module("a.b").unwrap().unparsed()[0].message.contains("calls itself"));

    #[cfg(unix)]
    {
        let (dir, path) = directory(&[("main.tf", "module \"a\" {\n source = \"./self\"\n}")]);
        std::os::unix::fs::symlink(".", dir.path().join("self")).unwrap();
        assert_eq!(keys(&read(&path).unwrap()), [""], "a link leads back");
    }

    // Each level calls the next one four times.
    let level = |next: usize| {
        let call = |name| format!("module \"{name}\" {{\n source = \"../l{next}\"\n}}\n");
        ["a", "b", "c", "d"].map(call).concat()
    };
    let names: Vec<(String, String)> = (0..20).map(|at| (format!("l{at}/main.tf"), level(at + 1))).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (_dir, path) = directory(&files);
    assert!(read(&path.join("l0")).unwrap().modules().count() <= MAX_MODULES);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_a_gap() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let (dir, path) = directory(&[("main.tf", "resource \"t\" \"a\" {}"), ("latin.tf", "")]);
    symlink("loop.tf", dir.path().join("loop.tf")).unwrap();
    symlink(".", dir.path().join("dir.tf")).unwrap();
    std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"n\xff.tf")), "").unwrap();
    std::fs::write(dir.path().join("latin.tf"), b"na\xefve").unwrap();
    std::fs::File::create(dir.path().join("big.tf")).unwrap().set_len(50 << 20).unwrap();
    let sources = read(&path).unwrap();
    let root = sources.module("").unwrap();
    assert_eq!(root.unparsed().len(), 5, "{:#?}", root.unparsed());
    assert!(sources.is_known(&Address::new("t.a")) && !sources.is_known(&Address::new("t.b")));
}

#[test]
fn a_commit_lends_what_it_calls_alike_from_now() {
    let manifest = r#"{"Modules": [{"Key": "far", "Source": "x", "Dir": "far"}]}"#;
    let (_dir, path) = directory(&[
        ("main.tf", "module \"far\" {\n source = \"x/y/z\"\n version = \"1\"\n}"),
        (".terraform/modules/modules.json", manifest),
        ("far/main.tf", "resource \"t\" \"a\" {}"),
    ]);
    let now = read(&path).unwrap();
    let tree = |version: &str| {
        let text = format!(
            "module \"far\" {{\n source = \"x/y/z\"\n version = \"{version}\"\n}}\nmodule \"l\" {{\n source = \"../l\"\n}}"
        );
        let files = [("env/main.tf", text.as_str()), ("l/l.tf", "resource \"t\" \"l\" {}"), ("other/x.tf", "{")];
        let files = files.map(|(path, text)| (path.to_owned(), Blob::Text(text.into())));
        Tree { name: "main".to_owned(), root: "env".into(), files: files.into() }
    };
    let same = read_tree(&tree("1"), &now).unwrap();
    assert_eq!(keys(&same), ["", "far", "l"]);
    assert_eq!(&*same.block(&Address::new("module.l.t.l")).unwrap().spot.file, "main:l/l.tf");
    assert_eq!(keys(&read_tree(&tree("2"), &now).unwrap()), ["", "l"], "another version is another module");
    let nowhere = Tree { root: "nowhere".into(), ..tree("1") };
    assert!(read_tree(&nowhere, &now).unwrap_err().message.contains("`main:nowhere`"));
}

#[test]
fn expressions_that_are_not_read_are_named_in_a_note() {
    let (_dir, path) =
        directory(&[("main.tf.json", "{\"locals\": {\n\"a\": \"${t.b.id +}\",\n\"b\": \"${t.b.id}\"}}")]);
    let notes = notes(&read(&path).unwrap());
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains(&format!("{path}/main.tf.json:2; everything")), "{notes:?}");
}

#[test]
fn a_directory_is_read_once_and_only_where_somebody_asks() {
    let (dir, path) = directory(&[("main.tf", "resource \"t\" \"a\" {}")]);
    look(&path).unwrap();
    let places = Whereabouts::new(Some(path), None);
    let given = places.clone().read().unwrap().unwrap();
    dir.close().unwrap();
    assert!(Arc::ptr_eq(&given, &places.read().unwrap().unwrap()), "also by a copy");
    assert!(Whereabouts::default().read().unwrap().is_none());
    let (_dir, empty) = directory(&[("notes.txt", "")]);
    assert!(look(&empty).unwrap_err().message.contains("no Terraform source file"));
    assert!(look(&empty.join("nowhere")).is_err());
}
