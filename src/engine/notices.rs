//! What needs attention beside the figures of the Spend tab: what they lack, and who is late.
//!
//! Everything here is known without adding up a charge. Knows no layout.

use std::cmp::Reverse;

use super::answer::{Freshness, LeftOut, Notice, NoticeKind as Kind, Severity};
use super::local::LocalEngine;
use super::sharing;
use crate::domain::calendar::{Day, Period};
use crate::domain::lens::Lens;
use crate::domain::services::canonical_provider;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::store::manifest::{Group, Import, Manifest, Part};
use crate::sync::overlap::{self, Outdone};

/// Days that a provider may be later than it takes to settle a day, before it is said to lag.
const LATE_DAYS: i32 = 1;
/// A provider that has delivered nothing for so long, and that no connection of the config is to, is no longer used
/// and not late.
pub(super) const GONE_DAYS: i32 = 45;
/// Names that a notice lists.
const NAMED_MAX: usize = 2;

/// What an answer about some days and charges must say, the gravest first.
pub(super) fn of(
    engine: &LocalEngine,
    (lens, as_of): (&Lens, Day),
    freshness: &[Freshness],
    (unknown, left_out): (u64, Option<LeftOut>),
    untold: Vec<Notice>,
) -> Vec<Notice> {
    let (period, against) = lens.days(as_of);
    let manifest = engine.store().manifest();
    let groups = manifest.active_in(period);
    let mut notices = untold;
    notices.extend(damaged(&manifest, period));
    notices.extend(incomplete(&groups));
    notices.extend(refused(&manifest, &groups));
    notices.extend(freshness.iter().filter_map(|fresh| late(engine, fresh, period, as_of)));
    notices.extend(unknown_cost(unknown));
    notices.extend(in_no_hour(left_out));
    notices.extend(several(&manifest, groups.len(), period));
    notices.extend(outdone(&manifest, period));
    let begin = against.zip(engine.data_days()).filter(|(days, data)| days.from < data.from).map(|(_, data)| data.from);
    notices.extend(begin.map(beginning));
    if !lens.filter.bounds.is_empty() {
        notices.push(Notice {
            kind: Kind::CostBound,
            severity: Severity::Info,
            text: "`cost` not applied here: it chooses rows of a breakdown; these figures count every charge"
                .to_owned(),
            hint: "the Breakdown tab and `spendtop query` leave the other rows out".to_owned(),
        });
    }
    notices.extend(sharing::notices(lens, engine.store()));
    notices.sort_by_key(|notice| Reverse(notice.severity));
    notices
}

