//! AWS's own forecast and anomalies: a second opinion beside ours, never mixed with it.
//!
//! Both are paid for like any request of Cost Explorer. Anomalies are found about three times a day
//! and kept for 90 days; one may be told a day or more after it began, and grows. Amounts of anomalies
//! come as floating-point numbers and are read by their shortest decimal form.

use aws_sdk_costexplorer::types;

use super::super::remote::fault::words;
use super::super::remote::{Call, Fault, FaultKind};
use super::client::{Client, endless};
use super::{CostExplorer, PAGES_MAX};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::{Amount, Decimal};

/// The share of outcomes, in percent, that AWS's interval is to hold: what our own forecast draws.
const INTERVAL: i32 = 80;

/// Days ahead that AWS forecasts day by day at most (the model's `Granularity` of `GetCostForecast`).
pub const FORECAST_DAYS_MAX: i32 = 92;

/// AWS's forecast.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Forecast {
    /// Its currency.
    pub currency: String,
    /// The sum over all days, as AWS tells it; unknown where it does not.
    pub total: Option<Amount>,
    /// Its days, in order.
    pub days: Vec<ForecastDay>,
}

/// A day of AWS's forecast: the cost before discounts, amortised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ForecastDay {
    /// The day.
    pub day: Day,
    /// What is most likely.
    pub mean: Amount,
    /// The lower bound of the interval.
    pub low: Option<Amount>,
    /// The upper bound of the interval.
    pub high: Option<Amount>,
}

/// An anomaly that AWS found.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Anomaly {
    /// AWS's id: the same from day to day, while it grows.
    pub id: String,
    /// The first day.
    pub from: Day,
    /// The last day so far; unknown while it lasts.
    pub last: Option<Day>,
    /// What the monitor watches, as a service's name.
    pub watched: String,
    /// What it cost more than expected in all, in US dollars.
    pub impact: Amount,
    /// What was charged, where AWS tells it.
    pub actual: Option<Amount>,
    /// What was expected, where AWS tells it.
    pub expected: Option<Amount>,
    /// What AWS takes for its causes, the weightiest first.
    pub causes: Vec<Cause>,
}

/// What AWS takes for a cause of an anomaly; each text empty where AWS does not tell it.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Cause {
    /// The service.
    pub service: String,
    /// The region.
    pub region: String,
    /// The account's id.
    pub account: String,
    /// The usage type.
    pub usage_type: String,
}

impl CostExplorer {
    /// AWS's forecast of these days, which begin no later than today. None where AWS has too little
    /// history for one. Paid: one request.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn forecast(&self, days: Period, call: &Call) -> Result<Option<Forecast>, Fault> {
        let days = Period { to: days.to.min(days.from.plus(FORECAST_DAYS_MAX)), ..days };
        match call.run(ask_forecast(&self.client, days, call)) {
            Ok(told) => forecast(told, days).map(Some),
            Err(fault) if fault.kind == FaultKind::NotThere => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The anomalies that AWS found to have begun or lasted on these days. Paid: a request a page.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn anomalies(&self, days: Period, call: &Call) -> Result<Vec<Anomaly>, Fault> {
        const ACTION: &str = "ce:GetAnomalies";
        let (mut found, mut tokens) = (Vec::new(), std::collections::BTreeSet::new());
        let mut token: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let page = call.run(ask_anomalies(&self.client, days, token.clone(), call))?;
            for told in page.anomalies {
                found.push(anomaly(told)?);
            }
            match page.next_page_token.filter(|token| !token.is_empty()) {
                None => return Ok(found),
                Some(next) if tokens.insert(next.clone()) => token = Some(next),
                Some(_) => return Err(endless(ACTION)),
            }
        }
        Err(endless(ACTION))
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
        let request = request.prediction_interval_level(INTERVAL).send();
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
    let (total, unit) = told.total.map(|total| (total.amount, total.unit)).unwrap_or_default();
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
    let currency = unit.unwrap_or_default();
    if !crate::focus::rules::is_currency(currency.as_bytes()) {
        return Err(garbled("forecast's currency", &currency));
    }
    Ok(Forecast { currency, total: total.as_deref().map(amount).transpose()?, days })
}

fn anomaly(told: types::Anomaly) -> Result<Anomaly, Fault> {
    let text = Option::unwrap_or_default;
    let (impact, causes) = (told.impact, told.root_causes.unwrap_or_default());
    let (most, total, actual, expected) = impact
        .map(|impact| (impact.max_impact, impact.total_impact, impact.total_actual_spend, impact.total_expected_spend))
        .unwrap_or_default();
    let cause = |told: types::RootCause| Cause {
        service: text(told.service),
        region: text(told.region),
        account: text(told.linked_account),
        usage_type: text(told.usage_type),
    };
    Ok(Anomaly {
        id: told.anomaly_id,
        from: day(told.anomaly_start_date.as_deref().unwrap_or_default())?,
        last: told.anomaly_end_date.as_deref().map(day).transpose()?,
        watched: text(told.dimension_value),
        // The SDK reads a total that is not told as 0; the highest day's excess always is.
        impact: real(if total == 0.0 { most } else { total })?,
        actual: actual.map(real).transpose()?,
        expected: expected.map(real).transpose()?,
        causes: causes.into_iter().map(cause).collect(),
    })
}
