//! Costs over a network: what a provider's costs are asked for, and in which words.
//!
//! A connection of the config, like `[aws.prod]`, has one or more **scopes**: an account or role, a
//! subscription, a billing table, an export. Each is a source of its own in the store, so that one
//! that fails holds no other up. A scope either answers for days ([`Manner::Days`]) or has
//! **deliveries** lying somewhere ([`Manner::Deliveries`]); [`Costs`] is both.
//!
//! An API that answers for days may not tell all of a charge at once: Cost Explorer groups by two
//! dimensions at most. What it tells jointly is a **feed**. One feed is the base, whose charges are
//! the scope's; the others, its facets, split the same total by other dimensions and are never added
//! to it.
//!
//! Knows no store and no schedule: [`crate::sync`] decides what is asked and when.

pub mod call;
pub mod check;
mod delivery;
pub mod fault;
#[cfg(feature = "net")]
pub mod http;
pub mod opinion;
pub mod pace;
pub mod rows;
pub mod secret;

use std::collections::BTreeSet;

pub use self::call::{Call, Meter, Unit, Watch};
pub use self::check::{Check, Finding};
pub use self::delivery::{Delivery, RemoteFile};
pub use self::fault::{Fault, FaultKind};
pub use self::opinion::{Opines, Opinion};
use super::{FileSummary, Sink, SourceId, Stop};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::text::SafeText;

/// How names of files end that hold what is on its way through this machine: whoever makes one removes it,
/// and what a killed process left is removed by the next one that syncs.
pub const PART: &str = ".part";

/// The costs of one scope.
///
/// Calls block: they are made on threads of sync's own. They are cancelled within a second
/// ([`Call::run`] sees to that).
pub trait Costs: Send + Sync {
    /// What the scope is.
    fn scope(&self) -> &Scope;

    /// How its charges come.
    fn manner(&self) -> Manner;

    /// How many dimensions a request tells jointly, where that is not all that there is.
    fn jointly(&self) -> Option<u8> {
        None
    }

    /// Whether its charges lie on this machine, so that bringing them waits for no network.
    fn is_local(&self) -> bool {
        false
    }

    /// Whom requests go to where that is not the provider itself, as the config says it: a host, and who it is
    /// instead of.
    fn elsewhere(&self) -> Option<Elsewhere> {
        None
    }

    /// Looks what is there, without bringing it: which deliveries lie there, or which days have
    /// changed since `mark`, which is what an earlier look gave. Must cost nothing that is metered
    /// in requests; a scope that cannot tell says [`Found::Unknown`], and is asked by the calendar.
    ///
    /// # Errors
    /// [`Fault`].
    fn look(&self, mark: Option<&str>, call: &Call) -> Result<Found, Fault>;

    /// Brings what is asked for into the sink. A [`Sink::batch`] of [`Ask::Days`] holds charges of one day
    /// only, none outside of the days asked for.
    ///
    /// # Errors
    /// [`Halt`]; what was handed over until then is not kept.
    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt>;

    /// Whom to ask for the provider's own opinion of the scope; `None` where it has none, or nobody wants it.
    fn opines(&self) -> Option<&dyn Opines> {
        None
    }

    /// Checks each thing that the scope needs, by its name: credentials, each permission, the
    /// data itself. For `connect` and `doctor`; what costs money is not tried but told.
    fn check(&self, call: &Call) -> Vec<Check>;

    /// How many accounts it tells the costs of, where that was learnt.
    fn accounts(&self) -> Option<u32> {
        None
    }
}

/// Whom requests go to instead of the provider: an emulator, a gateway, another cloud of the provider's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Elsewhere {
    /// The host, safe to show.
    pub host: String,
    /// Whom it is instead of.
    pub not: &'static str,
}

impl Elsewhere {
    /// Of an endpoint as the config has it; `None` where there is none, or it is the usual one.
    #[must_use]
    pub fn of(endpoint: Option<&str>, usual: &str, not: &'static str) -> Option<Elsewhere> {
        let endpoint = endpoint.filter(|endpoint| endpoint.trim_end_matches('/') != usual)?;
        let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // What stands before an `@` may be a password.
        let host = host.rsplit('@').next().unwrap_or_default();
        Some(Elsewhere { host: SafeText::from_outside(host).into_string(), not })
    }
}

impl std::fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "requests go to {}, not to {}", self.host, self.not)
    }
}

/// One scope of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Its source in the store. The name is the connection's, as `aws.prod`; where that has entries of their own
    /// (roles, exports, scopes), each has its own behind a slash, as `aws.prod/123456789012`.
    pub source: SourceId,
    /// The provider, as FOCUS names it (`AWS`, `Microsoft`, `Google Cloud`), for freshness and
    /// settling; empty where the charges themselves say it.
    pub provider: &'static str,
    /// What a person calls it: an account's name, a bucket, a table.
    pub title: String,
    /// How it is metered and how often it is worth asking.
    pub terms: Terms,
}

