//! The app in lines, for screen readers and pipes: the same state, questions and answers as on the
//! screen, told in sentences and steered by words.
//!
//! Writes no control characters but the bell, and redraws nothing. Reads lines from whatever it is handed; what
//! fails meanwhile, and alerts, are told between them. What nobody sees tells nobody: into a pipe no alert is taken.

mod ahead;
mod alerts;
mod command;
mod listening;
mod syncing;
mod words;

use std::io::{BufRead, Write};
use std::sync::{Arc, Weak};

use self::command::Word;
use super::Options;
use super::action::Action;
use super::alerting::Alerts;
use super::app::ask::answered;
use super::app::{App, odd};
use super::effect::Effect;
use super::event::Event;
use super::still;
use super::syncing::Syncs;
use super::tab::Tab;
use super::worker::{Look, Opened, Opener, Source};
use crate::domain::anomaly::State;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::SavedLens;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::engine::answer::{AnomaliesAnswer, BudgetAnswer, BudgetsAnswer};
use crate::engine::budgets::Asked;
use crate::engine::{AnomalyQuery, Answer, Cancel, Command, Engine, Question, forecast};
use crate::error::Result;

/// The screen that there is none of: small enough that nothing beside figures and rows is asked for it.
const SIZE: (u16, u16) = (60, 12);
/// Rows of the breakdown that are told at once.
const PAGE: usize = 20;

/// Who is at the other end.
#[derive(Clone, Copy, Default, Debug)]
pub struct Reader {
    /// Somebody types, and is asked for each line.
    pub types: bool,
    /// Somebody sees what is written, and is told of alerts.
    pub sees: bool,
}

/// The app's state with who answers and who listens.
struct Session<'a> {
    app: App,
    engine: Arc<dyn Engine>,
    look: Option<Look>,
    syncing: Option<Result<Weak<dyn Syncs>>>,
    alerting: Option<Weak<dyn Alerts>>,
    reader: Reader,
    /// What was told of syncing.
    heard: syncing::Told,
    out: &'a mut dyn Write,
    /// The first row of the breakdown that was not told yet.
    told: usize,
}

/// Tells what is spent, and nothing more.
///
/// # Errors
/// Where the data cannot be opened; or the output fails, as [`std::io::Error`] says.
pub fn tell(options: &Options, open: &Opener, out: &mut dyn Write) -> Result<std::io::Result<()>> {
    let mut session = Session::open(options, open, out, Reader::default())?;
    Ok(session.spend().and_then(|()| session.tell_news()).and_then(|()| session.out.flush()))
}

/// Tells what is spent, then does what each line of `input` says, until it ends or says `quit`.
///
/// # Errors
/// Where the data cannot be opened; or the output fails, as [`std::io::Error`] says.
pub fn run(
    options: &Options,
    open: &Opener,
    input: &mut (dyn BufRead + Send),
    out: &mut dyn Write,
    reader: Reader,
) -> Result<std::io::Result<()>> {
    let mut session = Session::open(options, open, out, reader)?;
    Ok(session.serve(input))
}

