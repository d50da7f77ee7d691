//! Where packs come from: those built in, a folder of the user's, and paths.

use super::builtin::{self, Builtin};
use super::error::{Code, PackError, Problem, RulesError};
use super::judge::RuleSet;
use super::lint::{self, Checked, Declared};
use super::names::Names;
use super::pack::{Pack, Profile, Unknown};
use super::read::{Problems, Table};
use super::suggest;
use super::taxonomy::Taxonomy;
use super::validate::Validator;
use super::written::{self, Document};
use crate::limits::{PACK_BYTES, PACKS};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// Packs by id or path.
#[derive(Debug)]
pub struct Library {
    names: Arc<Names>,
    taxonomy: Arc<Taxonomy>,
    folders: Vec<PathBuf>,
}

/// A pack or a profile, validated.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A pack.
    Pack(Arc<Pack>),
    /// A profile.
    Profile(Arc<Profile>),
}

/// Where one text is, and what it says.
struct Source {
    /// Shown in errors; unique.
    origin: String,
    /// What relative paths in it start from.
    folder: Option<PathBuf>,
    text: Arc<str>,
    /// What is built in, where it is trusted to be as the tests found it; its text is then empty.
    builtin: Option<&'static Builtin>,
}

/// The packs that something builds on.
#[derive(Default)]
struct Bases {
    packs: Vec<Arc<Pack>>,
    /// What the first profile among them says of what no pack lists.
    unknown: Option<Arc<Unknown>>,
}

impl Bases {
    /// Each pack judges once, by whichever way it came.
    fn push(&mut self, pack: Arc<Pack>) {
        if !self.packs.iter().any(|known| known.id == pack.id && known.sha256 == pack.sha256) {
            self.packs.push(pack);
        }
    }
}

/// What one load has read so far, so that each pack is read once and circles are seen.
#[derive(Default)]
struct Loading {
    done: HashMap<String, Entry>,
    open: Vec<String>,
    /// Somebody will ask where things stand, and takes nothing on trust.
    linting: bool,
    /// Nobody will ask for examples of built-in packs, which are half of them: a test has tried them.
    judging: bool,
}

impl Library {
    /// The built-in packs. An error here is a mistake in `rules/`, which the tests would have shown.
    pub fn builtin() -> Result<Self, RulesError> {
        let taxonomy = builtin::TAXONOMY.read(Taxonomy::read)?;
        let names = builtin::ALIASES.read(Names::read)?;
        Ok(Library { names: Arc::new(names), taxonomy: Arc::new(taxonomy), folders: Vec::new() })
    }

    /// With a folder of further packs, `<id>.toml` each. An id that is built in stays what it is.
    pub fn with_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// Threat types.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// How names are read.
    pub fn names(&self) -> &Names {
        &self.names
    }

    #[cfg(test)]
    pub(super) fn names_shared(&self) -> Arc<Names> {
        self.names.clone()
    }

