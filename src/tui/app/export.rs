//! How the figures leave the app: what is offered, and what is said when it is done.
//!
//! The part of [`App::update`] for exports. Draws nothing and writes nothing.

use std::path::PathBuf;

use super::App;
use crate::domain::period::PeriodSpec;
use crate::domain::text::SafeText;
use crate::engine::explain::lens_of;
use crate::engine::{Card, Query, Question, Sort};
use crate::error::Result;
use crate::report::Format;
use crate::tui::effect::Effect;
use crate::tui::export::{self, Content, Exported, Form, IfThere, Order};
use crate::tui::overlay::Overlay;
use crate::tui::overlay::choice::Choice;
use crate::tui::overlay::explain::Explain;
use crate::tui::overlay::picker::{Item, Picker};
use crate::tui::overlay::prompt::{Prompt, Purpose};
use crate::tui::tab::Tab;
use crate::tui::tab::breakdown::View;

/// The forms that are offered, with their words.
const TABLES: [(Format, &str); 3] = [(Format::Csv, "CSV"), (Format::Json, "JSON"), (Format::Markdown, "Markdown")];

impl App {
    /// Opens the list of what the figures can be exported as; over an explanation, its parts.
    pub(super) fn offer_exports(&mut self) {
        if matches!(&self.overlay, Some(Overlay::Explain(explain)) if explain.level().answer().is_none()) {
            self.status = Some("there is no figure here yet".to_owned());
            return;
        }
        let files = TABLES.map(|(format, word)| {
            Item::new(SafeText::from_outside(&format!("{word} to a file")), Choice::Export(Form::Table(format), true))
                .note(SafeText::ours("the table as the command line prints it"))
        });
        let items = Item::new(SafeText::ours("Parquet to a file"), Choice::Export(Form::Items, true))
            .note(SafeText::ours("the line items, as FOCUS"));
        let copies = TABLES.map(|(format, word)| {
            let label = SafeText::from_outside(&format!("{word} to the clipboard"));
            Item::new(label, Choice::Export(Form::Table(format), false))
                .note(SafeText::ours("sent to the terminal, up to about 74 kB"))
        });
        let all = files.into_iter().chain([items]).chain(copies);
        self.lay_over(Overlay::Pick(Box::new(Picker::new("Export", all))));
    }

    /// Exports to the clipboard, or asks for the file's name first.
    pub(in crate::tui) fn export_as(&mut self, form: Form, to_file: bool) -> Vec<Effect> {
        if !to_file {
            return self.export(self.order(form, None, IfThere::Leave));
        }
        let explained = self.beneath.as_ref().map(|explain| explain.level());
        let what = match (self.tab, form) {
            _ if let Some(level) = explained => level.subject.title.as_str().to_owned(),
            (Tab::Spend, _) => "spend".to_owned(),
            (_, Form::Items) => "line items".to_owned(),
            _ if self.breakdown.view == View::Hygiene => "tags".to_owned(),
            _ => self.lens.by.iter().map(|by| by.title()).collect::<Vec<_>>().join(" "),
        };
        let days = explained.and_then(|level| Some(level.answer()?.period));
        let days = days.unwrap_or_else(|| self.lens.period.resolve(self.as_of)).words();
        let name = export::suggested(&what, &days, form);
        self.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Export(form), &name)));
        vec![]
    }

    /// Writes the file that was named; one that is there only when it was asked before.
    pub(super) fn export_to(&mut self, form: Form, name: &str) -> Vec<Effect> {
        let Some(Overlay::Prompt(prompt)) = &self.overlay else { return vec![] };
        let if_there = if prompt.was_warned() { IfThere::Replace } else { IfThere::Leave };
        if name.trim().is_empty() {
            self.status = Some("a file needs a name".to_owned());
            return vec![];
        }
        self.export(self.order(form, Some(PathBuf::from(name.trim())), if_there))
    }

    /// Has something exported, where nothing is being exported yet.
    pub(super) fn export(&mut self, order: Order) -> Vec<Effect> {
        if self.exporting {
            self.status = Some("the export before this one is not done yet".to_owned());
            return vec![];
        }
        self.exporting = true;
        self.status = Some("exporting".to_owned());
        vec![Effect::Export(Box::new(order))]
    }

    /// The question whose rows are the parts of what is explained, all of them.
    fn parts_of(&self, explain: &Explain) -> Option<Question> {
        let level = explain.level();
        let (card, answer) = (level.subject.card, level.answer()?);
        let mut lens = lens_of(card, &level.subject.lens, self.as_of);
        if card == Card::LastHour {
            lens.period = PeriodSpec::Range(answer.period);
        }
        let parts = level.parts();
        if let Some(parts) = parts {
            lens.by.clone_from(&parts.by);
        }
        let granularity = parts.and_then(|parts| parts.granularity);
        Some(Question::Query(Query { lens, granularity, sort: Sort::Cost, limit: None }))
    }

    fn order(&self, form: Form, path: Option<PathBuf>, if_there: IfThere) -> Order {
        let parts = self.beneath.as_ref().and_then(|explain| self.parts_of(explain));
        let content = Content::Answer(parts.unwrap_or_else(|| self.figures()));
        Order { content, as_of: self.as_of, form, path, if_there }
    }

    /// What became of an export.
    pub(super) fn exported(&mut self, result: Result<Exported>) -> Vec<Effect> {
        let asking = matches!(&self.overlay, Some(Overlay::Prompt(p)) if matches!(p.purpose, Purpose::Export(_)));
        self.exporting = false;
        match result {
            Ok(Exported::Text(text)) => {
                let bytes = text.len();
                let effects = self.copy(text, "the table");
                self.status = self.status.take().map(|said| format!("{said}, {bytes} bytes"));
                return effects;
            }
            Ok(Exported::File { path, items, bytes, form }) => {
                self.status = Some(export::said(&path, items, bytes));
                // A picture may be taken of the question for a file too, which it does not answer.
                if asking && !matches!(form, Form::Screen(_)) {
                    self.overlay = None;
                }
            }
            Ok(Exported::Exists(path)) => {
                let there = format!("{} is there already", SafeText::path(&path));
                self.status = match &mut self.overlay {
                    Some(Overlay::Prompt(prompt)) if asking => {
                        prompt.warn(format!("{there}: {}", self.keymap.say("{apply} again writes over it")));
                        None
                    }
                    _ => Some(format!("{there}: nothing was written")),
                };
            }
            Err(error) => {
                let hint = error.hints.first().map_or_else(String::new, |hint| format!("; {hint}"));
                self.status = Some(SafeText::from_outside(&format!("{}{hint}", error.message)).into_string());
            }
        }
        vec![]
    }
}
