//! What an export needs: that its prefix may be listed and its files be read, each tried and named.

use super::super::remote::call::Call;
use super::super::remote::check::{Check, Finding};
use super::super::remote::{Fault, FaultKind};
use super::shelf::Shelf;

/// The permissions by the cloud's own names, and what grants them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remedy {
    /// What listing is called: `s3:ListBucket`.
    pub list: String,
    /// What reading is called: `s3:GetObject`.
    pub get: String,
    /// What grants both: a policy or a command, ready to paste.
    pub grant: String,
}

/// Tries both; reading only where there is something to read.
pub fn check(shelf: &Shelf, remedy: &Remedy, call: &Call) -> Vec<Check> {
    let first = match shelf.first(call) {
        Err(fault) => {
            let untried = Check::new(&remedy.get, Finding::Untried, "nothing could be listed");
            return vec![refused(&remedy.list, &fault, remedy), untried];
        }
        Ok(first) => first,
    };
    let listed = Check::new(&remedy.list, Finding::Good, &shelf.name());
    let Some(entry) = first else {
        let nothing = Check::new("export", Finding::Missing, &format!("nothing is below {}", shelf.name()));
        let untried = Check::new(&remedy.get, Finding::Untried, "there is no object to try it with");
        return vec![listed, untried, nothing.fix("a new export comes within a day; else mend the prefix")];
    };
    let read = if entry.bytes == 0 { Ok(()) } else { shelf.piece(&entry, 0..1, call).map(|_| ()) };
    let got = match read {
        Ok(()) => Check::new(&remedy.get, Finding::Good, &shelf.name_of(&entry.key)),
        Err(fault) => refused(&remedy.get, &fault, remedy),
    };
    vec![listed, got]
}

fn refused(what: &str, fault: &Fault, remedy: &Remedy) -> Check {
    let fix = match fault.kind {
        FaultKind::Denied => remedy.grant.clone(),
        FaultKind::NotThere => "is the name right, and is it of this account?".to_owned(),
        _ => fault.hints.join("\n"),
    };
    Check::new(what, Finding::Missing, &fault.message).fix(fix)
}
