//! One message with all that is known of it, or one channel, whole. Pure.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use super::{Page, UNUSABLE, pressing};
use crate::domain::alert::{Entry, Fate, Kind, LEFT_OUT, Letter, Message, Severity, Turn};
use crate::domain::text::Untrusted;
use crate::engine::alerts::AlertsAnswer;
use crate::host::alerting::ChannelStanding;
use crate::report;
use crate::tui::syncing_words::moment;
use crate::tui::theme::Role;

/// What becomes of a message where nobody is told.
const WOULD: &str = "would be told";
/// What a message came to that some have and others have not.
const IN_PART: &str = "told in part";

/// A message, and what became of it at each channel.
pub(in crate::tui) struct News<'a> {
    pub(super) key: &'a str,
    /// When it was found.
    found_at: i64,
    /// When something last became of it.
    pub(in crate::tui) at: i64,
    pub(in crate::tui) turn: Turn,
    pub(in crate::tui) severity: Severity,
    pub(in crate::tui) kind: Kind,
    pub(in crate::tui) title: &'a Untrusted,
    lines: &'a [Untrusted],
    figures: &'a [(String, Untrusted)],
    command: Option<&'a str>,
    pub(in crate::tui) to: Vec<Sent<'a>>,
}

/// What became of a message at one channel.
pub(in crate::tui) struct Sent<'a> {
    pub(super) channel: &'a str,
    pub(super) state: &'static str,
    why: Option<String>,
    at: i64,
    tries: u32,
}

impl<'a> News<'a> {
    fn of_letter(letter: &'a Letter) -> News<'a> {
        let (state, why, at) = ("on its way", letter.reason(), letter.not_before);
        let to = vec![Sent { channel: &letter.channel, state, why, at, tries: letter.tries }];
        News { to, ..News::would_be(&letter.message, Vec::new()) }
    }

    fn of_entry(entry: &'a Entry) -> News<'a> {
        let (channel, state, why) = (entry.channel.as_str(), entry.state(), entry.reason());
        News {
            key: &entry.key,
            found_at: entry.found_at,
            at: entry.at,
            turn: entry.turn,
            severity: entry.severity,
            kind: entry.kind,
            title: &entry.title,
            lines: &entry.lines,
            figures: &entry.figures,
            command: entry.command.as_deref(),
            to: vec![Sent { channel, state, why, at: entry.at, tries: entry.tries }],
        }
    }

    /// A message that would go to some channels.
    pub(super) fn would_be(message: &'a Message, to: Vec<&'a str>) -> News<'a> {
        let sent = |channel| Sent { channel, state: WOULD, why: None, at: message.at, tries: 0 };
        News {
            key: &message.key,
            found_at: message.at,
            at: message.at,
            turn: message.turn,
            severity: message.severity,
            kind: message.kind,
            title: &message.title,
            lines: &message.lines,
            figures: &message.figures,
            command: message.command.as_deref(),
            to: to.into_iter().map(sent).collect(),
        }
    }

    /// What it came to, and how many of its channels have it where some do.
    pub(in crate::tui) fn state(&self) -> String {
        match self.came_to() {
            IN_PART if self.told() < self.asked().count() => {
                format!("told {} of {}", self.told(), self.asked().count())
            }
            IN_PART => "partly told".to_owned(),
            state => state.to_owned(),
        }
    }

    /// What it came to: told, told in part, or to nobody, and whether that is yet to come.
    pub(super) fn came_to(&self) -> &'static str {
        let of = |state: &str| self.asked().filter(|sent| sent.state == state).count();
        match self.told() {
            0 if of("on its way") > 0 => "on its way",
            0 if of(LEFT_OUT) > 0 => LEFT_OUT,
            0 => "not told",
            told if told == self.asked().count() && of("partly told") == 0 => "told",
            _ => IN_PART,
        }
    }

