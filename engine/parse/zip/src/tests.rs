//! Tests: each issue, honest archives, hostile ones, decoding.
#![allow(clippy::unwrap_used)]

mod decoding;
mod hidden;
mod honest;
mod hostile;
mod issues;
mod probing;
