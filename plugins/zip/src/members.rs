//! Entries as members and children.

use crate::anomalies;
use crc32fast::Hasher;
use weighbridge_parse_zip::{Code, Entry, Issue, Method, Region, RegionKind, Seen, View, Visitor};
use weighbridge_sdk::{Child, Fact, Input, ReadAt, Region as Class, Stop};

/// Stored content up to this size is checked against its CRC in quick mode: it is read anyway, to see what it is. Larger content is in thorough mode.
const QUICK_CRC: u64 = 64 << 10;

/// Content flagged as encrypted is read up to this size, to see whether it is.
const FLAGGED_CRC: u64 = 16 << 20;

/// A link's target is as long as a path may be.
const LINK: u64 = 4 << 10;

/// What a walk finds, on its way to the host.
pub(crate) struct Report<'r, 'h> {
    input: &'r Input<'h>,
    views: &'r mut Vec<View>,
    /// Names by entry, for the issues that come later.
    names: Vec<String>,
    /// The folder in which `data.pkl` lies.
    pickled: Option<String>,
    /// The archive breaks its format: a part is not there, or not what it has to be.
    pub broken: bool,
    /// Part of it cannot be read.
    pub unread: bool,
}

impl<'r, 'h> Report<'r, 'h> {
    pub fn new(input: &'r Input<'h>, views: &'r mut Vec<View>) -> Self {
        Report { input, views, names: Vec::new(), pickled: None, broken: false, unread: false }
    }

    fn member(&self, entry: &Entry, view: &View, flags: &[&str], name: &str) -> Result<u64, Stop> {
        let base = name.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let (stem, extension) = base.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((base, ""));
        let extension = extension.to_ascii_lowercase();
        let kind = kind(entry);
        let target = if kind == "symlink" && view.is_stored() && view.data.end - view.data.start <= LINK {
            let bytes = weighbridge_sdk::read_up_to(self.input, view.data.start, (view.data.end - view.data.start) as usize)?;
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            String::new()
        };
        let method = method(view.method);
        let mut fact = Fact::new("member").text("name", name).text("stem", stem).text_if("extension", &extension).u64("index", entry.index);
        if std::str::from_utf8(entry.name()).is_err() {
            fact = fact.bytes("raw_name", entry.name());
        }
        if let Some(size) = view.size {
            fact = fact.u64("size", size);
        }
        fact = fact.u64("packed", view.compressed).text("method", &method).text("type", kind).text_if("target", &target);
        if !flags.is_empty() {
            fact = fact.texts("flags", flags, 0);
        }
        self.input.emit(&fact.at(entry.offset(), view.data.end.saturating_sub(entry.offset())))
    }

    /// Whether a member holds the numbers of a tensor: `<archive>/data/<number>` behind `<archive>/data.pkl`, as `torch.save` writes them. PyTorch copies them, and
    /// numbers begin with every pair of bytes that a pickle begins with.
    /// <https://github.com/pytorch/pytorch/blob/main/caffe2/serialize/inline_container.h>
    fn is_storage(&self, name: &str) -> bool {
        let Some((archive, number)) = name.split_once("/data/") else { return false };
        let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        numbered && self.pickled.as_deref() == Some(archive)
    }

    /// Whether stored bytes are what their CRC says; none where it is not known or not worth reading.
    fn crc_agrees(&self, view: &View, cap: u64) -> Result<Option<bool>, Stop> {
        let length = view.data.end - view.data.start;
        let Some(declared) = view.crc32.filter(|_| length <= cap) else { return Ok(None) };
        let mut hasher = Hasher::new();
        let mut block = vec![0; 64 << 10];
        let mut at = view.data.start;
        while at < view.data.end {
            let want = usize::try_from(view.data.end - at).unwrap_or(usize::MAX).min(block.len());
            let got = self.input.read_at(at, &mut block[..want])?;
            if got == 0 {
                break;
            }
            hasher.update(&block[..got]);
            at += got as u64;
            self.input.poll(1)?;
        }
        Ok(Some(hasher.finalize() == declared))
    }
}

