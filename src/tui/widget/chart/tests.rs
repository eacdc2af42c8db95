//! Charts as cells: what stands for what, in any area.

use super::*;
use crate::tui::theme::Env;

fn drawn(chart: &Chart, width: u16, height: u16, env: &Env) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
    chart.draw(buf.area, &mut buf, &Theme::of(env));
    buf
}

fn rows(buf: &Buffer) -> Vec<String> {
    let width = usize::from(buf.area.width);
    buf.content()
        .chunks(width)
        .map(|row| row.iter().map(|c| c.symbol()).collect::<String>().trim_end().to_owned())
        .collect()
}

fn sample() -> Chart {
    let known = |values: &[f64]| values.iter().map(|v| Some(*v)).collect::<Vec<_>>();
    Chart {
        layers: vec![
            Layer { paint: Some(0), values: known(&[10.0, 20.0, 30.0, 40.0]), open_from: 3 },
            Layer { paint: Some(1), values: known(&[10.0, 5.0, -5.0, 0.0]), open_from: 4 },
        ],
        ahead: Vec::new(),
        previous: known(&[15.0, 15.0, 15.0, 15.0]),
        labels: ["1", "2", "3", "4"].map(|day| Label { group: "Nov".into(), name: day.into() }).to_vec(),
        strides: &[],
        marks: Vec::new(),
        cursor: Some(2),
    }
}

#[test]
fn ascii_and_no_colour_still_tell_layers_hatching_and_comparison_apart() {
    let env = Env { term: "linux".into(), no_color: "1".into(), ..Env::default() };
    let shown = rows(&drawn(&sample(), 30, 10, &env));
    assert_eq!(
        shown,
        [
            "   50|",
            "     |                  :::::",
            "     |                  :::::",
            "   25|      ===== ##### :::::",
            "     |=====.#####.#####.:::::.",
            "     |===== ##### ##### :::::",
            "     |##### ##### ##### :::::",
            "    0|            =====",
            "     +------------^^^^^-------",
            "      Nov 1       3",
        ]
    );
    assert!(shown.concat().is_ascii());
}

#[test]
fn any_chart_draws_in_any_area() {
    let mut empty = Chart::default();
    for pieces in [0, 1, 7, 31, 400] {
        empty.labels = (0..pieces).map(|i| Label { group: String::new(), name: i.to_string() }).collect();
        empty.layers = vec![Layer { paint: None, values: vec![None; pieces], open_from: pieces / 2 }];
        for (width, height) in [(0, 0), (1, 1), (10, 4), (11, 5), (80, 12), (200, 3)] {
            drawn(&empty, width, height, &Env::default());
            drawn(&sample(), width, height, &Env::default());
        }
    }
}

#[test]
fn what_has_not_come_is_drawn_lighter_with_its_interval() {
    let mut chart = sample();
    chart.previous.clear();
    chart.cursor = None;
    let ahead = Ahead { low: 25.0, mid: 35.0, high: 48.0 };
    chart.ahead = vec![None, None, None, None, Some(ahead), Some(ahead)];
    chart.labels.extend(["5", "6"].map(|day| Label { group: "Nov".into(), name: day.into() }));
    assert!(chart.is_foretold());
    let env = Env { term: "linux".into(), no_color: "1".into(), ..Env::default() };
    let shown = rows(&drawn(&chart, 30, 10, &env));
    assert_eq!(
        shown,
        [
            "   50|                 |   |",
            "     |            :::  |   |",
            "     |            ::: ~|~ ~|~",
            "     |    === ### ::: ~|~ ~|~",
            "     |=== ### ### ::: ~~~ ~~~",
            "     |=== ### ### ::: ~~~ ~~~",
            "     |### ### ### ::: ~~~ ~~~",
            "    0|        ===",
            "     +------------------------",
            "      Nov 1   3       5",
        ]
    );
}

#[test]
fn what_is_still_to_come_of_a_piece_is_held_against_what_has() {
    let (label, theme) = (|name: &str| Label { group: String::new(), name: name.into() }, Theme::of(&Env::default()));
    let chart = Chart {
        layers: vec![Layer { paint: Some(0), values: vec![Some(300.0), Some(330.0)], open_from: 2 }],
        labels: ["a", "b"].map(label).to_vec(),
        ..Chart::default()
    };
    let below = |chart: &Chart| {
        let (bars, _) = chart.bars(Rect::new(0, 0, 30, 10), &theme).expect("there is room");
        (bars.scale.below, bars.stretches(1).iter().map(|stretch| stretch.from).min())
    };
    // Less may come of it than is known, since what is not settled is foretold anew.
    let foretold = |low, mid, high| Chart { ahead: vec![None, Some(Ahead { low, mid, high })], ..chart.clone() };
    for (low, mid, high) in [(-10.0, 5.0, 20.0), (-30.0, -10.0, 10.0)] {
        let chart = foretold(low, mid, high);
        let (least, most) = chart.extremes(chart.plan(30));
        assert_eq!((least, most), (0.0, 330.0 + high));
        assert_eq!(below(&chart), (0, Some(0)), "nothing is below zero");
    }
    // A credit that is still to come of what has cost nothing lies below zero.
    let chart = Chart { layers: Vec::new(), ..foretold(-30.0, -10.0, 10.0) };
    assert_eq!(chart.extremes(chart.plan(30)), (-30.0, 10.0));
}
