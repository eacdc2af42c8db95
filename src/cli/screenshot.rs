//! `spendtop screenshot`: the app's screen as a picture or as text, without a terminal.
//!
//! Knows its own flags, which [`super::args`] names, and no figure.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::app::DEMO_BANNER;
use super::args::{LensArgs, one_of};
use super::run::Context;
use crate::config::ThemeName;
use crate::domain::lens::Lens;
use crate::engine::Engine;
use crate::error::Result;
use crate::tui;
use crate::tui::picture::Shape;

/// Columns and rows that a picture may have.
const COLUMNS: std::ops::RangeInclusive<u16> = 40..=400;
const ROWS: std::ops::RangeInclusive<u16> = 8..=200;

/// `spendtop screenshot`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(after_help = "Examples:
  spendtop screenshot --demo > spend.svg
  spendtop screenshot --last 30d --by team --keys '2 d' --size 160x48 --theme light > teams.svg
  spendtop screenshot --format text | mail -s 'Cloud spend' team@example.com")]
pub struct ScreenshotArgs {
    /// What to look at.
    #[command(flatten)]
    pub lens: LensArgs,
    /// Keys to press first, apart by blanks, as `[keys]` in the config writes them: '2 j enter'. Nothing is
    /// written by them.
    #[arg(long, value_name = "KEYS", default_value = "", hide_default_value = true, help_heading = "The screen")]
    pub keys: String,
    /// Columns and rows.
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x36", value_parser = size, help_heading = "The screen")]
    pub size: (u16, u16),
    /// The theme [default: the config's].
    #[arg(long, value_parser = one_of(ThemeName::ALL.to_vec(), ThemeName::name), help_heading = "The screen")]
    pub theme: Option<ThemeName>,
    /// A picture with colours, or text without.
    #[arg(long, default_value = "svg", value_parser = one_of(Shape::ALL.to_vec(), Shape::name), help_heading = "The screen")]
    pub format: Shape,
}

fn size(text: &str) -> std::result::Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    parsed.filter(|(columns, rows)| COLUMNS.contains(columns) && ROWS.contains(rows)).ok_or_else(|| {
        let ((least, most), (low, high)) = ((COLUMNS.start(), COLUMNS.end()), (ROWS.start(), ROWS.end()));
        format!("a size is columns and rows, from {least}x{low} to {most}x{high}: 120x36")
    })
}

/// Prints the screen.
///
/// # Errors
/// Where a key is none, the engine fails or the output does.
pub fn run(context: &mut Context<'_, '_>, args: &ScreenshotArgs, lens: Lens, engine: &dyn Engine) -> Result<u8> {
    let mut screen = context.config.screen;
    screen.theme = args.theme.unwrap_or(screen.theme);
    let options = tui::Options {
        as_of: context.as_of,
        now: context.as_of.seconds(),
        lens,
        // A picture has all colours and signs, whatever terminal it is asked for in.
        env: tui::Env {
            color: context.global.color,
            term: "xterm-256color".to_owned(),
            colorterm: "truecolor".to_owned(),
            locale: "C.UTF-8".to_owned(),
            ..tui::Env::default()
        },
        screen,
        background: Some(tui::Tone::Dark),
        banner: args.lens.scope.demo.then(|| DEMO_BANNER.to_owned()),
        front: None,
        keymap: Arc::new(tui::Keymap::configured(&context.config)?),
        session: None,
        hints: None,
        first_run: None,
        desk: None,
        folder: PathBuf::from("."),
    };
    let picture = tui::still::picture(&options, engine, args.size, &args.keys, args.format)?;
    context.streams.print(&picture)?;
    Ok(0)
}
