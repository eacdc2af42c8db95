//! What the app wants done: the only way out of [`App::update`](super::app::App::update).
//!
//! Plain data; the loop and the worker do it. Knows nothing of why.

use std::path::PathBuf;

use super::export::Order;
use super::intake::Intake;
use super::worker::{Job, Source};
use crate::engine::Command;

/// Something to be done outside of the app's state.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Ask the engine, in the background.
    Ask(Box<Job>),
    /// Have the engine do something; what became of it comes back as [`Event::Done`](super::event::Event::Done).
    Do(Box<Command>),
    /// Write figures to a file, or set them for the clipboard; [`Event::Exported`](super::event::Event::Exported) follows.
    Export(Box<Order>),
    /// Ask the engine what data there is.
    AskExtent,
    /// Ask the store or the demo from now on.
    Open(Source),
    /// Look into a folder for billing files.
    List(PathBuf),
    /// Take a billing export in.
    Import(Intake),
    /// Give the import up that is under way.
    GiveUpImport,
    /// Give text to the terminal's clipboard.
    Copy(String),
    /// Let the terminal send what the mouse does, or no longer.
    Mouse(bool),
    /// Forget what the terminal shows and draw all of it.
    Redraw,
    /// Stop until the shell lets the program run again.
    Suspend,
    /// End with an exit code.
    Quit(u8),
}

/// The sequence (OSC 52) that gives text to the terminal's clipboard.
#[must_use]
pub fn clipboard_sequence(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |sum, b| sum << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = group >> (18 - 6 * i) & 63;
            out.push(if i <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_rfc_4648_says() {
        for (text, want) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")]
        {
            assert_eq!(base64(text.as_bytes()), want);
        }
        assert_eq!(clipboard_sequence("foobar"), "\x1b]52;c;Zm9vYmFy\x07");
    }
}
