//! What could be written at the cursor of a filter: dimensions, and the values that are known of them.
//!
//! Pure: knows no line and draws nothing. A value that cannot be typed, since it holds what nobody
//! sees, is not offered: it is opened by Enter in the Breakdown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::fuzzy::Fuzzy;
use crate::domain::dimension::Dimension;
use crate::domain::filter::spot::{Spot, Wanted, key_text, value_text};
use crate::domain::text::{SafeText, Untrusted};
use crate::tui::tab::Named;

/// Suggestions at most: nobody goes further down than that, letters narrow it sooner.
const SUGGESTIONS_MAX: usize = 200;

/// A value and its name, where it has one.
pub type Value = (Untrusted, Option<Untrusted>);

/// What is known of the data: what a filter can be about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The company's own dimensions, which may be written by their bare names.
    pub own: Vec<Dimension>,
    /// Values by dimension, mostly the most expensive first.
    pub values: BTreeMap<Dimension, Vec<Value>>,
    /// What values cost, as it is shown, as far as it is known.
    pub costs: BTreeMap<Dimension, BTreeMap<Untrusted, SafeText>>,
    /// Tags that bills have beside the company's own, the most frequent first.
    pub tags: Vec<Dimension>,
}

/// Something that could be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    /// What is shown.
    pub label: SafeText,
    /// What it means.
    pub note: SafeText,
    /// What it costs; empty where that is not known, or says nothing.
    pub cost: SafeText,
    /// What is written.
    text: String,
    /// Whether the term goes on behind it.
    open: bool,
    /// Bytes of the label that name the dimension of a value.
    head: usize,
}

/// How well a suggestion matches, better is more: a dimension that begins as was typed, a value by itself or
/// a dimension, a value of a dimension that matches, what matches by its meaning; and among those by score.
type Score = (u8, u32);

/// What a dimension is about, in few words.
fn doc(dimension: &Dimension) -> &'static str {
    match dimension {
        Dimension::Provider => "who charges: AWS, Azure, Google Cloud",
        Dimension::BillingAccount => "who pays: payer account, billing account",
        Dimension::SubAccount => "account, subscription or project",
        Dimension::ServiceCategory => "compute, storage, databases",
        Dimension::Service => "like ec2, s3, bigquery",
        Dimension::Region => "like us-east-1; us-* is all of them",
        Dimension::AvailabilityZone => "a zone of a region",
        Dimension::ResourceType => "instance, volume, bucket",
        Dimension::InstanceType => "like m6i.4xlarge",
        Dimension::Resource => "one resource by its id or name",
        Dimension::Sku => "what the price list has",
        Dimension::ChargeCategory => "usage, purchase, tax, credit, adjustment",
        Dimension::ChargeClass => "correction: a refund or restatement of an earlier bill",
        Dimension::PricingCategory => "standard, dynamic or committed prices",
        Dimension::CommitmentDiscount => "a savings plan or reservation",
        Dimension::Virtual(_) => "defined in the config",
        Dimension::Tag(_) | Dimension::Evidence(_) => "a tag",
    }
}

impl Known {
    /// All dimensions that can be named, the company's own last.
    fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        Dimension::FIXED.into_iter().chain(self.own.iter().cloned())
    }

    /// The dimension that a word of a filter means.
    #[must_use]
    pub fn dimension(&self, word: &str) -> Option<Dimension> {
        let tag = || (!word.contains(':')).then(|| Dimension::Tag(word.to_owned()));
        Dimension::among(word, &self.own).or_else(tag)
    }

    /// Takes note of the values of an answer's groups.
    pub fn meet_groups<'a>(&mut self, by: &'a [Dimension], groups: impl Iterator<Item = Named<'a>>) {
        self.meet(groups.flat_map(|(key, names)| {
            by.iter().zip(key).enumerate().map(|(at, (dimension, value))| (dimension, value, names.get(&at)))
        }));
    }

    /// Takes note of values, each of its dimension and with its name.
    pub fn meet<'a>(&mut self, values: impl Iterator<Item = (&'a Dimension, &'a Untrusted, Option<&'a Untrusted>)>) {
        let known = self.values.iter().flat_map(|(dimension, values)| values.iter().map(move |(v, _)| (dimension, v)));
        let mut met: HashSet<(Dimension, Untrusted)> = known.map(|(d, v)| (d.clone(), v.clone())).collect();
        for (dimension, value, name) in values {
            if met.insert((dimension.clone(), value.clone())) {
                self.values.entry(dimension.clone()).or_default().push((value.clone(), name.cloned()));
            }
        }
    }

    /// Puts the values of a dimension into the order of those that were told of, which come before others.
    pub fn order(&mut self, dimension: &Dimension, told: &[Untrusted]) {
        let place: HashMap<&Untrusted, usize> = told.iter().enumerate().map(|(at, value)| (value, at)).collect();
        if let Some(values) = self.values.get_mut(dimension) {
            values.sort_by_key(|(value, _)| place.get(value).copied().unwrap_or(usize::MAX));
        }
    }

    /// The values of a dimension that can be written.
    fn values_of(&self, dimension: &Dimension) -> Vec<Suggestion> {
        let values = self.values.get(dimension).map_or(&[][..], Vec::as_slice);
        let mut met: BTreeSet<&str> = BTreeSet::new();
        let names = values.iter().filter_map(|(_, name)| name.as_ref()).map(Untrusted::raw);
        // A name that two values have would mean both.
        let shared: BTreeSet<&str> = names.filter(|name| !met.insert(name)).collect();
        let costs = self.costs.get(dimension);
        let suggested = values.iter().filter_map(|(value, name)| {
            let cost = costs.and_then(|costs| costs.get(value)).cloned().unwrap_or_default();
            Some(Suggestion { cost, ..Suggestion::value(value, name.as_ref(), &shared)? })
        });
        suggested.collect()
    }
}

