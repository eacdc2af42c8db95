//! The config file: text -> `raw` (what is written, and where) -> `validate` -> [`Config`].
//!
//! Keys and looks are plain words here: the config knows no screen, no store and no environment,
//! and it is never written. [`load`] is the only function that touches a file.

pub mod alert;
pub mod budgets;
pub mod connection;
mod dimension;
mod mistake;
mod raw;
mod reader;
pub mod section;
mod validate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::alert::Alerts;
use self::connection::Connection;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::{Keeper, Lens, SavedLens};
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::services;
use crate::domain::virtuals::{Definitions, own_dimensions};
use crate::error::{Error, Kind, Result};

/// The example config: every key with its default and what it means, commented out.
pub const TEMPLATE: &str = include_str!("../../config.example.toml");

/// A config file larger than this is not one.
const BYTES_MAX: u64 = 1 << 20;

/// Everything that can be configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// `[data]`
    pub data: Data,
    /// `[lens]`
    pub lens: LensDefaults,
    /// `[lenses.NAME]`: lenses by name.
    pub lenses: BTreeMap<String, LensDefaults>,
    /// `[tags]`
    pub tags: Tags,
    /// `[dimensions]`: the company's own dimensions.
    pub dimensions: Definitions,
    /// `[settle]`
    pub settle: Settle,
    /// `[sources]`
    pub sources: Sources,
    /// `[sync]`
    pub sync: Sync,
    /// `[notify]`
    pub notify: Notify,
    /// `[alerts]` and `[channels]`
    pub alerts: Alerts,
    /// Connections, in the order in which they are written.
    pub connections: Vec<Connection>,
    /// `[demo]`
    pub demo: Demo,
    /// `[keys]`: keys by action name, both as they are written.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Where each of `keys` stands: file, line and column.
    pub key_places: BTreeMap<String, String>,
    /// `[screen]`
    pub screen: Screen,
}

/// `[data]`: where charges are kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Data {
    /// The store's folder, absolute or beginning with `~/`; the platform's own where `None`.
    pub dir: Option<PathBuf>,
}

/// `[lens]`: what a view looks at unless it is told otherwise; `[lenses.NAME]`: the same under a name,
/// with what `[lens]` says for the keys that it leaves out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LensDefaults {
    /// Which days.
    pub period: PeriodSpec,
    /// Held against which others.
    pub comparison: Comparison,
    /// Which of the four costs.
    pub metric: Metric,
    /// By what; each view's own choice where empty.
    pub by: Vec<Dimension>,
    /// Only this currency; all where `None`.
    pub currency: Option<String>,
    /// Which charges.
    pub filter: Filter,
}

/// `[tags]`: which tags are the company's own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tags {
    /// Tag keys that have rollups and may be written without `tag:`.
    pub keys: Vec<String>,
}

/// `[settle]`: how many days it takes until a provider restates a day no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Settle {
    /// Amazon Web Services.
    pub aws: u16,
    /// Microsoft Azure.
    pub azure: u16,
    /// Google Cloud.
    pub gcp: u16,
    /// Any other.
    pub other: u16,
}

impl Settle {
    /// The days for a provider, however the bill spells it.
    #[must_use]
    pub fn days_for(&self, provider: &str) -> u16 {
        match services::canonical_provider(provider) {
            "AWS" => self.aws,
            "Microsoft" => self.azure,
            "Google Cloud" => self.gcp,
            _ => self.other,
        }
    }
}

/// `[sources]`: whose charges count where sources overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sources {
    /// The most trusted first; holds every kind.
    pub prefer: Vec<Preference>,
}

impl Sources {
    /// Whether what APIs tell counts where exports tell it too.
    #[must_use]
    pub fn prefers_api(&self) -> bool {
        self.prefer.first() == Some(&Preference::Api)
    }
}

/// A kind of source that can be preferred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preference {
    /// A billing export.
    Export,
    /// A provider's cost API.
    Api,
}

/// `[sync]`: how connections are synced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sync {
    /// Whether the app syncs while it is open.
    pub auto: bool,
    /// A file of certificates (PEM) that are trusted besides the system's.
    pub certificate: Option<PathBuf>,
}

/// A path whose `~/` is one's home.
#[must_use]
pub fn at_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// `[notify]`: by what a person is told who does not look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Notify {
    /// By a notification on the desktop, where there is one.
    pub desktop: bool,
    /// By the terminal that the app is in, where the desktop cannot be told.
    pub terminal: bool,
}

/// `[demo]`: the generated company.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demo {
    /// The same seed generates the same bill.
    pub seed: u64,
}

/// `[screen]`: how the full-screen app looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Screen {
    /// Which colours.
    pub theme: ThemeName,
    /// What charts are drawn with.
    pub charts: Charts,
    /// How wide the terminal draws characters of ambiguous width.
    pub ambiguous_width: AmbiguousWidth,
    /// Whether the mouse works in the app (and no longer selects text in the terminal).
    pub mouse: bool,
    /// Whether nothing moves by itself: no line is written over while work is under way.
    pub reduced_motion: bool,
    /// Whether the app tells its answers in lines instead of drawing them.
    pub plain: bool,
    /// Whether the first starts hint at what keys do.
    pub hints: bool,
}

