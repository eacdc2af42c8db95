//! The Spend tab: what it costs, day by day, and what moved.

pub mod ahead;
pub mod attention;
pub mod cards;
mod month_end;
pub mod movers;
pub mod pieces;
pub mod resources;
pub mod state;
pub mod timeline;
pub mod view;
pub mod zoom;

pub use state::State;
pub use view::Scene;
