//! What people read first: the picture is of this program, and the links of the guides lead somewhere.

use crate::support::{program, root, stdout};
use std::path::{Path, PathBuf};

/// A text without what varies between runs.
fn steady(text: &str) -> String {
    regex::Regex::new(r"in [0-9.]+ m?s").unwrap().replace(text.trim_end(), "in TIME").into_owned()
}

#[test]
fn the_picture_shows_what_the_program_prints() {
    let svg = std::fs::read_to_string(root(".github/finding.svg")).unwrap();
    let svg = roxmltree::Document::parse(&svg).unwrap();
    let line = |node: roxmltree::Node<'_, '_>| node.descendants().filter(|part| part.is_text()).filter_map(|part| part.text()).collect::<String>();
    let lines: Vec<String> = svg.descendants().filter(|node| node.has_tag_name("text")).map(line).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root("fixtures/zip/malicious-crc-mismatch.pt"), folder.path().join("model.pt")).unwrap();
    let mut command = program();
    command.current_dir(folder.path()).env("COLUMNS", "100").args(["scan", "--no-config", "--color", "never", "model.pt"]);
    let printed = format!("$ weighbridge scan model.pt\n{}", stdout(&command.output().unwrap()));
    assert_eq!(steady(&lines.join("\n")), steady(&printed), "draw it anew: tests/peers/picture/draw.py");
}

/// Guides, wherever they lie.
fn guides(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        if entry.is_dir() && !entry.is_symlink() && name != ".git" && name != "target" && name != "template" {
            guides(&entry, found);
        } else if name.ends_with(".md") {
            found.push(entry);
        }
    }
}

/// The name that a heading is linked by: https://github.github.com/gfm and what GitHub makes of it.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let name =
        |heading: String| heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>().replace(' ', "-");
    headings.map(name).collect()
}

#[test]
fn the_links_of_the_guides_lead_somewhere() {
    let link = regex::Regex::new(r#"\]\(([^)\s]+)\)|src="([^"]+)""#).unwrap();
    let (mut all, mut links) = (Vec::new(), 0);
    guides(&root(""), &mut all);
    for guide in &all {
        let text = std::fs::read_to_string(guide).unwrap();
        for found in link.captures_iter(&text) {
            let target = found.get(1).or(found.get(2)).unwrap().as_str();
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { guide.clone() } else { guide.parent().unwrap().join(path) };
            assert!(file.exists(), "{}: {target}", guide.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(anchors(&text).iter().any(|name| name == anchor), "{}: {target}", guide.display());
            }
            links += 1;
        }
    }
    assert!(all.len() > 10 && links > 25, "{} guides, {links} links", all.len());
}
