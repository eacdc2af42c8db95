//! Secrets as providers use them: one that is not to be had is a [`Fault`].

use super::fault::{Fault, FaultKind};
use crate::secret::Missing;
pub use crate::secret::{Reference, Secret};

impl From<Missing> for Fault {
    fn from(missing: Missing) -> Fault {
        Fault::new(FaultKind::NoCredentials, missing.message).hint(missing.hint)
    }
}
