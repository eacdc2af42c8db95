//! What can be done: notes and saved lenses, kept in the store's journal, here; the rest by those that it is about.
//!
//! A command is done when its outcome is there: on disk, or for as long as a store in memory lives.
//! What lies in the config is only listed here.

use serde::{Deserialize, Serialize};

use super::Cancel;
use super::alerts::{self, Try};
use super::anomalies::say::{self, Said};
use super::budgets::{self, BudgetCommand, BudgetOutcome};
use super::local::LocalEngine;
use super::watch::{self, Moment};
use crate::domain::anomaly::Saying;
use crate::domain::calendar::{Day, Period};
use crate::domain::lens::{self, Keeper, Lens, SavedLens};
use crate::domain::note::{self, Note};
use crate::domain::text::SafeText;
use crate::error::{Error, Result};
use crate::store::front;
use crate::store::journal::{Change, Journal};

/// What can be done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Writes a note beside a day.
    AddNote {
        /// The day.
        day: Day,
        /// What it says.
        text: String,
        /// When it is written, seconds since 1970.
        at: i64,
    },
    /// Gives a note another day and text.
    EditNote {
        /// Its number.
        id: u64,
        /// The day.
        day: Day,
        /// What it says.
        text: String,
    },
    /// Removes a note.
    RemoveNote {
        /// Its number.
        id: u64,
    },
    /// Keeps a lens under a name; one that the store keeps under it already is replaced.
    SaveLens {
        /// The name.
        name: String,
        /// The lens.
        lens: Lens,
    },
    /// Gives a saved lens of the store a name that none has.
    RenameLens {
        /// Its name.
        from: String,
        /// Its name from now on.
        to: String,
    },
    /// Says something of an anomaly.
    SayOfAnomaly {
        /// The beginning of its name.
        id: String,
        /// What is said.
        saying: Saying,
    },
    /// Takes back what was said last of an anomaly.
    UnsayOfAnomaly {
        /// The beginning of its name.
        id: String,
        /// What was said before.
        to: Option<Saying>,
        /// When, seconds since 1970.
        at: i64,
    },
    /// Removes a saved lens of the store.
    RemoveLens {
        /// Its name.
        name: String,
    },
    /// Does something with budgets.
    Budget(BudgetCommand),
    /// Looks for what a person is to know.
    Watch(Moment),
    /// Notes what became of a try to bring something.
    Tried(Try),
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// The note as it is kept now.
    NoteKept(Note),
    /// The note that is gone.
    NoteRemoved(Note),
    /// The lens as it is kept now.
    LensSaved {
        /// The lens.
        saved: SavedLens,
        /// What had the name before.
        replaced: Option<Lens>,
    },
    /// The lens under its other name.
    LensRenamed {
        /// Its name before.
        from: String,
        /// The lens.
        saved: SavedLens,
    },
    /// The lens that is gone.
    LensRemoved(SavedLens),
    /// What became of budgets.
    Budget(BudgetOutcome),
    /// How the anomaly stands now.
    OfAnomaly(Said),
    /// Whether somebody who looked has found anything new.
    Watched(bool),
    /// It is noted.
    Noted,
}

impl Outcome {
    /// Whether anything is otherwise than before.
    #[must_use]
    pub fn changes(&self) -> bool {
        *self != Outcome::Watched(false)
    }
}

impl Command {
    /// Whether it is about alerts alone: no figure is otherwise after it.
    #[must_use]
    pub fn is_of_alerts(&self) -> bool {
        matches!(self, Command::Watch(_) | Command::Tried(_))
    }
}

const NOTE: &str = "note";
const LENS: &str = "lens";

/// The highest number that was given, by kind of entry: kept once that entry is removed, so that no
/// other one is ever taken for it.
const LAST_NUMBER: &str = "last number";

