//! Plans as they are given, and the documents in them.
//!
//! Must not judge.

use sha2::{Digest as _, Sha256};

use crate::io;
use crate::plan::crosscheck;
use crate::plan::detect::{self, Document};
use crate::plan::sink::Projection;
use crate::problem::Problem;

/// Largest plan file that is read, in bytes.
pub const MAX_PLAN_BYTES: u64 = 4 << 30;

/// A plan to judge.
#[derive(Debug, Clone)]
pub struct PlanInput {
    /// The name for messages: the path as given, `-` for standard input.
    pub name: String,
    /// Where its bytes are.
    pub source: PlanSource,
}

/// Where the bytes of a plan are.
#[derive(Debug, Clone)]
pub enum PlanSource {
    /// In a file, read when its turn comes.
    File(camino::Utf8PathBuf),
    /// At hand.
    Bytes(Vec<u8>),
    /// A saved plan file, and the JSON that was printed of it, which must agree.
    WithJson {
        /// The plan file.
        plan: Box<PlanSource>,
        /// The JSON.
        json: Box<PlanInput>,
    },
}

/// What is found in a plan's bytes.
pub(super) struct Found {
    /// The digest of the bytes; of a plan with its JSON, of the plan.
    pub(super) sha256: [u8; 32],
    /// The documents; never empty.
    pub(super) documents: Vec<Result<Document, Problem>>,
}

impl PlanSource {
    /// Reads the plan and finds its documents.
    pub(super) fn read(self) -> Result<Found, Problem> {
        self.read_for(&Projection::everything())
    }

    /// The same for a reader of these parts.
    pub(super) fn read_for(self, wanted: &Projection) -> Result<Found, Problem> {
        match self {
            Self::WithJson { plan, json } => {
                let plan = plan.bytes()?;
                let sha256 = Sha256::digest(&plan).into();
                let json_bytes = json.source.bytes()?;
                Ok(Found { sha256, documents: vec![crosscheck::recognise(plan, json_bytes, &json.name)] })
            }
            one => {
                let bytes = one.bytes()?;
                Ok(Found { sha256: Sha256::digest(&bytes).into(), documents: detect::recognise_for(bytes, wanted) })
            }
        }
    }

    /// The bytes; of a plan with its JSON, those of the plan.
    fn bytes(self) -> Result<Vec<u8>, Problem> {
        match self {
            Self::File(path) => io::read_bounded(&path, MAX_PLAN_BYTES),
            Self::Bytes(bytes) => Ok(bytes),
            Self::WithJson { plan, .. } => plan.bytes(),
        }
    }
}