    /// The channels that could have it: what is left out is of another machine. Where there are no others, they.
    fn asked(&self) -> impl Iterator<Item = &Sent<'a>> {
        let is_all = self.to.iter().all(|sent| sent.state == LEFT_OUT);
        self.to.iter().filter(move |sent| is_all || sent.state != LEFT_OUT)
    }

    fn told(&self) -> usize {
        self.asked().filter(|sent| ["told", "partly told"].contains(&sent.state)).count()
    }

    /// The channels that could have it, each with what became of it where that is not the same for all.
    pub(in crate::tui) fn channels(&self) -> String {
        let first = self.asked().next().map(|sent| sent.state);
        let same = self.asked().all(|sent| Some(sent.state) == first);
        let one =
            |sent: &Sent<'_>| if same { sent.channel.to_owned() } else { format!("{} {}", sent.channel, sent.state) };
        self.asked().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Why it is not where it was to be.
    pub(in crate::tui) fn why(&self) -> Option<&str> {
        self.asked().find_map(|sent| sent.why.as_deref())
    }
}

/// What is on its way and what was told, a message each with its channels, the newest first.
pub(in crate::tui) fn all(answer: &AlertsAnswer) -> Vec<News<'_>> {
    let mut going: Vec<&Letter> = answer.going();
    going.sort_by_key(|letter| std::cmp::Reverse(letter.message.at));
    let each = going.into_iter().map(News::of_letter).chain(answer.log.iter().map(News::of_entry));
    let (mut all, mut places): (Vec<News<'_>>, HashMap<&str, usize>) = (Vec::new(), HashMap::new());
    for mut news in each {
        match places.entry(news.key) {
            Place::Occupied(known) => all[*known.get()].to.append(&mut news.to),
            Place::Vacant(place) => {
                place.insert(all.len());
                all.push(news);
            }
        }
    }
    all
}

impl Page<'_> {
    /// A message with all that is known of it.
    pub(super) fn message(&mut self, news: &News<'_>, now: i64) {
        let (word, role) = pressing(news.turn, news.severity, news.kind);
        self.wrapped(&format!("{word}: {}", news.title.raw()), role);
        self.wrapped(&format!("found {}", moment(news.found_at, now)), Role::Muted);
        if !news.lines.is_empty() {
            self.blank();
        }
        news.lines.iter().for_each(|line| self.wrapped(line.raw(), Role::Text));
        if !news.figures.is_empty() {
            self.blank();
        }
        news.figures.iter().for_each(|(name, value)| self.wrapped(&format!("{name}: {}", value.raw()), Role::Text));
        self.blank();
        for sent in &news.to {
            let tries = if sent.tries > 1 { format!(", {} tries", sent.tries) } else { String::new() };
            let when = match sent.state {
                "on its way" => format!("next try {}", report::next_words(Some(sent.at), now)),
                _ => moment(sent.at, now),
            };
            let why = sent.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            let role = if ["told", LEFT_OUT].contains(&sent.state) { Role::Text } else { Role::Unsure };
            let when = if sent.state == WOULD { String::new() } else { format!(", {when}") };
            self.wrapped(&format!("{}: {}{when}{tries}{why}", sent.channel, sent.state), role);
        }
        if let Some(command) = news.command {
            self.blank();
            self.wrapped(&format!("More: {command}"), Role::Muted);
        }
    }

    /// A channel with all that is known of it.
    pub(super) fn channel(&mut self, channel: &ChannelStanding, (tested, now): (Option<&Fate>, i64), test: &str) {
        let gate = &channel.gate;
        self.wrapped(&format!("{} ({})", channel.name, channel.kind), Role::Strong);
        channel.remark.iter().for_each(|remark| self.wrapped(remark, Role::Muted));
        if let Some(why) = &channel.unusable {
            self.wrapped(&format!("It {UNUSABLE}: {why}"), Role::Unsure);
        }
        self.blank();
        let brought = if gate.good_at > 0 { report::ago(gate.good_at, now) } else { "never".to_owned() };
        self.wrapped(&format!("Last brought: {brought}"), Role::Text);
        if channel.waiting > 0 {
            let next = report::next_words(channel.next, now);
            self.wrapped(&format!("On its way: {}, next try {next}", channel.waiting), Role::Text);
        }
        if let Some(why) = &gate.why {
            let fails = format!("It failed {}: {why}", report::ago(gate.failed_at, now));
            self.wrapped(&fails, Role::Unsure);
        }
        self.blank();
        tested.iter().for_each(|fate| self.tested(&channel.name, fate));
        self.wrapped(&format!("{test} sends it a test."), Role::Muted);
    }
}
