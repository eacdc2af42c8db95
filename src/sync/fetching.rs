//! A scope's answer to one ask, as a source that can be read into the store.

use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::source_file::SourceFile;
use crate::domain::text::SafeText;
use crate::provider::remote::{Ask, Brought, Call, Costs, Fault, FaultKind, Halt, Manner};
use crate::provider::{CostSource, FileSummary, ReadSummary, Sink, SourceId, Stop};

use super::groups::Decisions;
use super::ingest::{Renewal, Window};
use super::keep::Keeps;
use crate::error::{Cause, Error, Kind};
use crate::store::remote::Asking;

/// Files of a delivery that are named in a command at most.
const FILES_NAMED: usize = 3;

/// What is asked of a scope, to be read once.
pub struct Fetching<'a> {
    costs: &'a dyn Costs,
    ask: &'a Ask,
    call: &'a Call,
    /// What was brought, once it was.
    pub brought: Option<Brought>,
    /// What went wrong on the provider's side.
    pub fault: Option<Fault>,
    /// Whether it told of nothing, and that was not believed: nothing was changed.
    pub is_unbelieved: bool,
    believes_silence: bool,
    keeps: Keeps,
    configured: Vec<String>,
}

impl<'a> Fetching<'a> {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(costs: &'a dyn Costs, ask: &'a Ask, call: &'a Call) -> Self {
        let (brought, fault, keeps) = (None, None, Keeps::default());
        Fetching {
            costs,
            ask,
            call,
            brought,
            fault,
            is_unbelieved: false,
            believes_silence: false,
            keeps,
            configured: Vec::new(),
        }
    }

    /// What a delivery may not take away.
    #[must_use]
    pub fn keeping(self, keeps: Keeps) -> Self {
        Fetching { keeps, ..self }
    }

    /// Beside which sources of deliveries the config names it, in its order.
    #[must_use]
    pub fn beside(self, configured: Vec<String>) -> Self {
        Fetching { configured, ..self }
    }

    /// Whether an answer that tells of nothing at all is believed.
    #[must_use]
    pub fn believing_silence(self, believes_silence: bool) -> Self {
        Fetching { believes_silence, ..self }
    }

    /// What of the scope it brings anew; `mark` is where it is looked at from next time, `since` the first day that
    /// is wanted of its charges.
    #[must_use]
    pub fn renewal(&self, mark: Option<String>, since: Option<Day>) -> Renewal {
        match self.ask {
            Ask::Days { feed, days } => Renewal::Window(Window {
                feed: feed.name.clone(),
                facet: !feed.is_base(),
                tells: feed.tells.clone(),
                hours: feed.is_hourly(),
                asks: self.asks(),
                days: *days,
                since,
                mark,
            }),
            Ask::Delivery(delivery) => Renewal::Delivery {
                name: delivery.name.clone(),
                version: delivery.remembered(),
                billing_period: delivery.billing_period,
                keeps: self.keeps.clone(),
                configured: self.configured.clone(),
            },
        }
    }

    /// What is decided of what it brings: days and whole billing periods take the place of what was there. Other
    /// deliveries do only as a newer version of it, since they may be another part.
    #[must_use]
    pub fn decisions(&self, accept_partial: bool) -> Decisions {
        let replace = match self.ask {
            Ask::Days { .. } => true,
            Ask::Delivery(delivery) => delivery.billing_period.is_some(),
        };
        Decisions { replace, accept_partial, part: false }
    }

    /// What the scope can be asked for besides; nothing where its charges tell everything.
    fn asks(&self) -> Asking {
        let (scope, manner) = (self.costs.scope(), self.costs.manner());
        let (Some(jointly), Manner::Days(feeds)) = (self.costs.jointly(), manner) else { return Asking::default() };
        let mut dimensions: Vec<Dimension> = feeds.iter().flat_map(|feed| &feed.tells).cloned().collect();
        dimensions.sort();
        dimensions.dedup();
        Asking {
            title: scope.provider.to_owned(),
            dimensions,
            jointly,
            page_rows: feeds.first().map_or(0, |feed| feed.page_rows),
            request_microdollars: scope.terms.request_microdollars,
        }
    }
}

