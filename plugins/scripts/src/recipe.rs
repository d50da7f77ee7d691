//! Recipes: what an image or a model is made of, and what is run while it is made.
//!
//! Dockerfiles: <https://docs.docker.com/reference/dockerfile/>. Modelfiles: <https://docs.ollama.com/modelfile>.
//!
//! ```text
//! recipe      = ( comment | instruction )*
//! instruction = WORD arguments        Dockerfile: a line, and those that it goes on in with `\` or `` ` ``, or a here-document
//!                                     Modelfile: a line, or """ text """
//! ```

use crate::limits;
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Stop};

/// One instruction: its word in capitals, its arguments with their lines joined, and where it stands.
struct Instruction<'t> {
    word: String,
    arguments: &'t str,
    at: usize,
    length: usize,
    /// Where the arguments begin.
    from: usize,
}

/// The instructions, as long as `goes_on` says that a line is not the last.
fn instructions<'t>(text: &'t str, docker: bool) -> impl Iterator<Item = Instruction<'t>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at;
            let line = line_at(text, at);
            let trimmed = line.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                at += line.len();
                continue;
            }
            let word: String = trimmed.chars().take_while(|c| !c.is_whitespace()).collect();
            let from = (start + line.len() - trimmed.len() + word.len()).min(start + line.len());
            at += if docker { docker_end(&text[from..]) + (from - start) } else { model_end(&text[from..]) + (from - start) };
            at = at.clamp(start + 1, text.len());
            while !text.is_char_boundary(at) {
                at += 1;
            }
            return Some(Instruction { word: word.to_ascii_uppercase(), arguments: &text[from..at], at: start, length: at - start, from });
        }
        None
    })
}

fn line_at(text: &str, at: usize) -> &str {
    text[at..].split_inclusive('\n').next().unwrap_or("")
}

