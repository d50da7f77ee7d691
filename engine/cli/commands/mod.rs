//! One file for each command.

pub mod config;
pub mod formats;
pub mod init;
pub mod inspect;
pub mod plugins;
pub mod rules;
pub mod scan;
pub mod schema;
