//! Runs the anomaly detector over series that stand on stdin, a JSON object a line, and prints what it
//! found, a JSON object a line; `anomaly_peers.py` holds it against others with this.
//!
//! A line in: `{"start": step, "per_day": 1, "values": [..], "first": {"17": 3.5}, "settings": {"absolute": 1}}`,
//! `first` what some days seemed to cost before they were settled; or a bill, `{"start": step, "nodes": [{"place":
//! [["service", "a"]], "costs": [..]}]}`, whose anomalies are printed as `anomalies`. A line out: `found`, `scores` and `expected` by
//! step, `events`.
//! The last line on stderr is the time a step.

#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

use std::io::BufRead;
use std::time::Instant;

use serde_json::{Value, json};
use spendtop::analytics::detect::place::Place;
use spendtop::analytics::detect::series::{Detector, Settings};
use spendtop::analytics::detect::tree::{self, Node};

fn settings(line: &Value) -> Settings {
    let per_day = line["per_day"].as_i64().unwrap_or(1);
    let mut settings = match per_day {
        1 if line["nodes"].is_array() => Settings::of_places(),
        1 => Settings::daily(),
        _ => Settings::fine(u16::try_from(per_day).expect("steps a day")),
    };
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
    settings
}

fn costs(of: &Value) -> Vec<Option<f64>> {
    of.as_array().expect("costs").iter().map(Value::as_f64).collect()
}

fn node(of: &Value) -> Node {
    let pairs = of["place"].as_array().expect("a place").iter();
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    let place = Place::new(pairs.map(|pair| (text(&pair[0]), text(&pair[1]))));
    Node { place, costs: costs(&of["costs"]), ..Node::default() }
}

/// A bill's anomalies; how many steps and nanoseconds.
fn bill(line: &Value) -> (Value, usize, u128) {
    let nodes: Vec<Node> = line["nodes"].as_array().expect("nodes").iter().map(node).collect();
    let days = nodes.first().map_or(0, |node| node.costs.len());
    let before = Instant::now();
    let settled = line["settled"].as_u64().map_or(days, |n| n as usize);
    let found = tree::find(&nodes, line["start"].as_i64().unwrap_or(0), settled, &settings(line));
    let spent = before.elapsed().as_nanos();
    (json!({ "id": line["id"], "anomalies": found }), days * nodes.len(), spent)
}

/// What is found in a series; how many steps and nanoseconds.
fn series(line: &Value) -> (Value, usize, u128) {
    let values = costs(&line["values"]);
    let start = line["start"].as_i64().unwrap_or(0);
    let firsts: Vec<Option<f64>> = (0..values.len()).map(|t| line["first"][t.to_string()].as_f64()).collect();
    let mut detector = Detector::new(settings(line));
    let (mut found, mut scores, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    let before = Instant::now();
    for (t, value) in values.iter().enumerate() {
        let step = start + t as i64;
        let early = firsts[t].is_some_and(|first| detector.peek(step, first).found);
        let reading = value.map(|value| detector.push(step, value));
        if early || reading.is_some_and(|r| r.found) {
            found.push(t);
        }
        scores.push(reading.map_or(0.0, |r| r.score));
        expected.push(reading.map(|r| r.expected));
    }
    let events = detector.events();
    let spent = before.elapsed().as_nanos();
    let out = json!({ "id": line["id"], "found": found, "scores": scores, "expected": expected, "events": events });
    (out, values.len(), spent)
}

fn main() {
    let (mut steps, mut spent) = (0, 0);
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let (out, n, nanoseconds) = if line["nodes"].is_array() { bill(&line) } else { series(&line) };
        println!("{out}");
        steps += n;
        spent += nanoseconds;
    }
    eprintln!("{:.2} us a step, {steps} steps", spent as f64 / 1e3 / steps.max(1) as f64);
}
