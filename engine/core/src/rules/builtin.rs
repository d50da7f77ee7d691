//! The packs that are built in, by the name of their file in `rules/`.

/// File stem and text; a pack's id is its file's stem.
pub const PACKS: &[(&str, &str)] = &[
    ("configuration", include_str!("../../../../rules/configuration.toml")),
    ("default", include_str!("../../../../rules/default.toml")),
    ("fickling-ml", include_str!("../../../../rules/fickling-ml.toml")),
    ("file-anomalies", include_str!("../../../../rules/file-anomalies.toml")),
    ("keras", include_str!("../../../../rules/keras.toml")),
    ("known-dangerous", include_str!("../../../../rules/known-dangerous.toml")),
    ("known-dangerous-libraries", include_str!("../../../../rules/known-dangerous-libraries.toml")),
    ("known-good", include_str!("../../../../rules/known-good.toml")),
    ("known-good-libraries", include_str!("../../../../rules/known-good-libraries.toml")),
    ("known-operators", include_str!("../../../../rules/known-operators.toml")),
    ("modelscan", include_str!("../../../../rules/modelscan.toml")),
    ("onnx", include_str!("../../../../rules/onnx.toml")),
    ("other-frameworks", include_str!("../../../../rules/other-frameworks.toml")),
    ("picklescan", include_str!("../../../../rules/picklescan.toml")),
    ("python-code", include_str!("../../../../rules/python-code.toml")),
    ("r-code", include_str!("../../../../rules/r-code.toml")),
    ("skops", include_str!("../../../../rules/skops.toml")),
    ("stray-code", include_str!("../../../../rules/stray-code.toml")),
    ("templates", include_str!("../../../../rules/templates.toml")),
    ("torchscript", include_str!("../../../../rules/torchscript.toml")),
    ("tree-models", include_str!("../../../../rules/tree-models.toml")),
    ("strict-formats", include_str!("../../../../rules/strict-formats.toml")),
    ("strict", include_str!("../../../../rules/strict.toml")),
    ("weights-only", include_str!("../../../../rules/weights-only.toml")),
    ("xml", include_str!("../../../../rules/xml.toml")),
    ("tensorflow", include_str!("../../../../rules/tensorflow.toml")),
];

/// Catalogues, by the name of their file in `rules/`.
pub const CATALOGUES: &[(&str, &str)] = &[("known-good-libraries", include_str!("../../../../rules/known-good-libraries.tsv"))];

/// Threat types.
pub const TAXONOMY: &str = include_str!("../../../../rules/taxonomy.toml");

/// Aliases and roots of names.
pub const ALIASES: &str = include_str!("../../../../rules/aliases.toml");
