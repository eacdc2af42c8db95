//! A small FOCUS file and a store of it, for where no large one is given.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use spendtop::provider::Problem;
use spendtop::provider::files::BillingFiles;
use spendtop::store::Store;
use spendtop::sync::ingest::{self, Options, Watcher};

/// The tag keys of a default configuration.
pub fn tag_keys() -> Vec<String> {
    ["team", "env", "project"].map(String::from).to_vec()
}

/// Writes `rows` charges as FOCUS CSV: three months, some accounts, services and resources.
pub fn write(path: &Path, rows: usize) {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,\
         ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ProviderName,BillingAccountId,SubAccountId,SubAccountName,\
         ServiceName,ServiceCategory,RegionId,ResourceId,ResourceName,SkuId,Tags\n",
    );
    let mut state = 1u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for row in 0..rows {
        let day = row * 90 / rows;
        let (month, day) = (8 + day / 30, 1 + day % 30);
        let (service, account, resource) = (next(40), next(20), next(4_000));
        let cost = format!("{}.{:08}", next(20), next(100_000_000));
        let _ = writeln!(
            text,
            "{cost},{cost},{cost},{cost},USD,2025-{month:02}-01T00:00:00Z,2025-{:02}-01T00:00:00Z,\
             2025-{month:02}-{day:02}T00:00:00Z,2025-{month:02}-{day:02}T01:00:00Z,Usage,AWS,0001,acc-{account},\
             Account {account},Service {service},Compute,region-{},res-{service}-{resource},name-{resource},sku-{service},\
             \"{{\"\"team\"\": \"\"t{}\"\", \"\"environment\"\": \"\"e{}\"\"}}\"",
            month + 1,
            next(12),
            next(9),
            next(4)
        );
    }
    std::fs::write(path, text).expect("the temporary folder is writable");
}

struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, problem: &Problem) {
        panic!("{}: {}", problem.line, problem.reason);
    }
}

/// Imports a file into a new store in `folder`; returns how many charges it took.
pub fn import(file: &Path, folder: &Path, threads: usize) -> u64 {
    let store = Store::open(folder, &tag_keys()).expect("a store");
    let name = file.to_string_lossy().into_owned();
    let mut source = BillingFiles::new("bench", &[name], threads).expect("a file");
    ingest::ingest(&store, &mut source, &Options::default(), &Unwatched).expect("an import").rows
}

/// A path from the environment, or what to do to give one.
pub fn given(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        eprintln!("{variable} is not set: measuring a small generated file. Set it to {what}.");
    }
    path
}
