//! One file for each command.

pub mod completions;
pub mod config;
pub mod doctor;
pub mod dry_run;
pub mod formats;
pub mod init;
pub mod inspect;
pub mod man;
pub mod plugins;
pub mod rules;
pub mod scan;
pub mod schema;
