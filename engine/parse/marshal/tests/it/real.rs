//! What each version wrote is read to its end, taken for what it is, and gives the same names.

use crate::SAMPLES;
use weighbridge_parse_marshal::{Layout, Part, Probe, Version, fits, probe, read, read_best, survey, text, versions};

#[test]
fn each_version_is_read_to_its_end() {
    for (version, bytes) in SAMPLES {
        let object = read_best(bytes, 0).expect("read");
        assert_eq!((object.layout, &object.issue, object.end), (version.layout(), &None, bytes.len() as u64), "{version:?}");
        let names: Vec<String> = object.codes().map(|(_, code)| object.name(code, Part::Name).expect("name")).collect();
        for name in ["<module>", "first", "Layer", "call", "outer", "inner", "<lambda>"] {
            assert!(names.iter().any(|found| found == name), "{name} in {version:?}: {names:?}");
        }
        let (_, module) = object.codes().next().expect("a module");
        assert_eq!(object.name(module, Part::Filename).expect("name"), "sample.py");
        assert_eq!(probe(bytes, 0), Ok(Probe::Certain), "{version:?}");
    }
}

#[test]
fn the_version_fits_and_others_of_its_layout_do_not_unless_they_are_alike() {
    for (version, bytes) in SAMPLES {
        let object = read(bytes, 0, version.layout()).expect("read");
        let found = versions(&object).expect("versions");
        assert!(found.contains(&version), "{version:?}: {:?}", fits(&object, usize::MAX));
        if version.layout() == Layout::Py311 {
            assert_eq!(found, [version]);
        }
    }
}

#[test]
fn names_are_followed_through_aliases_attributes_and_calls() {
    for (version, bytes) in SAMPLES {
        let object = read_best(bytes, 0).expect("read");
        let survey = survey(&object, &[version]).expect("survey");
        let (body, functions) = (survey.body.list(), survey.functions.list());
        for name in ["os", "os.path", "subprocess", "base64.b64decode", "base64.b64encode", "xml.dom", "os.sep", "builtins.exec"] {
            assert!(body.iter().any(|found| found == name), "{name} in {version:?}: {body:?}");
        }
        for name in [
            "os.system",
            "os.path.join",
            "subprocess.check_output",
            "base64.b64decode",
            "builtins.eval",
            "builtins.__import__",
            "socket",
            "socket.create_connection",
            "os.popen",
            "builtins.getattr",
            ".shape.__class__.__subclasses__",
            "xml.dom.minidom",
        ] {
            assert!(functions.iter().any(|found| found == name), "{name} in {version:?}: {functions:?}");
        }
        for name in ["os.system", "builtins.eval", "builtins.first", "sp.check_output"] {
            assert!(!body.iter().any(|found| found == name), "{name} in {version:?}: {body:?}");
        }
        // The function of the module shadows nothing, and is no name from outside.
        assert!(!body.iter().any(|found| found == "square" || found == "first"), "{version:?}: {body:?}");
    }
}

#[test]
fn constants_and_instructions_are_shown() {
    for (version, bytes) in SAMPLES {
        let object = read_best(bytes, 0).expect("read");
        let (text, whole) = text(&object, version, 1 << 20).expect("text");
        assert!(whole);
        for part in [
            "IMPORT_NAME os\n",
            "'echo weighbridge'",
            "LOAD_CONST 123456789012345678901234567890\n",
            "-123456789012345678901234567890",
            "LOAD_GLOBAL os\n",
            "1.5",
            "2.0j",
            "café",
            "\\x00\\xff",
        ] {
            let part = if version == Version::V2_7 && part == "'echo weighbridge'" { "weighbridge" } else { part };
            assert!(text.contains(part), "{part} in {version:?}: {text}");
        }
        assert!(!text.contains("  ?"), "{version:?}: {text}");
    }
}
