//! `weighbridge completions`: what a shell needs to complete commands and options.

use crate::args::{Cli, CompletionsArgs};
use crate::{Done, exit};
use clap::CommandFactory;
use std::io::{self, Write};

/// Prints a script for a shell.
pub fn run(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    // To memory first: the generator takes a closed pipe for a defect.
    clap_complete::generate(args.shell, &mut Cli::command(), "weighbridge", &mut script);
    io::stdout().write_all(&script)?;
    Ok(exit::CLEAN)
}
