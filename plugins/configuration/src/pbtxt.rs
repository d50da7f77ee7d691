//! Triton's description of a model, `config.pbtxt`: which backend runs it, and which files it takes.
//!
//! <https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto>, in the text format of protocol buffers
//! <https://protobuf.dev/reference/protobuf/textformat-spec/>; parameters of the Python backend <https://github.com/triton-inference-server/python_backend>.

use crate::limits;
use crate::say::{Place, Say};
use crate::values;
use weighbridge_sdk::{Fact, Failure, ReadAt, Region, read_up_to};

/// Fields that are a file's name.
const FILES: [&str; 4] = ["default_model_filename", "input_data_file", "label_filename", "cc_model_filenames"];
/// Parameters whose value is a path.
const PATHS: [&str; 3] = ["EXECUTION_ENV_PATH", "SHARED_LIBRARY", "TRITON_MODEL_DIRECTORY"];

/// Whether text is such a description: by its name, and by a field that every one has.
pub(crate) fn is_model(name: &str, text: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".pbtxt") && ["backend", "platform", "max_batch_size"].iter().any(|field| text.contains(field))
}

pub(crate) fn scan(say: &mut Say<'_, '_>) -> Result<(), Failure> {
    let bytes = read_up_to(say.input, 0, limits::LINES)?;
    let size = say.input.size();
    say.input.region(Region::Structure, 0, size)?;
    let text = String::from_utf8_lossy(&bytes);
    let (mut at, mut parameter) = (0, String::new());
    let mut open = Open::default();
    // Strings with the word before them: `name: "value"`, and `key: "…" value { string_value: "…" }`.
    while let Some(start) = text[at..].find('"').map(|start| at + start) {
        say.input.poll(1)?;
        let body = &text[start + 1..];
        let end = (0..body.len())
            .find(|end| body.as_bytes()[*end] == b'"' && (*end == 0 || body.as_bytes()[*end - 1] != b'\\') || body.as_bytes()[*end] == b'\n')
            .unwrap_or(body.len());
        let value = &body[..end];
        open.follow(&text[at..start]);
        open.string |= body.as_bytes().get(end) != Some(&b'"');
        let field =
            text[at..start].trim_end().trim_end_matches([':', '[', ' ']).rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
        let place = Place { at: start as u64, length: end as u64 + 2 };
        match field {
            "key" => parameter = value.to_owned(),
            "string_value" if PATHS.contains(&parameter.as_str()) => {
                let path = value.trim_start_matches("$$TRITON_MODEL_DIRECTORY/");
                say.reference(if path.contains("://") { "url" } else { "path" }, path, "triton", &parameter, place)?;
            }
            "backend" | "platform" => say.metadata(&format!("triton.{field}"), value, place)?,
            field if FILES.contains(&field) => say.reference("path", value, "triton", field, place)?,
            _ => {}
        }
        if values::is_loud(value) {
            say.text(value, place)?;
        }
        at = (start + 2 + end).min(text.len());
    }
    open.follow(text.get(at..).unwrap_or(""));
    if (bytes.len() as u64) < size {
        let found = size.to_string();
        say.input.emit(&Fact::anomaly("limit-size").text("expected", &limits::LINES.to_string()).text("found", &found).at(bytes.len() as u64, 0))?;
        return Err(Failure::Unsupported);
    }
    if let Some(expected) = open.expected().or_else(|| wants(text.get(at..).unwrap_or(""))) {
        say.input.emit(&Fact::anomaly("truncated").text("expected", expected).at(size, 0))?;
        return Err(Failure::Malformed);
    }
    Ok(())
}

/// What has to follow the last fields of a text, which stand behind its last string.
fn wants(rest: &str) -> Option<&'static str> {
    let rest: String = rest.lines().map(|line| line.split('#').next().unwrap_or("").trim_end_matches([',', ';', ' '])).collect::<Vec<_>>().join(" ");
    let rest = rest.trim_end();
    let before = rest.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+'));
    let (word, before) = (&rest[before.len()..], before.trim_end());
    (rest.ends_with(':') || !word.is_empty() && !before.ends_with(':')).then_some("the value of a field")
}

/// What has begun and not ended.
#[derive(Default)]
struct Open {
    /// Brackets of any kind.
    brackets: i64,
    /// A string ended with its line.
    string: bool,
}

impl Open {
    /// Text outside of strings.
    fn follow(&mut self, text: &str) {
        for line in text.lines() {
            for byte in line.split('#').next().unwrap_or("").bytes() {
                match byte {
                    b'[' | b'{' | b'<' => self.brackets += 1,
                    b']' | b'}' | b'>' => self.brackets -= 1,
                    _ => {}
                }
            }
        }
    }

    fn expected(&self) -> Option<&'static str> {
        match self.brackets {
            1.. => Some("the end of each block"),
            _ if self.string => Some("the end of a string"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::wants;

    #[test]
    fn a_field_has_a_value() {
        for whole in ["", "\n", " a: 1", "a: 1 b: TYPE_X # c", "a: -1.5e-3;\n", "a { b: 1 }", "a: [1, 2],"] {
            assert_eq!(wants(whole), None, "{whole}");
        }
        for cut in ["a", "a:", " a: 1 b", "a: 1\nb # c: 1", "a: 1 b :"] {
            assert!(wants(cut).is_some(), "{cut}");
        }
    }
}