/// Does what a command says.
///
/// # Errors
/// Kind `Usage` where it cannot be done, `Store` where the disk fails: nothing has changed then.
pub fn run(engine: &LocalEngine, command: &Command) -> Result<Outcome> {
    match command {
        Command::AddNote { day, text, at } => add_note(engine, *day, text, *at),
        Command::EditNote { id, day, text } => edit_note(engine, *id, *day, text),
        Command::RemoveNote { id } => remove_note(engine, *id),
        Command::SaveLens { name, lens } => save_lens(engine, name, lens),
        Command::RenameLens { from, to } => rename_lens(engine, from, to),
        Command::RemoveLens { name } => remove_lens(engine, name),
        Command::SayOfAnomaly { id, saying } => say::say(engine, id, saying).map(Outcome::OfAnomaly),
        Command::UnsayOfAnomaly { id, to, at } => say::unsay(engine, id, to.as_ref(), *at).map(Outcome::OfAnomaly),
        Command::Budget(command) => budgets::kept::run(&mut engine.store().journal(), command).map(Outcome::Budget),
        Command::Watch(moment) => watch::run(engine, *moment, &Cancel::default()).map(Outcome::Watched),
        Command::Tried(tried) => alerts::tried(engine, tried).map(|()| Outcome::Noted),
    }
}

fn add_note(engine: &LocalEngine, day: Day, text: &str, at: i64) -> Result<Outcome> {
    let mut journal = engine.store().journal();
    let id = last_number(&journal) + 1;
    keep_note(engine, &mut journal, Note { id, day, text: clean_text(text)?.into(), created_at: at })
}

fn edit_note(engine: &LocalEngine, id: u64, day: Day, text: &str) -> Result<Outcome> {
    let mut journal = engine.store().journal();
    let note = find_note(&journal, id)?;
    keep_note(engine, &mut journal, Note { day, text: clean_text(text)?.into(), ..note })
}

fn remove_note(engine: &LocalEngine, id: u64) -> Result<Outcome> {
    let mut journal = engine.store().journal();
    let note = find_note(&journal, id)?;
    let is_last = id == last_number(&journal);
    let last = is_last.then(|| Change::keep(LAST_NUMBER, NOTE, &id)).transpose()?;
    journal.set_all(last.into_iter().chain([Change::remove(NOTE, &id.to_string())]))?;
    forget_front(engine);
    Ok(Outcome::NoteRemoved(note))
}

fn save_lens(engine: &LocalEngine, name: &str, lens: &Lens) -> Result<Outcome> {
    let mut journal = engine.store().journal();
    let name = lens::clean_name(name).map_err(Error::usage)?;
    refuse_configured(engine, &name)?;
    let replaced = kept_lenses(&journal).find(|l| l.name.raw() == name).map(|l| l.lens);
    journal.set_all([Change::keep(LENS, &name, lens)?])?;
    let saved = SavedLens { name: name.into(), lens: lens.clone(), keeper: Keeper::Store };
    Ok(Outcome::LensSaved { saved, replaced })
}

fn rename_lens(engine: &LocalEngine, from: &str, to: &str) -> Result<Outcome> {
    let mut journal = engine.store().journal();
    let saved = find_lens(engine, &journal, from)?;
    let to = lens::clean_name(to).map_err(Error::usage)?;
    refuse_configured(engine, &to)?;
    if kept_lenses(&journal).any(|l| l.name.raw() == to) {
        let to = SafeText::from_outside(&to);
        return Err(Error::usage(format!("there is a lens `{to}` already")).hint("take another name"));
    }
    // Should a crash leave only the first, the lens has both names: none is lost.
    journal.set_all([Change::keep(LENS, &to, &saved.lens)?, Change::remove(LENS, saved.name.raw())])?;
    let renamed = SavedLens { name: to.into(), ..saved.clone() };
    Ok(Outcome::LensRenamed { from: saved.name.raw().to_owned(), saved: renamed })
}

fn remove_lens(engine: &LocalEngine, name: &str) -> Result<Outcome> {
    let mut journal = engine.store().journal();
    let saved = find_lens(engine, &journal, name)?;
    journal.set(LENS, saved.name.raw(), None)?;
    Ok(Outcome::LensRemoved(saved))
}

/// The notes of a period, or all, by day and then as they were written.
#[must_use]
pub fn notes(engine: &LocalEngine, period: Option<Period>) -> Vec<Note> {
    let journal = engine.store().journal();
    let mut notes: Vec<Note> = kept_notes(&journal).filter(|n| period.is_none_or(|p| p.contains(n.day))).collect();
    notes.sort_by_key(|n| (n.day, n.id));
    notes
}

/// All saved lenses by name: the config's, and those of the store that no lens of the config hides.
#[must_use]
pub fn lenses(engine: &LocalEngine) -> Vec<SavedLens> {
    let mut list = engine.configured_lenses().to_vec();
    let journal = engine.store().journal();
    let kept = kept_lenses(&journal).filter(|l| engine.configured_lenses().iter().all(|c| c.name != l.name));
    list.extend(kept);
    list.sort_by(|a, b| a.name.cmp(&b.name));
    list
}

