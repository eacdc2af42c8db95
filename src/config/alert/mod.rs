//! `[channels.NAME]`, `[alerts]` and `[alerts.NAME]`: what a person is told, and by what.
//!
//! Secrets are references; a value in the place of one is refused without being repeated, and so is the address
//! of a webhook, which is a secret itself. Knows nobody who brings anything.

mod channel;
mod stopped;
#[cfg(test)]
mod tests;

pub use self::channel::{Channel, Email, HubFormat, Security, Via, Wrong};
use self::stopped::{Stopped, section_of_channel, section_of_rule};
use super::mistake::{Mistake, of_one, shown};
use super::raw::{Placed, Raw, Shape, words};
use super::reader::{Reader, span};
use super::{Config, connection};
use crate::domain::alert::{DESKTOP, Days, Every, Hours, Kind, Plan, Rule, Severity, TERMINAL, minute};
use crate::domain::calendar::DAY_SECONDS;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::{Amount, Decimal};
use crate::domain::text::SafeText;

/// The keys of `[alerts]`.
pub const ALERTS: &[(&str, Shape)] = &[
    ("to", Shape::Texts),
    ("cooldown", Shape::Text),
    ("quiet", Shape::Text),
    ("urgent", Shape::Text),
    ("storm", Shape::Whole),
    ("clock", Shape::Text),
];

/// The keys of `[alerts.NAME]`.
pub const RULE: &[(&str, Shape)] = &[
    ("rule", Shape::Text),
    ("to", Shape::Texts),
    ("severity", Shape::Text),
    ("where", Shape::Text),
    ("hours", Shape::Text),
    ("days", Shape::Texts),
    ("above", Shape::Text),
    ("percent", Shape::Whole),
    ("after", Shape::Text),
    ("every", Shape::Text),
    ("at", Shape::Text),
];

/// The keys of `[channels.NAME]`, and by what kinds of channel each is understood.
pub const CHANNEL: &[(&str, Shape)] = &[
    ("type", Shape::Text),
    ("url", Shape::Text),
    ("allow_private", Shape::Texts),
    ("secret", Shape::Text),
    ("template", Shape::Text),
    ("host", Shape::Text),
    ("port", Shape::Whole),
    ("security", Shape::Text),
    ("user", Shape::Text),
    ("password", Shape::Text),
    ("from", Shape::Text),
    ("to", Shape::Texts),
    ("topic", Shape::Text),
    ("profile", Shape::Text),
    ("region", Shape::Text),
    ("endpoint", Shape::Text),
    ("key", Shape::Text),
    ("connection", Shape::Text),
    ("hub", Shape::Text),
    ("format", Shape::Text),
    ("tags", Shape::Text),
    ("run", Shape::Texts),
];

/// What each kind of channel understands besides `type`.
const KINDS: &[(&str, &[&str])] = &[
    ("slack", &["url", "allow_private"]),
    ("teams", &["url", "allow_private"]),
    ("webhook", &["url", "secret", "template", "allow_private"]),
    ("email", &["host", "port", "security", "user", "password", "from", "to", "allow_private"]),
    ("sns", &["topic", "profile", "region", "endpoint"]),
    ("pagerduty", &["key", "endpoint", "allow_private"]),
    ("azure-hub", &["connection", "hub", "format", "tags", "allow_private"]),
    ("command", &["run"]),
];

/// What each kind of rule understands besides what all do ([`OF_ALL`]).
const RULES: &[(Kind, &[&str])] = &[
    (Kind::Budget, &["severity", "where"]),
    (Kind::Forecast, &["where"]),
    (Kind::Anomaly, &["severity", "where"]),
    (Kind::Spike, &["severity", "where", "above", "percent"]),
    (Kind::Stale, &["where", "after"]),
    (Kind::Sync, &["severity", "after"]),
    (Kind::Digest, &["where", "every", "at"]),
];

/// What all rules understand.
const OF_ALL: [&str; 4] = ["rule", "to", "hours", "days"];

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com";
/// Messages that a storm begins after at most.
const STORM_MAX: i128 = 1_000;
/// Seconds of a span at most.
const SPAN_MAX: i64 = 10_000 * DAY_SECONDS;

