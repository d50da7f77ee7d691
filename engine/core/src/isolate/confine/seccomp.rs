//! System calls that reading what is open already takes, and no others.
//!
//! <https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html>. What is refused answers EPERM, so that a plugin that
//! tries it may go on without; nothing that could be tried is left worth trying.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// The socket to the parent is the worker's standard input.
const SOCKET: u64 = 0;

/// Calls without a condition: none of them names a file, a process or an address.
const ALLOWED: &[libc::c_long] = &[
    // What is open is read; scratch files are written.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    // Memory; what maps it is conditional.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads; what starts one is conditional.
    libc::SYS_futex,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals to itself: how a program that failed ends.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Clocks and chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
];

/// Filters every thread of this process from here on: what was allowed, in words.
pub(super) fn filter() -> Result<String, String> {
    let (programs, allowed) = programs().map_err(|error| error.to_string())?;
    for program in &programs {
        apply_filter_all_threads(program).map_err(|error| error.to_string())?;
    }
    Ok(format!("{allowed} system calls on what is open; none that opens, connects, starts or runs anything"))
}

fn programs() -> Result<(Vec<BpfProgram>, usize), seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    let mut allow = |call: libc::c_long, conditions: &[(u8, Width, Is, u64)]| -> Result<(), seccompiler::BackendError> {
        let conditions = conditions.iter().map(|(argument, width, is, value)| SeccompCondition::new(*argument, width.clone(), is.clone(), *value));
        rules.entry(call).or_default().push(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?);
        Ok(())
    };
    // Memory of no file, and never such as is executed.
    let (execute, anonymous) = (libc::PROT_EXEC as u64, libc::MAP_ANONYMOUS as u64);
    allow(libc::SYS_mmap, &[(2, Width::Qword, Is::MaskedEq(execute), 0), (3, Width::Dword, Is::MaskedEq(anonymous), anonymous)])?;
    allow(libc::SYS_mprotect, &[(2, Width::Qword, Is::MaskedEq(execute), 0)])?;
    // Threads of this process; a process of its own has no such flag. The arguments of clone3 lie in memory, where a filter cannot look:
    // the other program below says that there is no such call, and the C library falls back to clone.
    let thread = libc::CLONE_THREAD as u64;
    allow(libc::SYS_clone, &[(0, Width::Qword, Is::MaskedEq(thread), thread)])?;
    // The socket to the parent.
    for call in [libc::SYS_sendto, libc::SYS_sendmsg, libc::SYS_recvfrom, libc::SYS_recvmsg] {
        allow(call, &[(0, Width::Dword, Is::Eq, SOCKET)])?;
    }
    // abort() signals its own thread.
    let own = u64::from(std::process::id());
    allow(libc::SYS_tgkill, &[(0, Width::Dword, Is::Eq, own)])?;
    let number = rules.len();
    rules.insert(libc::SYS_clone3, Vec::new());
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let allowed: BpfProgram = SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch)?.try_into()?;
    let absent = SeccompAction::Errno(libc::ENOSYS as u32);
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let no_clone3: BpfProgram = SeccompFilter::new(clone3, SeccompAction::Allow, absent, arch)?.try_into()?;
    // The second one forbids what puts one on.
    Ok((vec![no_clone3, allowed], number))
}
