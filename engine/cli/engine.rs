//! The engine, as the command line and the configuration ask for it: which plugins, and in which processes they read.

use crate::args::{Global, Isolate, PluginArgs};
use crate::config::{self, Effective, Layer};
use crate::terminal::{self, RED, YELLOW};
use crate::{Failure, bundle, folders, text};
use anyhow::anyhow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use weighbridge_core::host::{Pin, PluginError, Selection, Trust};
use weighbridge_core::isolate::{Bounds, NoWorkers, Pool, Program, Setup, Starting, serve};
use weighbridge_core::report::RefusedPlugin;
use weighbridge_core::run::Readers;

/// The argument that makes the program a worker: it stands alone, and no option is called so.
const WORKER: &str = "--be-a-worker";

/// Whether the program was started as a worker.
pub fn is_worker(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, only] if only == WORKER)
}

/// Is a worker until its parent wants no more of it.
pub fn work() -> std::io::Result<()> {
    serve(&bundle::plugins())
}

/// Those who read in a run.
pub struct Plugins {
    /// In processes of their own, or in this one.
    pub readers: Readers,
    /// Plugins that were asked for and are not used. A scan without them is not complete.
    pub refused: Vec<RefusedPlugin>,
}

/// Plugins that were chosen, while the process in which they are to read is starting: that takes as long as loading rules.
pub struct Asked<'a> {
    global: &'a Global,
    effective: &'a Effective,
    args: &'a PluginArgs,
    isolate: Isolate,
    starting: Option<Result<Starting, NoWorkers>>,
}

/// Chooses the plugins, and starts a process for them.
pub fn ask<'a>(global: &'a Global, effective: &'a Effective, args: &'a PluginArgs) -> Asked<'a> {
    let isolate = effective.settings().isolate;
    let starting = (isolate != Isolate::Off).then(|| Pool::start(setup(effective, args)));
    Asked { global, effective, args, isolate, starting }
}

impl Asked<'_> {
    /// Those who read. What is refused is said on standard error, and the rest is used.
    pub fn plugins(self) -> Result<Plugins, Failure> {
        let (readers, refused) = match self.starting.map(|starting| starting.and_then(Starting::ready)) {
            Some(Ok(pool)) => {
                let refused = pool.refused().cloned().collect();
                (Readers::Workers(Box::new(pool)), refused)
            }
            Some(Err(error)) if self.isolate == Isolate::Require || matches!(error, NoWorkers::Missing(_)) => {
                return Err(Failure::Usage(anyhow!("{error}")));
            }
            here => {
                // Where no system of its kind has them, there is nothing that anybody could do about it.
                if let (Some(Err(error)), true) = (&here, cfg!(target_os = "linux")) {
                    let message = format!("{}: they are read in this one", text::escape(&error.to_string()));
                    terminal::say("warning", YELLOW, self.global.color, &message);
                }
                let (registry, refused) = select(self.effective, self.args).open();
                (Readers::Here(registry), refused)
            }
        };
        for error in &refused {
            terminal::say("error", RED, self.global.color, &format!("plugin refused: {}", text::escape(&error.to_string())));
        }
        let refused = refused.into_iter().map(|PluginError { path, message, .. }| RefusedPlugin { path, message }).collect();
        Ok(Plugins { readers, refused })
    }
}

/// What processes for plugins are to be.
pub fn setup(effective: &Effective, args: &PluginArgs) -> Setup {
    let settings = effective.settings();
    Setup {
        program: worker(),
        plugins: select(effective, args),
        bounds: Bounds { memory: settings.worker_memory.unwrap_or(u64::MAX) },
        require: settings.isolate == Isolate::Require,
    }
}

/// How a worker is started.
pub fn worker() -> Program {
    Program { path: program(), name: "weighbridge".into(), arguments: vec![WORKER.into()] }
}

/// This program, even if its file was replaced since it was started.
pub fn program() -> PathBuf {
    let own = Path::new("/proc/self/exe");
    if own.exists() { own.to_owned() } else { std::env::current_exe().unwrap_or_else(|_| own.to_owned()) }
}

/// Chooses the plugins: built-in ones, those of the plugin folders, and those that are named. No library is opened.
pub fn select(effective: &Effective, flags: &PluginArgs) -> Selection {
    let args = effective.plugin_args(flags);
    let builtin = if args.no_builtin { Vec::new() } else { bundle::plugins() };
    let mut searched: Vec<_> = folders::plugins().into_iter().filter(|folder| folder.is_dir()).collect();
    searched.extend(args.plugin_dir);
    let noted = effective.plugins().into_iter().flat_map(|plugins| &plugins.pins);
    let noted = noted.map(|(id, sha256)| Pin { id: id.clone(), sha256: sha256.clone() });
    let pins = noted.chain(args.pin.into_iter().map(|sha256| Pin { id: String::new(), sha256 })).collect();
    Selection::choose(builtin, &searched, &args.plugin, &Trust { pins, allow_unpinned: args.allow_unpinned })
}

/// The plugins of the command line and the configuration, for commands that scan nothing.
pub fn configured(global: &Global, args: &PluginArgs) -> Result<Plugins, Failure> {
    let effective = config::load(global, Layer::default())?;
    effective.warn(global);
    ask(global, &effective, args).plugins()
}
