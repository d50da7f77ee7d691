//! Says of each file, whose names come on standard input, whether its beginning is a module's, and what it uses.
//!
//!     find . -name '*.py' | cargo run --release -p weighbridge-parse-python --example names
#![allow(clippy::print_stdout)]

use std::io::BufRead;
use weighbridge_parse_python::{is_module, read};

fn main() -> std::io::Result<()> {
    for path in std::io::stdin().lock().lines() {
        let path = path?;
        let bytes = std::fs::read(&path)?;
        let source = String::from_utf8_lossy(&bytes);
        let head = &source[..source.floor_char_boundary(source.len().min(4 << 10))];
        let module = read(&source);
        let names: Vec<&str> = module.import.list.iter().chain(&module.functions.list).map(String::as_str).collect();
        println!("{path}\t{}\t{}\t{}\t{}", is_module(head, head.len() == source.len()), module.faults, module.torchscript, names.join(" "));
    }
    Ok(())
}
