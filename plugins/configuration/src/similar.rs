//! Names of packages that are almost those of others: what is registered to be installed by mistake.
//!
//! How names compare: <https://packaging.python.org/en/latest/specifications/name-normalization/>.

/// Packages that models ask for most, and some that have been imitated.
const KNOWN: [&str; 62] = [
    "accelerate",
    "beautifulsoup4",
    "bitsandbytes",
    "catboost",
    "colorama",
    "cryptography",
    "datasets",
    "deepspeed",
    "diffusers",
    "einops",
    "fastapi",
    "flask",
    "gradio",
    "huggingface-hub",
    "jellyfish",
    "joblib",
    "keras",
    "langchain",
    "lightgbm",
    "llama-cpp-python",
    "matplotlib",
    "mlflow",
    "numpy",
    "onnxruntime",
    "openai",
    "opencv-python",
    "pandas",
    "paramiko",
    "pillow",
    "protobuf",
    "pydantic",
    "pyinstaller",
    "python-dateutil",
    "pytorch",
    "pytorch-lightning",
    "pyyaml",
    "requests",
    "safetensors",
    "scikit-learn",
    "scipy",
    "seaborn",
    "selenium",
    "sentence-transformers",
    "sentencepiece",
    "setuptools",
    "sqlalchemy",
    "streamlit",
    "tensorboard",
    "tensorflow",
    "tensorflow-gpu",
    "tiktoken",
    "tokenizers",
    "torch",
    "torchaudio",
    "torchvision",
    "transformers",
    "triton",
    "ultralytics",
    "urllib3",
    "uvicorn",
    "wandb",
    "xgboost",
];

/// Packages in their own right that are called almost like one of these.
const OTHERS: [&str; 27] = [
    "ctransformers",
    "dataset",
    "fastai",
    "fastapi2",
    "flask2",
    "gpboost",
    "gpytorch",
    "grequests",
    "hrequests",
    "keras2",
    "ktransformers",
    "ngboost",
    "numpyro",
    "pedantic",
    "pyyml",
    "qkeras",
    "qpytorch",
    "scapy",
    "simpy",
    "tensorboardx",
    "tensorflow-cpu",
    "tensorflow-tpu",
    "torchio",
    "torchx",
    "tryton",
    "unicorn",
    "willow",
];

/// Shorter names are near to too many others.
const SHORTEST: usize = 5;

/// The name of a requirement, and the known one that it is almost.
pub(crate) fn to_known(requirement: &str) -> Option<(String, &'static str)> {
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(requirement.len());
    let name = normalised(&requirement[..end]);
    if name.len() < SHORTEST || KNOWN.contains(&name.as_str()) || OTHERS.contains(&name.as_str()) {
        return None;
    }
    KNOWN.into_iter().find(|known| is_near(name.as_bytes(), known.as_bytes())).map(|known| (name, known))
}

/// Lower case, and one hyphen for each run of hyphens, dots and underscores.
fn normalised(name: &str) -> String {
    let mut normal = String::new();
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

/// Whether one letter more, less or another, or two neighbours exchanged, make one of the other.
fn is_near(a: &[u8], b: &[u8]) -> bool {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    match (a, b) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([first, second, a @ ..], [third, fourth, b @ ..]) if first == fourth && second == third && a == b => true,
        ([_, a @ ..], b) if a == b => true,
        (a, [_, b @ ..]) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_makes_another_package() {
        for (name, known) in [
            ("reqeusts==2.0", "requests"),
            ("tensorfow", "tensorflow"),
            ("scikit_leanr>=1", "scikit-learn"),
            ("colourama", "colorama"),
            ("jeIlyfish", "jellyfish"),
            ("python3-dateutil", "python-dateutil"),
            ("transformer", "transformers"),
            ("Torchvisionn ; x", "torchvision"),
        ] {
            assert_eq!(to_known(name).map(|(_, known)| known), Some(known), "{name}");
        }
        for name in [
            "requests",
            "Scikit.Learn==1",
            "fastai>=2",
            "tensorboardX",
            "ngboost",
            "torchx",
            "tensorflow-cpu",
            "dataset",
            "numba",
            "tqdm",
            "",
            "[x]",
            "torchmetrics",
            "evaluate",
        ] {
            assert_eq!(to_known(name), None, "{name}");
        }
    }
}