/// How a scope is metered and how often it is worth asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The price of one paid request, in millionths of a US dollar; 0 where requests are free.
    pub request_microdollars: u32,
    /// Seconds between two syncs, unless the config says otherwise: the provider has nothing newer.
    pub every: u32,
    /// Days until a day is restated no more, until that is learnt.
    pub settles: u16,
    /// Months of history that it has, the current one not counted.
    pub months: u16,
}

/// How a scope's charges come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Manner {
    /// It answers for days: these feeds, the base first.
    Days(Vec<Feed>),
    /// What lies there is brought as a whole, delivery by delivery.
    Deliveries,
}

/// What a scope tells of days at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feed {
    /// Its name, unique within the scope and the same from run to run: the base's is `base`.
    pub name: String,
    /// The dimensions that its charges tell jointly, besides those that are the scope's own
    /// (provider, billing account, currency). Empty: all that the store knows.
    pub tells: Vec<Dimension>,
    /// Days that one [`Ask`] may span at most.
    pub days_max: u16,
    /// How far back it goes, in days; `None` as far as the scope does.
    pub reach: Option<u16>,
    /// Rows that one request (a page) brings at most, as far as known, for estimates.
    pub page_rows: u32,
}

impl Feed {
    /// The name of the base feed.
    pub const BASE: &str = "base";
    /// The name of the feed whose charges are of an hour each, where the base's are of days.
    pub const HOURLY: &str = "hourly";

    /// Whether its charges are the scope's.
    #[must_use]
    pub fn is_base(&self) -> bool {
        self.name == Feed::BASE
    }

    /// Whether its charges are of an hour each.
    #[must_use]
    pub fn is_hourly(&self) -> bool {
        self.name == Feed::HOURLY
    }
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// All charges of a feed that start on these days.
    Days {
        /// Which feed.
        feed: Feed,
        /// Which days, UTC.
        days: Period,
    },
    /// A delivery.
    Delivery(Delivery),
}

/// What [`Costs::look`] found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// It cannot tell.
    Unknown,
    /// Days whose charges have changed since the mark.
    Changed {
        /// Which days.
        days: BTreeSet<Day>,
        /// The mark to look from next time, once these days are brought.
        mark: String,
    },
    /// What lies there and counts now.
    Deliveries {
        /// All that are whole, oldest first: those of the same name are versions of one another already told
        /// apart.
        whole: Vec<Delivery>,
        /// Those that cannot be brought as they lie there, by name, and why: files that one names are gone.
        broken: Vec<(String, Fault)>,
        /// Those that are still being written, by name: they are left for a later look.
        young: Vec<String>,
    },
}

/// What was brought.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Brought {
    /// Charges handed to the sink.
    pub rows: u64,
    /// Requests (pages) that brought them.
    pub pages: u32,
    /// Days that the provider itself calls estimated.
    pub estimated: BTreeSet<Day>,
    /// What part of its billing account the scope is, as a path of names and values
    /// (`subscriptions/ID/resourceGroups/NAME`); empty where it is the whole, or where
    /// nobody knows. Parts that differ in a value
    /// have no charge in common and add up.
    pub covers: String,
    /// Days of those asked for that the provider has forgotten, wholly or in part: none of their charges came, and
    /// what is stored of them stays.
    pub left: BTreeSet<Day>,
    /// Whether it told of nothing at all where an answer without charges may also be one that does not work:
    /// it is not believed before a second one agrees.
    pub silent: bool,
    /// Files that were read, of a delivery.
    pub files: Vec<FileSummary>,
    /// What the person who looks at the run should know: a column that was not there, a cost that this
    /// agreement does not tell.
    pub notes: Vec<String>,
}

/// Why bringing stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// The provider's side.
    Fault(Fault),
    /// The receiver's side, or cancelled.
    Stopped(Stop),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Halt::Stopped(stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_endpoint_is_told_by_its_host_alone() {
        let of = |endpoint| Elsewhere::of(endpoint, "https://a.example", "A").map(|elsewhere| elsewhere.to_string());
        assert_eq!(of(None), None);
        assert_eq!(of(Some("https://a.example/")), None);
        let told = |host: &str| Some(format!("requests go to {host}, not to A"));
        assert_eq!(of(Some("http://127.0.0.1:5000/path?secret")), told("127.0.0.1:5000"));
        assert_eq!(of(Some("https://me:secret@b.example#x")), told("b.example"));
    }
}
