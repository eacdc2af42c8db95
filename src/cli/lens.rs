//! Flags become a question: pure, so that every rule about flags is tested without a store.
//!
//! What a flag leaves open a saved lens says, where one is named, else the config. Knows no stream, and
//! of an engine only which lenses are saved.

use super::args::{LensArgs, QueryArgs, ScopeArgs};
use crate::config::Config;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::{DIMENSIONS_MAX, Lens};
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::engine::{Answer, Cancel, Engine, Query, Question, Sort, command};
use crate::error::{Error, Result};

/// Which charges the flags ask for; `None` where no flag says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Which days.
    pub period: Option<PeriodSpec>,
    /// Which charges and groups.
    pub filter: Option<Filter>,
    /// Only this currency.
    pub currency: Option<String>,
}

/// The lens that the flags ask for. What they leave open the saved lens says, else the config, with
/// `by` as the grouping where it has none.
///
/// # Errors
/// Kind `Usage` where flags contradict each other or cannot be understood.
pub fn lens_of(args: &LensArgs, saved: Option<&Lens>, config: &Config, as_of: Day, by: &[Dimension]) -> Result<Lens> {
    let scope = scope_of(&args.scope, config, as_of)?;
    let mut lens = saved.cloned().unwrap_or_else(|| config.lens(by));
    lens.period = scope.period.unwrap_or(lens.period);
    lens.filter = scope.filter.unwrap_or(lens.filter);
    lens.currency = scope.currency.or(lens.currency);
    lens.metric = args.metric.unwrap_or(lens.metric);
    lens.comparison = args.compare.unwrap_or(lens.comparison);
    lens.granularity = args.granularity.unwrap_or(lens.granularity);
    if !args.by.is_empty() {
        lens.by = dimensions(&args.by.join(","), config)?;
    }
    Ok(lens)
}

/// The query that the flags ask for: by service and compared with nothing unless they, or the saved
/// lens, say so.
///
/// # Errors
/// As [`lens_of`], and where the order does not fit the rest.
pub fn query_of(args: &QueryArgs, saved: Option<&Lens>, config: &Config, as_of: Day) -> Result<Query> {
    let mut lens = lens_of(&args.lens, saved, config, as_of, &[Dimension::Service])?;
    let against = saved.map_or(Comparison::None, |lens| lens.comparison);
    lens.comparison = args.lens.compare.unwrap_or(against);
    let sort = sort_of(&args.sort, &lens, args.lens.granularity.is_some(), config)?;
    Ok(Query { lens, granularity: args.lens.granularity, sort, limit: args.limit })
}

/// The saved lens of a name.
///
/// # Errors
/// Kind `Usage` where there is none; those of the engine.
pub fn saved(name: &str, engine: &dyn Engine, as_of: Day) -> Result<Lens> {
    let Answer::Lenses(list) = engine.ask(&Question::Lenses, as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than which lenses there are"));
    };
    let found = list.iter().find(|saved| saved.name.raw() == name.trim());
    let known = || list.iter().map(|saved| saved.name.raw().to_owned()).collect::<Vec<_>>();
    found.map(|saved| saved.lens.clone()).ok_or_else(|| command::no_lens(name, &known()))
}

/// Which charges the flags ask for, whatever the config looks at otherwise: it only says which tags
/// may be written by their key.
///
/// # Errors
/// Kind `Usage` where flags contradict each other or cannot be understood.
pub fn scope_of(args: &ScopeArgs, config: &Config, as_of: Day) -> Result<Scope> {
    if let Some(flag) = args.filter.iter().find(|text| text.starts_with("--")) {
        return Err(Error::usage(format!("`--where` has no filter: it is followed by the flag `{}`", safe(flag)))
            .hint("to leave out charges with the word, put it in quotes inside: --where '-\"word\"'"));
    }
    let filter = match args.filter.as_slice() {
        [] => None,
        texts => Some(Filter::parse(&texts.join(" "), &config.own_dimensions())?),
    };
    let currency = args.currency.as_deref().map(currency).transpose()?;
    Ok(Scope { period: period_of(args, as_of)?, filter, currency })
}

fn safe(text: &str) -> SafeText {
    SafeText::from_outside(text)
}

fn currency(code: &str) -> Result<String> {
    let upper = code.trim().to_ascii_uppercase();
    if upper.len() == 3 && upper.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(upper);
    }
    Err(Error::usage(format!("`--currency` takes a code of three letters like USD, not `{}`", safe(code))))
}

/// The flags that say which days; only one may.
fn period_of(args: &ScopeArgs, as_of: Day) -> Result<Option<PeriodSpec>> {
    let range = if args.from.is_some() { "--from" } else { "--to" };
    let given: Vec<&str> = [
        ("--last", args.last.is_some()),
        (range, args.from.is_some() || args.to.is_some()),
        ("--month", args.month.is_some()),
        ("--period", args.period.is_some()),
    ]
    .into_iter()
    .filter_map(|(flag, given)| given.then_some(flag))
    .collect();
    if let [first, second, ..] = given.as_slice() {
        return Err(Error::usage(format!("`{first}` and `{second}` both say which days"))
            .hint(format!("leave out `{first}` or `{second}`")));
    }
    if let Some(text) = &args.last {
        return last(text, as_of).map(Some);
    }
    if let Some(text) = &args.month {
        let spec = PeriodSpec::parse(text, as_of);
        return match spec {
            Some(PeriodSpec::Month(_) | PeriodSpec::ThisMonth | PeriodSpec::LastMonth) => Ok(spec),
            _ => Err(Error::usage(format!("`--month {}` is no month", safe(text)))
                .hint("write it like 2024-09, `sep 2024`, or september for the last one")),
        };
    }
    if let Some(text) = &args.period {
        let unknown = || {
            Error::usage(format!("`--period {}` is no period", safe(text))).hint(
                "write it like 30d, this-month, last-quarter, 2024-09, 2024-Q3, 2024 or 2024-09-01..2024-10-01 (end exclusive)",
            )
        };
        return PeriodSpec::parse(text, as_of).map(Some).ok_or_else(unknown);
    }
    range_of(args.from, args.to, as_of)
}

