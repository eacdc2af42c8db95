//! Every flag and subcommand, as clap reads them; those of some stand beside what they do.
//!
//! Knows words and shapes, not what they do. `///` here is the help that users read.

mod export;
mod forecast;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

pub use self::export::{ExportArgs, ExportFormat};
pub use self::forecast::ForecastArgs;
use super::alert::AlertArgs;
use super::anomalies::AnomaliesArgs;
use super::budget::args::BudgetArgs;
use super::connect::args::ConnectArgs;
use super::doctor::DoctorArgs;
use super::screenshot::ScreenshotArgs;
use super::sync::SyncArgs;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::charge::Metric;
use crate::domain::period::Comparison;
use crate::report::Format;
use crate::tui::When;

/// `top` for cloud spend: what AWS, Azure, Google Cloud and any FOCUS export billed, in a terminal.
///
/// Without a command the full-screen app opens.
#[derive(Clone, PartialEq, Eq, Debug, Parser)]
#[command(name = "spendtop", version, max_term_width = 100, subcommand_help_heading = "Commands")]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// The app in lines instead of full-screen: sentences, steered by words. For screen readers and
    /// pipes; `help` in it lists the words.
    #[arg(long)]
    pub plain: bool,
    /// What to do; the app where absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags of every command, before or after its name.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Folder of the store [env: SPENDTOP_DATA_DIR] [default: the platform's data folder].
    // The environment's is read where the folder is looked for: `demo` writes only where the flag says.
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Config file [default: spendtop/config.toml in the platform's config folder].
    #[arg(long, global = true, env = "SPENDTOP_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Day to take for today, like 2024-09-30 (UTC).
    #[arg(long, global = true, env = "SPENDTOP_AS_OF", value_name = "DAY", value_parser = day)]
    pub as_of: Option<Day>,
    /// Colours in the app: as the terminal and NO_COLOR say, always, or never.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = one_of(When::ALL.to_vec(), When::name))]
    pub color: When,
}

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum Command {
    /// Open the app on a generated company: no data, credentials or network needed
    ///
    /// It lives in memory, or in the folder that `--data-dir` names here; SPENDTOP_DATA_DIR is left alone.
    Demo(DemoArgs),
    /// Read billing exports (FOCUS CSV or Parquet) into the store
    Import(ImportArgs),
    /// List, show and remove imports
    Imports(ImportsArgs),
    /// Bring what the connections of the config charged since the last time
    ///
    /// Asks only for what is due: the last days, the open month, what the provider says has changed, and
    /// history that has not come yet. What it may spend is capped in the config.
    Sync(SyncArgs),
    /// Connect a cloud, a cluster or a folder: find credentials, check them, say what it costs, write the config
    Connect(Box<ConnectArgs>),
    /// Check everything that spendtop needs, a line each, with what puts it right
    Doctor(DoctorArgs),
    /// Costs by up to four dimensions
    Query(QueryArgs),
    /// What is spent, what changed, day by day: the app's first tab
    Spend(SpendArgs),
    /// What will come: this month's end and the next 90 days, with intervals and the error measured
    Forecast(ForecastArgs),
    /// How charges are tagged: what is untagged, what is probably misspelt
    Tags(TagsArgs),
    /// What is out of the ordinary, why, and what is said of it
    Anomalies(Box<AnomaliesArgs>),
    /// List, write and remove notes beside days, as the app's charts mark them
    Notes(NotesArgs),
    /// Channels and rules of alerts, what was told, and trying a channel
    Alert(AlertArgs),
    /// List, save and remove lenses by name, for --lens and the app
    Lens(SavedLensArgs),
    /// Limits for what charges cost: how they stand, make, change, suggest, simulate
    Budget(BudgetArgs),
    /// Write charges as FOCUS 1.2
    Export(ExportArgs),
    /// Print the app's screen as a picture (SVG) or as text
    Screenshot(ScreenshotArgs),
    /// Check, measure, back up and repair the store
    Store(StoreArgs),
    /// Check and explain the config file
    Config(ConfigArgs),
    /// Print completions for a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Of this command [default: of spendtop].
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
}

/// `spendtop demo`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct DemoArgs {
    /// The same seed makes the same company, byte for byte [default: the config's, 1].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The app in lines instead of full-screen, as `spendtop --plain`.
    #[arg(long)]
    pub plain: bool,
}

