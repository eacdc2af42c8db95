//! Runs the anomaly detector over series that stand on stdin, a JSON object a line, and prints what it
//! found, a JSON object a line; `anomaly_peers.py` holds it against others with this.
//!
//! A line in: `{"start": step, "per_day": 1, "values": [..], "first": {"17": 3.5}, "settings": {"absolute": 1}}`,
//! `first` what some days seemed to cost before they were settled. A line out: `found` and `scores` by step, `events`.
//! The last line on stderr is the time a step.

#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

use std::io::BufRead;
use std::time::Instant;

use serde_json::{Value, json};
use spendtop::analytics::detect::series::{Detector, Settings};

fn settings(line: &Value) -> Settings {
    let per_day = line["per_day"].as_i64().unwrap_or(1);
    let mut settings = if per_day == 1 { Settings::daily() } else { Settings::hourly() };
    settings.per_day = per_day;
    let given = &line["settings"];
    let number = |name: &str, into: &mut f64| given[name].as_f64().into_iter().for_each(|n| *into = n);
    number("absolute", &mut settings.absolute);
    number("relative", &mut settings.relative);
    number("threshold", &mut settings.threshold);
    number("least_width", &mut settings.least_width);
    let whole = |name: &str| given[name].as_u64().and_then(|n| usize::try_from(n).ok());
    settings.memory = whole("memory").unwrap_or(settings.memory);
    settings.confirm = whole("confirm").unwrap_or(settings.confirm);
    settings.learn = whole("learn").map_or(settings.learn, |n| n as u32);
    settings.settle = given["settle"].as_i64().unwrap_or(settings.settle);
    if let Some(seasons) = given["seasons"].as_array() {
        settings.seasons = seasons.iter().filter_map(|n| n.as_u64().map(|n| n as usize)).collect();
    }
    settings
}

fn main() {
    let (mut steps, mut spent) = (0usize, 0u128);
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let values: Vec<Option<f64>> = line["values"].as_array().expect("values").iter().map(Value::as_f64).collect();
        let start = line["start"].as_i64().unwrap_or(0);
        let firsts: Vec<Option<f64>> = (0..values.len()).map(|t| line["first"][t.to_string()].as_f64()).collect();
        let mut detector = Detector::new(settings(&line));
        let (mut found, mut scores) = (Vec::new(), Vec::with_capacity(values.len()));
        let before = Instant::now();
        for (t, value) in values.iter().enumerate() {
            let step = start + t as i64;
            let early = firsts[t].is_some_and(|first| detector.peek(step, first).found);
            let reading = value.map(|value| detector.push(step, value));
            if early || reading.is_some_and(|r| r.found) {
                found.push(t);
            }
            scores.push(reading.map_or(0.0, |r| r.score));
        }
        let events = detector.events();
        spent += before.elapsed().as_nanos();
        steps += values.len();
        println!("{}", json!({ "id": line["id"], "found": found, "scores": scores, "events": events }));
    }
    eprintln!("{:.2} us a step, {steps} steps", spent as f64 / 1e3 / steps.max(1) as f64);
}