fn range_of(from: Option<Day>, to: Option<Day>, as_of: Day) -> Result<Option<PeriodSpec>> {
    let Some(from) = from else {
        return match to {
            None => Ok(None),
            Some(to) => Err(Error::usage("`--to` needs `--from`, the first day")
                .hint(format!("for the 30 days before it: --from {} --to {to}", to.plus(-30)))),
        };
    };
    let end = to.unwrap_or(as_of.plus(1));
    if from < end {
        return Ok(Some(PeriodSpec::Range(Period { from, to: end })));
    }
    Err(match to {
        Some(to) => Error::usage(format!("`--from {from} --to {to}` holds no day: `--to` is the day after the last"))
            .hint(format!("for {from} alone: --from {from} --to {}", from.plus(1))),
        None => Error::usage(format!("`--from {from}` lies after today, {as_of}")),
    })
}

fn last(text: &str, as_of: Day) -> Result<PeriodSpec> {
    let text = text.trim();
    let days = text.parse::<u16>().ok().filter(|n| *n > 0).map(PeriodSpec::LastDays);
    let words = || PeriodSpec::parse(&format!("last {text}"), as_of);
    days.or_else(words).ok_or_else(|| {
        Error::usage(format!("`--last {}` is no span of days", safe(text)))
            .hint("write it like 30d, 4w, or week, month, quarter, year")
    })
}

/// Splits at commas outside of quotes and reads each word.
fn dimensions(text: &str, config: &Config) -> Result<Vec<Dimension>> {
    if text.trim() == "none" {
        return Ok(Vec::new());
    }
    let mut quoted = false;
    let words = text.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let words: Vec<&str> = words.map(str::trim).filter(|w| !w.is_empty()).collect();
    // Before each is looked at: mending the fifth would be in vain.
    if words.len() > DIMENSIONS_MAX {
        return Err(Error::usage(format!("`--by` has {} dimensions, at most {DIMENSIONS_MAX} work", words.len()))
            .hint("use `--where` to narrow down instead"));
    }
    let mut found: Vec<Dimension> = Vec::new();
    for word in words {
        let dimension = dimension(word, "--by", config)?;
        if found.contains(&dimension) {
            return Err(Error::usage(format!("`--by` has `{}` twice", safe(&dimension.name()))));
        }
        found.push(dimension);
    }
    if found.is_empty() {
        return Err(Error::usage("`--by` is empty").hint("for one total write --by none"));
    }
    Ok(found)
}

/// The dimension that a word means: one of all bills', or of the config's.
fn dimension(word: &str, flag: &str, config: &Config) -> Result<Dimension> {
    let own = config.own_dimensions();
    Dimension::among(word, &own).ok_or_else(|| {
        let bare: Vec<_> = own.iter().map(Dimension::bare).collect();
        let known: Vec<&str> = Dimension::all_words().into_iter().chain(bare.iter().map(AsRef::as_ref)).collect();
        let names: Vec<String> = Dimension::FIXED.iter().map(Dimension::name).collect();
        Error::usage(format!("`{flag}`: unknown dimension `{}`", safe(word))).did_you_mean(word, &known).hint(format!(
            "dimensions are {}, and tag:{} for a tag",
            names.join(", "),
            if word.contains(':') { "KEY".to_owned() } else { safe(word).into_string() }
        ))
    })
}

fn sort_of(word: &str, lens: &Lens, pieces: bool, config: &Config) -> Result<Sort> {
    match word {
        "cost" => Ok(Sort::Cost),
        "key" => Ok(Sort::Key),
        "change" if lens.comparison == Comparison::None => {
            Err(Error::usage("`--sort change` needs something to compare with")
                .hint("add --compare previous, month-before or year-before"))
        }
        "change" => Ok(Sort::Change),
        "time" if !pieces => {
            Err(Error::usage("`--sort time` needs pieces of time").hint("add --granularity hour, day, week or month"))
        }
        "time" => Ok(Sort::Time),
        word => {
            let known = ["cost", "change", "key", "time"];
            let dimension = dimension(word, "--sort", config).map_err(|error| {
                let by: Vec<String> = lens.by.iter().map(Dimension::name).collect();
                let orders = known.iter().copied().chain(by.iter().map(String::as_str)).collect::<Vec<_>>();
                Error::usage(error.message.replace("unknown dimension", "unknown order"))
                    .did_you_mean(word, &orders)
                    .hint(format!("orders are {}", orders.join(", ")))
            })?;
            if lens.by.contains(&dimension) {
                return Ok(Sort::By(dimension));
            }
            let name = safe(&dimension.name()).into_string();
            Err(Error::usage(format!("`--sort {name}`: the answer is not by {name}"))
                .hint(format!("add {name} to --by, or sort by cost, change, key or time")))
        }
    }
}
