//! Flags of `spendtop forecast`: which charges, which cost; its days are its own.

use clap::Args;

use super::{FormatArgs, LensArgs, ScopeArgs, one_of};
use crate::domain::calendar::Granularity;
use crate::domain::charge::Metric;

/// What is foretold: no hour is.
const PIECES: [Granularity; 3] = [Granularity::Day, Granularity::Week, Granularity::Month];

/// `spendtop forecast`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(after_help = "Examples:
  spendtop forecast
  spendtop forecast --where 'env=prod' --format json
  spendtop forecast --granularity month
  spendtop forecast --metric billed --currency EUR --as-of 2024-11-15")]
pub struct ForecastArgs {
    /// Begin with a saved lens, as `spendtop lens list` names it; other flags change it.
    #[arg(long = "lens", value_name = "NAME", help_heading = "Which charges")]
    pub saved: Option<String>,
    /// A filter: 'env=prod -service:ec2 region:us-*'. Several must all hold; '' is none.
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true, help_heading = "Which charges")]
    pub filter: Vec<String>,
    /// Only this currency, like USD.
    #[arg(long, value_name = "CODE", help_heading = "Which charges")]
    pub currency: Option<String>,
    /// Answer from the generated company instead of the store.
    #[arg(long, help_heading = "Which charges")]
    pub demo: bool,
    /// Which of the four costs [default: the config's, effective].
    #[arg(long, value_parser = one_of(Metric::ALL.to_vec(), Metric::name), help_heading = "What of them")]
    pub metric: Option<Metric>,
    /// In days, or in whole weeks or months, of which the first may be part past.
    #[arg(long, value_name = "PIECE", value_parser = one_of(PIECES.to_vec(), Granularity::name), help_heading = "What of them")]
    pub granularity: Option<Granularity>,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

impl ForecastArgs {
    /// As flags of a lens: days, grouping and comparison are a forecast's own.
    #[must_use]
    pub fn lens(&self) -> LensArgs {
        let ForecastArgs { saved, filter, currency, demo, metric, .. } = self.clone();
        let scope = ScopeArgs { filter, currency, demo, ..ScopeArgs::default() };
        LensArgs { saved, scope, metric, ..LensArgs::default() }
    }
}