impl Suggestion {
    fn ours(label: &'static str, text: &str, note: &'static str) -> Suggestion {
        let (label, note) = (SafeText::ours(label), SafeText::ours(note));
        Suggestion { label, note, cost: SafeText::default(), text: text.to_owned(), open: false, head: 0 }
    }

    /// A dimension, as a term's beginning.
    fn term(dimension: &Dimension, known: &Known) -> Suggestion {
        let (word, separator) = match dimension {
            Dimension::Tag(key) if known.own.contains(dimension) && key_text(key) == *key => (key.clone(), '='),
            Dimension::Virtual(own) if known.own.contains(dimension) => (own.name().to_owned(), '='),
            Dimension::Tag(key) => (format!("tag:{}", key_text(key)), '='),
            fixed => (fixed.name(), ':'),
        };
        let count = known.values.get(dimension).map_or(0, Vec::len);
        let note = match count {
            0 => doc(dimension).to_owned(),
            count => format!("{}; {count} seen here", doc(dimension)),
        };
        Suggestion {
            label: SafeText::from_outside(&word),
            note: SafeText::from_outside(&note),
            cost: SafeText::default(),
            text: format!("{word}{separator}"),
            open: true,
            head: 0,
        }
    }

    fn value(value: &Untrusted, name: Option<&Untrusted>, shared: &BTreeSet<&str>) -> Option<Suggestion> {
        let typed = |text: &Untrusted| text.is_untold() || !text.raw().is_empty() && text.safe().as_str() == text.raw();
        if !typed(value) {
            return None;
        }
        let name = name.filter(|name| typed(name) && *name != value);
        let (label, note, written) = match name {
            Some(name) if shared.contains(name.raw()) => (name.safe(), value.safe(), value),
            Some(name) => (name.safe(), value.safe(), name),
            None => (value.safe(), SafeText::default(), value),
        };
        Some(Suggestion {
            label,
            note,
            cost: SafeText::default(),
            text: value_text(written.raw()),
            open: false,
            head: 0,
        })
    }

    /// The value of a dimension as a whole term: for who knows the value's name and not what it is.
    fn whole(self, dimension: &Dimension, known: &Known) -> Suggestion {
        let head = Suggestion::term(dimension, known);
        let note = SafeText::from_outside(&dimension.title().to_lowercase());
        let label = SafeText::from_outside(&format!("{}{}", head.text, self.label));
        let text = format!("{}{}", head.text, self.text);
        let head = head.text.len().min(label.len() - self.label.len());
        Suggestion { label, note, cost: self.cost, text, open: false, head }
    }

    fn score(&self, typed: &str, fuzzy: &mut Fuzzy) -> Option<Score> {
        let (head, value) = self.label.split_at(self.head);
        let begins = |text: &str| !typed.is_empty() && text.to_lowercase().starts_with(&typed.to_lowercase());
        // All values of a dimension match its name alike: how well says nothing of which is meant.
        if begins(head) {
            return Some((1, 0));
        }
        let by_itself = fuzzy.score(value).map(|score| (2 + u8::from(self.open && begins(value)), score));
        let by_label = || fuzzy.score(&self.label).map(|_| (1, 0));
        by_itself.or_else(by_label).or_else(|| Some((0, fuzzy.score(&self.note)?)))
    }