/// The error for a lens that is not there.
#[must_use]
pub fn no_lens(name: &str, known: &[String]) -> Error {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let error = Error::usage(format!("there is no saved lens `{}`", SafeText::from_outside(name)));
    error.did_you_mean(name, &known).hint("`spendtop lens list` shows them")
}

fn clean_text(text: &str) -> Result<String> {
    note::clean(text).map_err(|why| Error::usage(why).hint("write what happened that day, like `launch of X`"))
}

fn kept_notes(journal: &Journal) -> impl Iterator<Item = Note> + '_ {
    journal.kept(NOTE).map(|(_, note)| note)
}

/// The highest number that a note has or had, also one that this program cannot read.
fn last_number(journal: &Journal) -> u64 {
    let given =
        journal.of_kind(LAST_NUMBER).filter(|(kind, _)| *kind == NOTE).filter_map(|(_, number)| number.as_u64());
    journal.of_kind(NOTE).filter_map(|(name, _)| name.parse().ok()).chain(given).max().unwrap_or(0)
}

fn kept_lenses(journal: &Journal) -> impl Iterator<Item = SavedLens> + '_ {
    journal.kept(LENS).map(|(name, lens)| SavedLens { name: name.into(), lens, keeper: Keeper::Store })
}

fn find_note(journal: &Journal, id: u64) -> Result<Note> {
    let unknown = || Error::usage(format!("there is no note {id}")).hint("`spendtop notes list` shows them");
    kept_notes(journal).find(|n| n.id == id).ok_or_else(unknown)
}

fn find_lens(engine: &LocalEngine, journal: &Journal, name: &str) -> Result<SavedLens> {
    let name = name.trim();
    if let Some(saved) = kept_lenses(journal).find(|l| l.name.raw() == name) {
        return Ok(saved);
    }
    refuse_configured(engine, name)?;
    let known: Vec<String> = kept_lenses(journal).map(|l| l.name.raw().to_owned()).collect();
    Err(no_lens(name, &known))
}

fn keep_note(engine: &LocalEngine, journal: &mut Journal, note: Note) -> Result<Outcome> {
    journal.set_all([Change::keep(NOTE, &note.id.to_string(), &note)?])?;
    forget_front(engine);
    Ok(Outcome::NoteKept(note))
}

/// The front page shows notes: the next start must not show those of before.
fn forget_front(engine: &LocalEngine) {
    if let Some(place) = engine.store().place() {
        front::remove(place);
    }
}

