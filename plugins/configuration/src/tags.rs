//! Tags that make objects of a language. They are seen, never resolved.
//!
//! PyYAML: <https://pyyaml.org/wiki/PyYAMLDocumentation>; HyperPyYAML: <https://github.com/speechbrain/HyperPyYAML>; SnakeYAML, whose tags are names of Java's classes:
//! <https://bitbucket.org/snakeyaml/snakeyaml/wiki/Documentation>; Psych: <https://docs.ruby-lang.org/en/master/Psych.html>; js-yaml's functions:
//! <https://github.com/nodeca/js-yaml-js-types>; Symfony's objects of PHP: <https://symfony.com/doc/current/components/yaml.html>.

/// The prefix of YAML's own tags, `!!`.
const OWN: &str = "tag:yaml.org,2002:";

/// Prefixes behind which a name follows, and who resolves it. The longer of two stands first.
const NAMED: [(&str, &str, &str); 25] = [
    (OWN, "python/object/apply:", "pyyaml"),
    (OWN, "python/object/new:", "pyyaml"),
    (OWN, "python/object:", "pyyaml"),
    (OWN, "python/name:", "pyyaml"),
    (OWN, "python/module:", "pyyaml"),
    ("!", "python/object/apply:", "pyyaml"),
    ("!", "python/object/new:", "pyyaml"),
    ("!", "python/object:", "pyyaml"),
    ("!", "python/name:", "pyyaml"),
    ("!", "python/module:", "pyyaml"),
    ("!", "new:", "hyperpyyaml"),
    ("!", "apply:", "hyperpyyaml"),
    ("!", "name:", "hyperpyyaml"),
    ("!", "module:", "hyperpyyaml"),
    ("!", "ruby/object:", "ruby"),
    ("!", "ruby/hash:", "ruby"),
    ("!", "ruby/struct:", "ruby"),
    ("!", "ruby/class", "ruby"),
    (OWN, "js/function", "js-yaml"),
    ("!", "exec", "command"),
    ("!", "shell", "command"),
    ("!", "cmd", "command"),
    ("!", "command", "command"),
    ("!", "php/object", "symfony"),
    ("!", "php/const", "symfony"),
];

/// Types of YAML itself, and of Python's values that are no objects.
const PLAIN: [&str; 27] = [
    "null",
    "bool",
    "int",
    "float",
    "binary",
    "timestamp",
    "omap",
    "pairs",
    "set",
    "str",
    "seq",
    "map",
    "value",
    "merge",
    "yaml",
    "python/none",
    "python/bool",
    "python/str",
    "python/unicode",
    "python/bytes",
    "python/int",
    "python/long",
    "python/float",
    "python/complex",
    "python/list",
    "python/tuple",
    "python/dict",
];

/// What a tag makes: who resolves it, the form of the tag, and the name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made<'t> {
    pub framework: &'static str,
    pub form: &'t str,
    pub name: &'t str,
}

pub(crate) fn made(tag: &str) -> Option<Made<'_>> {
    for (start, form, framework) in NAMED {
        if let Some(name) = tag.strip_prefix(start).and_then(|rest| rest.strip_prefix(form)) {
            // PyYAML takes commas and brackets into a tag, libyaml ends it there.
            let name = name.split([',', '[', ']', '(', '{']).next().unwrap_or("");
            return Some(Made { framework, form: form.trim_end_matches(':'), name });
        }
    }
    let own = tag.strip_prefix(OWN)?;
    // A class of Java: a package and a name, or a known one of none.
    let class = own.contains('.') && own.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$'));
    (class && !PLAIN.contains(&own)).then_some(Made { framework: "snakeyaml", form: "java", name: own })
}

/// Whether a text may hold such a tag, for files whose name does not say that they are YAML.
pub(crate) fn shows_in(text: &str) -> bool {
    text.contains("!!python/") || text.contains("tag:yaml.org,2002:python") || text.contains("!!javax.") || text.contains("!!java.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_languages_are_told_from_types() {
        for (tag, expected) in [
            ("tag:yaml.org,2002:python/object/apply:os.system", Some(("pyyaml", "python/object/apply", "os.system"))),
            ("tag:yaml.org,2002:python/name:os.system,", Some(("pyyaml", "python/name", "os.system"))),
            ("!new:torch.nn.Linear", Some(("hyperpyyaml", "new", "torch.nn.Linear"))),
            ("tag:yaml.org,2002:javax.script.ScriptEngineManager", Some(("snakeyaml", "java", "javax.script.ScriptEngineManager"))),
            ("tag:yaml.org,2002:js/function", Some(("js-yaml", "js/function", ""))),
            ("tag:yaml.org,2002:python/tuple", None),
            ("tag:yaml.org,2002:str", None),
            ("!ref", None),
            ("!", None),
        ] {
            assert_eq!(made(tag).map(|made| (made.framework, made.form, made.name)), expected, "{tag}");
        }
    }
}