impl Visitor for Report<'_, '_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), Stop> {
        self.input.poll(1)?;
        let name = String::from_utf8_lossy(entry.name()).into_owned();
        let views = entry.views();
        for view in &views {
            let mut flags = Vec::new();
            if entry.seen() == Seen::Local {
                flags.push("hidden");
            }
            let encrypted = view.encrypted_flag();
            if encrypted {
                flags.push("encrypted");
            }
            let id = self.member(entry, view, &flags, &name)?;
            let stored = Method::from(view.method) == Method::Stored;
            let cap = match () {
                () if encrypted => FLAGGED_CRC,
                () if self.input.thorough() => u64::MAX,
                () => QUICK_CRC,
            };
            let agrees = if stored { self.crc_agrees(view, cap)? } else { None };
            let anomaly = |code| Fact::anomaly(code).text("target", &name).at(view.data.start, view.data.end - view.data.start);
            match agrees {
                Some(true) if encrypted => {
                    self.input.emit(&anomaly("false-encryption").text("detail", "encrypted-flag-false"))?;
                }
                Some(false) if !encrypted => {
                    self.input.emit(&anomaly("bad-crc").text("detail", "data-crc-mismatch"))?;
                }
                Some(false) => {
                    self.input.emit(&anomaly("encrypted"))?;
                    self.unread = true;
                }
                _ => {}
            }
            if kind(entry) == "directory" && view.data.is_empty() {
                continue;
            }
            let method = method(view.method);
            let child = if stored {
                Child::range(entry.name(), entry.index, view.data.start, view.data.end - view.data.start)
            } else {
                self.views.push(view.clone());
                let token = self.views.len() as u64 - 1;
                Child::token(entry.name(), entry.index, token, &method).at(view.data.start, view.data.end - view.data.start)
            };
            let payload = self.is_storage(&name);
            self.input.child(&Child { declared_size: view.size.or(child.declared_size), parent: id, payload, ..child })?;
        }
        if self.pickled.is_none() {
            self.pickled = name.strip_suffix("/data.pkl").map(str::to_owned);
        }
        self.names.push(name);
        Ok(())
    }

    fn issue(&mut self, issue: &Issue) -> Result<(), Stop> {
        // What the flag is worth is said with the entry: by its checksum, or by the decoder.
        if issue.code == Code::EncryptedFlag {
            return Ok(());
        }
        self.broken |= anomalies::is_broken(issue.code);
        self.unread |= issue.code == Code::MethodUnknown;
        let name = issue.entry.and_then(|entry| self.names.get(usize::try_from(entry).ok()?)).cloned().unwrap_or_default();
        anomalies::emit(self.input, issue, &name, issue.offset)
    }

    fn region(&mut self, region: Region) -> Result<(), Stop> {
        let class = match region.kind {
            RegionKind::Structure => Class::Structure,
            // A comment may hold anything: it is searched as data are.
            RegionKind::Payload | RegionKind::Comment => Class::Payload,
            RegionKind::Padding => Class::Padding,
            RegionKind::Unclaimed => return Ok(()),
        };
        self.input.region(class, region.offset, region.length)
    }
}

/// What kind of file system object the entry unpacks to: the Unix mode's type bits, else its name.
fn kind(entry: &Entry) -> &'static str {
    match entry.unix_mode().map_or(0, |mode| mode & 0o170_000) {
        0o120_000 => "symlink",
        0o020_000 | 0o060_000 => "device",
        0o010_000 | 0o140_000 => "fifo",
        _ if entry.name().ends_with(b"/") => "directory",
        _ => "file",
    }
}

fn method(number: u16) -> String {
    match Method::from(number) {
        Method::Stored => "stored".into(),
        Method::Deflate => "deflate".into(),
        Method::Deflate64 => "deflate64".into(),
        Method::Bzip2 => "bzip2".into(),
        Method::Lzma => "lzma".into(),
        Method::Zstd => "zstd".into(),
        Method::Other(other) => format!("method-{other}"),
    }
}
