//! Flags of `spendtop export`: which charges, as what, where to.

use std::path::PathBuf;

use clap::Args;

use super::{ScopeArgs, one_of};

/// What charges are exported as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportFormat {
    /// CSV with a header.
    Csv,
    /// Parquet.
    Parquet,
    /// One JSON array of objects.
    Json,
}

impl ExportFormat {
    const ALL: [ExportFormat; 3] = [ExportFormat::Csv, ExportFormat::Parquet, ExportFormat::Json];

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Parquet => "parquet",
            ExportFormat::Json => "json",
        }
    }
}

/// `spendtop export`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ExportArgs {
    /// Which charges; all where nothing is said.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// The file's format.
    #[arg(long, value_parser = one_of(ExportFormat::ALL.to_vec(), ExportFormat::name))]
    pub format: ExportFormat,
    /// Where to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Write over a file that exists.
    #[arg(long)]
    pub force: bool,
    /// CSV without the `'` that keeps a spreadsheet from running text as a formula.
    #[arg(long)]
    pub raw: bool,
}
