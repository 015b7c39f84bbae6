//! Runs the gate as a library or as a program, away from the environment of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use plangate::gate::{self, PlanInput, PlanSource, Stages};
use plangate::problem::Problem;
use plangate::report::Report;
use plangate::workspace::{self, Setup, SourceSetup};

/// The time of every test.
pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

/// A file or directory of the package.
pub(crate) fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) fn read(path: &str) -> Vec<u8> {
    std::fs::read(package(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// How a run in a repository at `root` is set up; a root that does not exist has built-in rules alone.
pub(crate) fn setup(root: &str) -> Setup {
    Setup {
        root: root.into(),
        config: None,
        extra_policies: Vec::new(),
        decisions: Vec::new(),
        extra_data: Vec::new(),
        now: NOW.parse().unwrap(),
        threads: 2,
        rule_timeout: Duration::from_secs(30),
        context: None,
        environment: serde_json::Map::new(),
        expect: None,
        fail_on: None,
        sources: SourceSetup::default(),
    }
}

/// The stages with built-in rules alone.
pub(crate) fn built_in() -> Stages {
    workspace::open(&setup("no-such-repository")).unwrap()
}

/// Judges plans given as (name, bytes).
pub(crate) fn judge(stages: &Stages, plans: &[(&str, Vec<u8>)]) -> Report {
    let plans = plans
        .iter()
        .map(|(name, bytes)| PlanInput { name: (*name).to_owned(), source: PlanSource::Bytes(bytes.clone()) });
    gate::check(stages, plans.collect())
}

/// The program, to be run.
pub(crate) struct Program {
    command: assert_cmd::Command,
}

/// The program in the package's directory, with an empty environment.
pub(crate) fn plangate() -> Program {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_plangate"));
    command.env_clear().current_dir(package("")).timeout(Duration::from_mins(2));
    Program { command }
}

impl Program {
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.command.write_stdin(bytes.into());
        self
    }

    pub(crate) fn run(mut self) -> Ran {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        Ran {
            code: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "not said: {text}\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) -> &Self {
        assert!(
            !self.stdout.contains(text) && !self.stderr.contains(text),
            "said: {text}\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// The problems that keep a run from starting; one of them says these words.
#[track_caller]
pub(crate) fn refused(setup: &Setup, words: &str) -> Vec<Problem> {
    let Err(problems) = workspace::open(setup) else { panic!("was accepted") };
    assert!(problems.iter().any(|problem| format!("{problem} {:?}", problem.help).contains(words)), "{problems:#?}");
    problems
}

/// A repository of these files, gone when dropped.
pub(crate) fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Setup) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let setup = setup(dir.path().to_str().unwrap());
    (dir, setup)
}

/// Every `.json` file of the fixtures and the cases of policies, and of `PLANGATE_CORPUS=DIR` if that is set.
pub(crate) fn plans() -> Vec<PathBuf> {
    let mut open = vec![package("fixtures"), package("policies")];
    open.extend(std::env::var_os("PLANGATE_CORPUS").map(PathBuf::from));
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
