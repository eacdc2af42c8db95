//! What an export needs: that its prefix may be listed and its files be read, each tried and named.

use std::collections::BTreeMap;

use super::super::remote::call::Call;
use super::super::remote::check::{Check, Finding};
use super::super::remote::{Delivery, Fault, FaultKind};
use super::layout::Entry;
use super::shelf::Shelf;
use super::{Exports, Lying};
use crate::domain::words::count;

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

/// Deliveries of which something is tried at most, the newest first.
const TRIED_MAX: usize = 20;

/// Tries both, and whether what is there is whole; reading of each delivery, since single files may be closed.
pub(super) fn check(exports: &Exports, call: &Call) -> Vec<Check> {
    let (shelf, remedy) = (&exports.shelf, &exports.settings.remedy);
    let untried = |why| Check::new(&remedy.get, Finding::Untried, why);
    let entries = match shelf.list(None, call) {
        Err(fault) => {
            return vec![refused(&remedy.list, &fault, remedy), untried("nothing could be listed")];
        }
        Ok(entries) => entries,
    };
    let mut checks = vec![Check::new(&remedy.list, Finding::Good, &shelf.name())];
    if entries.is_empty() {
        let nothing = Check::new("export", Finding::Missing, &format!("nothing is below {}", shelf.name()));
        checks.push(untried("there is no object to try it with"));
        checks.push(nothing.fix("a new export comes within a day; else mend the prefix"));
        return checks;
    }
    let (mut sample, mut wrong) = match exports.deliveries(&entries, call) {
        Ok(Lying { whole, broken, .. }) => {
            (first_files(&whole, shelf, &entries), broken.into_iter().map(|(_, fault)| fault).collect())
        }
        Err(fault) => (Vec::new(), vec![fault]),
    };
    if sample.is_empty() && wrong.iter().all(|fault| fault.kind != FaultKind::Denied) {
        sample.extend(entries.iter().find(|entry| entry.bytes > 0));
    }
    let mut read = Vec::new();
    for entry in sample {
        match shelf.piece(entry, 0..1, call) {
            Ok(_) => read.push(entry),
            Err(fault) => wrong.push(fault),
        }
        if call.cancel.is_cancelled() {
            break;
        }
    }
    let (denied, others): (Vec<Fault>, Vec<Fault>) = wrong.into_iter().partition(|f| f.kind == FaultKind::Denied);
    checks.push(match (denied.first(), read.first()) {
        (Some(fault), _) => refused(&remedy.get, &more(fault, denied.len()), remedy),
        (None, Some(entry)) => Check::new(&remedy.get, Finding::Good, &shelf.name_of(&entry.key)),
        (None, None) => untried("there is no object to try it with"),
    });
    checks.extend(others.first().map(|fault| refused("export", &more(fault, others.len()), remedy)));
    checks.extend(shelf.odd().map(|odd| Check::new("keys", Finding::Wanting, &odd)));
    checks
}

/// A file of each delivery, the newest first: those that are there to be read, not those that nothing needs.
fn first_files<'e>(whole: &[Delivery], shelf: &Shelf, entries: &'e [Entry]) -> Vec<&'e Entry> {
    let by_key: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
    let first = |delivery: &Delivery| by_key.get(shelf.key_of(&delivery.files.first()?.name)?).copied();
    whole.iter().rev().take(TRIED_MAX).filter_map(first).collect()
}

/// A fault that is told for all of its kind.
fn more(fault: &Fault, of: usize) -> Fault {
    let more = if of > 1 { format!(" (and {} more)", count(of as u64 - 1)) } else { String::new() };
    Fault { message: format!("{}{more}", fault.message), ..fault.clone() }
}

fn refused(what: &str, fault: &Fault, remedy: &Remedy) -> Check {
    let fix = match (fault.kind, fault.hints.is_empty()) {
        (FaultKind::Denied, _) => remedy.grant.clone(),
        (FaultKind::NotThere, true) => "is the name right, and is it of this account?".to_owned(),
        _ => fault.hints.join("\n"),
    };
    Check::new(what, Finding::Missing, &fault.message).fix(fix)
}
