//! Connecting step by step for a face that shows one thing after the other: what there is, what a section
//! needs and costs, and writing it. Each step may take its time: it belongs on a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::check::{self, Told};
use super::cost::{self, Cost, Size};
use super::draft::{Draft, Place};
use super::file::ConfigFile;
use super::found::Found;
use crate::config::section::Section;
use crate::domain::text::SafeText;
use crate::error::{Error, Result};
use crate::provider::remote::{Check, Finding};

/// Where connections are made.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Desk {
    /// The config file; `None` where there is no home folder for one.
    pub config: Option<PathBuf>,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
    /// For files on their way.
    pub folder: PathBuf,
}

/// What there is to begin with.
#[derive(Clone, PartialEq, Debug)]
pub struct Beginning {
    /// What was found on this machine.
    pub found: Found,
    /// The connections that there are, as `aws.prod`.
    pub taken: Vec<String>,
}

/// What is known of a section before it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct Review {
    /// What each scope says of itself, by its source.
    pub checks: Vec<(String, Check)>,
    /// What it costs.
    pub cost: Cost,
    section: Section,
    file: ConfigFile,
}

impl Desk {
    fn file(&self) -> Result<ConfigFile> {
        let none =
            || Error::usage("there is no home folder for a config").hint("name a file: `spendtop --config FILE`");
        ConfigFile::read(self.config.as_deref().ok_or_else(none)?)
    }

    fn draft(&self, section: Section, file: &ConfigFile) -> Result<Draft> {
        let place = Place { home: self.home.as_deref(), folder: &self.folder };
        Draft::new(section, file.text()?, false, &SafeText::path(file.path()), place)
    }

    /// What there is.
    ///
    /// # Errors
    /// Kind `Usage` where the config cannot be read, or holds mistakes: nothing can be added to it then.
    pub fn look(&self) -> Result<Beginning> {
        let file = self.file()?;
        let config = crate::config::parse(file.text()?, &SafeText::path(file.path()))?;
        let taken = config.connections.into_iter().map(|connection| connection.name).collect();
        Ok(Beginning { found: Found::look(self.home.as_deref()), taken })
    }

    /// Checks a section and reckons what it costs.
    ///
    /// # Errors
    /// Kind `Usage` where it means nothing.
    pub fn review(&self, section: Section, cancel: &CancellationToken, told: &Arc<dyn Told>) -> Result<Review> {
        let file = self.file()?;
        let draft = self.draft(section, &file)?;
        let checked = check::of(&draft.scopes, cancel, told)?;
        let checks =
            checked.into_iter().flat_map(|(of, checks)| checks.into_iter().map(move |check| (of.clone(), check)));
        let checks = checks.collect();
        let cost = cost::of(&draft.connection, &draft.scopes, Size::default());
        Ok(Review { checks, cost, section: draft.section, file })
    }

    /// Writes the section, with what pays for its history where that is wanted; the connection's name.
    ///
    /// # Errors
    /// Kind `Usage` where somebody has changed the config meanwhile, or the disk fails.
    pub fn write(&self, review: &Review, pays_history: bool) -> Result<String> {
        let draft = self.draft(review.section(pays_history), &review.file)?;
        review.file.write(&draft.text)?;
        Ok(draft.section.connection())
    }
}

impl Review {
    /// One of what was checked and reckoned.
    #[must_use]
    pub fn new(section: Section, file: ConfigFile, checks: Vec<(String, Check)>, cost: Cost) -> Review {
        Review { checks, cost, section, file }
    }

    /// The section, with what pays for its history where that is wanted.
    #[must_use]
    pub fn section(&self, pays_history: bool) -> Section {
        let mut section = self.section.clone();
        if pays_history && self.cost.history > 0 {
            section.number("requests_for_history", Some(self.cost.history));
        }
        section
    }

    /// The file that it is written to, as it is shown.
    #[must_use]
    pub fn file(&self) -> SafeText {
        SafeText::path(self.file.path())
    }

    /// Whether something is missing without which it cannot sync.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.checks.iter().any(|(_, check)| check.finding == Finding::Missing)
    }
}
