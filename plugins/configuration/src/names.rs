//! Keys that make a loader do something, and dotted names.

/// Keys whose value is the dotted name of what is made or called, and who reads them.
const CALLABLES: [(&str, &str); 14] = [
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
];

/// Keys by which a file is known to be a configuration.
const KNOWN: [&str; 21] = [
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

/// Who reads a key as the name of a callable.
pub(crate) fn callable(key: &str) -> Option<&'static str> {
    CALLABLES.iter().find(|(known, _)| *known == key).map(|(_, framework)| *framework)
}

pub(crate) fn is_known(key: &str) -> bool {
    KNOWN.contains(&key) || key != "target" && key != "impl" && callable(key).is_some()
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
