//! `weighbridge man`: manual pages, made from the same text as `--help`.

use crate::args::{Cli, ManArgs};
use crate::{Done, Failure, exit, units};
use anyhow::anyhow;
use clap::CommandFactory;
use std::io::{self, Write};

/// Prints the page of the program, or writes those of all commands.
pub fn run(args: &ManArgs) -> Done {
    let command = Cli::command();
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        io::stdout().write_all(&page)?;
        return Ok(exit::CLEAN);
    };
    let failed = |error: io::Error| {
        let name = crate::text::escape(&folder.to_string_lossy()).into_owned();
        Failure::Run(anyhow!("cannot write manual pages to {name}: {}", units::reason(&error)))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(command, folder).map_err(failed)?;
    Ok(exit::CLEAN)
}
