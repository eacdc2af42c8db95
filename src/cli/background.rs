//! Whether the user's terminals are dark or light, as they last said, so that the first frame is right.
//!
//! A line a terminal, in the platform's cache folder: nothing is lost with it, so that no failure to
//! read or write it is told. Knows no question and no colour.

use std::path::PathBuf;

use super::config::project;
use crate::store::folder::keep;
use crate::tui::Tone;

const NAME: &str = "backgrounds";

/// Terminals that are remembered at most, the newest first.
const TERMINALS_MAX: usize = 32;

fn file() -> Option<PathBuf> {
    project().map(|dirs| dirs.cache_dir().join(NAME))
}

/// What a terminal's background was when it last told it.
pub fn remembered(terminal: &str) -> Option<Tone> {
    tone_of(&std::fs::read_to_string(file()?).ok()?, terminal)
}

/// Remembers a terminal's background.
pub fn remember(terminal: &str, tone: Tone) {
    let Some(file) = file() else { return };
    let Some(folder) = file.parent() else { return };
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::create_dir_all(folder);
    let _ = keep(folder, NAME, with(&old, terminal, tone).as_bytes());
}

fn tone_of(text: &str, terminal: &str) -> Option<Tone> {
    let (_, word) = text.lines().filter_map(|line| line.rsplit_once(' ')).find(|(name, _)| *name == terminal)?;
    [Tone::Dark, Tone::Light].into_iter().find(|tone| tone.name() == word)
}

/// The text with a terminal's line in front.
fn with(text: &str, terminal: &str, tone: Tone) -> String {
    let ours = format!("{terminal} {}", tone.name());
    let others = text.lines().filter(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name != terminal));
    let lines: Vec<&str> = std::iter::once(ours.as_str()).chain(others).take(TERMINALS_MAX).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_has_one_line_and_the_oldest_are_forgotten() {
        let text = with("xterm/ light\nrubbish\n", "alacritty/", Tone::Dark);
        assert_eq!(text, "alacritty/ dark\nxterm/ light\n");
        let text = with(&text, "xterm/", Tone::Dark);
        assert_eq!((tone_of(&text, "xterm/"), tone_of(&text, "alacritty/")), (Some(Tone::Dark), Some(Tone::Dark)));
        assert_eq!((tone_of(&text, "xterm"), tone_of("xterm/ grey", "xterm/")), (None, None));
        let many = (0..50).fold(String::new(), |text, n| with(&text, &format!("t{n}"), Tone::Light));
        assert_eq!((many.lines().count(), tone_of(&many, "t49")), (TERMINALS_MAX, Some(Tone::Light)));
    }
}
