//! AWS's own forecast and anomalies: a second opinion beside ours, never mixed with it.
//!
//! Both are paid for like any request of Cost Explorer. Anomalies are found about three times a day
//! and kept for 90 days; one may be told a day or more after it began, and grows. Amounts of anomalies
//! come as floating-point numbers and are read by their shortest decimal form.
//!
//! | AWS | here | lost |
//! |---|---|---|
//! | `ForecastResultsByTime[].TimePeriod.Start` | day | |
//! | `MeanValue`, `PredictionIntervalLowerBound`, `...UpperBound` | mean, low, high | |
//! | `Total.Unit` | currency | `Total.Amount`: the days' sum |
//! | `AnomalyStartDate`, `AnomalyEndDate` | from, last | |
//! | `DimensionValue` | watched | |
//! | `Impact.TotalImpact`, else `MaxImpact` | impact, in US dollars | `TotalImpactPercentage` |
//! | `Impact.TotalActualSpend`, `TotalExpectedSpend` | actual, expected | |
//! | `RootCauses[]` | causes | the account's name, `Impact.Contribution` |
//! | `MonitorArn`, `AnomalyScore`, `Feedback` | | all |

use aws_sdk_costexplorer::types;

use super::super::remote::fault::words;
use super::super::remote::opinion::{Anomalies, Anomaly, Cause, Forecast, ForecastDay, Opines, Opinion};
use super::super::remote::{Call, Fault, FaultKind};
use super::CostExplorer;
use super::client::{Client, endless};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::{Amount, Decimal};
use crate::domain::text::Untrusted;

/// The share of outcomes, in percent, that AWS's interval is to hold: what our own forecast draws.
const INTERVAL: u8 = 80;

/// Days back that anomalies are asked for.
const ANOMALY_DAYS: i32 = 31;

/// Pages of anomalies that are asked for at most: each is paid for.
const ANOMALY_PAGES_MAX: u32 = 5;

/// What AWS tells impacts in (the model's `Impact`: dollars).
const DOLLARS: &str = "USD";

/// Days ahead that AWS forecasts day by day at most (the model's `Granularity` of `GetCostForecast`).
pub const FORECAST_DAYS_MAX: i32 = 92;

impl Opines for CostExplorer {
    fn requests(&self) -> u64 {
        2
    }

    fn opinion(&self, call: &Call) -> Opinion {
        let today = Day::of_seconds(call.now);
        let ahead = Period { from: today, to: today.plus(FORECAST_DAYS_MAX) };
        let back = Period { from: today.plus(1 - ANOMALY_DAYS), to: today.plus(1) };
        Opinion { forecast: self.forecast(ahead, call), anomalies: self.anomalies(back, call) }
    }
}

impl CostExplorer {
    /// AWS's forecast of these days, which begin no later than today: the cost before discounts, amortised.
    /// Paid: one request.
    ///
    /// # Errors
    /// [`Fault`]; [`FaultKind::NotThere`] where AWS has too little history for one.
    pub fn forecast(&self, days: Period, call: &Call) -> Result<Forecast, Fault> {
        let days = Period { to: days.to.min(days.from.plus(FORECAST_DAYS_MAX)), ..days };
        forecast(call.run(ask_forecast(&self.client, days, call))?, days)
    }

    /// The anomalies that AWS found to have begun or lasted on these days. Paid: a request a page. What is
    /// left of more pages than may be paid for is left out, and said so.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn anomalies(&self, days: Period, call: &Call) -> Result<Anomalies, Fault> {
        let (mut told, mut tokens) = (Anomalies { days, found: Vec::new(), more: false }, Vec::new());
        let mut token: Option<String> = None;
        for _ in 0..ANOMALY_PAGES_MAX {
            let page = match call.run(ask_anomalies(&self.client, days, token.clone(), call)) {
                Err(fault) if fault.kind == FaultKind::Capped && token.is_some() => break,
                page => page?,
            };
            for one in page.anomalies {
                told.found.push(anomaly(one)?);
            }
            match page.next_page_token.filter(|token| !token.is_empty()) {
                None => return Ok(told),
                Some(next) if tokens.contains(&next) => return Err(endless("ce:GetAnomalies")),
                Some(next) => {
                    tokens.push(next.clone());
                    token = Some(next);
                }
            }
        }
        told.more = true;
        Ok(told)
    }
}

type ForecastTold = aws_sdk_costexplorer::operation::get_cost_forecast::GetCostForecastOutput;
type AnomaliesTold = aws_sdk_costexplorer::operation::get_anomalies::GetAnomaliesOutput;

