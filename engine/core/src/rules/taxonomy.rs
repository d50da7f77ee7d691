//! Threat types, and what they are called elsewhere (`rules/taxonomy.toml`).

use super::error::{Code, Problem};
use super::read::{Problems, Table};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An entry of a public list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// "CWE-502", "ML06", "LLM03", "AML.T0011.000".
    pub id: String,
    /// Its name in the list.
    pub name: String,
    /// Its page.
    pub url: String,
}

/// A threat type; the first entry of each list is the one that fits best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threat {
    /// Its id: `os_command`.
    pub id: String,
    /// One line.
    pub title: String,
    /// How it is exploited.
    pub how: String,
    /// Common Weakness Enumeration; never empty.
    pub cwe: Vec<Reference>,
    /// OWASP Machine Learning Security Top Ten.
    pub owasp_ml: Vec<Reference>,
    /// OWASP Top 10 for LLM applications.
    pub owasp_llm: Vec<Reference>,
    /// MITRE ATLAS.
    pub atlas: Vec<Reference>,
}

/// All threat types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taxonomy {
    /// Release of MITRE ATLAS that the ids are of.
    pub atlas_version: String,
    /// By id.
    pub threats: BTreeMap<String, Arc<Threat>>,
}

impl Taxonomy {
    /// The threat type of that id.
    pub fn threat(&self, id: &str) -> Option<&Threat> {
        self.threats.get(id).map(|threat| &**threat)
    }

    pub(super) fn read(mut root: Table<'_>, problems: &mut Problems) -> Self {
        let atlas_version = root.required_text("atlas_version", problems);
        let lists = ["cwe", "owasp_ml", "owasp_llm", "atlas"].map(|list| {
            let mut names: BTreeMap<String, String> = BTreeMap::new();
            for (id, value) in root.table(list, problems).map(Table::into_entries).unwrap_or_default() {
                if let Some(name) = value.get_ref().as_str() {
                    names.insert(id.into_inner().into_owned(), name.to_owned());
                } else {
                    problems.push(Problem::new(Code::WrongValue, value.span(), "a name has to be text"));
                }
            }
            names
        });
        let mut threats = BTreeMap::new();
        for (id, value) in root.table("threat", problems).map(Table::into_entries).unwrap_or_default() {
            let Some(mut table) = Table::of(value, "a threat type", problems) else { continue };
            let id = id.into_inner().into_owned();
            let title = table.required_text("title", problems).into_inner();
            let how = table.required_text("how", problems).into_inner();
            let mut list = |key: &'static str, names: &BTreeMap<String, String>| -> Vec<Reference> {
                let mut references = Vec::new();
                for entry in table.texts(key, problems) {
                    match names.get(entry.get_ref()) {
                        Some(name) => references.push(reference(key, entry.get_ref(), name)),
                        None => problems.push(Problem::new(Code::UnknownKey, entry.span(), format!("`{}` has no name in [{key}]", entry.get_ref()))),
                    }
                }
                references
            };
            let [cwe, owasp_ml, owasp_llm, atlas] =
                [("cwe", &lists[0]), ("owasp_ml", &lists[1]), ("owasp_llm", &lists[2]), ("atlas", &lists[3])].map(|(key, names)| list(key, names));
            if cwe.is_empty() {
                problems.push(Problem::new(Code::MissingKey, table.span(), format!("threat type `{id}` needs a CWE")));
            }
            table.finish(problems);
            threats.insert(id.clone(), Arc::new(Threat { id, title, how, cwe, owasp_ml, owasp_llm, atlas }));
        }
        root.finish(problems);
        Taxonomy { atlas_version: atlas_version.into_inner(), threats }
    }
}

fn reference(list: &str, id: &str, name: &str) -> Reference {
    let (id, url) = match list {
        "cwe" => (format!("CWE-{id}"), format!("https://cwe.mitre.org/data/definitions/{id}.html")),
        "owasp_ml" => {
            (id.to_owned(), format!("https://owasp.org/www-project-machine-learning-security-top-10/docs/{id}_2023-{}", name.replace(' ', "_")))
        }
        "owasp_llm" => (id.to_owned(), "https://genai.owasp.org/llm-top-10/".to_owned()),
        _ => (id.to_owned(), format!("https://atlas.mitre.org/techniques/{id}")),
    };
    Reference { id, name: name.to_owned(), url }
}
