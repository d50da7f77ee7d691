//! The source of one cell: Python, with IPython's own syntax told from it.
//!
//! <https://ipython.readthedocs.io/en/stable/interactive/magics.html>, <https://ipython.readthedocs.io/en/stable/interactive/reference.html#system-shell-access>

/// What a cell holds, line by line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What IPython hands to Python. Lines of another kind are there as `pass`, so that blocks stay whole.
    pub python: String,
    /// What it hands to a shell.
    pub shell: Vec<String>,
    /// What it hands to a browser.
    pub markup: Option<String>,
}

/// Magics of a cell whose rest is for a shell.
const SHELLS: [&str; 9] = ["bash", "sh", "script", "system", "sx", "cmd", "powershell", "!", "zsh"];
/// Those whose rest is for a browser.
const BROWSER: [&str; 4] = ["javascript", "js", "html", "svg"];
/// Those whose rest is Python.
const PYTHON: [&str; 12] = ["time", "timeit", "capture", "prun", "python", "python3", "pypy", "python2", "writefile", "file", "heat", "memit"];
/// Magics of a line whose rest is for a shell.
const COMMANDS: [&str; 5] = ["sx", "system", "bash", "sh", "shell"];

pub(crate) fn read(source: &str) -> Cell {
    let mut cell = Cell::default();
    let begin = source.trim_start();
    if let Some(rest) = begin.strip_prefix("%%") {
        let (line, body) = rest.split_once('\n').unwrap_or((rest, ""));
        let magic = if line.starts_with('!') { "!" } else { line.split_whitespace().next().unwrap_or("") };
        if SHELLS.contains(&magic) {
            cell.shell.push(body.to_owned());
        } else if BROWSER.contains(&magic) {
            cell.markup = Some(body.to_owned());
        } else if PYTHON.contains(&magic) {
            lines(body, &mut cell);
        }
        return cell;
    }
    lines(source, &mut cell);
    cell
}

fn lines(source: &str, cell: &mut Cell) {
    // A command goes on behind a backslash.
    let mut command: Option<String> = None;
    for line in source.lines() {
        if let Some(mut text) = command.take() {
            text.push_str(line.trim_end_matches('\\'));
            keep(text, line.ends_with('\\'), cell, &mut command);
            cell.python.push('\n');
            continue;
        }
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        match command_of(text) {
            Some(found) => {
                cell.python.push_str(indent);
                cell.python.push_str("pass\n");
                if !found.is_empty() {
                    keep(found.trim_end_matches('\\').to_owned(), found.ends_with('\\'), cell, &mut command);
                }
            }
            None => {
                cell.python.push_str(line);
                cell.python.push('\n');
            }
        }
    }
    cell.shell.extend(command);
}

fn keep(text: String, goes_on: bool, cell: &mut Cell, command: &mut Option<String>) {
    if goes_on {
        *command = Some(text);
    } else {
        cell.shell.push(text);
    }
}

/// The command of a line that is no Python; empty where the line is another magic, or asks for help.
fn command_of(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('!') {
        return Some(rest.trim_start_matches('!').trim());
    }
    if let Some(rest) = line.strip_prefix('%') {
        return Some(magic(rest));
    }
    if line.starts_with('?') || line.ends_with('?') && !line.contains(['"', '\'', '#']) {
        return Some("");
    }
    // `files = !ls`, `files = %sx ls`
    let (name, rest) = line.split_once('=')?;
    let name = name.trim();
    let rest = rest.trim_start();
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ')) {
        return None;
    }
    rest.strip_prefix('!').map(str::trim).or_else(|| rest.strip_prefix('%').map(magic))
}

/// `%sx command`, `%pip install x`: what a shell gets of it.
fn magic(rest: &str) -> &str {
    let word = rest.split_whitespace().next().unwrap_or("");
    match word {
        "pip" | "conda" | "mamba" | "uv" => rest,
        // A script from an address is fetched and run.
        "run" | "load" | "loadpy" if rest.contains("://") => rest,
        word if COMMANDS.contains(&word) => rest[word.len()..].trim(),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_python() {
        let cell =
            read("import os\nif x:\n    !echo a \\\n      b\n%matplotlib inline\nfiles = !ls\nprint(a != b)\nlen?\n%pip install x\ny = 3 % 2\n");
        assert_eq!(cell.python, "import os\nif x:\n    pass\n\npass\npass\nprint(a != b)\npass\npass\ny = 3 % 2\n");
        assert_eq!(cell.shell, ["echo a       b", "ls", "pip install x"]);
    }

    #[test]
    fn magics_of_a_cell() {
        assert_eq!(read("%%bash -e\necho a\necho b").shell, ["echo a\necho b"]);
        assert_eq!(read("%%javascript\nalert(1)").markup.as_deref(), Some("alert(1)"));
        assert_eq!(read("%%time\nimport os\n!ls\n").python, "import os\npass\n");
        assert_eq!(read("%%latex\n\\alpha"), Cell::default());
    }
}