/// `spendtop import`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct ImportArgs {
    /// Files, folders or globs; `-` reads standard input. FOCUS 1.0 to 1.4, AWS cost and usage reports
    /// (legacy CUR, CUR 2.0), Azure cost details (actual or amortised), Google Cloud billing exports: told by
    /// their columns, as CSV, Parquet or lines of JSON, packed or not.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Name of the source: one export, whose newer versions replace older ones.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// These files are another part of what is stored: add them, but for those that are stored already.
    #[arg(long, conflicts_with = "replace")]
    pub part: bool,
    /// These files are all there is: replace what is stored of their accounts and billing periods.
    #[arg(long)]
    pub replace: bool,
    /// Let a file with refused rows replace a complete one.
    #[arg(long)]
    pub accept_partial: bool,
    /// Refuse a file whole when one of its rows is bad.
    #[arg(long)]
    pub strict: bool,
    /// Read and report only; store nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Threads to read with [default: one a core, and one fewer while an app has the store open].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// `spendtop imports`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ImportsArgs {
    /// What to do; `list` where absent.
    #[command(subcommand)]
    pub command: Option<ImportsCommand>,
}

/// What to do with imports.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum ImportsCommand {
    /// All imports, the newest first
    List,
    /// One import: its files, accounts, periods and refused rows
    Show {
        /// The import's number, as `list` prints it.
        id: String,
    },
    /// Remove an import's charges; what they replaced does not come back
    Rm {
        /// The import's number, as `list` prints it.
        id: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Which charges.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(next_help_heading = "Which charges")]
pub struct ScopeArgs {
    /// The last days up to today: 30d, 4w; or the last whole week, month, quarter, year.
    #[arg(long, value_name = "SPAN")]
    pub last: Option<String>,
    /// First day, like 2024-09-01.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub from: Option<Day>,
    /// The day after the last, like 2024-10-01 [default: tomorrow].
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub to: Option<Day>,
    /// A calendar month: 2024-09, september.
    #[arg(long, value_name = "MONTH")]
    pub month: Option<String>,
    /// A period in words: this-month, last quarter, 2024-Q3, 2024, 2024-09-01..2024-10-01.
    #[arg(long, value_name = "WORDS")]
    pub period: Option<String>,
    /// A filter: 'env=prod -service:ec2 region:us-* cost>100'. Several must all hold; '' is none.
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Vec<String>,
    /// Only this currency, like USD.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// Answer from the generated company instead of the store.
    #[arg(long)]
    pub demo: bool,
}

/// The lens: which charges, which cost, by what, held against what.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct LensArgs {
    /// Begin with a saved lens, as `spendtop lens list` names it; other flags change it.
    #[arg(long = "lens", value_name = "NAME", help_heading = "Which charges")]
    pub saved: Option<String>,
    /// Which charges.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Up to four dimensions: service, region, account, provider, resource, tag:KEY ...; or none.
    #[arg(long, value_name = "DIMENSIONS", help_heading = "What of them")]
    pub by: Vec<String>,
    /// Which of the four costs [default: the config's, effective].
    #[arg(long, value_parser = one_of(Metric::ALL.to_vec(), Metric::name), help_heading = "What of them")]
    pub metric: Option<Metric>,
    /// Hold it against other days: the period before; the same days of the month or year before.
    #[arg(long, value_name = "DAYS", value_parser = one_of(Comparison::ALL.to_vec(), Comparison::name), help_heading = "What of them")]
    pub compare: Option<Comparison>,
    /// In pieces of time (UTC). Charges longer than an hour lie in no hour: `hour` leaves them out
    /// and says how many.
    #[arg(long, value_name = "PIECE", value_parser = one_of(Granularity::ALL.to_vec(), Granularity::name), help_heading = "What of them")]
    pub granularity: Option<Granularity>,
}

/// How an answer is written.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(next_help_heading = "How it is written")]
pub struct FormatArgs {
    /// The answer's format.
    #[arg(long, default_value = "table", value_parser = one_of(Format::ALL.to_vec(), Format::name))]
    pub format: Format,
    /// CSV without the `'` that keeps a spreadsheet from running text as a formula.
    #[arg(long)]
    pub raw: bool,
}

/// `spendtop query`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(after_help = "Examples:
  spendtop query --by service,region --last 30d --where 'env=prod' --limit 20
  spendtop query --by tag:team --month 2024-09 --compare previous --sort change
  spendtop query --by service --last 90d --granularity week --format csv")]
