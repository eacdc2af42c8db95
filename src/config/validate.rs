//! What the written values mean: [`Raw`] becomes a [`Config`], or mistakes say why not.
//!
//! Pure: knows neither the file nor the environment nor the day.

use std::path::PathBuf;

use super::alert::PlaceOf;
use super::mistake::{Mistake, shown};
use super::raw::{Placed, Raw, words};
use super::{AmbiguousWidth, Charts, Config, LensDefaults, Notify, Preference, ThemeName};
use crate::domain::calendar::{Day, month_number};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::{DIMENSIONS_MAX, clean_name};
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;

/// Tag keys at most: each has rollups of its own, which every import pays for.
const TAG_KEYS_MAX: usize = 16;
/// No provider restates a day longer than this.
const SETTLE_DAYS_MAX: i128 = 90;

/// Puts the written values over the defaults; `place` says where in the file something stands. Adds to `mistakes` what they cannot mean.
pub fn validate(raw: &Raw, place: PlaceOf<'_>, mistakes: &mut Vec<Mistake>) -> Config {
    let mut check = Check { raw, mistakes };
    let mut config = Config::default();
    check.data(&mut config);
    check.tags(&mut config);
    config.dimensions = super::dimension::validate(&raw.dimensions, check.mistakes);
    let own = config.own_dimensions();
    check.lens("lens", &own, &mut config.lens);
    check.lenses(&own, &mut config);
    check.rest(&mut config);
    check.sync(&mut config);
    config.connections = super::connection::validate(raw, check.mistakes);
    config.alerts = super::alert::validate(raw, &config, &own, place, check.mistakes);
    check.screen(&mut config);
    config.keys = raw.actions.iter().map(|(action, keys)| (action.clone(), values(keys))).collect();
    config
}

fn values(list: &Placed<Vec<Placed<String>>>) -> Vec<String> {
    list.value.iter().map(|p| p.value.clone()).collect()
}

