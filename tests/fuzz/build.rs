//! Lists the plugins that the manifest names.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=build.rs");
    let mut plugins = String::new();
    for line in fs::read_to_string("Cargo.toml")?.lines().filter(|line| line.starts_with("weighbridge-plugin-")) {
        let name = line.split([' ', '=', '.']).next().unwrap_or(line);
        writeln!(plugins, "    {}::DESCRIPTOR,", name.replace('-', "_"))?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("plugins.rs"), format!("[\n{plugins}]\n"))?;
    Ok(())
}