async fn ask_forecast(client: &Client, days: Period, call: &Call) -> Result<ForecastTold, Fault> {
    call.tried(|| async {
        let clients = client.clients().await?;
        let interval = types::DateInterval::builder().start(days.from.to_string()).end(days.to.to_string());
        let request = clients.costs.get_cost_forecast().set_time_period(interval.build().ok());
        let request = request.metric(types::Metric::AmortizedCost).granularity(types::Granularity::Daily);
        let request = request.prediction_interval_level(i32::from(INTERVAL)).send();
        client.paid(call, request, "ce:GetCostForecast").await.map_err(|failed| failed.fault)
    })
    .await
}

async fn ask_anomalies(
    client: &Client,
    days: Period,
    token: Option<String>,
    call: &Call,
) -> Result<AnomaliesTold, Fault> {
    call.tried(|| async {
        let clients = client.clients().await?;
        // Both days are meant.
        let interval = types::AnomalyDateInterval::builder().start_date(days.from.to_string());
        let interval = interval.end_date(days.to.plus(-1).to_string()).build().ok();
        let request = clients.costs.get_anomalies().set_date_interval(interval).set_next_page_token(token.clone());
        client.paid(call, request.send(), "ce:GetAnomalies").await.map_err(|failed| failed.fault)
    })
    .await
}

fn garbled(what: &str, value: &str) -> Fault {
    Fault::new(FaultKind::Garbled, format!("AWS's {what} is `{}`", words(value)))
}

fn amount(text: &str) -> Result<Amount, Fault> {
    Decimal::parse(text.as_bytes()).map(Decimal::amount).map_err(|_| garbled("amount", text))
}

fn real(value: f64) -> Result<Amount, Fault> {
    Decimal::from_f64(value, Amount::LIMIT).map(Decimal::amount).map_err(|_| garbled("amount", &value.to_string()))
}

/// A day as AWS writes it, with or without a time.
fn day(text: &str) -> Result<Day, Fault> {
    text.get(..10).and_then(Day::parse).ok_or_else(|| garbled("date", text))
}

fn forecast(told: ForecastTold, asked: Period) -> Result<Forecast, Fault> {
    let mut days = Vec::new();
    for told in told.forecast_results_by_time.unwrap_or_default() {
        let start = told.time_period.map(|period| period.start).unwrap_or_default();
        let day = day(&start)?;
        if !asked.contains(day) || days.last().is_some_and(|last: &ForecastDay| last.day >= day) {
            return Err(garbled("forecast for a day that was not asked for", &start));
        }
        days.push(ForecastDay {
            day,
            mean: amount(told.mean_value.as_deref().unwrap_or_default())?,
            low: told.prediction_interval_lower_bound.as_deref().map(amount).transpose()?,
            high: told.prediction_interval_upper_bound.as_deref().map(amount).transpose()?,
        });
    }
    let currency = told.total.and_then(|total| total.unit).unwrap_or_default();
    if !crate::focus::rules::is_currency(currency.as_bytes()) {
        return Err(garbled("forecast's currency", &currency));
    }
    Ok(Forecast { currency, interval: INTERVAL, days })
}

fn anomaly(told: types::Anomaly) -> Result<Anomaly, Fault> {
    let text = |told: Option<String>| Untrusted::new(told.unwrap_or_default());
    let (impact, causes) = (told.impact, told.root_causes.unwrap_or_default());
    let (most, total, actual, expected) = impact
        .map(|impact| (impact.max_impact, impact.total_impact, impact.total_actual_spend, impact.total_expected_spend))
        .unwrap_or_default();
    let cause = |told: types::RootCause| Cause {
        service: text(told.service),
        region: text(told.region),
        account: text(told.linked_account),
        sku: text(told.usage_type),
    };
    Ok(Anomaly {
        id: Untrusted::new(told.anomaly_id),
        from: day(told.anomaly_start_date.as_deref().unwrap_or_default())?,
        last: told.anomaly_end_date.as_deref().map(day).transpose()?,
        watched: text(told.dimension_value),
        currency: DOLLARS.to_owned(),
        // The SDK reads a total that is not told as 0; the highest day's excess always is.
        impact: real(if total == 0.0 { most } else { total })?,
        actual: actual.map(real).transpose()?,
        expected: expected.map(real).transpose()?,
        causes: causes.into_iter().map(cause).collect(),
    })
}
