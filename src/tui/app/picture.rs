//! The screen as a picture or as text, to a file or to the terminal's clipboard.
//!
//! The part of [`App::update`] for pictures. Writes nothing.

use std::path::PathBuf;

use ratatui::buffer::Buffer;

use super::App;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::export::{self, CLIPBOARD_MAX, Content, Form, IfThere, Order};
use crate::tui::picture::{self, Shape};
use crate::tui::screen;

impl App {
    /// The screen as it is now.
    #[must_use]
    pub fn picture(&self, shape: Shape) -> String {
        let mut buf = Buffer::empty(self.area());
        screen::render(self, buf.area, &mut buf);
        match shape {
            Shape::Svg => picture::svg(&buf, self.theme.paper()),
            Shape::Text => picture::text(&buf),
        }
    }

    /// Takes a picture of the screen, whatever is open on it.
    pub(super) fn take_picture(&mut self, action: Action) -> Vec<Effect> {
        let shape = if action == Action::ScreenAsSvg { Shape::Svg } else { Shape::Text };
        let picture = self.picture(shape);
        if action == Action::CopyScreen {
            if picture.len() > CLIPBOARD_MAX {
                let most = CLIPBOARD_MAX / 1000;
                self.status = Some(format!("the screen is too large: terminals take about {most} kB"));
                return vec![];
            }
            return self.copy(picture, "the screen");
        }
        let form = Form::Screen(shape);
        let name = export::suggested(self.tab.title(), &self.as_of.to_string(), form);
        let (content, if_there) = (Content::Screen(picture), IfThere::Number);
        let path = Some(PathBuf::from(name));
        self.export(Order { content, as_of: self.as_of, form, path, if_there })
    }
}