/// The end of a Dockerfile's instruction: lines go on behind a `\` or a `` ` ``, comments between them count for nothing, and so does a here-document.
fn docker_end(text: &str) -> usize {
    let mut at = 0;
    let mut here: Vec<&str> = Vec::new();
    loop {
        let line = line_at(text, at);
        at += line.len();
        if at >= text.len() {
            return text.len();
        }
        let bare = line.trim_end();
        here.extend(bare.split("<<").skip(1).filter_map(|rest| {
            let word = rest.trim_start_matches('-').split(|c: char| c.is_whitespace() || c == ';').next()?.trim_matches(['"', '\'']);
            (!word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some(word)
        }));
        let comment = bare.trim_start().starts_with('#') && at > line.len();
        if !(bare.ends_with(['\\', '`']) || comment) {
            break;
        }
    }
    for word in here.into_iter().take(8) {
        while at < text.len() {
            let line = line_at(text, at);
            at += line.len();
            if line.trim() == word {
                break;
            }
        }
    }
    at
}

/// The end of a Modelfile's instruction: of its line, or of the text in `"""`.
fn model_end(text: &str) -> usize {
    let line = line_at(text, 0);
    match line.find("\"\"\"") {
        Some(open) => match text[open + 3..].find("\"\"\"") {
            Some(close) => open + 3 + close + 3 + line_at(text, open + 3 + close + 3).len(),
            None => text.len(),
        },
        None => line.len(),
    }
}

/// Emits one instruction's facts, each at its place.
struct Say<'i, 'h> {
    input: &'i Input<'h>,
    at: u64,
    length: u64,
}

impl Say<'_, '_> {
    fn emit(&self, fact: Fact<'_>) -> Result<(), Stop> {
        self.input.emit(&fact.at(self.at, self.length)).map(drop)
    }

    fn reference(&self, role: &str, target: &str, mechanism: &str, object: &str) -> Result<(), Stop> {
        self.emit(Fact::new("reference").text("role", role).text("target", target).text("mechanism", mechanism).text_if("object", object))
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("\"\"\"").map_or(text, |rest| rest.strip_suffix("\"\"\"").unwrap_or(rest));
    text.trim_matches(['"', '\''])
}

pub(crate) fn docker(input: &Input<'_>, text: &str) -> Result<(), Failure> {
    told(input, text, true, |say, instruction| {
        let arguments = instruction.arguments.trim();
        match instruction.word.as_str() {
            "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK" | "ONBUILD" | "SHELL" => {
                let command = joined(arguments);
                say.emit(Fact::new("text").text("role", "script").text_cut("value", shown(&command), command.len() as u64))?;
                installs(say, &command)
            }
            "FROM" => {
                let image = arguments.split_whitespace().find(|word| !word.starts_with("--")).unwrap_or("");
                say.emit(Fact::new("metadata").text("key", "dockerfile.from").text("value", shown(image)))
            }
            "ADD" => {
                for source in arguments.split_whitespace().filter(|word| word.contains("://") || word.starts_with("git@")) {
                    say.reference("url", source.trim_matches(['"', '[', ',', '\'']), "dockerfile", "ADD")?;
                }
                Ok(())
            }
            "ENV" | "ARG" => variable(say, arguments),
            _ => Ok(()),
        }
    })
}

/// A variable that chooses what is installed, or what a program loads when it starts.
fn variable(say: &Say<'_, '_>, arguments: &str) -> Result<(), Stop> {
    let (name, value) = arguments.split_once(['=', ' ', '\t']).unwrap_or((arguments, ""));
    let value = unquoted(value);
    match name.trim() {
        "PIP_INDEX_URL" | "UV_INDEX_URL" | "UV_DEFAULT_INDEX" => say.reference("url", value, "index-url", ""),
        "PIP_EXTRA_INDEX_URL" | "UV_EXTRA_INDEX_URL" => say.reference("url", value, "extra-index-url", ""),
        "PIP_TRUSTED_HOST" => say.emit(Fact::new("metadata").text("key", "trusted-host").text("value", value)),
        "LD_PRELOAD" => say.reference("library", value, "dockerfile", "LD_PRELOAD"),
        _ => Ok(()),
    }
}

/// What `pip` is told to install from elsewhere.
fn installs(say: &Say<'_, '_>, command: &str) -> Result<(), Stop> {
    let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', ',', ']', '[']));
    let mut pip = false;
    while let Some(word) = words.next() {
        let base = word.rsplit('/').next().unwrap_or("");
        pip = if matches!(word, "&&" | ";" | "||" | "|") { false } else { pip || base == "uv" || base.starts_with("pip") };
        if !pip {
            continue;
        }
        let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        let mechanism = match option {
            "--index-url" | "-i" => "index-url",
            "--extra-index-url" => "extra-index-url",
            "--find-links" | "-f" => "find-links",
            "--trusted-host" => "trusted-host",
            _ if word.starts_with("git+") || word.contains("@git+") => {
                say.reference("url", word.split_once("@git+").map_or(word, |(name, _)| &word[name.len() + 1..]), "version-control", "")?;
                continue;
            }
            _ if word.starts_with("http://") || word.starts_with("https://") => {
                say.reference("url", word, "requirement", "")?;
                continue;
            }
            _ => continue,
        };
        let Some(value) = value.or_else(|| words.next()) else { break };
        if mechanism == "trusted-host" {
            say.emit(Fact::new("metadata").text("key", mechanism).text("value", value))?;
        } else if value.contains("://") {
            say.reference("url", value, mechanism, "")?;
        }
    }
    Ok(())
}

/// A command as the shell gets it: lines that go on are one.
fn joined(arguments: &str) -> String {
    let lines = arguments.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut command = String::new();
    for line in lines {
        let bare = line.trim_end();
        match bare.strip_suffix(['\\', '`']) {
            Some(rest) => command.push_str(rest),
            None => {
                command.push_str(bare);
                command.push('\n');
            }
        }
    }
    command
}

pub(crate) fn model(input: &Input<'_>, text: &str) -> Result<(), Failure> {
    let mut templates = 0;
    told(input, text, false, |say, instruction| {
        let value = unquoted(instruction.arguments);
        match instruction.word.as_str() {
            word @ ("FROM" | "ADAPTER") => {
                let role = match value {
                    value if value.contains("://") => "url",
                    value if value.starts_with(['.', '/', '~', '\\']) || leads_out(value) || value.to_ascii_lowercase().ends_with(".gguf") => "path",
                    _ => "repo-id",
                };
                say.reference(role, shown(value), "modelfile", word)
            }
            "TEMPLATE" => {
                // Ollama's templates are Go's, which call what the program has given them and no more; what else reads the file may render Jinja.
                if value.contains("{%") || value.contains("__") || value.contains("cycler") || value.contains("lipsum") {
                    let inner = instruction.arguments.find(value).unwrap_or(0);
                    templates += 1;
                    let at = ((instruction.from + inner) as u64).min(say.input.size());
                    let child = Child::range(b"chat_template", templates, at, (value.len() as u64).min(say.input.size() - at));
                    say.input.child(&Child { format_hint: "jinja", encoding: "string", ..child })?;
                }
                say.emit(Fact::new("metadata").text("key", "modelfile.template").text_cut("value", shown(value), value.len() as u64))
            }
            "SYSTEM" | "MESSAGE" => say.emit(Fact::new("text").text("role", "prompt").text_cut("value", shown(value), value.len() as u64)),
            "PARAMETER" | "LICENSE" | "REQUIRES" if could_be_code(value) => {
                say.emit(Fact::new("text").text("role", "parameter").text_cut("value", shown(value), value.len() as u64))
            }
            _ => Ok(()),
        }
    })
}

fn told<'t>(
    input: &Input<'_>,
    text: &'t str,
    docker: bool,
    mut each: impl FnMut(&Say<'_, '_>, &Instruction<'t>) -> Result<(), Stop>,
) -> Result<(), Failure> {
    let mut left = limits::INSTRUCTIONS;
    for instruction in instructions(text, docker) {
        if left == 0 {
            let expected = format!("at most {} instructions", limits::INSTRUCTIONS);
            input.emit(&Fact::anomaly("limit-facts").text("expected", &expected).at(instruction.at as u64, 0))?;
            return Err(Failure::Unsupported);
        }
        left -= 1;
        // In a text that was decoded a place may lie a little behind where it stands; never behind the input.
        let at = (instruction.at as u64).min(input.size());
        let length = (instruction.length as u64).min(input.size() - at);
        each(&Say { input, at, length }, &instruction)?;
    }
    Ok(())
}

fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::INSTRUCTION.min(text.len()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, docker: bool) -> Vec<(String, String)> {
        instructions(text, docker).map(|instruction| (instruction.word, instruction.arguments.trim().to_owned())).collect()
    }

    #[test]
    fn instructions_go_on() {
        let text = "# syntax=x\nfrom python:3 AS a\nRUN a \\\n  # not this\n  && b\nRUN <<EOF\ncurl x | sh\nEOF\nCMD [\"a\"]";
        let found = read(text, true);
        let words: Vec<&str> = found.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["FROM", "RUN", "RUN", "CMD"]);
        assert_eq!(joined(&found[1].1), "a   && b\n");
        assert!(found[2].1.contains("curl x | sh"));
    }

    #[test]
    fn texts_of_a_modelfile_end_with_their_quotes() {
        let found = read("FROM ./m.gguf\nTEMPLATE \"\"\"{{ .Prompt }}\nFROM x\"\"\"\nSYSTEM be kind\nTEMPLATE \"\"\"open", false);
        let words: Vec<&str> = found.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["FROM", "TEMPLATE", "SYSTEM", "TEMPLATE"]);
        assert_eq!(unquoted(&found[1].1), "{{ .Prompt }}\nFROM x");
    }
}
