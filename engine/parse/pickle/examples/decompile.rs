//! Prints what pickles do: `cargo run --example decompile FILE…`.
#![allow(clippy::print_stdout)]

use weighbridge_parse_pickle::{Limits, decompile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        println!("## {path}");
        let mut lines = Vec::new();
        decompile::decompile(std::fs::read(&path)?, &Limits::default(), &mut lines)?;
        for line in lines {
            println!("{:>8}  {}", line.offset, line.text);
        }
    }
    Ok(())
}
