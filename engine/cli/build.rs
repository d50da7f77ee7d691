//! Lists the plugins of the bundle: every `weighbridge-plugin-*` dependency of the root manifest.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=engine/cli/build.rs");
    let manifest = fs::read_to_string("Cargo.toml")?;
    let mut section = "";
    let mut plugins = String::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section == "[dependencies]" && line.starts_with("weighbridge-plugin-") {
            let name = line.split(['=', '.', ' ']).next().unwrap_or(line);
            writeln!(plugins, "        {}::DESCRIPTOR,", name.replace('-', "_"))?;
        }
    }
    let text = format!(
        "/// Their descriptors, in the order of the manifest.\npub fn plugins() -> Vec<&'static weighbridge_abi::Plugin> {{\n    vec![\n{plugins}    ]\n}}\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("bundle.rs"), text)?;
    Ok(())
}