/// What a person is told, and by what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alerts {
    /// What is told, to whom and when.
    pub plan: Plan,
    /// The channels, by name.
    pub channels: Vec<Channel>,
    /// What of the plan, and of channels without a name, cannot be meant: it is left out.
    pub wrong: Vec<Wrong>,
}

impl Default for Alerts {
    fn default() -> Self {
        let rules = usual_rules(&[DESKTOP.to_owned(), TERMINAL.to_owned()]);
        Alerts { plan: Plan { rules, ..Plan::default() }, channels: Vec::new(), wrong: Vec::new() }
    }
}

/// What is told where the config has no rule.
fn usual_rules(to: &[String]) -> Vec<Rule> {
    let kinds = [Kind::Budget, Kind::Forecast, Kind::Anomaly, Kind::Stale, Kind::Sync];
    kinds.map(|kind| Rule { to: to.to_vec(), ..Rule::new(kind.name(), kind) }).to_vec()
}

/// Says where in the file something stands.
pub type PlaceOf<'a> = &'a dyn Fn(usize) -> String;

/// Reads channels and rules; adds to `mistakes` what they cannot mean. What nothing but alerts waits for is no
/// mistake, which nothing goes on with: it is kept as what is wrong, and stops that channel or rule alone.
pub fn validate(
    raw: &Raw,
    config: &Config,
    own: &[Dimension],
    place: PlaceOf<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Alerts {
    let mut reader = Reader { raw, mistakes, section: "alerts".to_owned(), at: 0 };
    let mut channels: Vec<(&str, Option<Channel>)> = Vec::new();
    for (name, at) in &raw.channels {
        let before = reader.mistakes.len();
        channels.push((name, reader.channel(name, *at, place)));
        of_one(&mut reader.mistakes[before..], &section_of_channel(name));
    }
    let here = [(DESKTOP, config.notify.desktop), (TERMINAL, config.notify.terminal)];
    let mut known: Vec<&str> = here.iter().map(|(name, _)| *name).collect();
    known.extend(raw.channels.iter().map(|(name, _)| name.as_str()));
    let off: Vec<&str> = here.iter().filter(|(_, on)| !on).map(|(name, _)| *name).collect();
    reader.section("alerts", 0);
    let to = reader
        .to(&known, &off)
        .unwrap_or_else(|| known.iter().filter(|name| !off.contains(name)).map(|name| (*name).to_owned()).collect());
    let (mut plan, wrong) = reader.plan(place);
    for (name, at) in &raw.rules {
        let before = reader.mistakes.len();
        plan.rules.extend(reader.rule(name, *at, (&known, &off, &to), own));
        of_one(&mut reader.mistakes[before..], &section_of_rule(name));
    }
    if raw.rules.is_empty() {
        plan.rules = usual_rules(&to);
    }
    let stopped = Stopped::take(mistakes, place);
    let (names, of_rules) = stopped.rules(&raw.rules);
    plan.rules.retain(|rule| !names.contains(&rule.name));
    plan.stopped = names;
    // What has no name of a channel is none.
    let (named, others): (Vec<_>, Vec<_>) = channels.into_iter().partition(|(name, _)| is_free(name));
    let unnamed = others.iter().filter_map(|(name, _)| stopped.wrong(&section_of_channel(name)));
    let wrong = wrong.into_iter().chain(unnamed).chain(of_rules).collect();
    let channels = named.into_iter().filter_map(|(name, channel)| stopped.channel(name, channel)).collect();
    Alerts { plan, channels, wrong }
}

/// Whether a channel can have a name: one that this machine's own have not.
fn is_free(name: &str) -> bool {
    connection::is_name(name) && name != DESKTOP && name != TERMINAL
}

impl Reader<'_> {
    fn section(&mut self, section: &str, at: usize) {
        (self.section, self.at) = (section.to_owned(), at);
    }

    /// A text's meaning; a mistake that says what is allowed where it has none.
    fn meant<T>(&mut self, key: &str, allowed: &str, of: impl Fn(&str) -> Option<T>) -> Option<T> {
        let Placed { value, at } = self.placed(key)?;
        let meant = of(value.trim());
        if meant.is_none() {
            self.mistake(at, key, &format!("must be {allowed}, not \"{}\"", shown(&value)));
        }
        meant
    }

    fn needs<T: Default>(&mut self, key: &str, value: Option<T>) -> T {
        // What is written and wrong has its own mistake by now.
        let is_told = self.mistakes.iter().any(|mistake| mistake.message.contains(&format!("`{}`", self.key(key))));
        if value.is_none() && !is_told {
            let message = format!("`[{}]` needs `{key}`", self.section);
            self.mistakes.push(Mistake::new(self.at, message));
        }
        value.unwrap_or_default()
    }

    fn to(&mut self, known: &[&str], off: &[&str]) -> Option<Vec<String>> {
        let list = self.list("to")?;
        let mut to = Vec::new();
        for Placed { value, at } in list.value {
            if known.contains(&value.as_str()) {
                to.push(value);
                continue;
            }
            let message = format!(
                "`{}`: there is no channel \"{}\"; there are {}",
                self.key("to"),
                shown(&value),
                words(known.iter())
            );
            self.mistakes.push(Mistake::new(at, message).meant(&value, known));
        }
        // Where this machine is not to tell, it is not.
        to.retain(|name| !off.contains(&name.as_str()));
        Some(to)
    }

    fn plan(&mut self, place: PlaceOf<'_>) -> (Plan, Option<Wrong>) {
        let usual = Plan::default();
        let cooldown = self.meant("cooldown", "a span like \"6h\"", within).unwrap_or(usual.cooldown);
        let written = self.meant("quiet", "hours like \"22:00-07:00\", which end", Hours::parse);
        // What waits for their end would wait for ever.
        let quiet = written.filter(|hours| hours.from != hours.to);
        let endless = self.placed("quiet").filter(|_| written.is_some() && quiet.is_none());
        let wrong = endless.map(|Placed { value, at }| {
            let must = "must be hours like \"22:00-07:00\", which end, not";
            let said = format!("`{}` {must} \"{}\"; no hours are quiet", self.key("quiet"), shown(&value));
            Wrong { place: place(at), said }
        });
        let urgent = self.one_of("urgent", &words_of(Kind::Anomaly)).unwrap_or(usual.urgent);
        let storm = self.number("storm", 1..=STORM_MAX).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual.storm);
        let local_hours = self.one_of("clock", &[("local", true), ("utc", false)]).unwrap_or(usual.local_hours);
        (Plan { cooldown, quiet, urgent, storm, local_hours, ..usual }, wrong)
    }

    fn rule(&mut self, name: &str, at: usize, to: (&[&str], &[&str], &[String]), own: &[Dimension]) -> Option<Rule> {
        self.section(&format!("alerts.{name}"), at);
        if !self.is_name(name) {
            return None;
        }
        let kinds = Kind::RULES.map(|kind| (kind.name(), kind));
        // A rule may have the name of what it is about.
        let kind = match self.raw.texts.contains_key(&self.key("rule")) {
            true => self.one_of("rule", &kinds)?,
            false => kinds.iter().find(|(kind, _)| *kind == name).map(|(_, kind)| *kind).or_else(|| {
                self.needs::<String>("rule", None);
                None
            })?,
        };
        let own_keys = RULES.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, keys)| keys);
        let keys: Vec<&str> = OF_ALL.iter().chain(own_keys).copied().collect();
        self.strays(&format!("rule by {}", kind.name()), RULE, &keys);
        let usual = Rule::new(name, kind);
        Some(Rule {
            to: self.to(to.0, to.1).unwrap_or_else(|| to.2.to_vec()),
            severity: self.one_of("severity", &words_of(kind)).unwrap_or(usual.severity),
            scope: self.scope(kind, own),
            hours: self.meant("hours", "hours like \"09:00-17:00\"", Hours::parse),
            days: self.days().unwrap_or(usual.days),
            above: self.meant("above", "an amount like \"50\"", amount).unwrap_or(usual.above),
            percent: self.number("percent", 0..=100_000).and_then(|n| u32::try_from(n).ok()).unwrap_or(usual.percent),
            after: self.meant("after", "a span like \"24h\" or \"3d\"", within).unwrap_or(usual.after),
            every: self.one_of("every", &[("day", Every::Day), ("week", Every::Week)]).unwrap_or(usual.every),
            minute: self
                .meant("at", "a time of day like \"08:00\"", |t| minute(t).filter(|m| *m < 1440))
                .unwrap_or(usual.minute),
            ..usual
        })
    }

    fn is_name(&mut self, name: &str) -> bool {
        let fits = connection::is_name(name);
        if !fits {
            let message = format!("`{}`: a name has up to 40 small letters, digits, `-` and `_`", shown(&self.section));
            self.mistakes.push(Mistake::new(self.at, message));
        }
        fits
    }

    fn scope(&mut self, kind: Kind, own: &[Dimension]) -> Filter {
        let Some(Placed { value, at }) = self.placed("where") else { return Filter::default() };
        match Filter::parse(&value, own) {
            Ok(filter) => {
                let is_of_it = |of: &Dimension| kind != Kind::Stale || *of == Dimension::Provider;
                let why = if !filter.bounds.is_empty() {
                    "`cost` is of a list's rows, not of charges; leave it out"
                } else if !filter.clauses.iter().filter_map(|clause| clause.dimension.as_ref()).all(is_of_it) {
                    "a provider is late as a whole; name it by `provider` alone"
                } else {
                    return filter;
                };
                self.mistake(at, "where", &format!("is '{}': {why}", shown(&value)));
                filter
            }
            Err(error) => {
                let why = format!("is '{}': {}", shown(&value), SafeText::from_outside(&error.message));
                self.mistake(at, "where", &why);
                Filter::default()
            }
        }
    }

    fn days(&mut self) -> Option<Days> {
        let list = self.list("days")?;
        let mut days = 0;
        for Placed { value, at } in &list.value {
            match Days::NAMES.iter().position(|name| name == value) {
                Some(day) => days |= 1 << day,
                None => {
                    let why = format!("must hold days like {}, not \"{}\"", words(Days::NAMES.iter()), shown(value));
                    self.mistake(*at, "days", &why);
                }
            }
        }
        if list.value.is_empty() {
            self.mistake(list.at, "days", "must hold a day at least");
        }
        Some(Days(days))
    }

    fn channel(&mut self, name: &str, at: usize, place: PlaceOf<'_>) -> Option<Channel> {
        self.section(&format!("channels.{name}"), at);
        if !self.is_name(name) {
            return None;
        }
        if name == DESKTOP || name == TERMINAL {
            let message = format!("`[channels.{name}]`: `{name}` is this machine's own channel; take another name");
            self.mistakes.push(Mistake::new(at, message));
            return None;
        }
        let kinds: Vec<(&str, usize)> = KINDS.iter().enumerate().map(|(i, (kind, _))| (*kind, i)).collect();
        self.needs("type", self.text("type"));
        let (kind, keys) = KINDS[self.one_of("type", &kinds)?];
        let keys: Vec<&str> = std::iter::once("type").chain(keys.iter().copied()).collect();
        self.strays(&format!("channel by {kind}"), CHANNEL, &keys);
        let texts = |list: Option<Placed<Vec<Placed<String>>>>| -> Vec<String> {
            list.map_or_else(Vec::new, |list| list.value.into_iter().map(|placed| placed.value).collect())
        };
        let via = match kind {
            "slack" => Via::Slack(self.needed_secret("url")),
            "teams" => Via::Teams(self.needed_secret("url")),
            "webhook" => Via::Webhook {
                url: self.needed_secret("url"),
                secret: self.secret("secret"),
                template: self.raw.texts.get(&self.key("template")).map(|placed| placed.value.clone()),
            },
            "email" => Via::Email(self.email()),
            "sns" => Via::Sns {
                topic: self.topic(),
                profile: self.text("profile"),
                region: self.text("region"),
                endpoint: self.url("endpoint"),
            },
            "pagerduty" => Via::PagerDuty {
                key: self.needed_secret("key"),
                endpoint: self.url("endpoint").unwrap_or_else(|| PAGERDUTY.to_owned()),
            },
            "azure-hub" => {
                let formats = [("template", HubFormat::Template), ("fcm", HubFormat::Fcm), ("apple", HubFormat::Apple)];
                Via::AzureHub {
                    connection: self.needed_secret("connection"),
                    hub: self.needs("hub", self.text("hub")),
                    format: self.one_of("format", &formats).unwrap_or(HubFormat::Template),
                    tags: self.text("tags"),
                }
            }
            _ => {
                let run = texts(self.list("run"));
                let is_there = run.first().is_some_and(|program| !program.is_empty());
                self.needs("run", is_there.then_some(()));
                Via::Command(run)
            }
        };
        let allow_private = texts(self.list("allow_private"));
        let wrong = self.no_hosts("allow_private").map(|(at, said)| Wrong { place: place(at), said });
        // Of what may be meant otherwise nothing is let through.
        let allow_private = if wrong.is_some() { Vec::new() } else { allow_private };
        Some(Channel { name: name.to_owned(), allow_private, via, wrong })
    }

    /// What of a list is no host, and where. Hosts are named one by one: a pattern, or a network, is the name of none.
    fn no_hosts(&self, key: &str) -> Option<(usize, String)> {
        let is_host = |text: &str| {
            let host = text.trim().trim_matches(['[', ']']);
            let is_name = host.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c)) && !host.is_empty();
            is_name || host.parse::<std::net::IpAddr>().is_ok()
        };
        let others: Vec<Placed<String>> = self.list(key)?.value.into_iter().filter(|p| !is_host(&p.value)).collect();
        let must = "must hold hosts by name or address, like \"chat.corp\" or \"10.0.0.7\", one by one, not";
        let named: Vec<String> = others.iter().map(|placed| format!("\"{}\"", shown(&placed.value))).collect();
        Some((others.first()?.at, format!("`{}` {must} {}", self.key(key), named.join(" and "))))
    }

    /// Keys that another kind of channel or rule has: the first of what one of this kind has says which it is.
    fn strays(&mut self, kind: &str, all: &[(&str, Shape)], keys: &[&str]) {
        for (key, _) in all.iter().filter(|(key, _)| !keys.contains(key)) {
            let dotted = self.key(key);
            let raw = self.raw;
            let at = raw.texts.get(&dotted).map(|p| p.at).or_else(|| raw.lists.get(&dotted).map(|p| p.at));
            if let Some(at) = at.or_else(|| raw.numbers.get(&dotted).map(|p| p.at)) {
                self.mistake(at, key, &format!("is no key of a {kind}; it has {}", words(keys[1..].iter())));
            }
        }
    }

    fn needed_secret(&mut self, key: &str) -> String {
        let secret = self.secret(key);
        self.needs(key, secret)
    }

    fn topic(&mut self) -> String {
        let topic = self.meant("topic", "a topic's ARN, like \"arn:aws:sns:eu-west-1:111122223333:costs\"", |text| {
            let parts: Vec<&str> = text.split(':').collect();
            (parts.len() == 6 && parts[0] == "arn" && parts[2] == "sns").then(|| text.to_owned())
        });
        self.needs("topic", topic)
    }

    fn email(&mut self) -> Email {
        let kinds = [("tls", Security::Tls), ("starttls", Security::StartTls), ("none", Security::Plain)];
        let to = self.list("to").filter(|to| !to.value.is_empty());
        let to = to.map(|to| to.value.into_iter().map(|placed| placed.value).collect());
        let (user, password) = (self.text("user"), self.secret("password"));
        if user.is_some() != self.raw.texts.contains_key(&self.key("password")) {
            let message = format!("`[{}]`: `user` and `password` need each other", self.section);
            self.mistakes.push(Mistake::new(self.at, message));
        }
        Email {
            host: self.needs("host", self.text("host")),
            port: self.number("port", 1..=65_535).and_then(|n| u16::try_from(n).ok()),
            security: self.one_of("security", &kinds).unwrap_or(Security::Tls),
            user,
            password,
            from: self.needs("from", self.text("from")),
            to: self.needs("to", to),
        }
    }
}

/// How much something of a kind may press, by the words for it: of anomalies their own ones too.
fn words_of(kind: Kind) -> Vec<(&'static str, Severity)> {
    let is_graded = kind == Kind::Anomaly;
    let all = || Severity::ALL.into_iter().filter(move |severity| is_graded || *severity != Severity::High);
    let mut words: Vec<(&str, Severity)> = all().map(|severity| (severity.word(kind), severity)).collect();
    let others = all().map(|severity| (severity.name(), severity));
    let new: Vec<(&str, Severity)> = others.filter(|one| !words.contains(one)).collect();
    words.extend(new);
    words
}

/// A span that rules have.
fn within(text: &str) -> Option<i64> {
    span(text).filter(|seconds| *seconds <= SPAN_MAX)
}

fn amount(text: &str) -> Option<Amount> {
    let amount = Decimal::parse(text.as_bytes()).ok()?.amount();
    (amount >= Amount::ZERO).then_some(amount)
}