struct Check<'a> {
    raw: &'a Raw,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Check<'a> {
    fn mistake(&mut self, at: usize, message: String) {
        self.mistakes.push(Mistake::new(at, message));
    }

    fn text(&self, key: &str) -> Option<&'a Placed<String>> {
        self.raw.texts.get(key)
    }

    fn data(&mut self, config: &mut Config) {
        let Some(Placed { value, at }) = self.text("data.dir").filter(|p| !p.value.is_empty()) else { return };
        let path = PathBuf::from(value);
        if path.is_absolute() || value == "~" || value.starts_with("~/") {
            config.data.dir = Some(path);
        } else {
            self.mistake(
                *at,
                format!("`data.dir` must be an absolute path or begin with `~/`, not \"{}\"", shown(value)),
            );
        }
    }

    fn sync(&mut self, config: &mut Config) {
        if let Some(flag) = self.raw.flags.get("sync.auto") {
            config.sync.auto = flag.value;
        }
        config.sync.certificate =
            self.text("sync.certificate").filter(|p| !p.value.is_empty()).map(|p| PathBuf::from(&p.value));
        let Notify { desktop, terminal } = &mut config.notify;
        for (key, flag) in [("notify.desktop", desktop), ("notify.terminal", terminal)] {
            if let Some(written) = self.raw.flags.get(key) {
                *flag = written.value;
            }
        }
    }

    fn tags(&mut self, config: &mut Config) {
        let Some(list) = self.raw.lists.get("tags.keys") else { return };
        for (i, key) in list.value.iter().enumerate() {
            if key.value.trim().is_empty() {
                self.mistake(key.at, "`tags.keys` holds an empty text; write tag keys like \"team\"".to_owned());
            } else if list.value[..i].iter().any(|k| k.value == key.value) {
                self.mistake(key.at, format!("`tags.keys` holds \"{}\" twice", shown(&key.value)));
            }
        }
        if list.value.len() > TAG_KEYS_MAX {
            let message = format!(
                "`tags.keys` holds {} keys, at most {TAG_KEYS_MAX} can have rollups; others work as `tag:key`",
                list.value.len()
            );
            self.mistake(list.at, message);
        }
        config.tags.keys = values(list);
    }

    fn lenses(&mut self, own: &[Dimension], config: &mut Config) {
        for (name, at) in &self.raw.lenses {
            match clean_name(name) {
                Ok(clean) if clean == *name => {
                    let mut lens = config.lens.clone();
                    self.lens(&format!("lenses.{name}"), own, &mut lens);
                    config.lenses.insert(clean, lens);
                }
                Ok(_) => self.mistake(*at, format!("`lenses.\"{}\"`: a name has no space around it", shown(name))),
                Err(why) => self.mistake(*at, format!("`lenses.\"{}\"`: {why}", shown(name))),
            }
        }
    }

    fn lens(&mut self, section: &str, own: &[Dimension], lens: &mut LensDefaults) {
        let key = |key: &str| format!("{section}.{key}");
        let named = shown(section);
        if let Some(text) = self.text(&key("period")) {
            match period(&text.value) {
                Ok(period) => lens.period = period,
                Err(why) => self.mistake(text.at, format!("`{named}.period` is \"{}\": {why}", shown(&text.value))),
            }
        }
        let comparisons = Comparison::ALL.map(|c| (c.name(), c));
        self.choice(&key("comparison"), &comparisons, &mut lens.comparison);
        self.choice(&key("metric"), &Metric::ALL.map(|m| (m.name(), m)), &mut lens.metric);
        self.by(section, own, lens);
        if let Some(text) = self.text(&key("currency")) {
            let code = text.value.to_ascii_uppercase();
            match code.len() {
                0 => lens.currency = None,
                3 if code.bytes().all(|b| b.is_ascii_uppercase()) => lens.currency = Some(code),
                _ => {
                    let message = format!(
                        "`{named}.currency` must be a code of three letters like \"USD\", not \"{}\"",
                        shown(&text.value)
                    );
                    self.mistake(text.at, message);
                }
            }
        }
        if let Some(text) = self.text(&key("where")) {
            match Filter::parse(&text.value, own) {
                Ok(filter) => lens.filter = filter,
                Err(error) => {
                    let meant = error.suggestion.as_deref().map(|s| format!("; try {}", SafeText::from_outside(s)));
                    let column = error.text[..error.at].chars().count() + 1;
                    let message = format!(
                        "`{named}.where` is '{}': {} at its character {column}{}",
                        shown(&text.value),
                        SafeText::from_outside(&error.message),
                        meant.unwrap_or_default()
                    );
                    self.mistake(text.at, message);
                }
            }
        }
    }

    fn by(&mut self, section: &str, own: &[Dimension], lens: &mut LensDefaults) {
        let Some(list) = self.raw.lists.get(&format!("{section}.by")) else { return };
        let key = format!("{}.by", shown(section));
        if list.value.len() > DIMENSIONS_MAX {
            let message = format!("`{key}` holds {} dimensions, at most {DIMENSIONS_MAX} work", list.value.len());
            self.mistake(list.at, message);
        }
        lens.by.clear();
        for word in &list.value {
            match Dimension::among(&word.value, own) {
                Some(dimension) if lens.by.contains(&dimension) => {
                    self.mistake(word.at, format!("`{key}` holds `{}` twice", shown(&dimension.name())));
                }
                Some(dimension) => lens.by.push(dimension),
                None => {
                    let names = words(Dimension::FIXED.iter().map(Dimension::name));
                    let message = format!(
                        "`{key}`: unknown dimension \"{}\"; dimensions are {names} and `tag:KEY`",
                        shown(&word.value)
                    );
                    let own: Vec<_> = own.iter().map(Dimension::bare).collect();
                    let known: Vec<&str> =
                        Dimension::all_words().into_iter().chain(own.iter().map(AsRef::as_ref)).collect();
                    self.mistakes.push(Mistake::new(word.at, message).meant(&word.value, &known));
                }
            }
        }
    }

    fn rest(&mut self, config: &mut Config) {
        let settle = &mut config.settle;
        for (key, days) in [
            ("settle.aws", &mut settle.aws),
            ("settle.azure", &mut settle.azure),
            ("settle.gcp", &mut settle.gcp),
            ("settle.other", &mut settle.other),
        ] {
            if let Some(number) = self.number(key, SETTLE_DAYS_MAX) {
                *days = number as u16;
            }
        }
        if let Some(seed) = self.number("demo.seed", i128::from(u64::MAX)) {
            config.demo.seed = seed as u64;
        }
        let kinds = [("export", Preference::Export), ("api", Preference::Api)];
        let Some(list) = self.raw.lists.get("sources.prefer") else { return };
        let mut prefer = Vec::new();
        for word in &list.value {
            match self.one_of("sources.prefer", word, &kinds) {
                Some(kind) if prefer.contains(&kind) => {
                    self.mistake(word.at, format!("`sources.prefer` holds \"{}\" twice", word.value));
                }
                found => prefer.extend(found),
            }
        }
        // Kinds that are not named come after those that are.
        prefer.extend(kinds.map(|(_, kind)| kind).into_iter().filter(|k| !prefer.contains(k)).collect::<Vec<_>>());
        config.sources.prefer = prefer;
    }

    fn screen(&mut self, config: &mut Config) {
        self.choice("screen.theme", &ThemeName::ALL.map(|t| (t.name(), t)), &mut config.screen.theme);
        let charts =
            [("auto", Charts::Auto), ("braille", Charts::Braille), ("block", Charts::Block), ("ascii", Charts::Ascii)];
        self.choice("screen.charts", &charts, &mut config.screen.charts);
        let widths = [("narrow", AmbiguousWidth::Narrow), ("wide", AmbiguousWidth::Wide)];
        self.choice("screen.ambiguous_width", &widths, &mut config.screen.ambiguous_width);
        let screen = &mut config.screen;
        for (key, flag) in [
            ("screen.mouse", &mut screen.mouse),
            ("screen.reduced_motion", &mut screen.reduced_motion),
            ("screen.plain", &mut screen.plain),
            ("screen.hints", &mut screen.hints),
        ] {
            if let Some(written) = self.raw.flags.get(key) {
                *flag = written.value;
            }
        }
    }

    fn number(&mut self, key: &str, max: i128) -> Option<i128> {
        let Placed { value, at } = self.raw.numbers.get(key)?;
        if (0..=max).contains(value) {
            return Some(*value);
        }
        let value = if *value == i128::MAX { "larger".to_owned() } else { value.to_string() };
        self.mistake(*at, format!("`{key}` must be from 0 to {max}, not {value}"));
        None
    }

    fn choice<T: Copy>(&mut self, key: &str, allowed: &[(&str, T)], into: &mut T) {
        if let Some(text) = self.text(key)
            && let Some(value) = self.one_of(key, text, allowed)
        {
            *into = value;
        }
    }

    fn one_of<T: Copy>(&mut self, key: &str, word: &Placed<String>, allowed: &[(&str, T)]) -> Option<T> {
        let found = allowed.iter().find(|(name, _)| *name == word.value);
        if found.is_none() {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            let message =
                format!("`{}` cannot be \"{}\"; it is one of {}", shown(key), shown(&word.value), words(names.iter()));
            self.mistakes.push(Mistake::new(word.at, message).meant(&word.value, &names));
        }
        found.map(|(_, value)| *value)
    }
}

/// A period that means the same whenever the config is read.
fn period(text: &str) -> Result<PeriodSpec, &'static str> {
    if month_number(text).is_some() {
        return Err("a month needs its year here, like \"2024-09\"");
    }
    PeriodSpec::parse(text, Day(0)).ok_or(
        "write a period like \"this-month\", \"30d\", \"last-quarter\", \"2024-09\" or \"2024-09-01..2024-10-01\"",
    )
}
