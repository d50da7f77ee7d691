//! No files, no TCP, no signals to and no abstract sockets of other processes: a Landlock domain without a single rule.
//!
//! <https://docs.kernel.org/userspace-api/landlock.html>. It does not cover UDP, `stat` or what is open already; seccomp does.

use landlock::{ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope};

/// What is asked for; an older kernel gives as much of it as it has.
const WANTED: ABI = ABI::V6;

/// Restricts this thread and those that it starts.
pub(super) fn restrict() -> Result<String, String> {
    let restrict = || {
        let rules = Ruleset::default().handle_access(AccessFs::from_all(WANTED))?.handle_access(AccessNet::from_all(WANTED))?;
        rules.scope(Scope::from_all(WANTED))?.create()?.restrict_self()
    };
    let status = restrict().map_err(|error| error.to_string())?;
    let kernel = match status.landlock {
        LandlockStatus::NotImplemented => return Err("the kernel was built without it".into()),
        LandlockStatus::NotEnabled => return Err("the kernel has it, and it is switched off at boot".into()),
        LandlockStatus::Available { kernel_abi, effective_abi } => kernel_abi.unwrap_or(effective_abi as i32),
    };
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("the kernel did not enforce it".into()),
        RulesetStatus::FullyEnforced => Ok(format!("no files, no TCP, no signals to others (version {kernel} of the kernel's interface)")),
        RulesetStatus::PartiallyEnforced => Ok(format!(
            "no files, and what else version {kernel} of the kernel's interface can withhold; version {} withholds TCP and signals",
            WANTED as i32
        )),
    }
}
