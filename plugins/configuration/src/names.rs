//! Keys that make a loader do something, and dotted names.

/// Keys whose value is the dotted name of what is made or called, and who reads them.
const CALLABLES: [(&str, &str); 20] = [
    ("_target_", "hydra"),
    ("target", "instantiate"),
    ("class_path", "jsonargparse"),
    ("loader_module", "mlflow"),
    ("parent_library", "peft"),
    ("impl", "transformers"),
    ("py/object", "jsonpickle"),
    ("py/type", "jsonpickle"),
    ("py/function", "jsonpickle"),
    ("py/mod", "jsonpickle"),
    ("py/repr", "jsonpickle"),
    ("py/class", "jsonpickle"),
    ("__reduce__", "jsonpickle"),
    ("custom_pipeline", "diffusers"),
    ("activation_function", "sentence-transformers"),
    ("activation_fn", "sentence-transformers"),
    ("sbert_ce_default_activation_function", "sentence-transformers"),
    ("similarity_fn_name", "sentence-transformers"),
    ("estimator_method", "mlflow-recipe"),
    ("uses", "rasa"),
];

/// Modules by which Python reaches the system: a value that is a name in one of them is no word.
const SYSTEM: [&str; 26] = [
    "os",
    "posix",
    "nt",
    "subprocess",
    "builtins",
    "__builtin__",
    "__builtins__",
    "importlib",
    "runpy",
    "pty",
    "shutil",
    "ctypes",
    "pickle",
    "_pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "timeit",
    "pydoc",
    "webbrowser",
    "pdb",
    "bdb",
    "asyncio",
    "socket",
    "multiprocessing",
];

/// Endings of files: `pickle.pkl` is no name in a module.
const FILES: [&str; 14] = ["py", "pkl", "json", "yaml", "yml", "txt", "md", "bin", "log", "csv", "html", "htm", "rst", "ipynb"];

/// Whether what stands behind a dot is the ending of a file.
pub(crate) fn is_ending(text: &str) -> bool {
    FILES.contains(&text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or(""))
}

pub(crate) fn is_system(module: &str) -> bool {
    SYSTEM.contains(&module)
}

/// Whether a module that stands by itself says something: types that are written out are of `builtins`.
pub(crate) fn is_reached(module: &str) -> bool {
    is_system(module.split('.').next().unwrap_or("")) && !matches!(module, "builtins" | "__builtin__")
}

/// What executes among the names of `builtins`.
pub(crate) fn executes(name: &str) -> bool {
    matches!(name, "eval" | "exec" | "execfile" | "compile" | "__import__" | "open" | "getattr" | "breakpoint")
}

/// Module and name of a text that is nothing but the name of something in such a module: `os.system`, `os:system`.
pub(crate) fn in_system(text: &str) -> Option<(&str, &str)> {
    let (first, _) = text.split_once(['.', ':'])?;
    if !is_system(first) || text.contains(['/', '-']) {
        return None;
    }
    let (module, name) = dotted(text)?;
    (!name.is_empty() && !FILES.contains(&name) && name.starts_with(|c: char| c.is_alphabetic() || c == '_')).then_some((module, name))
}

/// Keys beside each other that name a module and something in it.
pub(crate) fn names_module(key: &str) -> bool {
    matches!(key, "module" | "module_name" | "module_path" | "_module_" | "python_module")
}

/// Keys of what is made or called. `name` is not among them: lists of imports, as linters and scanners report them, have it beside a module.
pub(crate) fn names_member(key: &str) -> bool {
    matches!(
        key,
        "class"
            | "class_name"
            | "classname"
            | "__class__"
            | "_name_"
            | "_class_"
            | "_function_"
            | "function"
            | "function_name"
            | "func"
            | "fn"
            | "method"
            | "callable"
            | "handler"
    )
}

/// Types of LangChain's objects that run what a model answers.
pub(crate) fn runs_answers(kind: &str) -> bool {
    matches!(
        kind,
        "llm_bash_chain" | "pal_chain" | "python_repl" | "llm_requests_chain" | "llm_symbolic_math_chain" | "terminal" | "sql_database_chain"
    )
}

