//! What a file consists of, by the names that reports give: `model.pt!archive/data.pkl`.

use crate::Failure;
use crate::text::{cut, escape};
use anyhow::anyhow;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use weighbridge_core::fact::InputId;
use weighbridge_core::record::FileFacts;

/// Names offered where what was asked for is not there.
const OFFERED: usize = 10;

/// Characters of a name that stands above a part.
const TITLE: usize = 400;

/// The parts that were asked for.
pub struct Parts {
    /// By input; none where all were asked for.
    wanted: Option<Vec<bool>>,
    /// Those that were named, not what lies in them.
    named: Vec<InputId>,
}

impl Parts {
    /// The parts that one of these names fits, and what lies in them.
    pub fn new(facts: &FileFacts, path: &str, names: &[String]) -> Result<Self, Failure> {
        if names.is_empty() {
            return Ok(Parts { wanted: None, named: Vec::new() });
        }
        let globs = globs(names)?;
        let mut wanted = vec![false; facts.inputs.len()];
        let mut named = Vec::new();
        for (at, input) in facts.inputs.iter().enumerate() {
            let whole = display(facts, input.id, path);
            let inner = whole.split_once('!').map_or("", |(_, inner)| inner);
            let fits = |name: &str| !name.is_empty() && (names.iter().any(|wanted| wanted == name) || globs.is_match(name));
            let hit = fits(&whole) || fits(inner);
            if hit {
                named.push(input.id);
            }
            wanted[at] = hit || input.parent.and_then(|parent| wanted.get(parent.0 as usize)).is_some_and(|parent| *parent);
        }
        if named.is_empty() {
            let inner = facts.inputs.iter().skip(1).take(OFFERED).map(|input| display(facts, input.id, path));
            let mut offered: Vec<String> = inner.map(|name| name.split_once('!').map_or("", |(_, inner)| inner).to_owned()).collect();
            if facts.inputs.len() > OFFERED + 1 {
                offered.push("…".into());
            }
            let has =
                if offered.is_empty() { "there is nothing in it that is a part by itself".into() } else { format!("it has: {}", offered.join(", ")) };
            return Err(Failure::Usage(anyhow!("no part of the file is called {}; {has}", escape(&names.join(" or ")))));
        }
        Ok(Parts { wanted: Some(wanted), named })
    }

    /// Whether everything was asked for.
    pub fn all(&self) -> bool {
        self.wanted.is_none()
    }

    /// Whether a part was asked for, or what it lies in.
    pub fn has(&self, input: InputId) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.get(input.0 as usize).is_some_and(|wanted| *wanted))
    }

    /// The parts that were named.
    pub fn named(&self) -> &[InputId] {
        &self.named
    }
}

fn globs(names: &[String]) -> Result<GlobSet, Failure> {
    let wrong = |error: globset::Error| Failure::Usage(anyhow!("--member: {}", escape(&error.to_string())));
    let mut set = GlobSetBuilder::new();
    for name in names {
        set.add(GlobBuilder::new(name).literal_separator(false).backslash_escape(false).build().map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

/// The name that stands above a part, bounded.
pub fn title(facts: &FileFacts, input: InputId, path: &str) -> String {
    cut(&display(facts, input, path), TITLE).into_owned()
}

/// A part's name with those of what it lies in, escaped.
pub fn display(facts: &FileFacts, input: InputId, path: &str) -> String {
    let base = path.rsplit('/').next().unwrap_or(path);
    let names: Vec<_> = std::iter::once(base).chain(facts.chain(input).iter().skip(1).map(|input| input.name.as_str())).map(escape).collect();
    names.join("!")
}
