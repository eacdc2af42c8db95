//! Why a batch is refused, in words, and what to do about it. Pure.

use crate::error::{Cause, Error, Result};
use crate::provider::ReadSummary;
use crate::store::manifest::Manifest;
use crate::sync::groups::{self, Conflict, Incoming};

/// Refuses a part that tells what is stored in another way.
pub(super) fn refuse_other_telling(
    manifest: &Manifest,
    source: &str,
    incoming: &[Incoming],
    read: &ReadSummary,
) -> Result<()> {
    let forms: Vec<&str> = read.files.iter().map(|f| f.file.format.as_str()).collect();
    let Some(key) = groups::told_otherwise(manifest, source, incoming, &forms) else { return Ok(()) };
    let what = format!(
        "{} is stored from a file that tells the same charges in another way (actual or amortised cost): as a part \
         they would count twice; nothing was changed",
        key.name()
    );
    let error = Error::usage(what).hint("is it to take the place of what is stored? --replace");
    Err(error.because(Some(Cause::InTheWay)))
}

/// What is said of what nobody has decided.
pub(super) fn refuse(conflicts: &[Conflict]) -> Error {
    let more = |n: usize| if n > 1 { format!(" (and {} more)", n - 1) } else { String::new() };
    let others: Vec<&Conflict> = conflicts.iter().filter(|c| matches!(c, Conflict::OtherCharges { .. })).collect();
    match others.first().or(conflicts.first().as_ref().map(|c| c as &&Conflict)) {
        Some(Conflict::OtherCharges { key, stored, incoming }) => Error::usage(format!(
            "{}{} is stored from other files, with other charges ({stored} stored, {incoming} here): nothing was changed",
            key.name(),
            more(others.len())
        ))
        .hint("is this another part of the same export? add it with --part")
        .hint("is it to take the place of what is stored? --replace")
        .because(Some(Cause::Undecided)),
        Some(Conflict::OneOfParts { key, parts, stored, incoming }) => Error::usage(format!(
            "{}{} is stored in {parts} parts, and not all of it is here ({stored} charges stored, {incoming} here): nothing was changed",
            key.name(),
            more(conflicts.len())
        ))
        .hint("import the newer versions of all parts in one command")
        .hint("is it to take the place of all that is stored? --replace")
        .because(Some(Cause::InTheWay)),
        Some(Conflict::Twice { key, stored, incoming }) => Error::usage(format!(
            "{}{} is stored with these charges already, from other files ({stored} stored, {incoming} here): as a part they would count twice; nothing was changed",
            key.name(),
            more(conflicts.len())
        ))
        .hint("are these newer versions of what is stored? import all files of the export in one command, without --part")
        .hint("is it to take the place of what is stored? --replace")
        .because(Some(Cause::InTheWay)),
        Some(Conflict::Incomplete { key }) => Error::usage(format!(
            "rows of {}{} were refused, and what is stored of it is complete: nothing was changed",
            key.name(),
            more(conflicts.len())
        ))
        .hint("mend the refused rows and import again, or take the good ones with --accept-partial")
        .because(Some(Cause::Incomplete)),
        None => Error::bug("a batch was refused for no reason"),
    }
}