fn refuse_configured(engine: &LocalEngine, name: &str) -> Result<()> {
    if engine.configured_lenses().iter().any(|l| l.name.raw() == name) {
        let name = SafeText::from_outside(name);
        return Err(Error::usage(format!("the lens `{name}` is the config's, which spendtop never writes"))
            .hint(format!("change it there, under `[lenses.{name}]`, or take another name")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;
    use crate::engine::{Answer, Cancel, Engine, Question};
    use crate::store::Store;

    fn engine(store: Store) -> LocalEngine {
        let configured =
            SavedLens { name: "mine".into(), lens: Lens { by: Vec::new(), ..Lens::default() }, keeper: Keeper::Config };
        LocalEngine::new(Arc::new(store), Config::default().settle, false).with_lenses(vec![configured])
    }

    fn add(engine: &LocalEngine, day: i32, text: &str) -> Note {
        match engine.command(&Command::AddNote { day: Day(day), text: text.into(), at: 7 }).expect("added") {
            Outcome::NoteKept(note) => note,
            other => panic!("{other:?}"),
        }
    }

    fn listed(engine: &LocalEngine, period: Option<Period>) -> Vec<(u64, i32, String)> {
        match engine.ask(&Question::Notes { period }, Day(0), &Cancel::default()).expect("answer") {
            Answer::Notes(notes) => notes.iter().map(|n| (n.id, n.day.0, n.text.raw().to_owned())).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn notes_are_written_changed_and_removed() {
        let engine = engine(Store::in_memory(&[]));
        assert_eq!(add(&engine, 20, " launch of\nX ").text.raw(), "launch of X");
        add(&engine, 10, "before");
        add(&engine, 20, "later that day");
        let all = [(2, 10, "before"), (1, 20, "launch of X"), (3, 20, "later that day")];
        assert_eq!(listed(&engine, None), all.map(|(id, day, text)| (id, day, text.to_owned())));
        let edit = Command::EditNote { id: 1, day: Day(11), text: "launch".into() };
        let Ok(Outcome::NoteKept(note)) = engine.command(&edit) else { panic!() };
        assert_eq!((note.day, note.created_at), (Day(11), 7));
        let days = Period { from: Day(11), to: Day(20) };
        assert_eq!(listed(&engine, Some(days)), [(1, 11, "launch".to_owned())]);
        assert!(matches!(engine.command(&Command::RemoveNote { id: 1 }), Ok(Outcome::NoteRemoved(n)) if n == note));
        let gone = engine.command(&Command::RemoveNote { id: 1 }).expect_err("gone");
        assert_eq!((gone.message.as_str(), gone.kind.exit_code()), ("there is no note 1", 2));
        let empty = Command::AddNote { day: Day(1), text: "\n".into(), at: 0 };
        assert!(engine.command(&empty).is_err_and(|e| e.message.contains("needs a text")));
    }

    #[test]
    fn no_note_has_the_number_of_one_that_was_removed() {
        let engine = engine(Store::in_memory(&[]));
        let remove = |id: u64| engine.command(&Command::RemoveNote { id }).expect("removed");
        for id in 1..=3 {
            assert_eq!(add(&engine, 20, "launch").id, id);
        }
        for id in [2, 3] {
            remove(id);
        }
        assert_eq!(add(&engine, 20, "later").id, 4);
        for id in [4, 1] {
            remove(id);
        }
        assert_eq!(add(&engine, 20, "last").id, 5);
    }

    #[test]
    fn lenses_are_saved_by_name_and_the_configs_are_left_alone() {
        let engine = engine(Store::in_memory(&[]));
        let save = |name: &str, lens: Lens| engine.command(&Command::SaveLens { name: name.into(), lens });
        let billed = Lens { metric: crate::domain::charge::Metric::Billed, ..Lens::default() };
        assert!(matches!(save(" a ", Lens::default()), Ok(Outcome::LensSaved { replaced: None, .. })));
        let again = save("a", billed.clone()).expect("saved");
        assert!(matches!(again, Outcome::LensSaved { replaced: Some(lens), .. } if lens == Lens::default()));
        let Ok(Answer::Lenses(list)) = engine.ask(&Question::Lenses, Day(0), &Cancel::default()) else { panic!() };
        let names: Vec<(&str, Keeper)> = list.iter().map(|l| (l.name.raw(), l.keeper)).collect();
        assert_eq!(names, [("a", Keeper::Store), ("mine", Keeper::Config)]);
        assert_eq!(list[0].lens, billed);
        let remove = |name: &str| engine.command(&Command::RemoveLens { name: name.into() });
        assert!(save("mine", billed.clone()).is_err_and(|e| e.message.contains("is the config's")));
        assert!(remove("mine").is_err_and(|e| e.hints[0].contains("[lenses.mine]")));
        let rename =
            |from: &str, to: &str| engine.command(&Command::RenameLens { from: from.to_owned(), to: to.to_owned() });
        assert!(save("taken", billed.clone()).is_ok());
        for (from, to, why) in [
            ("a", "taken", "there is a lens `taken` already"),
            ("a", "mine", "is the config's"),
            ("mine", "b", "is the config's"),
            ("none", "b", "no saved lens `none`"),
            ("a", " ", "needs a name"),
        ] {
            assert!(rename(from, to).is_err_and(|e| e.message.contains(why)), "{from} to {to}");
        }
        assert!(matches!(rename("a", " b "), Ok(Outcome::LensRenamed { saved, .. }) if saved.name.raw() == "b"));
        assert!(rename("b", "a").is_ok());
        assert!(matches!(remove("a"), Ok(Outcome::LensRemoved(l)) if l.lens == billed));
        assert!(remove("a").is_err_and(|e| e.message == "there is no saved lens `a`"));
    }

    #[test]
    fn what_was_made_is_there_after_the_store_is_opened_again() {
        let folder = tempfile::tempdir().expect("folder");
        let open = || engine(Store::open(folder.path(), &[]).expect("store"));
        let first = open();
        let note = add(&first, 5, "launch");
        first.command(&Command::SaveLens { name: "a".into(), lens: Lens::default() }).expect("saved");
        drop(first);
        let again = open();
        assert_eq!(notes(&again, None), [note]);
        assert_eq!(lenses(&again).len(), 2);
    }
}