    /// Whether it is the same, whatever is known of it by now.
    #[must_use]
    pub fn is_same(&self, other: &Suggestion) -> bool {
        (&self.label, &self.text) == (&other.label, &other.text)
    }

    /// The text itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text that is written in the place of a piece, and what of the text behind the piece is
    /// replaced too: a separator is not written twice, and a blank follows a finished term.
    #[must_use]
    pub fn written(&self, after: &str) -> (String, usize) {
        let mut text = self.text.clone();
        if self.open {
            return (text, usize::from(after.starts_with([':', '='])));
        }
        if after.is_empty() {
            text.push(' ');
        }
        (text, 0)
    }
}

/// What could be written at a spot, best first.
#[must_use]
pub fn suggestions(spot: &Spot, known: &Known) -> Vec<Suggestion> {
    let all = match &spot.wanted {
        Wanted::Anything => return vec![],
        Wanted::Value(word) => {
            let Some(dimension) = known.dimension(word) else { return vec![] };
            let ours = [Suggestion::ours("*", "*", "any value"), Suggestion::ours("\"\"", "\"\"", "no value at all")];
            // They stand last: not before it is known what stands above them.
            let ours = ours.into_iter().filter(|_| known.costs.contains_key(&dimension));
            known.values_of(&dimension).into_iter().chain(ours).collect()
        }
        Wanted::TagKey => {
            let tags = known.dimensions().chain(known.tags.iter().cloned());
            let tags = tags.filter(|d| matches!(d, Dimension::Tag(_)));
            let strip = |s: Suggestion| Suggestion { text: s.text.trim_start_matches("tag:").to_owned(), ..s };
            tags.map(|tag| strip(Suggestion::term(&tag, known))).collect()
        }
        Wanted::Term => {
            let mut terms: Vec<Suggestion> = known.dimensions().map(|d| Suggestion::term(&d, known)).collect();
            terms.push(Suggestion {
                open: true,
                ..Suggestion::ours("cost>", "cost>", "groups that cost more; also < >= <=")
            });
            if !spot.typed.is_empty() {
                terms.extend(known.tags.iter().map(|tag| Suggestion::term(tag, known)));
                let whole = known.values.keys().flat_map(|dimension| {
                    known.values_of(dimension).into_iter().map(|value| value.whole(dimension, known))
                });
                terms.extend(whole);
            }
            terms
        }
    };
    ranked(&spot.typed, all)
}

/// The filters used before that match what was typed, the newest first among equals.
#[must_use]
pub fn recalled(typed: &str, history: &[String]) -> Vec<Suggestion> {
    let whole = |text: &String| Suggestion {
        label: SafeText::from_outside(text),
        note: SafeText::default(),
        cost: SafeText::default(),
        text: text.clone(),
        open: false,
        head: 0,
    };
    ranked(typed.trim(), history.iter().map(whole).collect())
}