pub struct QueryArgs {
    /// What to look at.
    #[command(flatten)]
    pub lens: LensArgs,
    /// cost, change, key, time, or one of the dimensions.
    #[arg(long, default_value = "cost", value_name = "ORDER", help_heading = "What of them")]
    pub sort: String,
    /// Groups at most, per currency; with --granularity each has a row a piece of time. The total
    /// stays over all.
    #[arg(long, value_name = "N", help_heading = "What of them")]
    pub limit: Option<usize>,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// `spendtop spend`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct SpendArgs {
    /// What to look at.
    #[command(flatten)]
    pub lens: LensArgs,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// `spendtop tags`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(after_help = "Examples:
  spendtop tags --last 30d
  spendtop tags --where provider:aws --format json")]
pub struct TagsArgs {
    /// Begin with a saved lens, as `spendtop lens list` names it; other flags change it.
    #[arg(long = "lens", value_name = "NAME", help_heading = "Which charges")]
    pub saved: Option<String>,
    /// Which charges.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Which of the four costs [default: the config's, effective].
    #[arg(long, value_parser = one_of(Metric::ALL.to_vec(), Metric::name), help_heading = "What of them")]
    pub metric: Option<Metric>,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

impl TagsArgs {
    /// As flags of a lens, whose grouping and comparison tags have no use for.
    #[must_use]
    pub fn lens(&self) -> LensArgs {
        let (saved, scope, metric) = (self.saved.clone(), self.scope.clone(), self.metric);
        LensArgs { saved, scope, metric, ..LensArgs::default() }
    }
}

/// `spendtop notes`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct NotesArgs {
    /// What to do; `list` where absent.
    #[command(subcommand)]
    pub command: Option<NotesCommand>,
}

/// What to do with notes.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum NotesCommand {
    /// All notes, by day
    List {
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Write a note beside a day
    Add {
        /// The day, like 2024-09-01, or today.
        #[arg(value_name = "DAY")]
        day: String,
        /// What happened: launch of X.
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
    },
    /// Remove a note
    Rm {
        /// The note's number, as `list` prints it.
        id: String,
    },
}

/// `spendtop lens`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct SavedLensArgs {
    /// What to do; `list` where absent.
    #[command(subcommand)]
    pub command: Option<SavedLensCommand>,
}

/// What to do with saved lenses.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum SavedLensCommand {
    /// All saved lenses, each in one line
    List {
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Save what the flags or a line look at under a name
    #[command(after_help = "Examples:
  spendtop lens save prod --by service,region --where 'env=prod' --compare month-before
  spendtop lens save prod 'effective this-month vs month-before by service where env=prod'")]
    Save {
        /// The name; what the store keeps under it is replaced.
        name: String,
        /// The lens in one line, as `list` and the app write it, instead of flags.
        #[arg(value_name = "LINE")]
        line: Option<String>,
        /// What to look at.
        #[command(flatten)]
        lens: Box<LensArgs>,
    },
    /// Remove a saved lens
    Rm {
        /// Its name.
        name: String,
    },
}

/// `spendtop store`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct StoreArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: StoreCommand,
}

/// What to do with the store.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum StoreCommand {
    /// Read everything and verify it; exits 4 where committed data is damaged
    Check,
    /// How much it holds, and how large it is
    Stats,
    /// Open the store for the app and serve it; the app starts this by itself
    #[command(hide = true)]
    Serve,
    /// Write the whole store into one file
    Backup {
        /// The file to write.
        file: PathBuf,
    },
    /// Read the store back from a backup
    Restore {
        /// The file to read.
        file: PathBuf,
    },
    /// Compute sums anew from the stored charges
    Rebuild,
    /// Take as lost what damage took: answers are no longer marked for it
    AcceptLoss,
}

/// `spendtop config`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with the config.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say what is wrong in it, if anything
    Check,
    /// Print an example with every key, its default and its meaning
    Template,
    /// Print which file is read
    Path,
    /// Print the app's actions: their names in the config, their keys, what they do
    Keys,
}

pub(super) fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a day is written like 2024-09-01".to_owned())
}

/// Reads one of a few values by its name; clap lists them, completes them and says which is near.
pub(super) fn one_of<T>(all: Vec<T>, name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let names: Vec<&'static str> = all.iter().map(|value| name(*value)).collect();
    PossibleValuesParser::new(names).try_map(move |word: String| {
        all.iter().copied().find(|value| name(*value) == word).ok_or_else(|| format!("unknown value `{word}`"))
    })
}
