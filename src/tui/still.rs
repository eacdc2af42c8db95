//! The app without a terminal: what it asks is answered at once, and what it shows is a picture.
//!
//! Knows the engine's questions and answers. Writes nothing and changes nothing that is kept.

use super::Options;
use super::app::App;
use super::effect::Effect;
use super::event::Event;
use super::key::Key;
use super::picture::Shape;
use super::worker::{Reply, Standing};
use crate::domain::text::SafeText;
use crate::engine::{Cancel, Engine};
use crate::error::{Error, Result};

/// The screen after some keys, apart by blanks, were pressed.
///
/// # Errors
/// Kind `Usage` where a word is no key.
pub fn picture(options: &Options, engine: &dyn Engine, size: (u16, u16), keys: &str, shape: Shape) -> Result<String> {
    let pressed: Result<Vec<Key>> = keys.split_whitespace().map(key).collect();
    let pressed = pressed?;
    let mut app = App::new(options, size);
    let (as_of, banner) = (options.as_of, options.banner.clone());
    let opened = app.update(Event::Opened(Standing { as_of, banner, flags: String::new() }));
    answer(&mut app, engine, opened);
    let asked = app.start();
    answer(&mut app, engine, asked);
    for key in pressed {
        let effects = app.update(Event::Key(key.event()));
        answer(&mut app, engine, effects);
    }
    Ok(app.picture(shape))
}

fn key(word: &str) -> Result<Key> {
    Key::parse(word).ok_or_else(|| {
        Error::usage(format!("`{}` in --keys is no key", SafeText::from_outside(word)))
            .hint("keys are written like \"j\", \"G\", \"enter\", \"space\", \"ctrl-l\", \"f5\", apart by blanks")
    })
}

/// Answers what the app asks, and what it asks then. Nothing else is done.
pub(super) fn answer(app: &mut App, engine: &dyn Engine, effects: Vec<Effect>) {
    for effect in effects {
        let event = match effect {
            Effect::Ask(job) => {
                let answer = engine.ask(&job.question, job.as_of, &Cancel::default());
                Event::Answer(Box::new(Reply { asker: job.asker, generation: job.generation, answer }))
            }
            Effect::AskExtent => Event::Extent(Box::new(engine.extent())),
            _ => continue,
        };
        let more = app.update(event);
        answer(app, engine, more);
    }
}
