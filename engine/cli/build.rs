//! Lists the plugins of the bundle, every `weighbridge-plugin-*` dependency of the root manifest; and the files of the SDK, which
//! `weighbridge plugins new` lays beside a plugin.

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
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("bundle.rs"), text)?;

    let mut files = String::new();
    for (name, folder) in [("abi", "engine/abi"), ("read", "engine/parse/read"), ("sdk", "engine/sdk")] {
        println!("cargo::rerun-if-changed={folder}");
        for part in ["Cargo.toml", "include", "src"] {
            list(Path::new(folder), Path::new(part), name, &mut files)?;
        }
    }
    let text = format!("/// Files of the SDK: where each goes, and what is in it.\nconst SDK: &[(&str, &str)] = &[\n{files}];\n");
    fs::write(Path::new(&out).join("sdk.rs"), text)?;
    Ok(())
}

/// The files of a folder, in the order of their names.
fn list(folder: &Path, part: &Path, name: &str, files: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let path = folder.join(part);
    if path.is_dir() {
        let mut entries = fs::read_dir(&path)?.map(|entry| Ok(part.join(entry?.file_name()))).collect::<std::io::Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| list(folder, entry, name, files));
    }
    if path.is_file() {
        writeln!(files, "    ({:?}, include_str!({:?})),", format!("{name}/{}", part.display()), path.canonicalize()?)?;
    }
    Ok(())
}