    /// Ids of the built-in packs and profiles, in order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        builtin::PACKS.iter().map(|pack| pack.id)
    }

    /// Files of the folders that have the id of a built-in pack: nothing reads them.
    pub fn hidden(&self) -> Vec<PathBuf> {
        let files = self.folders.iter().flat_map(|folder| self.ids().map(move |id| folder.join(format!("{id}.toml"))));
        files.filter(|path| path.is_file()).collect()
    }

    /// Ids of all packs that can be asked for by id: those of the folders after those that are built in.
    pub fn all_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.ids().map(str::to_owned).collect();
        for folder in &self.folders {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut found: Vec<String> = entries
                .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
                .filter(|id| !ids.contains(id))
                .collect();
            found.sort();
            ids.extend(found);
        }
        ids
    }

    /// A pack or profile by id, or by a path (one that ends in `.toml` or holds a separator).
    pub fn load(&self, selector: &str) -> Result<Entry, RulesError> {
        self.load_with(selector, &mut Loading::default())
    }

    /// What judges: each selector by itself.
    pub fn rule_set<S: AsRef<str>>(&self, selectors: &[S]) -> Result<RuleSet, RulesError> {
        let mut set = RuleSet::new(self.names.clone());
        let mut loading = Loading { judging: true, ..Loading::default() };
        for selector in selectors {
            match self.load_with(selector.as_ref(), &mut loading)? {
                Entry::Pack(pack) => set.add_pack(&pack),
                Entry::Profile(profile) => set.add_profile(&profile),
            }
        }
        Ok(set)
    }

    /// What judges by a pack's text alone.
    pub fn rule_set_of(&self, origin: &str, text: &str) -> Result<RuleSet, RulesError> {
        let mut set = RuleSet::new(self.names.clone());
        match self.parse(origin, text)? {
            Entry::Pack(pack) => set.add_pack(&pack),
            Entry::Profile(profile) => set.add_profile(&profile),
        }
        Ok(set)
    }

    /// Reads a pack's text as if it stood in a file of that name.
    pub fn parse(&self, origin: &str, text: &str) -> Result<Entry, RulesError> {
        let source = Source { origin: origin.into(), folder: None, text: text.into(), builtin: None };
        self.validated(source, &mut Loading::default())
    }

    /// A pack or profile with what the linter has to say of it.
    pub fn check(&self, selector: &str, declared: &Declared) -> Result<Checked, RulesError> {
        let source = self.source(selector, false)?;
        let (origin, text) = (source.origin.clone(), source.text.clone());
        let entry = self.validated(source, &mut Loading { linting: true, ..Loading::default() })?;
        let notes = match &entry {
            Entry::Pack(pack) => lint::check(self, pack, declared),
            Entry::Profile(_) => Vec::new(),
        };
        Ok(Checked { entry, origin, text, notes })
    }

    fn source(&self, selector: &str, judging: bool) -> Result<Source, RulesError> {
        let help = || match file_of(selector, Path::new("")) {
            Some(file) => Some(format!("{file} lies in this folder: write it so")),
            None => suggest::help(selector, self.all_ids().iter().map(String::as_str).collect::<Vec<_>>()),
        };
        let unknown = || RulesError::Unknown { id: selector.into(), help: help() };
        self.find(selector, None, judging)?.ok_or_else(unknown)
    }

    fn load_with(&self, selector: &str, loading: &mut Loading) -> Result<Entry, RulesError> {
        self.validated(self.source(selector, loading.judging)?, loading)
    }

    fn find(&self, selector: &str, beside: Option<&Path>, judging: bool) -> Result<Option<Source>, RulesError> {
        if is_path(selector) {
            let path = beside.map_or_else(|| PathBuf::from(selector), |folder| folder.join(selector));
            return read(&path).map(Some);
        }
        if let Some(pack) = Builtin::pack(selector) {
            let text = if judging { "" } else { pack.text };
            return Ok(Some(Source { origin: pack.origin(), folder: None, text: text.into(), builtin: judging.then_some(pack) }));
        }
        let is_id = selector.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        for folder in self.folders.iter().filter(|_| is_id) {
            let path = folder.join(format!("{selector}.toml"));
            if path.is_file() {
                return read(&path).map(Some);
            }
        }
        Ok(None)
    }

    fn validated(&self, source: Source, loading: &mut Loading) -> Result<Entry, RulesError> {
        if let Some(entry) = loading.done.get(&source.origin) {
            return Ok(entry.clone());
        }
        let mut problems = Problems::new();
        let fail = |problems| Err(RulesError::Pack(Box::new(PackError::new(&source.origin, &source.text, problems))));
        let root = match source.builtin {
            Some(pack) => pack.table(),
            None => Table::parse(&source.text, "a pack", &mut problems),
        };
        let Some(document) = root.and_then(|root| Document::read(root, &mut problems)) else { return fail(problems) };
        let validator = Validator {
            names: &self.names,
            taxonomy: &self.taxonomy,
            origin: &source.origin,
            text: &source.text,
            builtin: source.builtin,
            linting: loading.linting,
        };
        loading.open.push(source.origin.clone());
        let entry = match document {
            Document::Pack(written) => {
                let bases = self.bases(&source, &written.extends, false, &mut problems, loading)?;
                Entry::Pack(Arc::new(validator.pack(written, &bases.packs, problems)?))
            }
            Document::Profile(written) => {
                let written::Profile { packs, .. } = &written;
                let bases = self.bases(&source, packs, true, &mut problems, loading)?;
                Entry::Profile(Arc::new(validator.profile(written, bases.packs, bases.unknown, problems)?))
            }
        };
        loading.open.pop();
        loading.done.insert(source.origin.clone(), entry.clone());
        Ok(entry)
    }

    /// The packs that a pack extends, or a profile combines. One that is missing is a problem of whoever names it; one
    /// that is wrong is an error of its own.
    fn bases(
        &self,
        source: &Source,
        named: &[Spanned<String>],
        profiles: bool,
        problems: &mut Problems,
        loading: &mut Loading,
    ) -> Result<Bases, RulesError> {
        let mut bases = Bases::default();
        for name in named {
            let Some(base) = self.find(name.get_ref(), source.folder.as_deref(), loading.judging)? else {
                let message = format!("there is no pack `{}`", name.get_ref());
                let mut problem = Problem::new(Code::UnknownPack, name.span(), message);
                problem.help = match source.folder.as_deref().and_then(|folder| file_of(name.get_ref(), folder)) {
                    Some(file) => Some(format!("{file} lies beside this file: write \"{file}\"")),
                    None => suggest::help(name.get_ref(), self.all_ids().iter().map(String::as_str).collect::<Vec<_>>()),
                };
                problems.push(problem);
                continue;
            };
            if loading.open.contains(&base.origin) {
                let message = format!("`{}` leads back to itself", name.get_ref());
                let chain = loading.open.iter().chain([&base.origin]).map(String::as_str);
                let chain = chain.collect::<Vec<_>>().join(" -> ");
                let problem = Problem::new(Code::Cycle, name.span(), message).label(chain).help("take it out of one of them");
                problems.push(problem);
                return Err(RulesError::Pack(Box::new(PackError::new(&source.origin, &source.text, std::mem::take(problems)))));
            }
            if loading.done.len() + loading.open.len() >= PACKS {
                problems.push(Problem::new(Code::Size, name.span(), format!("this leads to more than {PACKS} packs")));
                return Err(RulesError::Pack(Box::new(PackError::new(&source.origin, &source.text, std::mem::take(problems)))));
            }
            match self.validated(base, loading)? {
                Entry::Pack(pack) => bases.push(pack),
                Entry::Profile(profile) if profiles => {
                    profile.packs.iter().for_each(|pack| bases.push(pack.clone()));
                    bases.unknown = bases.unknown.or_else(|| profile.unknown.clone());
                }
                Entry::Profile(_) => problems.push(Problem::new(
                    Code::UnknownPack,
                    name.span(),
                    format!("`{}` is a profile, and only packs can be extended", name.get_ref()),
                )),
            }
        }
        Ok(bases)
    }
}

