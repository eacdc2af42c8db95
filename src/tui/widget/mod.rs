//! Pieces that views are made of. Each knows a theme and an area, and nothing of tabs or answers.

pub mod band;
pub mod bar;
pub mod burnup;
pub mod chart;
pub mod item;
pub mod money;
pub mod plan;
pub mod scale;
pub mod treemap;
