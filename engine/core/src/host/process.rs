//! What a plugin changes of the process that it lives in: it may change nothing of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Bytes that are allocated in this process; none where the C library does not say.
pub fn allocated() -> Option<u64> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // It is there since glibc 2.33: linked by name, the program would ask for that.
        // SAFETY: a name that ends with a zero.
        let mallinfo2 = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr()) };
        if mallinfo2.is_null() {
            return None;
        }
        // SAFETY: the C library's function of that name has this type.
        let mallinfo2 = unsafe { std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn() -> libc::mallinfo2>(mallinfo2) };
        // SAFETY: it takes nothing, and gives numbers.
        let info = unsafe { mallinfo2() };
        Some(info.uordblks as u64 + info.hblkhd as u64)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

/// The state of this process that belongs to everybody in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    states: BTreeMap<&'static str, String>,
}

impl Traces {
    /// As it is now, but for whether a file is open. What a system does not tell is not in it.
    pub fn now(but: &Path) -> Self {
        let mut states = BTreeMap::new();
        let variables: BTreeMap<_, _> = std::env::vars_os().collect();
        states.insert("the environment", format!("{variables:?}"));
        states.insert("the current folder", format!("{:?}", std::env::current_dir().ok()));
        #[cfg(unix)]
        {
            // SAFETY: it takes nothing.
            let locale = unsafe { libc::setlocale(libc::LC_ALL, std::ptr::null()) };
            // SAFETY: null, or a text that ends with a zero and lives until the next such call.
            let locale = (!locale.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(locale) }.to_string_lossy().into_owned());
            states.insert("the locale", locale.unwrap_or_default());
        }
        let entries = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut open: Vec<PathBuf> = entries("/proc/self/fd").filter_map(|entry| std::fs::read_link(entry.path()).ok()).collect();
        // The folder of descriptors is itself open while it is read.
        open.retain(|path| !path.ends_with("fd") && path != but);
        open.sort();
        states.insert("open files", open.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "));
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        for line in status.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let name = match key {
                "Umask" => "the mask of new files",
                "SigIgn" => "which signals are ignored",
                "SigCgt" => "which signals are caught",
                "SigBlk" => "which signals are blocked",
                "Threads" => "the number of threads",
                _ => continue,
            };
            states.insert(name, value.trim().to_owned());
        }
        let children = entries("/proc/self/task").filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let children: Vec<String> = children.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        states.insert("its child processes", children.join(" "));
        Traces { states }
    }

    /// What is another now: what it is called, what it was, what it is.
    pub fn changes<'t>(&'t self, now: &'t Traces) -> impl Iterator<Item = (&'static str, &'t str, &'t str)> {
        let was = |what| self.states.get(what).map_or("", String::as_str);
        now.states.iter().map(move |(what, is)| (*what, was(what), is.as_str())).filter(|(_, was, is)| was != is)
    }
}