impl<'a> Session<'a> {
    fn open(options: &Options, open: &Opener, out: &'a mut dyn Write, reader: Reader) -> Result<Session<'a>> {
        let Opened { engine, standing, look, syncing, alerting } = open(Source::Store)?;
        // Nothing is shown before the first answer: there is no frame that could wait for it. Of where
        // the app was left only what is looked at is told: the first tab's figures come first.
        let lens = options.session.as_ref().map_or(&options.lens, |session| &session.lens).clone();
        let app = App::new(&Options { front: None, session: None, lens, ..options.clone() }, SIZE);
        let heard = syncing::Told::default();
        let mut session = Session { app, engine, look, syncing, alerting, reader, heard, out, told: 0 };
        let effects = session.app.update(Event::Opened(standing));
        session.perform(effects);
        let effects = session.app.start();
        session.perform(effects);
        Ok(session)
    }

    /// Asks what the app wants asked. What only a screen can do is left.
    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let more = match effect {
                Effect::Do(command) => self.app.update(Event::Done(Box::new(self.engine.command(&command)))),
                other => vec![other],
            };
            still::answer(&mut self.app, &*self.engine, more);
        }
    }

    fn act(&mut self, action: Action) {
        let effects = self.app.perform(action);
        self.perform(effects);
    }

    /// Takes what others may have changed since the last line.
    fn refresh(&mut self) {
        if let Some(Ok(standing)) = self.look.as_ref().map(|look| look()) {
            let effects = self.app.update(Event::Opened(standing));
            self.perform(effects);
            let effects = self.app.update(Event::Changed);
            self.perform(effects);
        }
    }

    fn obey(&mut self, word: Word, rest: &str) -> std::io::Result<()> {
        let changed = match word {
            Word::Spend => self.show(Tab::Spend),
            Word::Breakdown => self.show(Tab::Breakdown),
            Word::Series => return self.series(),
            Word::More => return self.rows(),
            Word::Forecast => return self.forecast(),
            Word::Budgets => return self.budgets(),
            Word::Anomalies => return self.anomalies(),
            Word::Alerts => return self.alerts(),
            Word::Help => return self.lines(&command::help()),
            Word::Command => return self.command(),
            Word::Drill => self.drill(rest),
            Word::Back => self.back(),
            Word::Period => self.period(rest),
            Word::By => self.by(rest),
            Word::Filter => self.filter(rest),
            Word::Metric => one_of(rest, &Metric::ALL, Metric::name).map(|metric| self.app.lens.metric = metric),
            Word::Compare => {
                one_of(rest, &Comparison::ALL, Comparison::name).map(|days| self.app.lens.comparison = days)
            }
            Word::Currency => self.currency(rest),
            Word::Lens if rest.is_empty() => return self.lenses(),
            Word::Lens => self.lens(rest),
            Word::Save => return self.save(rest),
            Word::Sync => return self.sync(rest),
            Word::Quit => Ok(()),
        };
        match changed {
            Err(why) => self.say(&why),
            Ok(()) => {
                let effects = self.app.ask();
                self.perform(effects);
                if self.app.tab == Tab::Breakdown { self.breakdown() } else { self.spend() }
            }
        }
    }

    /// The saved lenses, each in one line.
    fn lenses(&mut self) -> std::io::Result<()> {
        let line =
            |saved: &SavedLens| format!("{}: {}.", saved.name.safe(), SafeText::from_outside(&saved.lens.to_line()));
        let lines: Vec<String> = self.app.saved.list.iter().map(line).collect();
        if lines.is_empty() {
            return self.say("No lens is kept yet: save and a name keeps this one.");
        }
        self.lines(&lines)
    }

    fn lens(&mut self, name: &str) -> Result<(), String> {
        if self.app.saved.named(name).is_none() {
            return Err(format!("No lens is kept as {}: lens lists those that are.", SafeText::from_outside(name)));
        }
        self.app.use_lens(name);
        Ok(())
    }

    /// Keeps what is looked at under a name that none has.
    fn save(&mut self, name: &str) -> std::io::Result<()> {
        let shown = SafeText::from_outside(name);
        if self.app.saved.named(name).is_some() {
            return self.say(&format!("There is a lens {shown} already: take another name."));
        }
        let command = Command::SaveLens { name: name.to_owned(), lens: self.app.lens.clone() };
        self.perform(vec![Effect::Do(Box::new(command))]);
        if self.app.saved.named(name).is_some() {
            return self.say(&format!("Kept as {shown}: lens {shown} looks through it again."));
        }
        let why = self.app.status.take().unwrap_or_default();
        self.say(&format!("Not kept: {why}."))
    }

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        writeln!(self.out, "{line}")
    }

    fn lines(&mut self, lines: &[String]) -> std::io::Result<()> {
        lines.iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }

    /// What stands above every view; `false` where there is no answer under it.
    fn head(&mut self, title: &str) -> std::io::Result<bool> {
        self.say(&words::heading(title, &self.app.lens, self.app.as_of))?;
        if let Some(banner) = self.app.banner.clone() {
            self.say(&banner)?;
        }
        if let Some(error) = self.app.error().cloned() {
            self.say(&format!("Error: {}.", SafeText::from_outside(&error.message)))?;
            for hint in &error.hints {
                self.say(&format!("Hint: {}.", SafeText::from_outside(hint)))?;
            }
            return Ok(false);
        }
        let currencies: Vec<String> = self.app.currencies().into_iter().map(str::to_owned).collect();
        match (currencies.as_slice(), self.app.shown_currency().map(str::to_owned)) {
            ([], _) => {
                self.say("There are no charges here. period chooses other days, filter alone takes the filter away.")?;
                if self.snapshot().is_some() {
                    self.say("sync tells how syncing stands.")?;
                }
                return Ok(false);
            }
            ([_, _, ..], Some(shown)) => {
                let others: Vec<&str> = currencies.iter().map(String::as_str).filter(|c| *c != shown).collect();
                let others = SafeText::from_outside(&others.join(", "));
                self.say(&format!(
                    "Figures in {}. There are also charges in {others}.",
                    SafeText::from_outside(&shown)
                ))?;
            }
            _ => {}
        }
        Ok(true)
    }

    fn spend(&mut self) -> std::io::Result<()> {
        if !self.head("Spend")? {
            return Ok(());
        }
        let lines = self.app.spend_answer().map(|answer| words::spend(&self.app.lens, answer));
        self.lines(&lines.unwrap_or_default())?;
        // It may take a while: what is known is told before.
        self.out.flush()?;
        self.lines(&[String::new(), "Ahead, and what needs attention:".to_owned()])?;
        self.forecast()?;
        let budgets = self.told_of_budgets().map(|budgets| vec![ahead::budgets_in_short(&budgets)]);
        self.tell(budgets)?;
        let anomalies = self.told_of_anomalies(true).map(|told| vec![ahead::anomalies_in_short(&told)]);
        self.tell(anomalies)
    }

    /// Tells lines, or why there are none.
    fn tell(&mut self, lines: Result<Vec<String>>) -> std::io::Result<()> {
        match lines {
            Ok(lines) => self.lines(&lines),
            Err(error) => self.say(&format!("Error: {}.", SafeText::from_outside(&error.message))),
        }
    }

    fn ask(&self, question: &Question) -> Result<Answer> {
        self.engine.ask(question, self.app.as_of, &Cancel::default())
    }

    /// What this month will come to, of what is looked at.
    fn forecast(&mut self) -> std::io::Result<()> {
        let shown = self.app.spend_answer().map(|answer| answer.currency.clone());
        let told = answered!(self.ask(&Question::Forecast(forecast::of(&self.app.lens))), Forecast).map(|told| {
            let one = told.iter().find(|one| Some(&one.currency) == shown.as_ref()).or(told.first());
            one.map_or_else(|| vec!["No forecast: there are no charges here.".to_owned()], ahead::forecast)
        });
        self.tell(told)
    }

    fn told_of_budgets(&self) -> Result<Vec<BudgetAnswer>> {
        let told = answered!(self.ask(&Question::Budgets(Asked::List { archived: false })), Budgets)?;
        match *told {
            BudgetsAnswer::List(list) => Ok(list),
            _ => Err(odd()),
        }
    }

    /// How budgets stand.
    fn budgets(&mut self) -> std::io::Result<()> {
        let told = self.told_of_budgets().map(|budgets| ahead::budgets(&budgets));
        self.tell(told)
    }

    /// What is out of the ordinary of what is looked at; only what needs somebody where that is said.
    fn told_of_anomalies(&self, needing: bool) -> Result<AnomaliesAnswer> {
        let states = State::ALL.into_iter().filter(|state| needing && state.needs_somebody()).collect();
        let query = AnomalyQuery { filter: self.app.lens.filter.clone(), states, ..AnomalyQuery::default() };
        answered!(self.ask(&Question::Anomalies(query)), Anomalies)
    }

    fn anomalies(&mut self) -> std::io::Result<()> {
        let told = self.told_of_anomalies(false).map(|told| ahead::anomalies(&told));
        self.tell(told)
    }

    fn series(&mut self) -> std::io::Result<()> {
        self.app.tab = Tab::Spend;
        let effects = self.app.ask();
        self.perform(effects);
        if !self.head("Series")? {
            return Ok(());
        }
        let lines = self.app.spend_answer().map(words::series);
        self.lines(&lines.unwrap_or_default())
    }

    fn breakdown(&mut self) -> std::io::Result<()> {
        self.told = 0;
        if !self.head("Breakdown")? {
            return Ok(());
        }
        let crumbs = self.app.crumbs();
        let lines = self.app.breakdown_answer().map(|answer| words::breakdown_head(answer, &crumbs));
        self.lines(&lines.unwrap_or_default())?;
        self.rows()
    }

    /// The next rows of the breakdown.
    fn rows(&mut self) -> std::io::Result<()> {
        let Some(answer) = self.app.breakdown_answer().filter(|_| self.app.tab == Tab::Breakdown) else {
            return self.say("breakdown lists rows first.");
        };
        let count = answer.rows.len();
        let rows = self.app.breakdown.visible(answer, usize::MAX).skip(self.told).take(PAGE);
        let mut lines: Vec<String> = rows.map(|(at, row)| words::row(answer, row, at + 1)).collect();
        self.told = (self.told + lines.len()).min(count);
        lines.push(match (lines.is_empty(), count - self.told) {
            (true, _) => "There are no more rows.".to_owned(),
            (false, 0) => "These are all rows. drill and a number opens one.".to_owned(),
            (false, left) => format!("{left} rows are left: more tells the next. drill and a number opens one."),
        });
        self.lines(&lines)
    }

    fn show(&mut self, tab: Tab) -> Result<(), String> {
        self.app.tab = tab;
        Ok(())
    }

    fn back(&mut self) -> Result<(), String> {
        if self.app.path.is_empty() {
            return Err("Nothing was opened.".to_owned());
        }
        self.act(Action::Back);
        Ok(())
    }

    fn drill(&mut self, number: &str) -> Result<(), String> {
        let rows = self.app.breakdown_answer().filter(|_| self.app.tab == Tab::Breakdown).map(|a| a.rows.len());
        let Some(rows) = rows.filter(|rows| *rows > 0) else { return Err("breakdown lists rows first.".to_owned()) };
        let at = number.parse().ok().filter(|n| (1..=rows).contains(n));
        let Some(at) = at else { return Err(format!("drill needs the number of a row, 1 to {rows}.")) };
        let currency = self.app.currency.clone();
        self.app.breakdown.select(at - 1, PAGE, currency.as_deref());
        self.app.status = None;
        self.act(Action::Open);
        self.app.status.take().map_or(Ok(()), |why| Err(format!("Not opened: {why}.")))
    }

    fn period(&mut self, text: &str) -> Result<(), String> {
        let period = PeriodSpec::parse(text, self.app.as_of);
        let example = "period needs days, like this-month, last-month, 30d, 2024-09 or 2024-09-01..2024-10-01.";
        self.app.lens.period = period.ok_or_else(|| example.to_owned())?;
        Ok(())
    }

    fn by(&mut self, text: &str) -> Result<(), String> {
        let Some(dimension) = Dimension::among(text, self.app.own_dimensions()) else {
            let names: Vec<String> = Dimension::FIXED.iter().map(Dimension::name).collect();
            return Err(format!("by needs a dimension: {}, or tag:KEY.", names.join(", ")));
        };
        self.app.lens.by = vec![dimension];
        self.app.breakdown.seek(None);
        Ok(())
    }

    fn filter(&mut self, text: &str) -> Result<(), String> {
        match Filter::parse(text, self.app.own_dimensions()) {
            Ok(filter) => {
                self.app.filter_by(filter);
                Ok(())
            }
            Err(error) => {
                let near = SafeText::from_outside(&error.text[error.at..]);
                let meant = error.suggestion.as_deref().map(|s| format!(" Try: {}", SafeText::from_outside(s)));
                let place = if near.is_empty() { "at the end".to_owned() } else { format!("at: {near}") };
                let message = SafeText::from_outside(&error.message);
                Err(format!("The filter has a mistake {place}. {message}.{}", meant.unwrap_or_default()))
            }
        }
    }

    fn currency(&mut self, code: &str) -> Result<(), String> {
        let all: Vec<String> = self.app.currencies().into_iter().map(str::to_owned).collect();
        match all.iter().find(|known| known.eq_ignore_ascii_case(code)) {
            Some(code) => {
                self.app.show_currency(code.clone());
                Ok(())
            }
            None => Err(format!("currency needs one of {}.", SafeText::from_outside(&all.join(", ")))),
        }
    }

    fn command(&mut self) -> std::io::Result<()> {
        let line = self.app.command();
        self.say(&SafeText::uncut(&line))
    }
}

fn one_of<T: Copy>(word: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
    let found = all.iter().find(|value| name(**value) == word);
    found.copied().ok_or_else(|| format!("It is one of {}.", names.join(", ")))
}
