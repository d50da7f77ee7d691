//! Attribute paths that run through a module that another module imported.
//!
//! `random` has `_os`, so that `random._os.system` is `os.system`; `torch.library` has `torch`. A path says nothing of what its parts are, but a
//! part that is called like a module of the standard library, or like a framework, is that module in practice.

/// Modules that others import under their own name, or with an underscore before it. Sorted.
#[rustfmt::skip]
const MODULES: &[&str] = &[
    "_thread", "asyncio", "atexit", "base64", "bdb", "binascii", "builtins", "bz2", "cProfile", "cgitb", "cloudpickle", "code", "codecs", "codeop",
    "commands", "compileall", "concurrent", "configparser", "contextlib", "copyreg", "ctypes", "dataclasses", "dill", "distutils", "doctest", "ensurepip",
    "fileinput", "ftplib", "functools", "gc", "glob", "gzip", "http", "imaplib", "imp", "importlib", "inspect", "io", "itertools", "jax", "joblib", "keras",
    "lib2to3", "linecache", "logging", "lzma", "marshal", "mmap", "multiprocessing", "nt", "numpy", "operator", "os", "pandas", "pathlib", "pdb", "pickle",
    "pickletools", "pip", "pkgutil", "platform", "poplib", "posix", "profile", "pty", "py_compile", "pydoc", "requests", "runpy", "sched", "scipy",
    "setuptools", "shelve", "shlex", "shutil", "signal", "site", "sklearn", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "string", "subprocess",
    "sys", "sysconfig", "tarfile", "telnetlib", "tempfile", "tensorflow", "test", "threading", "timeit", "torch", "torchvision", "trace", "traceback",
    "transformers", "types", "typing", "unittest", "urllib", "uuid", "venv", "warnings", "weakref", "webbrowser", "winreg", "xml", "xmlrpc", "zipfile",
    "zipimport", "zlib",
];

/// Modules within modules that hold most of what is dangerous in them.
const SUBMODULES: &[&str] =
    &["os.path", "importlib.util", "multiprocessing.util", "urllib.request", "torch.utils", "torch.utils.collect_env", "http.client"];

pub(crate) fn through(name: &str) -> Option<(String, String)> {
    let mut rest = name;
    let mut found = None;
    // The last such part counts: `a.sys.modules.os.system` ends in os.
    while let Some((part, tail)) = rest.split_once('.') {
        for candidate in [part, part.strip_prefix('_').unwrap_or(part)] {
            if MODULES.binary_search(&candidate).is_ok() {
                let mut module = candidate.to_owned();
                let mut attr = tail;
                while let Some((next, after)) = attr.split_once('.') {
                    let longer = format!("{module}.{next}");
                    if !SUBMODULES.contains(&longer.as_str()) {
                        break;
                    }
                    module = longer;
                    attr = after;
                }
                found = Some((module, attr.to_owned()));
                break;
            }
        }
        rest = tail;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_module_in_a_path() {
        let is = |name: &str, module: &str, attr: &str| assert_eq!(through(name), Some((module.into(), attr.into())), "{name}");
        is("_os.system", "os", "system");
        is("sys.modules", "sys", "modules");
        is("core._internal.sys.modules", "sys", "modules");
        is("torch.utils.collect_env.run", "torch.utils.collect_env", "run");
        is("a.sys.modules.os.system", "os", "system");
        assert_eq!(through("Detect.forward"), None);
        assert_eq!(through("system"), None);
        assert!(MODULES.is_sorted());
    }
}
