//! What plugins say of themselves, apart from their code: all that the side which does not open them needs to know.

use super::{Anchor, Format, Magic, Plugin, Registry};
use crate::report::PluginInfo;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The plugins of a run, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Each.
    pub plugins: Vec<Described>,
}

/// A plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// As reports have it.
    pub info: PluginInfo,
    /// What it reads.
    pub formats: Vec<DescribedFormat>,
    /// The kinds of facts that it may emit, and the fields of each.
    pub kinds: BTreeMap<String, Vec<String>>,
}

/// A format of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribedFormat {
    /// `<plugin>` or one of its variants.
    pub id: String,
    /// For people.
    pub title: String,
    /// Hints, lower case, without the dot.
    pub extensions: Vec<String>,
    /// Globs that make a directory one artifact.
    pub markers: Vec<String>,
    /// A file of no bytes is a good one.
    pub may_be_empty: bool,
    /// How it is recognised, in the words of whoever asks: bytes at their places. Empty where its plugin looks at every input.
    pub magics: Vec<String>,
    /// What is read of it in quick mode, in a sentence; empty where the plugin does not say.
    pub quick: String,
    /// What is read beyond that in thorough mode, likewise.
    pub thorough: String,
}

impl Catalogue {
    /// For `run` and `plugins list`.
    pub fn infos(&self) -> Vec<PluginInfo> {
        self.plugins.iter().map(|plugin| plugin.info.clone()).collect()
    }

    /// Which extensions belong to which formats: lower case, without the dot.
    pub fn extensions(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut map = BTreeMap::<&str, Vec<&str>>::new();
        for format in self.plugins.iter().flat_map(|plugin| &plugin.formats) {
            for extension in &format.extensions {
                map.entry(extension).or_default().push(&format.id);
            }
        }
        map
    }

    /// Whether a file of no bytes with this extension is a model that is missing: no format of that extension may be empty.
    pub fn is_missed(&self, extension: &str) -> bool {
        let formats = self.plugins.iter().flat_map(|plugin| &plugin.formats);
        let mut of = formats.filter(|format| format.extensions.iter().any(|known| known == extension)).peekable();
        of.peek().is_some() && !of.any(|format| format.may_be_empty)
    }

    /// Globs that make a directory one artifact, of all formats.
    pub fn markers(&self) -> Vec<String> {
        let formats = self.plugins.iter().flat_map(|plugin| &plugin.formats);
        let markers: BTreeSet<&String> = formats.flat_map(|format| &format.markers).collect();
        markers.into_iter().cloned().collect()
    }
}

impl From<&Registry> for Catalogue {
    fn from(registry: &Registry) -> Self {
        let describe = |plugin: &Plugin| Described {
            info: plugin.info(),
            formats: plugin.formats.iter().map(describe_format).collect(),
            kinds: plugin.kinds.iter().map(|(kind, fields)| (kind.clone(), fields.clone())).collect(),
        };
        Catalogue { plugins: registry.plugins().iter().map(describe).collect() }
    }
}

fn describe_format(format: &Format) -> DescribedFormat {
    // A plugin that looks at every input decides by more than the magics that it names for the sweep.
    let magics = if format.probe_always { Vec::new() } else { format.magics.iter().map(describe_magic).collect() };
    DescribedFormat {
        id: format.id.clone(),
        title: format.title.clone(),
        extensions: format.extensions.clone(),
        markers: format.markers.clone(),
        may_be_empty: format.may_be_empty,
        magics,
        quick: format.quick.clone(),
        thorough: format.thorough.clone(),
    }
}

/// `"GGUF" at 0`: text where it is text, else hexadecimal.
fn describe_magic(magic: &Magic) -> String {
    let printable = magic.bytes.len() > 1 && magic.bytes.iter().all(|byte| matches!(byte, 0x20..0x7f));
    let bytes = match printable {
        true => format!("\"{}\"", String::from_utf8_lossy(&magic.bytes)),
        false => magic.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    };
    match magic.anchor {
        Anchor::Start => format!("{bytes} at {}", magic.offset),
        Anchor::End => format!("{bytes} {} before the end", magic.offset),
        Anchor::Tail => format!("{bytes} in the last 64 KiB"),
    }
}
