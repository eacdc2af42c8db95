//! `spendtop lens list|save|rm`: lenses that have a name.

use super::args::{FormatArgs, LensArgs, SavedLensArgs, SavedLensCommand};
use super::lens;
use super::query::style;
use super::run::Context;
use super::wiring;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::{Answer, Cancel, Command, Outcome, Question};
use crate::error::{Error, Result};
use crate::report;

/// Runs `lens`; returns the exit code.
///
/// # Errors
/// Where the store or the output fails, flags or line cannot be understood, or there is no such lens.
pub fn run(context: &mut Context<'_, '_>, args: &SavedLensArgs) -> Result<u8> {
    match &args.command {
        None => list(context, &FormatArgs::default()),
        Some(SavedLensCommand::List { format }) => list(context, format),
        Some(SavedLensCommand::Save { name, line, lens }) => save(context, name, line.as_deref(), lens),
        Some(SavedLensCommand::Rm { name }) => {
            let engine = wiring::engine(context, false)?;
            let Outcome::LensRemoved(gone) = engine.command(&Command::RemoveLens { name: name.clone() })? else {
                return Err(Error::bug("a lens was removed and something else became of it"));
            };
            context.streams.print(&format!("removed lens {}: {}\n", gone.name.safe(), safe(&gone.lens.to_line())))?;
            Ok(0)
        }
    }
}

fn safe(text: &str) -> SafeText {
    SafeText::from_outside(text)
}

fn list(context: &mut Context<'_, '_>, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, false)?;
    let Answer::Lenses(lenses) = engine.ask(&Question::Lenses, context.as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than which lenses there are"));
    };
    if lenses.is_empty() {
        let hints = ["`spendtop lens save NAME` saves one", "`[lenses.NAME]` in the config names one, too"];
        context.streams.note("there are no saved lenses yet", &hints)?;
    }
    let style = style(format, context.streams);
    report::lenses(&lenses, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn save(context: &mut Context<'_, '_>, name: &str, line: Option<&str>, args: &LensArgs) -> Result<u8> {
    if args.scope.demo {
        return Err(Error::usage("the demo is made anew each time: no lens is kept in it").hint("leave out --demo"));
    }
    let alone = lens_alone(context, line, args)?;
    let engine = wiring::engine(context, false)?;
    let lens = match (&args.saved, line) {
        (Some(saved), None) => {
            let saved = lens::saved(saved, engine.as_ref(), context.as_of)?;
            lens::lens_of(args, Some(&saved), &context.config, context.as_of, &[])?
        }
        _ => alone,
    };
    let Outcome::LensSaved { saved, replaced } = engine.command(&Command::SaveLens { name: name.to_owned(), lens })?
    else {
        return Err(Error::bug("a lens was saved and something else became of it"));
    };
    context.streams.print(&format!("saved lens {}: {}\n", saved.name.safe(), safe(&saved.lens.to_line())))?;
    if let Some(before) = replaced.filter(|before| *before != saved.lens) {
        context.streams.note(&format!("it was {}", safe(&before.to_line())), &[])?;
    }
    Ok(0)
}

/// The lens of the line, or of the flags without a saved lens: told where it is bad before anything
/// is opened.
fn lens_alone(context: &Context<'_, '_>, line: Option<&str>, args: &LensArgs) -> Result<Lens> {
    let Some(line) = line else {
        return lens::lens_of(args, None, &context.config, context.as_of, &[Dimension::Provider]);
    };
    if *args != LensArgs::default() {
        return Err(Error::usage("a line and flags both say what the lens looks at").hint("leave out one of them"));
    }
    Ok(Lens::parse(line, &context.config.own_dimensions(), context.as_of)?)
}
