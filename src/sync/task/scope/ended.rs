//! How a run ends, and what came of one ask of it. Knows no plan.

use crate::error::Error;
use crate::provider::remote::{Fault, FaultKind};

/// What came of an ask that nothing kept from an answer.
pub(super) enum Asked {
    /// It is stored, but for what is held back of it, and why that is.
    Stored(Option<Fault>),
    /// Nothing was told, which is not believed yet.
    Silent,
}

/// How a run ended well.
pub(super) enum Next {
    /// Nothing more is due.
    Done,
    /// There is more, once others have had their turn.
    GaveWay,
}

/// Why a run ended early.
pub(super) enum Ended {
    /// The provider's side, or what was brought.
    Fault(Fault),
    /// What was brought, which would take much away of what is stored.
    HeldBack(Fault),
    /// This machine's.
    Error(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::Error(error)
    }
}

impl From<Ended> for Fault {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Fault(fault) | Ended::HeldBack(fault) => fault,
            Ended::Error(error) => {
                error.hints.into_iter().fold(Fault::new(FaultKind::Here, error.message), Fault::hint)
            }
        }
    }
}