/// The file of a folder that is meant by an id which no pack has.
fn file_of(id: &str, folder: &Path) -> Option<String> {
    let file = format!("{id}.toml");
    (!is_path(id) && folder.join(&file).is_file()).then_some(file)
}

fn is_path(selector: &str) -> bool {
    selector.contains(['/', '\\']) || selector.ends_with(".toml")
}

fn read(path: &Path) -> Result<Source, RulesError> {
    let io = |source| RulesError::Io { path: path.to_owned(), source };
    // One spelling of each file, so that a circle is seen however it is spelt.
    let origin = path.canonicalize().map_err(io)?;
    let folder = origin.parent().map(Path::to_owned);
    let origin = origin.display().to_string();
    let refuse = |code, text: &str, span, message: String, help: &str| {
        let problem = Problem::new(code, span, message).help(help);
        Err(RulesError::Pack(Box::new(PackError::new(&origin, &Arc::from(text), vec![problem]))))
    };
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no file")));
    }
    let too_large = |size: u64| {
        let message = format!("a pack has at most {} MiB, and this one has {} MiB", PACK_BYTES >> 20, size.div_ceil(1 << 20));
        refuse(Code::Size, "", 0..0, message, "split it: a profile makes several packs judge together")
    };
    if metadata.len() > PACK_BYTES {
        return too_large(metadata.len());
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    File::open(path).map_err(io)?.take(PACK_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > PACK_BYTES {
        return too_large(bytes.len() as u64);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { origin, folder, text: text.into(), builtin: None }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            let message = "this is not UTF-8, which TOML has to be".to_owned();
            refuse(Code::Encoding, &text, at..(at + '\u{fffd}'.len_utf8()).min(text.len()), message, "save the file as UTF-8")
        }
    }
}
