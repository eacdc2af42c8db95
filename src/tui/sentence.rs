//! The lens as a sentence that fits where it stands: what matters least is said shorter first.
//!
//! ```text
//! incident: effective cost · November to date vs same days of October · tag:env=prod · by service
//! incident: effective · Nov to date vs Oct · tag:env=prod · by service
//! ```
//!
//! Pure: a lens and a width in, parts out. Knows no colours.

use crate::domain::calendar::{Day, MONTHS};
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::tui::text::{cut, cut_words, width};

/// A part of the sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What it says; empty where it is left out.
    pub text: String,
    /// Whether it is the name of a saved lens.
    pub is_name: bool,
    /// Whether it is other than in the lens of the start.
    pub differs: bool,
}

impl Part {
    /// What stands between it and the part after it.
    #[must_use]
    pub fn gap<'a>(&self, dot: &'a str) -> &'a str {
        if self.is_name { " " } else { dot }
    }
}

/// What a part is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Name,
    Metric,
    Days,
    Filter,
    Groups,
    Currency,
}

/// Which part is said shorter next, until all fit.
const SHORTER: [About; 11] = [
    About::Currency,
    About::Metric,
    About::Days,
    About::Filter,
    About::Groups,
    About::Name,
    About::Metric,
    // The rows' heading says it too.
    About::Groups,
    About::Filter,
    About::Filter,
    // Without what it is held against no change says anything.
    About::Days,
];

/// Columns of a filter that is cut, and of a name.
const FILTER: [usize; 3] = [40, 24, 12];
const NAME: usize = 14;

/// A part with what it says, the longest first.
struct Forms {
    about: About,
    forms: Vec<String>,
    differs: bool,
}

impl Forms {
    fn said(&self) -> &str {
        self.forms.first().map_or("", String::as_str)
    }
}

/// Where a sentence stands.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Columns that it has.
    pub room: usize,
    /// What stands between its parts.
    pub dot: &'a str,
    /// What says that something was cut.
    pub ellipsis: &'a str,
}

/// A lens's sentence in so many columns. `first` is the lens of the start, `name` what the lens is kept under.
#[must_use]
pub fn fitting(lens: &Lens, first: &Lens, name: Option<&str>, as_of: Day, frame: Frame<'_>) -> Vec<Part> {
    let mut parts = forms(lens, first, name, as_of, frame.ellipsis);
    for about in SHORTER {
        if columns(&parts, frame.dot) <= frame.room {
            break;
        }
        if let Some(part) = parts.iter_mut().find(|part| part.about == about && part.forms.len() > 1) {
            part.forms.remove(0);
        }
    }
    // A filter that was cut has what the others left over.
    let spare = frame.room.saturating_sub(columns(&parts, frame.dot));
    let filter = lens.words(as_of).filter.unwrap_or_default();
    if let Some(part) = parts.iter_mut().find(|part| part.about == About::Filter) {
        let more = cut_words(&filter, width(part.said()) + spare, frame.ellipsis);
        part.forms = vec![more];
    }
    let said = parts.into_iter().filter(|part| !part.said().is_empty());
    let mut left = frame.room;
    let mut before: Option<bool> = None;
    let mut fitting = Vec::new();
    for Forms { about, mut forms, differs } in said {
        let is_name = about == About::Name;
        left = left.saturating_sub(before.map_or(0, |name| gap(name, frame.dot)));
        let text = cut(&forms.swap_remove(0), left, frame.ellipsis);
        left = left.saturating_sub(width(&text));
        if !text.is_empty() {
            fitting.push(Part { text, is_name, differs });
        }
        before = Some(is_name);
    }
    fitting
}

/// Columns after a part: a name ends with a colon.
fn gap(name: bool, dot: &str) -> usize {
    if name { 1 } else { width(dot) }
}

fn columns(parts: &[Forms], dot: &str) -> usize {
    let said = parts.iter().filter(|part| !part.said().is_empty());
    let all: usize = said.map(|part| width(part.said()) + gap(part.about == About::Name, dot)).sum();
    all.saturating_sub(width(dot))
}