/// The first few names, and how many more there are.
fn named(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn damaged(manifest: &Manifest, period: Period) -> Option<Notice> {
    let lost = manifest.lost.iter().filter(|lost| lost.overlaps(period)).map(|lost| lost.name());
    let names: Vec<String> = lost.collect();
    (!names.is_empty()).then(|| Notice {
        kind: Kind::Lost,
        severity: Severity::Alarm,
        text: format!("charges lost to damage: {}", named(names)),
        hint: "`spendtop store check` names the files to import again".to_owned(),
    })
}

fn incomplete(groups: &[&Group]) -> Option<Notice> {
    let names: Vec<String> = groups.iter().filter(|g| g.incomplete).map(|g| g.key.name().into_string()).collect();
    let count = names.len() as u64;
    (count > 0).then(|| Notice {
        kind: Kind::Incomplete,
        severity: Severity::Alarm,
        text: format!(
            "{}, with refused rows: {}",
            counted(count, "account period incomplete", "account periods incomplete"),
            named(names)
        ),
        hint: "`spendtop imports list` shows which import; mend the file and import it again".to_owned(),
    })
}

/// Rows that no account period could be told of. Where later imports took the place of some of what an
/// import brought, its refused rows are theirs to tell of.
fn refused(manifest: &Manifest, groups: &[&Group]) -> Option<Notice> {
    let behind = |import: u64| groups.iter().any(|g| g.parts.iter().any(|p| p.import == import));
    let told = |import: u64| groups.iter().any(|g| g.incomplete && g.parts.iter().any(|p| p.import == import));
    let held = |import: u64| {
        let parts = manifest.groups.iter().flat_map(|g| &g.parts).filter(|p| p.import == import);
        parts.map(Part::rows).sum::<u64>() + manifest.lost_rows(import)
    };
    let untold = |i: &&Import| i.refused > 0 && behind(i.id) && !told(i.id) && held(i.id) >= i.rows;
    let imports: Vec<&Import> = manifest.imports.iter().filter(untold).collect();
    let rows: u64 = imports.iter().map(|i| i.refused).sum();
    let first = imports.first()?;
    Some(Notice {
        kind: Kind::Refused,
        severity: Severity::Warning,
        text: format!("{} refused: in no figure", counted(rows, "row", "rows")),
        hint: format!("`spendtop imports show {}` says which files; mend them and import them again", first.id),
    })
}

/// How many days a provider is behind whose charges end earlier than it is used to; `None` of any other.
pub(super) fn days_late(engine: &LocalEngine, fresh: &Freshness, as_of: Day) -> Option<i32> {
    let behind = as_of.0 - fresh.last_day.0;
    (behind > engine.settles_in(fresh.provider.raw()) + LATE_DAYS).then_some(behind)
}

/// A provider whose charges end earlier than it is used to, where the period shows it.
fn late(engine: &LocalEngine, fresh: &Freshness, period: Period, as_of: Day) -> Option<Notice> {
    let usual = engine.settles_in(fresh.provider.raw());
    let behind = days_late(engine, fresh, as_of)?;
    let seen = period.to > fresh.last_day.plus(1);
    let provider = canonical_provider(fresh.provider.raw());
    let of_provider = |group: &Group| canonical_provider(&group.key.provider) == provider;
    let manifest = engine.store().manifest();
    let is_gone = behind > GONE_DAYS
        && !manifest.groups.iter().any(|g| of_provider(g) && engine.is_connected(&g.source) == Some(true));
    (!is_gone && seen).then(|| {
        let provider: SafeText = fresh.provider.safe();
        Notice {
            kind: Kind::Lagging,
            severity: Severity::Warning,
            text: format!("{provider} {behind} days behind: nothing after {}, {usual} are usual", fresh.last_day),
            hint: "`spendtop import FILE` brings a newer export".to_owned(),
        }
    })
}

fn unknown_cost(rows: u64) -> Option<Notice> {
    (rows > 0).then(|| Notice {
        kind: Kind::UnknownCost,
        severity: Severity::Warning,
        text: format!("cost unknown: {} left out of the sums", counted(rows, "charge,", "charges,")),
        hint: "another metric may be known: press m, or use --metric billed".to_owned(),
    })
}

fn in_no_hour(left_out: Option<LeftOut>) -> Option<Notice> {
    left_out.map(|left_out| Notice {
        kind: Kind::InNoHour,
        severity: Severity::Info,
        text: format!("in no hour: {}", counted(left_out.rows, "charge", "charges")),
        hint: "longer than one and left out; days hold them all: press u, or use --granularity day".to_owned(),
    })
}

fn several(manifest: &Manifest, active: usize, period: Period) -> Option<Notice> {
    let kept = manifest.groups.iter().filter(|g| g.overlaps(period)).count() - active;
    (kept > 0).then(|| Notice {
        kind: Kind::Overlap,
        severity: Severity::Info,
        text: format!(
            "several sources, one counts: {}; the others are kept and not added",
            counted(kept as u64, "account period", "account periods")
        ),
        hint: "`spendtop imports list` names them".to_owned(),
    })
}

/// Where what counts tells much less than what is kept beside it.
pub(super) fn outdone(manifest: &Manifest, period: Period) -> Option<Notice> {
    let (text, hint) = Outdone::words(&overlap::outdone(manifest, Some(period)))?;
    Some(Notice { kind: Kind::Overlap, severity: Severity::Warning, text, hint })
}

fn beginning(day: Day) -> Notice {
    Notice {
        kind: Kind::Beginning,
        severity: Severity::Info,
        text: format!("charges begin on {day}"),
        hint: "nothing earlier is known; older exports let whole periods be compared".to_owned(),
    }
}