/// The themes that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ThemeName {
    /// Dark or light, as the terminal's background is.
    Auto,
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// Every word at least seven times as bright as its background, or as dark.
    HighContrast,
    /// Colours that differ for every kind of colour blindness.
    ColourBlind,
    /// No colours.
    Mono,
}

impl ThemeName {
    /// All, in the order that the app goes through them.
    pub const ALL: [ThemeName; 6] = [
        ThemeName::Auto,
        ThemeName::Dark,
        ThemeName::Light,
        ThemeName::HighContrast,
        ThemeName::ColourBlind,
        ThemeName::Mono,
    ];

    /// Its word in the config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ThemeName::Auto => "auto",
            ThemeName::Dark => "dark",
            ThemeName::Light => "light",
            ThemeName::HighContrast => "high-contrast",
            ThemeName::ColourBlind => "colour-blind",
            ThemeName::Mono => "mono",
        }
    }
}

/// What charts are drawn with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charts {
    /// The best that the terminal is known to draw.
    Auto,
    /// Braille dots.
    Braille,
    /// Block elements.
    Block,
    /// Plain ASCII.
    Ascii,
}

/// How wide characters of ambiguous width are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AmbiguousWidth {
    /// One column.
    Narrow,
    /// Two columns, as in East Asian fonts.
    Wide,
}

impl Default for Config {
    fn default() -> Self {
        let lens = Lens::default();
        Config {
            data: Data::default(),
            lens: LensDefaults {
                period: lens.period,
                comparison: lens.comparison,
                metric: lens.metric,
                by: Vec::new(),
                currency: lens.currency,
                filter: lens.filter,
            },
            lenses: BTreeMap::new(),
            tags: Tags { keys: ["team", "env", "project"].map(str::to_owned).to_vec() },
            dimensions: Definitions::default(),
            settle: Settle { aws: 2, azure: 2, gcp: 3, other: 1 },
            sources: Sources { prefer: vec![Preference::Export, Preference::Api] },
            sync: Sync { auto: true, certificate: None },
            notify: Notify { desktop: true, terminal: true },
            alerts: Alerts::default(),
            connections: Vec::new(),
            demo: Demo { seed: 1 },
            keys: BTreeMap::new(),
            key_places: BTreeMap::new(),
            screen: Screen {
                theme: ThemeName::Auto,
                charts: Charts::Auto,
                ambiguous_width: AmbiguousWidth::Narrow,
                mouse: false,
                reduced_motion: false,
                plain: false,
                hints: true,
            },
        }
    }
}

impl Config {
    /// The company's own dimensions, which may be written by their bare names.
    #[must_use]
    pub fn own_dimensions(&self) -> Vec<Dimension> {
        own_dimensions(&self.dimensions, &self.tags.keys)
    }

    /// The lens that a view begins with; `by` is its own choice where the config has none.
    #[must_use]
    pub fn lens(&self, by: &[Dimension]) -> Lens {
        self.lens.lens(by)
    }

    /// The lenses that have a name, by provider where they do not say by what.
    #[must_use]
    pub fn saved_lenses(&self) -> Vec<SavedLens> {
        let saved = |(name, lens): (&String, &LensDefaults)| SavedLens {
            name: name.as_str().into(),
            lens: lens.lens(&[Dimension::Provider]),
            keeper: Keeper::Config,
        };
        self.lenses.iter().map(saved).collect()
    }
}

impl LensDefaults {
    fn lens(&self, by: &[Dimension]) -> Lens {
        Lens {
            period: self.period,
            comparison: self.comparison,
            filter: self.filter.clone(),
            metric: self.metric,
            by: if self.by.is_empty() { by.to_vec() } else { self.by.clone() },
            currency: self.currency.clone(),
            ..Lens::default()
        }
    }
}

/// Reads a config's text; `file` is what messages call it.
///
/// # Errors
/// Kind `Usage` with every mistake that was found, each with its place and what is allowed there.
pub fn parse(text: &str, file: &str) -> Result<Config> {
    let (raw, mut mistakes) = raw::read(text);
    let place = |at: usize| mistake::place(text, file, at);
    let mut config = validate::validate(&raw, &place, &mut mistakes);
    config.key_places = raw.actions.iter().map(|(action, keys)| (action.clone(), place(keys.at))).collect();
    if mistakes.is_empty() {
        return Ok(config);
    }
    let error = mistake::error("the config", text, file, mistakes);
    Err(error.hint("`spendtop config template` prints every key with its default and meaning"))
}

/// Reads a config file.
///
/// # Errors
/// Kind `Usage` where the file cannot be read or has mistakes.
pub fn load(path: &Path) -> Result<Config> {
    let unread = |cause: &std::io::Error| Error::io(Kind::Usage, "read the config", path, cause);
    let shown = crate::domain::text::SafeText::path(path);
    let size = std::fs::metadata(path).map_err(|e| unread(&e))?.len();
    if size > BYTES_MAX {
        return Err(Error::usage(format!("`{shown}` is no config: it has {size} bytes, a config has at most 1 MB")));
    }
    let bytes = std::fs::read(path).map_err(|e| unread(&e))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse(text.strip_prefix('\u{feff}').unwrap_or(text), &shown),
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            Err(Error::usage(format!("{shown}:{line}: the config is not UTF-8 text")).hint("save the file as UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests;