fn forms(lens: &Lens, first: &Lens, name: Option<&str>, as_of: Day, ellipsis: &str) -> Vec<Forms> {
    let words = lens.words(as_of);
    let of = |about, forms: Vec<String>, differs| Forms { about, forms, differs };
    let mut parts = Vec::new();
    if let Some(name) = name {
        let name = SafeText::from_outside(name);
        parts.push(of(About::Name, vec![format!("{name}:"), format!("{}:", cut(&name, NAME, ellipsis))], false));
    }
    let metric = lens.metric.name();
    let mut costs = vec![format!("{metric} cost"), metric.to_owned()];
    // Where it is as always it goes without saying.
    costs.extend((lens.metric == first.metric).then(String::new));
    parts.push(of(About::Metric, costs, lens.metric != first.metric));
    let against = |vs: &str| words.against.as_ref().map_or_else(String::new, |against| format!("{vs}{against}"));
    let full = format!("{}{}", words.days, against(" vs "));
    let days = vec![full.clone(), brief(&full), brief(&words.days)];
    parts.push(of(About::Days, days, (lens.period, lens.comparison) != (first.period, first.comparison)));
    if let Some(filter) = &words.filter {
        let cuts = FILTER.map(|columns| cut_words(filter, columns, ellipsis));
        let forms = std::iter::once(filter.clone()).chain(cuts).collect();
        parts.push(of(About::Filter, forms, lens.filter != first.filter));
    }
    if let [coarse, finer @ ..] = words.by.as_slice() {
        let all = format!("by {}", words.by.join(", "));
        let short = if finer.is_empty() { all.clone() } else { format!("by {coarse} +{}", finer.len()) };
        parts.push(of(About::Groups, vec![all, short, String::new()], lens.by != first.by));
    }
    if let Some(currency) = words.currency {
        parts.push(of(About::Currency, vec![currency, String::new()], lens.currency != first.currency));
    }
    parts
}

/// Days in fewer letters: `Nov to date vs Oct`.
fn brief(days: &str) -> String {
    let short = days.replace("same days of ", "").replace("vs the ", "vs ").replace(" days before", " d before");
    MONTHS.iter().fold(short, |short, month| short.replace(month, &month[..3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;

    fn as_of() -> Day {
        Day::from_ymd(2024, 11, 20).expect("date")
    }

    fn said(lens: &Lens, name: Option<&str>, room: usize) -> String {
        let frame = Frame { room, dot: " · ", ellipsis: "…" };
        let parts = fitting(lens, &Lens::default(), name, as_of(), frame);
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            text.push_str(at.checked_sub(1).map_or("", |before| parts[before].gap(" · ")));
            text.push_str(&part.text);
        }
        text
    }

    fn prod() -> Lens {
        use crate::domain::dimension::Dimension;
        let filter = Filter::parse("tag:env=prod service:ec2|rds region:us-east-1", &[]).expect("a filter");
        Lens { filter, by: vec![Dimension::Service, Dimension::Region], ..Lens::default() }
    }

    #[test]
    fn what_matters_least_is_said_shorter_first() {
        for (room, want) in [
            (
                116,
                "incident: effective · Nov to date vs Oct · tag:env=prod service:ec2|rds region:us-east-1 · by service, region",
            ),
            (100, "incident: effective · Nov to date vs Oct · tag:env=prod service:ec2|rds … · by service, region"),
            (80, "incident: Nov to date vs Oct · tag:env=prod service:ec2|rds … · by service +1"),
            (60, "incident: Nov to date vs Oct · tag:env=prod …"),
            (42, "incident: Nov to date · tag:env=prod …"),
        ] {
            assert_eq!(said(&prod(), Some("incident"), room), want, "{room}");
        }
        assert_eq!(
            said(&Lens::default(), None, 73),
            "effective cost · November to date vs same days of October · by provider"
        );
        assert_eq!(said(&Lens::default(), None, 60), "effective · Nov to date vs Oct · by provider");
    }

    #[test]
    fn it_fits_at_every_width() {
        for lens in [Lens::default(), prod()] {
            for name in [None, Some("incident"), Some("a name of as many letters as may be, 40")] {
                let widths: Vec<usize> = (1..=200).map(|room| width(&said(&lens, name, room))).collect();
                assert!(widths.iter().zip(1..).all(|(columns, room)| *columns <= room), "{name:?} {widths:?}");
                assert!(said(&lens, name, 40).contains("Nov"), "{name:?}");
            }
        }
    }

    #[test]
    fn parts_say_whether_they_are_other_than_at_the_start() {
        let frame = Frame { room: 200, dot: " · ", ellipsis: "…" };
        let parts = fitting(&prod(), &Lens::default(), None, as_of(), frame);
        assert_eq!(parts.iter().map(|part| part.differs).collect::<Vec<_>>(), [false, false, true, true]);
    }
}
