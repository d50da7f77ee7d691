//! The tests of the whole: one binary, one module a concern.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod agreement;
mod beside;
mod cli;
mod config;
mod conformance;
mod contract;
mod differential;
mod fixtures;
mod formats;
mod front_page;
mod git;
mod hostile;
mod inspect;
#[cfg(target_os = "linux")]
mod isolation;
#[cfg(target_os = "linux")]
mod kit;
mod layering;
#[path = "fuzz/memory.rs"]
mod memory;
mod oracles;
#[cfg(target_os = "linux")]
mod packaging;
mod packs;
#[cfg(unix)]
mod pipelines;
mod plugins_new;
mod recall;
mod replay;
mod reports;
mod rules;
mod schemas;
mod support;
mod suppress;
mod systematic;
mod trust;
#[cfg(target_os = "linux")]
mod vendor;
mod watch;
mod yaml;
