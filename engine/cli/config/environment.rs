//! What the environment says: `WEIGHBRIDGE_` and a setting's name.

use super::layer::{Layer, Origin};
use super::settings::SETTINGS;
use super::value::{Value, Wrong};
use anyhow::anyhow;
use std::ffi::OsString;
use std::path::Path;
use weighbridge_core::rules::suggest;

const PREFIX: &str = "WEIGHBRIDGE_";

/// Names a configuration, as `--config` does.
pub const CONFIG: &str = "WEIGHBRIDGE_CONFIG";

/// What flags are called whose setting has another name.
const FLAGS: [(&str, &str); 2] = [("FAIL_ON", "SEVERITY_THRESHOLD"), ("OUTPUT", "OUTPUTS")];

/// What variables say, and a sentence about each one that means nothing here: it may be meant for another program.
pub fn layer(variables: impl Iterator<Item = (OsString, OsString)>) -> anyhow::Result<(Layer, Vec<String>)> {
    let (mut layer, mut unknown) = (Layer::default(), Vec::new());
    let mut variables: Vec<(OsString, OsString)> =
        variables.filter(|(name, value)| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) && !value.is_empty()).collect();
    variables.sort();
    for (name, value) in variables {
        if name == CONFIG {
            continue;
        }
        let name = name.to_string_lossy().into_owned();
        let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) else {
            // What all have in common makes nothing close.
            let own = |variable: &str| variable.trim_start_matches(PREFIX).to_owned();
            let known: Vec<String> = SETTINGS.iter().map(|setting| own(&setting.variable())).chain([own(CONFIG)]).collect();
            let flag = FLAGS.iter().find(|(flag, _)| own(&name) == *flag).map(|(_, setting)| *setting);
            let close = flag.or_else(|| suggest::closest(&own(&name), known.iter().map(String::as_str)));
            let help = close.map(|close| format!(": did you mean {PREFIX}{close}?")).unwrap_or_default();
            unknown.push(format!("the variable {name} sets nothing{help}"));
            continue;
        };
        let text = value.to_str().ok_or_else(|| anyhow!("the variable {name} is not UTF-8"))?;
        let value = Value::of_text(setting.kind, text.trim(), Path::new("")).map_err(|Wrong { message, help }| {
            let help = help.map(|help| format!("; {help}")).unwrap_or_default();
            anyhow!("the variable {name}: {message}{help}")
        })?;
        layer.set(setting, value, Origin::Environment(name));
    }
    Ok((layer, unknown))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> anyhow::Result<(Layer, Vec<String>)> {
        layer(pairs.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn variables_are_settings() {
        let (layer, unknown) = of(&[("WEIGHBRIDGE_MODE", "thorough"), ("WEIGHBRIDGE_RULES", "default, modelscan"), ("HOME", "/")]).unwrap();
        assert_eq!(layer.values["mode"].value, Value::Word("thorough".into()));
        assert_eq!(layer.values["rules"].value, Value::Packs(vec!["default".into(), "modelscan".into()]));
        assert_eq!(layer.values["mode"].origin, Origin::Environment("WEIGHBRIDGE_MODE".into()));
        assert!(unknown.is_empty());
    }

    #[test]
    fn one_that_means_nothing_is_said_and_a_wrong_value_is_an_error() {
        let (layer, unknown) =
            of(&[("WEIGHBRIDGE_MOD", "thorough"), ("WEIGHBRIDGE_TIMEOUT", ""), ("WEIGHBRIDGE_X", "1"), ("WEIGHBRIDGE_FAIL_ON", "high")]).unwrap();
        assert!(layer.values.is_empty());
        let said = |name: &str, rest: &str| format!("the variable WEIGHBRIDGE_{name} sets nothing{rest}");
        assert_eq!(
            unknown,
            [said("FAIL_ON", ": did you mean WEIGHBRIDGE_SEVERITY_THRESHOLD?"), said("MOD", ": did you mean WEIGHBRIDGE_MODE?"), said("X", "")]
        );
        let error = of(&[("WEIGHBRIDGE_MODE", "thorugh")]).unwrap_err().to_string();
        assert!(error.contains("WEIGHBRIDGE_MODE") && error.ends_with("did you mean `thorough`?"), "{error}");
    }
}
