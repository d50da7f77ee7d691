//! One line of what is to be installed: a package by name, by address, by path, or an option of pip.
//!
//! <https://pip.pypa.io/en/stable/reference/requirements-file-format/>, <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>

use crate::say::{Place, Say};
use crate::{similar, values};
use weighbridge_sdk::Stop;

/// Options with a value: how they are written, and what is said of the value.
const OPTIONS: [(&str, &str); 17] = [
    ("--index-url", "index-url"),
    ("--pypi-url", "index-url"),
    ("-i", "index-url"),
    ("--extra-index-url", "extra-index-url"),
    ("--find-links", "find-links"),
    ("-f", "find-links"),
    ("--editable", "editable"),
    ("-e", "editable"),
    ("--requirement", "requirements"),
    ("-r", "requirements"),
    ("--constraint", "constraints"),
    ("-c", "constraints"),
    ("--trusted-host", "trusted-host"),
    ("--global-option", "build-option"),
    ("--install-option", "build-option"),
    ("--build-option", "build-option"),
    ("--config-settings", "build-option"),
];

/// A line, without what continues it on the next.
pub(crate) fn one(say: &mut Say<'_, '_>, line: &str, place: Place) -> Result<(), Stop> {
    let line = line.split(" #").next().unwrap_or("").trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(());
    }
    if values::is_loud(line) {
        say.text(line, place)?;
    }
    if !line.starts_with('-') {
        // Options of a single package follow it.
        let (requirement, options) = line.split_once(" --").unwrap_or((line, ""));
        package(say, requirement.trim(), "requirement", place)?;
        return if options.is_empty() { Ok(()) } else { option(say, &format!("--{options}"), place) };
    }
    option(say, line, place)
}

fn option(say: &mut Say<'_, '_>, line: &str, place: Place) -> Result<(), Stop> {
    for part in line.split(" --").enumerate().map(|(at, part)| if at == 0 { part.to_owned() } else { format!("--{part}") }) {
        let Some((_, mechanism, value)) = OPTIONS.iter().find_map(|(option, mechanism)| {
            let rest = part.strip_prefix(option)?;
            // `-ivalue` is an option too, `--index-urls` none.
            (!option.starts_with("--") || rest.starts_with(['=', ' ', '\t'])).then_some((option, *mechanism, rest))
        }) else {
            continue;
        };
        let value = value.trim_start_matches('=').trim().trim_matches(['"', '\'']);
        match mechanism {
            _ if value.is_empty() => {}
            "trusted-host" | "build-option" => say.metadata(mechanism, value, place)?,
            "editable" => package(say, value, mechanism, place)?,
            _ => place_of(say, value, mechanism, "", place)?,
        }
    }
    Ok(())
}

/// `name[extra] >= 1; marker`, `name @ address`, an address, a path.
fn package(say: &mut Say<'_, '_>, text: &str, mechanism: &str, place: Place) -> Result<(), Stop> {
    let text = text.trim_matches(['"', '\'']);
    if let Some((name, address)) = text.split_once('@')
        && is_name(name)
    {
        return place_of(say, address.trim(), mechanism, name.trim(), place);
    }
    let path = text.starts_with(['/', '\\', '~', '.']) || [".whl", ".tar.gz", ".zip"].iter().any(|end| text.ends_with(end));
    if text.contains("://") || path || mechanism == "editable" {
        return place_of(say, text, mechanism, "", place);
    }
    say.metadata("requirement", text, place)?;
    match similar::to_known(text) {
        Some((name, known)) => say.metadata("similar-package", &format!("{name}, like {known}"), place),
        None => Ok(()),
    }
}

/// An address or a path from which something is installed.
pub(crate) fn place_of(say: &mut Say<'_, '_>, target: &str, mechanism: &str, object: &str, place: Place) -> Result<(), Stop> {
    let target = target.split_once(';').map_or(target, |(target, _)| target).trim();
    let version_control = ["git+", "hg+", "svn+", "bzr+", "git@", "git://"].iter().any(|start| target.starts_with(start));
    let mechanism = if version_control { "version-control" } else { mechanism };
    let role = if target.contains("://") && !target.starts_with("file:") || version_control { "url" } else { "path" };
    say.reference(role, target, mechanism, object, place)
}

/// A channel of conda: a name, or an address.
pub(crate) fn channel(say: &mut Say<'_, '_>, text: &str, place: Place) -> Result<(), Stop> {
    if text.contains("://") { say.reference("url", text, "channel", "", place) } else { Ok(()) }
}

fn is_name(text: &str) -> bool {
    let name = text.trim().split('[').next().unwrap_or("").trim();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
