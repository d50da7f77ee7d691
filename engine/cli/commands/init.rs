//! `weighbridge init`: a configuration with every setting in it, as comments.

use crate::args::InitArgs;
use crate::config::{SETTINGS, find};
use crate::{Done, Failure, exit, units};
use anyhow::anyhow;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const HEAD: &str = "\
#:schema ./weighbridge.schema.json
# An editor that knows TOML checks this file with that schema, once it is there: weighbridge schema config > weighbridge.schema.json
#
# Settings of Weighbridge. What is commented out is the default. Flags go over variables (WEIGHBRIDGE_ and the name in capitals), those over
# the file that --config names, and that over the user's own. `weighbridge config` shows what is in force.
#
# A file that is found upward from the current folder, and that nobody named, may only tighten: more packs, a lower severity_threshold,
# mode = \"thorough\". Everything else in it is ignored and reported. To trust it: weighbridge scan --config weighbridge.toml .
";

const SUPPRESS: &str = "
# Findings that somebody has looked at. They stay in reports, marked, and do not count. All that is named has to hold: fingerprint (from a
# report in JSON), rule, path (a glob, relative to this file's folder), sha256 with size. What has expired counts again.
#[[suppress]]
#rule = \"unknown-operator\"
#path = \"models/ours/**\"
#reason = \"our own layers, reviewed in May\"
#owner = \"ml-platform@example.com\"
#expires = 2030-12-31   # the last day on which it holds
";

const PLUGINS: &str = "
# Plugins by the libraries that they are in. Obeyed in the user's own file, and where the file is named with --config.
#[plugins]
#builtin = true        # false leaves out those that are built in
#folders = []          # every library of these folders
#files = []
#[plugins.pins]        # by id, the SHA-256 of the library that may be opened
#example = \"0000000000000000000000000000000000000000000000000000000000000000\"
";

/// Writes the file; one that is there already stays as it is.
pub fn run(args: &InitArgs) -> Done {
    let path = target(args)?;
    let name = crate::text::escape(&path.to_string_lossy()).into_owned();
    let failed = |error: &io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Usage(anyhow!("{name} is there already, and was left as it is")),
        _ => Failure::Run(anyhow!("cannot write {name}: {}", units::reason(error))),
    };
    if let Some(folder) = path.parent().filter(|_| args.user) {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| failed(&error))?;
    file.write_all(text().as_bytes()).and_then(|()| file.sync_all()).map_err(|error| failed(&error))?;
    writeln!(io::stdout(), "wrote {name}")?;
    Ok(exit::CLEAN)
}

fn target(args: &InitArgs) -> Result<PathBuf, Failure> {
    match (&args.path, args.user) {
        (Some(path), _) => Ok(path.clone()),
        (None, false) => Ok(Path::new(find::NAME).to_path_buf()),
        (None, true) => find::user_folder()
            .map(|folder| folder.join(find::NAME))
            .ok_or_else(|| Failure::Usage(anyhow!("there is no folder for the user's own configuration: neither XDG_CONFIG_HOME nor HOME is set"))),
    }
}

/// The file.
fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut inside = "";
    for setting in SETTINGS {
        let (table, key) = setting.key();
        let heading = if table == inside { String::new() } else { format!("#[{table}]\n") };
        inside = table;
        text += &format!("\n{heading}# {}\n#{key} = {}\n", setting.about, setting.default);
    }
    text + SUPPRESS + PLUGINS
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::{Layer, Origin};

    #[test]
    fn what_is_written_says_the_defaults_once_it_is_no_comment_any_more() {
        let text = text();
        let none = Layer::of_file("f", &text, Path::new(""), |_| Origin::Default).unwrap();
        assert!(none.values.is_empty() && none.plugins.is_none() && none.suppressions.is_empty());
        // The first line is for editors, and a comment for good.
        let alive: String =
            text.lines().skip(1).map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line).to_owned() + "\n").collect();
        let layer = Layer::of_file("f", &alive, Path::new(""), |_| Origin::Default).unwrap();
        for setting in SETTINGS {
            assert_eq!(layer.values[setting.name].value, setting.default(), "{}", setting.name);
        }
        assert_eq!((layer.plugins.unwrap().pins.len(), layer.suppressions.len()), (1, 1));
    }
}
