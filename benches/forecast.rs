//! Forecasts of the series on standard input, and what they cost: `benches/forecast_peers.py` feeds it.
//!
//! Each line is `{"first": "2024-01-01", "horizon": 14, "values": [1.5, null, ...]}`; for each one comes out
//! `{"days": [[mid, lo80, hi80, lo95, hi95], ...], "sum": [...], "model": ..., "words": ..., "wape": ...,
//! "contest_ms": ..., "refresh_ms": ...}`. Times are of this thread's CPU where the system tells (Linux), else
//! of the wall clock.

// A program that prints what it measured.
#![allow(clippy::print_stdout)]

use std::io::BufRead;
use std::time::Instant;

use serde_json::{Value, json};
use spendtop::analytics::forecast::{Band, Series, contest, refresh};
use spendtop::domain::calendar::{Day, Period};

/// How often a refresh is repeated for its time.
const REFRESHES: u32 = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            println!("{}", answer(&serde_json::from_str(&line)?)?);
        }
    }
    Ok(())
}

/// The forecast of one line.
fn answer(asked: &Value) -> Result<Value, String> {
    let first = asked["first"].as_str().and_then(Day::parse).ok_or("`first` is no day such as 2024-01-01")?;
    let horizon =
        asked["horizon"].as_u64().and_then(|h| usize::try_from(h).ok()).ok_or("`horizon` is no number of days")?;
    let values = asked["values"].as_array().ok_or("`values` is no list")?.iter().map(Value::as_f64).collect();
    let series = Series { first, values };
    let begin = Clock::now();
    let forecast = contest(&series, horizon);
    let contest_ms = begin.ms();
    let begin = Clock::now();
    if let Some(winner) = &forecast.winner {
        for _ in 0..REFRESHES {
            std::hint::black_box(refresh(std::hint::black_box(&series), winner, horizon));
        }
    }
    let refresh_ms = begin.ms() / f64::from(REFRESHES);
    let band = |band: &Band| json!([band.mid, band.lo80, band.hi80, band.lo95, band.hi95]);
    let all = Period {
        from: forecast.first,
        to: Day(forecast.first.0 + i32::try_from(forecast.days.len()).unwrap_or(i32::MAX)),
    };
    let measured = forecast.winner.as_ref().map(|winner| winner.measured);
    Ok(json!({
        "days": forecast.days.iter().map(band).collect::<Vec<_>>(),
        "sum": forecast.sum(all).as_ref().map(band),
        "model": forecast.winner.as_ref().map(|winner| winner.model.name()),
        "words": forecast.words(),
        "wape": measured.and_then(|m| m.wape),
        "coverage80": measured.and_then(|m| m.coverage80),
        "coverage95": measured.and_then(|m| m.coverage95),
        "contest_ms": contest_ms,
        "refresh_ms": refresh_ms,
    }))
}

/// CPU of this thread, or the wall clock where the system does not tell it.
struct Clock {
    cpu: Option<f64>,
    wall: Instant,
}

impl Clock {
    fn now() -> Clock {
        Clock { cpu: cpu(), wall: Instant::now() }
    }

    /// Milliseconds since.
    fn ms(&self) -> f64 {
        match (self.cpu, cpu()) {
            (Some(begin), Some(end)) => end - begin,
            _ => self.wall.elapsed().as_secs_f64() * 1e3,
        }
    }
}

/// Milliseconds of CPU that this thread took so far.
fn cpu() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse::<f64>().ok().map(|ns| ns / 1e6)
}
