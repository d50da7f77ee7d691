//! A report of one's own: a template (`--template FILE`) in the language of Jinja, given `files`, `summary` and `run` of `weighbridge.report/1`.
//!
//! A template can do nothing but write text: there are no includes, no files, no environment, and it stops after a number of steps.
//! What files say is escaped as JSON escapes it where the filter `tojson` is used, as HTML where the template's name ends in .html or .xml, and for a
//! terminal where the report goes to standard output.

use super::{Reporter, Shown, filtered};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;
use weighbridge_core::report::{FileReport, Run, SCHEMA, Summary};

/// Steps after which a template is stopped: some hundred for each of a million findings.
const FUEL: u64 = 200_000_000;
/// Bytes of a template.
const SIZE: u64 = 1 << 20;

/// A template, read and understood.
#[derive(Debug, Clone)]
pub struct Template {
    name: String,
    text: String,
}

impl Template {
    /// Reads a template; the error says which line is wrong.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.file_name().map_or_else(|| "template".into(), |name| name.to_string_lossy().into_owned());
        let shown = crate::text::escape(&path.to_string_lossy()).into_owned();
        let size = std::fs::metadata(path).map_err(|error| format!("cannot read the template {shown}: {}", crate::units::reason(&error)))?.len();
        if size > SIZE {
            return Err(format!("the template {shown} has {size} bytes: at most {SIZE} are read"));
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read the template {shown}: {}", crate::units::reason(&error)))?;
        let template = Template { name, text };
        template.environment().map_err(|error| format!("the template {shown} is wrong: {}", told(&error)))?;
        Ok(template)
    }

    fn environment(&self) -> Result<minijinja::Environment<'_>, minijinja::Error> {
        let mut environment = minijinja::Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_syntax(minijinja::syntax::SyntaxConfig::builder().keep_trailing_newline(true).build()?);
        environment.add_template(&self.name, &self.text)?;
        Ok(environment)
    }
}

fn told(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    crate::text::escape(&format!("{detail}{line}")).into_owned()
}

/// Holds all files, since a template may begin with what comes last.
pub struct Custom {
    shown: Shown,
    template: Template,
    /// For standard output, which may be a terminal, or a log that is shown on one: texts are escaped before the template has them.
    escaped: bool,
    files: Vec<Value>,
}

impl Custom {
    /// An empty report.
    pub fn new(shown: Shown, template: Template, escaped: bool) -> Self {
        Custom { shown, template, escaped, files: Vec::new() }
    }
}

/// Every text in it without what could act on a terminal. Keys of reports are ours, but for names of fields of facts, which plugins choose.
fn escape_all(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(crate::text::escape_lines(&text)),
        Value::Array(values) => values.into_iter().map(escape_all).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (crate::text::escape(&name).into_owned(), escape_all(value))).collect(),
        other => other,
    }
}

impl Reporter for Custom {
    fn file(&mut self, _out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.files.push(serde_json::to_value(&*filtered(file, self.shown.from))?);
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        let fail = |error: minijinja::Error| io::Error::other(format!("the template {}: {}", self.template.name, told(&error)));
        let environment = self.template.environment().map_err(fail)?;
        let report = json!({ "schema": SCHEMA, "files": std::mem::take(&mut self.files), "summary": summary, "run": run });
        let report = if self.escaped { escape_all(report) } else { report };
        let template = environment.get_template(&self.template.name).map_err(fail)?;
        template.render_captured_to(minijinja::value::Serde(report), out).map(drop).map_err(fail)
    }
}
