//! Which source files belong to a document: a saved plan has its own, JSON has those of the run.

use std::sync::Arc;

use super::Stages;
use crate::plan::binary::CarriedSources;
use crate::plan::detect::Document;
use crate::plan::hcl::Sources;
use crate::problem::{Problem, ProblemCode};
use crate::sources::{self, Given, Whereabouts};

/// The sources of a document, and remarks about them for people.
#[derive(Debug, Default)]
pub(super) struct Belonging {
    pub(super) given: Option<Arc<Given>>,
    pub(super) notes: Vec<String>,
}

impl Belonging {
    pub(super) fn now(&self) -> Option<&Sources> {
        self.given.as_deref().map(|given| &given.now)
    }
}

/// The sources of a document; `at` says where those of the run are.
///
/// # Errors
/// Sources before the change that were asked for and cannot be read, or compared with.
pub(super) fn of(stages: &Stages, at: &Whereabouts, document: &Document) -> Result<Belonging, Problem> {
    if let Some(saved) = document.saved() {
        return carried(at, &saved.sources);
    }
    let given = match &stages.sources {
        Some(given) => Some(Arc::clone(given)),
        None => at.read()?,
    };
    match (given, &at.base) {
        (Some(given), _) => Ok(Belonging { notes: notes(&given), given: Some(given) }),
        (None, None) => Ok(Belonging::default()),
        (None, Some(_)) => Err(Problem::new(
            ProblemCode::Config,
            "there are no sources to compare with those before: the JSON of a plan has none",
        )
        .help("name the directory of the root module with `--source DIR`, or judge the saved plan file itself")),
    }
}

/// Those that a saved plan carries: they are what will be applied, whatever lies elsewhere.
fn carried(at: &Whereabouts, carried: &CarriedSources) -> Result<Belonging, Problem> {
    let mut remarks = Vec::new();
    if carried.is_missing() {
        remarks.push("the saved plan has no source files, which Terraform always writes".to_owned());
    }
    let now = match &at.dir {
        None => carried.parsed().clone(),
        Some(dir) => {
            let (snapshot, different) = sources::beside(carried.snapshot(), dir);
            remarks.extend(different);
            carried.parsed().renamed(carried.snapshot(), &snapshot)
        }
    };
    let base = at.base.as_ref().map(|base| sources::read_before(base, &now)).transpose()?;
    let given = Given { now, base };
    remarks.extend(notes(&given));
    Ok(Belonging { given: Some(Arc::new(given)), notes: remarks })
}

fn notes(given: &Given) -> Vec<String> {
    [Some(&given.now), given.base.as_ref()].into_iter().flatten().flat_map(sources::notes).collect()
}