/// Those that match what was typed, best first; all, in their order, where nothing was typed. Among equals
/// dimensions come first, the shortest first, and values as they are known: by cost. What is written
/// already is no suggestion.
fn ranked(typed: &str, all: Vec<Suggestion>) -> Vec<Suggestion> {
    let mut fuzzy = Fuzzy::new(typed);
    let scored = |suggestion: Suggestion| Some((suggestion.score(typed, &mut fuzzy)?, suggestion));
    let mut found: Vec<(Score, Suggestion)> = all.into_iter().filter_map(scored).collect();
    if !typed.is_empty() {
        found.sort_by_key(|(score, suggestion)| {
            (Reverse(*score), if suggestion.open { suggestion.label.len() } else { usize::MAX })
        });
    }
    let mut found: Vec<Suggestion> = found.into_iter().map(|(_, suggestion)| suggestion).collect();
    found.truncate(SUGGESTIONS_MAX);
    if matches!(found.as_slice(), [only] if only.text == typed) { vec![] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::spot::spot;

    fn known() -> Known {
        let plain = |values: &[&str]| values.iter().map(|v| (Untrusted::from(*v), None)).collect::<Vec<_>>();
        let named = |values: &[(&str, &str)]| {
            values.iter().map(|(v, n)| (Untrusted::from(*v), Some(Untrusted::from(*n)))).collect::<Vec<_>>()
        };
        Known {
            own: ["team", "cost center"].map(|key| Dimension::Tag(key.into())).to_vec(),
            values: BTreeMap::from([
                (Dimension::Region, plain(&["us-east-1", "eu-west-1", "eu-central-1", ""])),
                (Dimension::Service, plain(&["Amazon EC2", "Service Bus", "web\u{202e}lla"])),
                (
                    Dimension::SubAccount,
                    named(&[("1111", "prod-ml"), ("2222", "twin"), ("3333", "twin"), ("4444", "")]),
                ),
            ]),
            costs: BTreeMap::from([
                (Dimension::Region, BTreeMap::from([(Untrusted::from("eu-west-1"), SafeText::ours("1.00 USD"))])),
                (Dimension::Tag("owner".into()), BTreeMap::new()),
            ]),
            tags: vec![Dimension::Tag("stage".into())],
        }
    }

    /// The labels at `^`, the first `most`.
    fn labels(text: &str, most: usize) -> Vec<String> {
        let at = text.find('^').expect("a cursor");
        let found = suggestions(&spot(&text.replacen('^', "", 1), at), &known());
        found.into_iter().take(most).map(|s| s.label.into_string()).collect()
    }

    #[test]
    fn dimensions_come_first_and_then_values() {
        for (text, most, want) in [
            ("^", 2, &["provider", "billing_account"][..]),
            ("team^", 1, &["team"]),
            ("ser^", 4, &["service", "service_category", "service:Amazon EC2", "service:Service Bus"]),
            ("reg^", 4, &["region", "region:us-east-1", "region:eu-west-1", "region:eu-central-1"]),
            ("pr^", 2, &["provider", "pricing_category"]),
            ("prod^", 1, &["sub_account:prod-ml"]),
            ("region:^", 9, &["us-east-1", "eu-west-1", "eu-central-1", "*", "\"\""]),
            ("region:euw^", 1, &["eu-west-1"]),
            ("region:us-east-1|cen^", 1, &["eu-central-1"]),
            ("region:eu-west-1^", 9, &[]),
            ("euwest^", 1, &["region:eu-west-1"]),
            ("account:^", 3, &["prod-ml", "twin", "twin"]),
            ("account:1111^", 1, &["prod-ml"]),
            ("service:^", 1, &["Amazon EC2"]),
            ("owner=^", 2, &["*", "\"\""]),
            ("tag:^", 9, &["team", "tag:\"cost center\"", "tag:stage"]),
            ("stage^", 1, &["tag:stage"]),
            ("cost>1^", 9, &[]),
            ("\"free^", 9, &[]),
        ] {
            assert_eq!(labels(text, most), want, "{text}");
        }
        let costs = suggestions(&spot("region:", 7), &known()).into_iter().map(|s| s.cost.into_string());
        assert_eq!(costs.take(2).collect::<Vec<_>>(), ["", "1.00 USD"]);
        assert!(!labels("service:^", 9).iter().any(|l| l.contains("web")), "what cannot be typed is not offered");
    }

    #[test]
    fn values_stand_in_the_order_of_their_cost_once_that_is_told() {
        let mut known = known();
        let told = ["eu-central-1", "us-east-1"].map(Untrusted::from);
        known.order(&Dimension::Region, &told);
        let labels = suggestions(&spot("region:", 7), &known).into_iter().map(|s| s.label.into_string());
        assert_eq!(labels.take(3).collect::<Vec<_>>(), ["eu-central-1", "us-east-1", "eu-west-1"]);
    }

    #[test]
    fn what_is_written_is_quoted_and_finishes_or_opens_a_term() {
        let written = |text: &str, after: &str| {
            let first = suggestions(&spot(text, text.len()), &known()).into_iter().next().expect(text);
            first.written(after)
        };
        for (text, after, want, replaced) in [
            ("regi", "", "region:", 0),
            ("regi", ":x", "region:", 1),
            ("center", "", "tag:\"cost center\"=", 0),
            ("service:am", "", "\"Amazon EC2\" ", 0),
            ("service:am", " env=x", "\"Amazon EC2\"", 0),
            ("service:am", "|x", "\"Amazon EC2\"", 0),
            ("account:prod", "", "prod-ml ", 0),
            ("account:twin", "", "2222 ", 0),
            ("account:44", "", "4444 ", 0),
            ("amazon", "", "service:\"Amazon EC2\" ", 0),
        ] {
            let (got, also) = written(text, after);
            assert_eq!((got.as_str(), also), (want, replaced), "{text}");
        }
    }
}
