//! Sources as people and attackers write them.

mod bounds;
mod hidden;
mod names;