/// A refusal of what a scope brought, with what to do about it: nobody is there to decide with a flag. `connection`
/// is the config's section.
#[must_use]
pub fn refusal(error: Error, connection: &str, costs: &dyn Costs, ask: &Ask) -> Fault {
    let hints = match error.cause {
        Some(Cause::HeldBack) => vec![
            "was it cut short, or is it an older one? put the whole one there: it is taken by itself".into(),
            format!("is it right as it is? {}", take_all_the_same(costs, ask)),
        ],
        Some(Cause::Undecided | Cause::InTheWay) => vec![
            "is it a newer version? take the older file away, remove its import (`spendtop imports`), sync again"
                .into(),
            "are they parts of one bill? name them as its pieces: `NAME-000.csv`, `NAME-001.csv`".into(),
            "are they bills of their own of one account? keep each in a place and a connection of its own".into(),
        ],
        Some(Cause::Incomplete) => vec![
            "mend the refused rows: it is read again once it is written anew".into(),
            format!("to take the good ones, write `accept_partial = true` below `[{connection}]`"),
        ],
        _ => error.hints,
    };
    hints.into_iter().fold(Fault::new(FaultKind::Refused, error.message), Fault::hint)
}

/// How a person has a delivery taken that was held back.
fn take_all_the_same(costs: &dyn Costs, ask: &Ask) -> String {
    let source = &costs.scope().source.name;
    match ask {
        Ask::Delivery(delivery) if costs.is_local() => {
            // The shell leaves what is in quotes alone.
            let quoted = |name: &str| format!("'{}'", SafeText::from_outside(name).replace('\'', "'\\''"));
            let named = delivery.files.iter().take(FILES_NAMED).map(|file| quoted(&file.name));
            let mut files = named.collect::<Vec<_>>().join(" ");
            if delivery.files.len() > FILES_NAMED {
                files.push_str(" ... (all of its pieces)");
            }
            format!("`spendtop import --replace --source {source} {files}`, then sync again")
        }
        _ => "find its import (`spendtop imports`), remove that (`spendtop imports rm N`) and sync again".to_owned(),
    }
}

/// What an ask is called in the log and in lists of imports.
#[must_use]
pub fn name(ask: &Ask) -> String {
    match ask {
        Ask::Days { feed, days } if feed.is_base() => days.to_string(),
        Ask::Days { feed, days } => format!("{} {days}", feed.name),
        Ask::Delivery(delivery) => delivery.name.clone(),
    }
}

impl CostSource for Fetching<'_> {
    fn id(&self) -> SourceId {
        self.costs.scope().source.clone()
    }

    fn size(&self) -> Option<u64> {
        None
    }

    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let brought = match self.costs.fetch(self.ask, self.call, sink) {
            Ok(brought) => brought,
            Err(Halt::Stopped(stop)) => return Err(stop),
            Err(Halt::Fault(fault)) if fault.kind == FaultKind::Cancelled => return Err(Stop::Cancelled),
            Err(Halt::Fault(fault)) => {
                self.fault = Some(fault.clone());
                return Err(Stop::Failed(fault.into()));
            }
        };
        if brought.silent && !self.believes_silence {
            (self.brought, self.is_unbelieved) = (Some(brought), true);
            let error = Error::new(Kind::Provider, format!("nothing was told of {}", name(self.ask)));
            return Err(Stop::Failed(error.hint("nothing was changed; it is believed once a second answer agrees")));
        }
        let mut files = brought.files.clone();
        if files.is_empty() {
            let file = SourceFile {
                name: name(self.ask),
                format: self.costs.scope().title.clone(),
                rows: brought.rows,
                ..SourceFile::default()
            };
            files.push(FileSummary { file, ..FileSummary::default() });
        }
        let summary = ReadSummary {
            files,
            estimated: brought.estimated.clone(),
            left: brought.left.clone(),
            covers: brought.covers.clone(),
            ..ReadSummary::default()
        };
        self.brought = Some(brought);
        Ok(summary)
    }
}
