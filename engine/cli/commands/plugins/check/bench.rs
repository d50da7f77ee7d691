//! What a check works with: the plugin, its inputs, and a diary for the case that it does not come back.

use super::child::{DIARY, INPUT};
use super::inputs::Input;
use super::{Fault, Order, failed, seeds, skipped};
use crate::bundle;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};
use weighbridge_core::drive::{Driver, Script, Seen, is_asked};
use weighbridge_core::host::{Aspect, Library, Plugin, PluginError, Registry};
use weighbridge_core::report::PluginInfo;

/// See the module.
pub struct Bench {
    order: Order,
    /// The plugin alone, opened; or why not.
    opened: Option<Result<&'static Registry, PluginError>>,
    /// What opening took.
    pub opening: Duration,
    inputs: Option<&'static [Input]>,
    claimed: Option<&'static [Input]>,
    diary: File,
    input: File,
    written: usize,
}

impl Bench {
    pub fn new(order: Order) -> anyhow::Result<Self> {
        let diary = File::create(order.folder.join(DIARY))?;
        let input = File::create(order.folder.join(INPUT))?;
        Ok(Bench { order, opened: None, opening: Duration::ZERO, inputs: None, claimed: None, diary, input, written: 0 })
    }

    /// The order.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The library, checked and not opened; none for a built-in plugin.
    pub fn library(&self) -> Option<Result<Library, PluginError>> {
        self.order.builtin.is_none().then(|| Library::read(&self.order.library))
    }

    /// The built-in plugin that is checked.
    pub fn builtin(&self) -> Vec<&'static weighbridge_abi::Plugin> {
        let is_wanted = |plugin: &&'static weighbridge_abi::Plugin| {
            let mut alone = Registry::default();
            alone.add_builtin(plugin).is_ok() && alone.plugins().iter().any(|plugin| Some(&plugin.id) == self.order.builtin.as_ref())
        };
        bundle::plugins().into_iter().filter(is_wanted).collect()
    }

    /// Opens the plugin, if it is not open.
    fn open(&mut self) -> Result<&'static Registry, PluginError> {
        if let Some(opened) = &self.opened {
            return opened.clone();
        }
        let since = Instant::now();
        let mut registry = Registry::default();
        let opened = match self.library() {
            Some(library) => library.and_then(|library| registry.open(library)),
            None => self.builtin().into_iter().try_for_each(|plugin| registry.add_builtin(plugin)),
        };
        self.opening = since.elapsed();
        // It lives as long as the process, which is one check.
        let opened = opened.map(|()| &*Box::leak(Box::new(registry)));
        self.opened = Some(opened.clone());
        opened
    }

    /// Why the plugin was refused for one aspect of it. Where it was refused for one that comes before, this one was not looked at.
    pub fn refused_for(&mut self, aspect: Aspect) -> Result<(), Fault> {
        match self.open() {
            Err(error) if error.aspect == aspect => Err(failed(error.message)),
            Err(error) if error.aspect < aspect => Err(skipped(format!("it is refused before: {}", error.message))),
            _ => Ok(()),
        }
    }

    /// The plugin alone, as the engine has it.
    pub fn registry(&mut self) -> Result<&'static Registry, Fault> {
        self.open().map_err(|error| skipped(format!("it is refused: {}", error.message)))
    }

    /// The plugin.
    pub fn plugin(&mut self) -> Result<&'static Plugin, Fault> {
        self.registry()?.plugins().first().ok_or_else(|| failed("there is no such plugin"))
    }

    /// A session.
    pub fn driver(&mut self) -> Result<Driver<'static>, Fault> {
        Driver::new(self.plugin()?).ok_or_else(|| skipped("it makes no session"))
    }

    /// What a plugin says of itself, where it was opened.
    pub fn info(&self) -> Option<PluginInfo> {
        self.opened.as_ref()?.as_ref().ok()?.plugins().first().map(Plugin::info)
    }

    /// How many inputs there are, and how many of them are claimed, where they were looked at.
    pub fn counted(&self) -> Option<(usize, usize)> {
        Some((self.inputs?.len(), self.claimed?.len()))
    }

    /// All inputs: the fixtures, or what was made up from the descriptor.
    pub fn inputs(&mut self) -> Result<&'static [Input], Fault> {
        if let Some(inputs) = self.inputs {
            return Ok(inputs);
        }
        let plugin = self.plugin()?;
        let inputs = match &self.order.fixtures {
            Some(folder) => seeds::read(folder).map_err(|error| skipped(format!("the fixtures cannot be read: {error}")))?,
            None => seeds::make(plugin, self.order.seed),
        };
        let inputs: &'static [Input] = Vec::leak(inputs);
        self.inputs = Some(inputs);
        Ok(inputs)
    }

    /// Inputs that the plugin takes for its own.
    pub fn claimed(&mut self) -> Result<&'static [Input], Fault> {
        match self.claimed {
            Some([]) => return Err(self.none_claimed()),
            Some(claimed) => return Ok(claimed),
            None => {}
        }
        let inputs = self.inputs()?;
        let mut driver = self.driver()?;
        let plugin = self.plugin()?;
        let mut claimed = Vec::new();
        for input in inputs.iter().filter(|input| is_asked(plugin, &input.bytes)) {
            self.note(input);
            if driver.probe(&input.bytes, &Script { name: &input.file, ..Script::default() }).is_claimed() {
                claimed.push(input.clone());
            }
        }
        let claimed: &'static [Input] = Vec::leak(claimed);
        self.claimed = Some(claimed);
        if claimed.is_empty() {
            return Err(self.none_claimed());
        }
        Ok(claimed)
    }

    fn none_claimed(&self) -> Fault {
        skipped(match self.order.fixtures {
            Some(_) => "it takes none of the fixtures for its own",
            None => "it takes none of the inputs for its own that were made from its magics: give files that it reads with --fixtures DIR",
        })
    }

    /// Runs the plugin over an input.
    pub fn run(&mut self, driver: &mut Driver<'_>, input: &Input, script: &Script<'_>) -> Seen {
        self.note(input);
        driver.run(&input.bytes, &Script { name: &input.file, ..*script })
    }

    /// Writes down what is done next: what a crash is told by. That it could not be written is no reason to stop.
    pub fn note(&mut self, input: &Input) {
        drop(put(&mut self.diary, input.name.as_bytes(), &mut self.written));
        let mut all = usize::MAX;
        drop(put(&mut self.input, &input.bytes, &mut all));
    }
}

/// Puts bytes in the place of what a file holds, and cuts it to them if that was longer.
fn put(file: &mut File, bytes: &[u8], before: &mut usize) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)?;
    if bytes.len() < *before {
        file.set_len(bytes.len() as u64)?;
    }
    *before = bytes.len();
    Ok(())
}
