//! The flags of `spendtop budget`, as clap reads them. `///` here is the help that users read.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::{FormatArgs, one_of};
use crate::domain::budget::{self, Cycle, Rollover};
use crate::domain::calendar::Day;
use crate::domain::charge::Metric;
use crate::domain::money::Amount;
use crate::domain::percent::Percent;
use crate::domain::scenario::Change;

/// `spendtop budget`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct BudgetArgs {
    /// What to do; `list` where absent.
    #[command(subcommand)]
    pub command: Option<BudgetCommand>,
}

/// What to do with budgets.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum BudgetCommand {
    /// How budgets stand: spent, pace, forecast at the period's end, state
    #[command(after_help = "Examples:
  spendtop budget list
  spendtop budget list --fail-on will-exceed --format json")]
    List(ListArgs),
    /// One budget: its days to come, earlier periods, thresholds, who spends it
    Show {
        /// Its name.
        name: String,
        /// Answer from the generated company instead of the store.
        #[arg(long)]
        demo: bool,
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Make a budget
    #[command(after_help = "Examples:
  spendtop budget add platform --amount 50000 --where team=platform --owner on-call
  spendtop budget add launch --amount 8k --currency EUR --every 2026-12-01..2026-12-08
  spendtop budget add aws --amount 120k --every quarter --where provider:aws --growth 3% --rollover unspent")]
    Add {
        /// Its name.
        name: String,
        /// What it is.
        #[command(flatten)]
        of: Box<BudgetFlags>,
    },
    /// Change what flags say of a budget, and leave the rest
    Edit {
        /// Its name.
        name: String,
        /// Its name from now on.
        #[arg(long = "name", value_name = "NAME")]
        to: Option<String>,
        /// What changes.
        #[command(flatten)]
        of: Box<BudgetFlags>,
    },
    /// Make another budget like one, with what flags say changed
    Clone {
        /// The budget.
        name: String,
        /// The other's name.
        to: String,
        /// What is different.
        #[command(flatten)]
        of: Box<BudgetFlags>,
    },
    /// Keep a budget only to be looked up: it is neither listed nor told of
    Archive {
        /// Its name.
        name: String,
        /// Take it back into use.
        #[arg(long)]
        undo: bool,
    },
    /// Remove a budget
    Rm {
        /// Its name.
        name: String,
    },
    /// What could be budgets, by what earlier months cost
    Suggest {
        /// Make all of them.
        #[arg(long, conflicts_with = "demo")]
        add: bool,
        /// Answer from the generated company instead of the store.
        #[arg(long)]
        demo: bool,
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Make and change budgets as a TOML file says: the same file again changes nothing
    #[command(after_help = "The file, `spendtop budget export` prints one:
  [budgets.platform]
  where = \"team=platform\"
  amount = 50000
  currency = \"USD\"
  every = \"month\"
  actual = [80, 100]
  forecast = [100]")]
    Apply {
        /// The file; `-` reads standard input.
        file: PathBuf,
        /// Show what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Remove budgets that are not in the file.
        #[arg(long)]
        prune: bool,
    },
    /// Print all budgets as a file for `apply`
    Export,
    /// How a budget would stand if something else came
    #[command(after_help = "Changes, each in a --change of its own:
  growth +10%                                       more is used from tomorrow on
  growth +3% a month of \"Amazon EC2\"                of a service, each month anew
  price -5% of \"Amazon S3\" from 2026-12-01
  add 3 x 12.50 a day from 2026-12-01               extra resources: how many, what each costs a day
  buy 5000 on 2026-12-10                            once")]
    Simulate(SimulateArgs),
    /// Scenarios that `simulate --save` keeps
    Scenarios {
        /// Remove this one.
        #[arg(long, value_name = "NAME")]
        rm: Option<String>,
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
}

/// `spendtop budget list`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct ListArgs {
    /// Those that are archived, too.
    #[arg(long)]
    pub archived: bool,
    /// Exit with 1 where a budget stands so, or worse.
    #[arg(long, value_name = "STATE", value_parser = one_of(FailOn::ALL.to_vec(), FailOn::name))]
    pub fail_on: Option<FailOn>,
    /// Answer from the generated company instead of the store.
    #[arg(long)]
    pub demo: bool,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// A state that a script wants to know of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailOn {
    /// More was spent than the limit.
    Exceeded,
    /// The forecast crosses the limit.
    WillExceed,
    /// The forecast's interval holds the limit.
    AtRisk,
}

impl FailOn {
    const ALL: [FailOn; 3] = [FailOn::Exceeded, FailOn::WillExceed, FailOn::AtRisk];

    fn name(self) -> &'static str {
        match self {
            FailOn::Exceeded => "exceeded",
            FailOn::WillExceed => "will-exceed",
            FailOn::AtRisk => "at-risk",
        }
    }

    /// The rank of the mildest state that is meant.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            FailOn::Exceeded => 0,
            FailOn::WillExceed => 1,
            FailOn::AtRisk => 2,
        }
    }
}

/// What a budget is.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(next_help_heading = "What it is")]
pub struct BudgetFlags {
    /// The limit of a whole period, like 50000 or 50k.
    #[arg(long, allow_hyphen_values = true, value_parser = budget::amount)]
    pub amount: Option<Amount>,
    /// Its currency [default: the config's, or the only one of the data].
    #[arg(long, value_name = "CODE", allow_hyphen_values = true, value_parser = budget::currency)]
    pub currency: Option<String>,
    /// month, quarter, year, or days like 2026-09-01..2026-12-01 (end exclusive) [default: month].
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true, value_parser = |text: &str| text.parse::<Cycle>())]
    pub every: Option<Cycle>,
    /// The first day that counts [default: the first of the period that runs].
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = day)]
    pub from: Option<Day>,
    /// Which charges count, by a filter: 'team=platform provider:aws' [default: all].
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Which of the four costs [default: effective].
    #[arg(long, value_parser = one_of(Metric::ALL.to_vec(), Metric::name))]
    pub metric: Option<Metric>,
    /// By how much each period's limit is larger than the one before, like 3%; or none.
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true, value_parser = budget::parse_growth)]
    pub growth: Option<Percent>,
    /// What goes over to the next period: none, what was unspent, or the balance, overspending too.
    #[arg(long, value_parser = one_of(Rollover::ALL.to_vec(), Rollover::name))]
    pub rollover: Option<Rollover>,
    /// Shares of the limit to tell of once spent: 80,100; or none.
    #[arg(long, value_name = "PERCENTS", allow_hyphen_values = true)]
    pub actual: Option<String>,
    /// Shares of the limit to tell of once foretold: 100; or none.
    #[arg(long, value_name = "PERCENTS", allow_hyphen_values = true)]
    pub forecast: Option<String>,
    /// Who answers for it.
    #[arg(long, allow_hyphen_values = true)]
    pub owner: Option<String>,
    /// What else is to be known of it.
    #[arg(long, allow_hyphen_values = true)]
    pub note: Option<String>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a day is written like 2024-09-01".to_owned())
}

/// `spendtop budget simulate`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct SimulateArgs {
    /// The budget.
    pub name: String,
    /// What would be otherwise; several come one after the other.
    #[arg(long = "change", value_name = "CHANGE", allow_hyphen_values = true, value_parser = |text: &str| text.parse::<Change>())]
    pub changes: Vec<Change>,
    /// Begin with the changes of a scenario that is kept.
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Keep the changes under a name.
    #[arg(long, value_name = "NAME", conflicts_with = "demo")]
    pub save: Option<String>,
    /// Answer from the generated company instead of the store.
    #[arg(long)]
    pub demo: bool,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}
