//! What a container holds, by name: how references from one of its members to another are resolved, whatever the format.

use std::collections::HashMap;

/// Names and sizes of a container's members.
#[derive(Default)]
pub(super) struct Members {
    sizes: HashMap<String, u64>,
}

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To a member of that size.
    Member { name: String, size: u64 },
    /// To no member.
    Missing { name: String },
    /// Out of the container.
    Outside,
}

impl Members {
    /// Adds a member; of two with one name the larger stands, since readers differ in which they take.
    pub fn add(&mut self, name: &[u8], size: u64) {
        let name = String::from_utf8_lossy(name);
        if let Some(name) = resolve("", &name) {
            let have = self.sizes.entry(name).or_insert(size);
            *have = (*have).max(size);
        }
    }

    /// Resolves `target`, as it stands in the member called `from`.
    pub fn find(&self, from: &str, target: &str) -> Target {
        let folder = from.rfind('/').map_or("", |at| &from[..at]);
        match resolve(folder, target) {
            None => Target::Outside,
            Some(name) => match self.sizes.get(&name) {
                Some(&size) => Target::Member { name, size },
                None => Target::Missing { name },
            },
        }
    }
}

/// `target` seen from `folder`, without `.` and `..`; `None` where it is absolute or leads out of the root.
pub(super) fn resolve(folder: &str, target: &str) -> Option<String> {
    if target.starts_with(['/', '\\']) || target.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_to_the_folder_of_the_member() {
        let mut members = Members::default();
        members.add(b"archive/data/0", 48);
        members.add(b"archive/data.pkl", 10);
        let member = |name: &str, size| Target::Member { name: name.into(), size };
        assert_eq!(members.find("archive/data.pkl", "data/0"), member("archive/data/0", 48));
        assert_eq!(members.find("archive/data.pkl", "./data/../data/0"), member("archive/data/0", 48));
        assert_eq!(members.find("archive/data.pkl", "data/1"), Target::Missing { name: "archive/data/1".into() });
        assert_eq!(members.find("archive/data.pkl", "../../etc/passwd"), Target::Outside);
        assert_eq!(members.find("archive/data.pkl", "/etc/passwd"), Target::Outside);
        assert_eq!(members.find("archive/data.pkl", "C:\\x"), Target::Outside);
    }
}
