//! Who else may change a library: a plugin is code that runs with the user's rights, and whoever can write to it has them.

use std::path::Path;

/// Refuses a file or folder that others can write to, or that lies in a folder in which they can put another one in its place.
///
/// `path` is absolute and without links. What its owner does to it no mode can tell: that is what pins are for.
#[cfg(unix)]
pub(super) fn only_the_owner_writes(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let look = |path: &Path| std::fs::symlink_metadata(path).map_err(|error| format!("{} cannot be looked at: {error}", path.display()));
    let mut entry = look(path)?;
    if others_write(entry.mode(), entry.uid(), entry.gid()) {
        return Err(format!(
            "other users can write to it (mode {:o}): run `chmod go-w` on it, and look at what it is before you use it",
            entry.mode() & 0o7777
        ));
    }
    for (depth, folder) in path.ancestors().skip(1).enumerate() {
        let above = look(folder)?;
        // In a folder such as /tmp only the owner of an entry can replace it; but anybody can put a new one there, so that
        // files may not lie in it directly.
        let kept = (depth > 0 || entry.is_dir()) && above.mode() & STICKY != 0 && (entry.uid() == 0 || entry.uid() == own_uid());
        if others_write(above.mode(), above.uid(), above.gid()) && !kept {
            return Err(format!(
                "other users can write to {}, where it lies (mode {:o}): put it into a folder that is yours alone, or run `chmod go-w` on that one",
                folder.display(),
                above.mode() & 0o7777
            ));
        }
        entry = above;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn only_the_owner_writes(_path: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(unix)]
const STICKY: u32 = 0o1000;

/// Whether a mode lets anybody but the owner and root write. A group of the owner's own (its number is the user's, as most systems
/// make it) has no other members.
#[cfg(unix)]
fn others_write(mode: u32, uid: u32, gid: u32) -> bool {
    let group = mode & 0o020 != 0 && gid != 0 && gid != uid;
    mode & 0o002 != 0 || group
}

#[cfg(unix)]
fn own_uid() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> (Self, PathBuf) {
            let folder = tempfile::tempdir().unwrap();
            let inner = folder.path().canonicalize().unwrap().join("plugins");
            std::fs::create_dir(&inner).unwrap();
            let file = inner.join("a.so");
            std::fs::write(&file, b"x").unwrap();
            let tree = Tree(folder);
            tree.mode("", 0o755);
            tree.mode("plugins", 0o755);
            tree.mode("plugins/a.so", 0o644);
            (tree, file)
        }

        fn mode(&self, path: &str, mode: u32) {
            std::fs::set_permissions(self.0.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    #[test]
    fn what_others_can_write_to_is_refused() {
        let (tree, file) = Tree::new();
        // The temporary folder itself is one in which everybody writes, and keeps what is one's own.
        assert_eq!(only_the_owner_writes(&file), Ok(()));
        for (path, mode, named) in
            [("plugins/a.so", 0o666, "mode 666"), ("plugins", 0o777, "plugins"), ("plugins", 0o1777, "plugins"), ("", 0o777, "where it lies")]
        {
            tree.mode(path, mode);
            let said = only_the_owner_writes(&file).unwrap_err();
            assert!(said.contains(named) && said.contains("chmod go-w"), "{said}");
            tree.mode(path, if path.ends_with(".so") { 0o644 } else { 0o755 });
        }
        tree.mode("", 0o1777);
        assert_eq!(only_the_owner_writes(&file), Ok(()));
        assert_eq!(only_the_owner_writes(file.parent().unwrap()), Ok(()));
    }

    #[test]
    fn a_group_is_others_unless_it_is_the_owners_own() {
        assert!(others_write(0o775, 1000, 100));
        assert!(!others_write(0o775, 1000, 1000));
        assert!(!others_write(0o775, 1000, 0));
        assert!(!others_write(0o755, 1000, 100));
        assert!(others_write(0o757, 1000, 1000));
    }
}
