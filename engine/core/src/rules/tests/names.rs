//! How names are read.

use super::support::*;

/// Written module and name, and a reading that has to be among those of it.
const READ: &[(&str, &str, &str)] = &[
    ("os", "system", "os.system"),
    ("random", "_os.system", "os.system"),
    ("torch.library", "torch.utils.collect_env.run", "torch.utils.collect_env.run"),
    ("collections", "_sys.modules.get", "sys.modules.get"),
    ("numpy.core._internal", "sys.modules", "sys.modules"),
    ("numpy.core._internal", "sys", "sys"),
    ("pathlib", "os.system", "os.system"),
    ("pathlib", "os", "os"),
    ("posix", "system", "os.system"),
    ("posix", "system", "posix.system"),
    ("nt", "system", "os.system"),
    ("posixpath", "join", "os.path.join"),
    ("_operator", "attrgetter", "operator.attrgetter"),
    ("_functools", "partial", "functools.partial"),
    ("_io", "open", "io.open"),
    ("_codecs", "encode", "codecs.encode"),
    ("__builtin__", "eval", "builtins.eval"),
    ("__builtins__", "eval", "builtins.eval"),
    ("numpy", "__builtins__.eval", "builtins.eval"),
    ("cPickle", "loads", "pickle.loads"),
    ("_pickle", "loads", "pickle.loads"),
    ("commands", "getoutput", "subprocess.getoutput"),
    ("copy_reg", "_reconstructor", "copyreg._reconstructor"),
    ("requests.api", "get", "requests.get"),
    ("torch.serialization", "load", "torch.load"),
    ("numpy.core.multiarray", "_reconstruct", "numpy._core.multiarray._reconstruct"),
    ("joblib.numpy_pickle", "load", "joblib.load"),
    ("torch.jit", "_serialization.load", "torch.jit.load"),
    ("urllib", "urlopen", "urllib.request.urlopen"),
    ("", "os.system", "os.system"),
];

/// Readings that must not be there.
const NOT_READ: &[(&str, &str, &str)] = &[
    ("mypkg", "os_utils.system", "os.system"),
    ("mypkg.os", "system", "os.system"),
    ("mypkg", "trace", "trace"),
    ("numpy", "select", "select"),
    ("mypkg", "Model.forward", "Model.forward"),
];

#[test]
fn names_are_read_through_attributes_and_aliases() {
    let library = library();
    for (module, name, expected) in READ {
        let readings = library.names().readings(module, name);
        assert!(readings.iter().any(|reading| reading == expected), "{module} {name}: {readings:?}");
    }
    for (module, name, unexpected) in NOT_READ {
        let readings = library.names().readings(module, name);
        assert!(!readings.iter().any(|reading| reading == unexpected), "{module} {name}: {readings:?}");
    }
}

#[test]
fn a_hostile_name_has_few_readings() {
    let library = library();
    let long = vec!["os"; 10_000].join(".");
    assert!(library.names().readings(&long, &long).len() <= 48);
    assert!(library.names().readings("", "").len() <= 48);
    assert!(library.names().readings("...", "..").len() <= 48);
}

#[test]
fn an_alias_that_leads_below_itself_is_followed_once() {
    let library = library();
    assert_eq!(library.names().aliased("dbm.open"), ["dbm.open", "dbm.ndbm.open"]);
    assert_eq!(library.names().aliased("dbm.ndbm.open"), ["dbm.ndbm.open"]);
    for alias in library.names().all_aliases() {
        let readings = library.names().aliased(alias);
        assert!(readings.len() <= 4, "{alias}: {readings:?}");
    }
}

#[test]
fn what_attributes_lead_to_is_denied_and_never_admitted() {
    // The tail names something harmless, and the import of `evil` runs it all the same.
    let findings = judge_with("default", [call_of("evil", "collections.OrderedDict", &[], &[])]);
    assert!(!findings.is_empty());
    // A tail that is dangerous is, whatever admits its head.
    for (module, name) in [("sklearn.svm", "os.system"), ("collections", "OrderedDict.__class__"), ("torch.nn.functional", "torch.load")] {
        let findings = judge_with("default", [global(module, name)]);
        assert!(findings.iter().any(|finding| finding.severity >= crate::report::Severity::High), "{module} {name}");
    }
}