/// Classes of Java and .NET that start programs, load code or look names up when a mapper makes them.
pub(crate) fn makes_trouble(class: &str) -> bool {
    const CLASSES: [&str; 14] = [
        "java.lang.ProcessBuilder",
        "java.lang.Runtime",
        "javax.script.ScriptEngineManager",
        "java.net.URLClassLoader",
        "javax.naming.InitialContext",
        "com.sun.rowset.JdbcRowSetImpl",
        "com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl",
        "org.springframework.context.support.ClassPathXmlApplicationContext",
        "org.springframework.context.support.FileSystemXmlApplicationContext",
        "System.Diagnostics.Process",
        "System.Windows.Data.ObjectDataProvider",
        "System.Windows.Markup.XamlReader",
        "System.Configuration.Install.AssemblyInstaller",
        "System.Management.Automation.PSObject",
    ];
    // .NET names the assembly behind a comma.
    let class = class.split(',').next().unwrap_or(class).trim();
    CLASSES.contains(&class) || class.starts_with("org.apache.commons.collections.functors.")
}

/// Keys of git's and DVC's own configurations whose values are commands that run with an ordinary command on the folder.
pub(crate) fn is_command(section: &str, key: &str) -> bool {
    let section = section.trim_matches(['\'', '"']);
    let section = section.split([' ', '"']).next().unwrap_or(section);
    match section {
        "core" => matches!(key, "fsmonitor" | "sshcommand" | "pager" | "editor" | "hookspath" | "askpass" | "gitproxy" | "alternaterefscommand"),
        "filter" => matches!(key, "clean" | "smudge" | "process"),
        "diff" => matches!(key, "external" | "textconv" | "command"),
        "merge" | "mergetool" | "difftool" => matches!(key, "driver" | "cmd"),
        "credential" => key == "helper",
        "remote" => matches!(key, "password_command" | "uploadpack" | "receivepack" | "vcs" | "proxy_command"),
        "gpg" => key == "program",
        "alias" => true,
        "sequence" => key == "editor",
        _ => false,
    }
}

/// Keys by which a file is known to be a configuration.
const KNOWN: [&str; 22] = [
    "custom_imports",
    "_partial_",
    "_args_",
    "custom_generate",
    "chat_template",
    "auto_map",
    "model_type",
    "architectures",
    "tokenizer_class",
    "weight_map",
    "_class_name",
    "base_model_name_or_path",
    "lc",
    "custom_pipelines",
    "trust_remote_code",
    "_attn_implementation_internal",
    "auto_mapping",
    "processor_class",
    "image_processor_type",
    "py/reduce",
    "feature_extractor_type",
    "py/tuple",
];

/// Keys by which a file in YAML is one: environments, services.
pub(crate) fn in_yaml(key: &str) -> bool {
    matches!(key, "keras_version" | "python_function" | "channels" | "pip" | "pip_requirements" | "extra_index_url" | "index_url")
}

/// Keys of MLflow's description that are paths beside it.
pub(crate) const MLFLOW_PATHS: [&str; 12] = [
    "code",
    "data",
    "model_path",
    "pickled_model",
    "python_model",
    "model_code_path",
    "path",
    "uri",
    "model_data",
    "saved_model_dir",
    "keras_module",
    "model_binary",
];

/// Keys under which requirements of packages stand: in a conda environment a list, whose own `pip` is one more; BentoML's `packages`.
pub(crate) fn is_requirements(here: Option<&str>, owner: Option<&str>, key: &str) -> bool {
    match key {
        "" => {
            matches!(here, Some("dependencies" | "pip" | "pip_requirements" | "requirements" | "extra_pip_requirements" | "pip_packages"))
                || here == Some("packages") && owner == Some("python")
        }
        "extra_index_url" | "index_url" | "find_links" | "pip_args" => true,
        _ => false,
    }
}

/// Keys that choose an implementation, which may be a repository of compiled code.
pub(crate) fn is_implementation(key: &str) -> bool {
    matches!(
        key,
        "_attn_implementation_internal" | "_attn_implementation" | "attn_implementation" | "experts_implementation" | "_experts_implementation"
    )
}

/// Who reads a key as the name of a callable.
pub(crate) fn callable(key: &str) -> Option<&'static str> {
    CALLABLES.iter().find(|(known, _)| *known == key).map(|(_, framework)| *framework)
}

pub(crate) fn is_known(key: &str) -> bool {
    KNOWN.contains(&key) || callable(key).is_some() && !is_word(key)
}

/// Keys that are ordinary words too: what stands under them says more where it is a dotted name.
pub(crate) fn is_word(key: &str) -> bool {
    matches!(key, "target" | "impl" | "uses" | "activation_function" | "activation_fn")
}

/// Module and name of a dotted name; none where it is no such name.
pub(crate) fn dotted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ':');
    if text.is_empty() || text.len() > 512 || !text.chars().all(plain) {
        return None;
    }
    Some(text.rsplit_once(['.', ':']).unwrap_or((text, "")))
}
