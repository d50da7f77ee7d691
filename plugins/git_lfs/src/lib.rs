//! Git LFS pointers: a checkout without `git lfs pull` has these texts where the models should be.
//!
//! Specification: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>. UTF-8 lines `key value`, `version` first, then in alphabetical order,
//! below 1,024 bytes.

use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, read_up_to};

/// "A pointer file must be less than 1024 bytes", with room for extensions.
const LONGEST: u64 = 4 << 10;
const VERSION: &[u8] = b"version https://git-lfs.github.com/spec/v";
const VERSION_OLD: &[u8] = b"version https://hawser.github.com/spec/v";

struct GitLfs;

impl Scanner for GitLfs {
    const ABOUT: About = About {
        id: "git_lfs",
        name: "Git LFS pointers",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("git-lfs", "Git LFS pointer", 0, &[magic(VERSION), magic(VERSION_OLD)], &[])],
        kinds: kinds! {
            "binary" => ["type"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("git-lfs", "all of it: the content itself is not there", "")];

    fn new() -> Self {
        GitLfs
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let text = read_up_to(input, 0, LONGEST as usize)?;
        let has = |key: &[u8]| text.split(|byte| *byte == b'\n').any(|line| line.starts_with(key));
        Ok(if input.size() <= LONGEST && has(b"oid sha256:") && has(b"size ") { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let text = read_up_to(input, 0, LONGEST as usize)?;
        input.emit(&Fact::new("binary").text("type", "lfs-pointer").at(0, input.size()))?;
        let text = String::from_utf8_lossy(&text);
        for (key, value) in text.lines().filter_map(|line| line.split_once(' ')) {
            input.emit(&Fact::new("metadata").text("key", key).text("value", value).at(0, input.size()))?;
        }
        let fact = Fact::anomaly("unread").text("expected", "the model itself").text("found", "a Git LFS pointer to it: run `git lfs pull`");
        input.emit(&fact.at(0, input.size()))?;
        input.region(Region::Structure, 0, input.size())?;
        Err(Failure::Unsupported)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_git_lfs = GitLfs);
