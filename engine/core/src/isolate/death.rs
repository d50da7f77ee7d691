//! Why a worker died, in plain words.

use super::Bounds;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// One sentence. `said` is what it wrote to standard error: the language's own last words tell one abort from another. None of it is
/// repeated, since a plugin may have written it.
pub(super) fn sentence(status: ExitStatus, said: &[u8], bounds: &Bounds) -> String {
    format!("the process that read it {}; what it had seen until then is reported", words(status, said, bounds))
}

/// The same of one that died before it was given anything.
pub(super) fn start(status: ExitStatus, said: &[u8], bounds: &Bounds) -> String {
    format!("it {}", words(status, said, bounds))
}

fn words(status: ExitStatus, said: &[u8], bounds: &Bounds) -> String {
    let has = |words: &[u8]| said.windows(words.len()).any(|window| window == words);
    let memory = format!("died because its memory ended, which is limited to {} MiB (signal 6, SIGABRT)", bounds.memory >> 20);
    match status.signal() {
        None => format!("ended by itself with code {}", status.code().unwrap_or(-1)),
        Some(libc::SIGABRT) if has(b"has overflowed its stack") => "died because its stack overflowed (signal 6, SIGABRT)".into(),
        Some(libc::SIGABRT) if has(b"memory allocation of") || has(b"std::bad_alloc") => memory,
        Some(libc::SIGABRT) => "gave up (signal 6, SIGABRT)".into(),
        Some(libc::SIGSEGV) => "crashed: it used memory that is not there (signal 11, SIGSEGV)".into(),
        Some(libc::SIGBUS) => "crashed: memory or a file behind it was not there (signal 7, SIGBUS)".into(),
        Some(libc::SIGILL) => "crashed at an instruction that is none (signal 4, SIGILL)".into(),
        Some(libc::SIGTRAP) => "crashed at a trap (signal 5, SIGTRAP)".into(),
        Some(libc::SIGFPE) => "crashed in arithmetic (signal 8, SIGFPE)".into(),
        Some(libc::SIGSYS) => "was ended for a system call that it may not make (signal 31, SIGSYS)".into(),
        Some(libc::SIGXCPU) => "was ended because it used more processor time than its limit (signal 24, SIGXCPU)".into(),
        Some(libc::SIGXFSZ) => "was ended because it wrote a larger file than its limit (signal 25, SIGXFSZ)".into(),
        Some(libc::SIGKILL) => "was killed (signal 9, SIGKILL): by the system for want of memory, or by somebody".into(),
        Some(signal) => format!("was ended by signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_die_has_its_words() {
        let bounds = Bounds { memory: 2 << 30 };
        let say = |raw, said: &[u8]| sentence(ExitStatus::from_raw(raw), said, &bounds);
        assert!(say(6, b"").contains("gave up (signal 6"));
        assert!(say(6, b"\nthread 'scan' (7) has overflowed its stack\n").contains("its stack overflowed"));
        assert!(say(6, b"memory allocation of 4294967296 bytes failed").contains("limited to 2048 MiB"));
        assert!(say(139, b"").contains("crashed"));
        assert!(say(9, b"").contains("was killed (signal 9"));
        assert!(say(3 << 8, b"").contains("ended by itself with code 3"));
    }
}
