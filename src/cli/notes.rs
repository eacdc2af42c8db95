//! `spendtop notes list|add|rm`: what a person wrote beside days.

use super::args::{FormatArgs, NotesArgs, NotesCommand};
use super::import::number;
use super::query::style;
use super::run::Context;
use super::wiring;
use crate::clock;
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::engine::{Answer, Cancel, Command, Outcome, Question};
use crate::error::{Error, Result};
use crate::report;

/// Runs `notes`; returns the exit code.
///
/// # Errors
/// Where the store or the output fails, a day or text is none, or there is no such note.
pub fn run(context: &mut Context<'_, '_>, args: &NotesArgs) -> Result<u8> {
    match &args.command {
        None => list(context, &FormatArgs::default()),
        Some(NotesCommand::List { format }) => list(context, format),
        Some(NotesCommand::Add { day, text }) => {
            let day = day_of(day, context.as_of)?;
            make(context, &Command::AddNote { day, text: text.join(" "), at: clock::now_seconds() })
        }
        Some(NotesCommand::Rm { id }) => {
            let id = number(id)?;
            make(context, &Command::RemoveNote { id })
        }
    }
}

fn day_of(text: &str, as_of: Day) -> Result<Day> {
    let day = if text == "today" { Some(as_of) } else { Day::parse(text) };
    day.ok_or_else(|| {
        Error::usage(format!("`{}` is no day", SafeText::from_outside(text)))
            .hint("the day comes first: spendtop notes add 2024-09-01 launch of X")
    })
}

fn list(context: &mut Context<'_, '_>, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, false)?;
    let question = Question::Notes { period: None };
    let Answer::Notes(notes) = engine.ask(&question, context.as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than which notes there are"));
    };
    if notes.is_empty() {
        context.streams.note("there are no notes yet", &["`spendtop notes add DAY TEXT` writes one"])?;
    }
    let style = style(format, context.streams);
    report::notes(&notes, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn make(context: &mut Context<'_, '_>, command: &Command) -> Result<u8> {
    let outcome = wiring::engine(context, false)?.command(command)?;
    let (note, what) = match outcome {
        Outcome::NoteKept(note) => (note, "wrote"),
        Outcome::NoteRemoved(note) => (note, "removed"),
        other => return Err(Error::bug(format!("a note became {other:?}"))),
    };
    context.streams.print(&format!("{what} note {}: {} {}\n", note.id, note.day, note.text.safe()))?;
    Ok(0)
}
