//! Findings that somebody has looked at: suppressed for a time, or known from an earlier report.
//!
//! A suppressed finding stays in the report, marked, and counts for nothing: the verdict is what it would be without it. What is not read is no
//! finding, and cannot be suppressed.

use crate::report::{FileReport, Finding, Notice, Suppressed, SuppressedBy};
use crate::scan::Source;
use crate::source::{FileSource, hex};
use crate::verdict::{Reading, verdict};
use globset::{GlobBuilder, GlobMatcher};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that are read at a time when a file is hashed.
const BLOCK: usize = 1 << 20;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day; none where the calendar does not have it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Date { year, month, day })
    }

    /// The day, in UTC, of a point in time.
    pub fn of(time: SystemTime) -> Self {
        let days = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) / 86_400;
        // Days to a date, after Howard Hinnant's `civil_from_days`: years begin in March.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
        Date { year: u16::try_from(year).unwrap_or(u16::MAX), month: small(month), day: small(day_of_year - (153 * from_march + 2) / 5 + 1) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    /// Reads YYYY-MM-DD.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |part: &str, length: usize| (part.len() == length && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?;
        let date = match parts.as_slice() {
            [year, month, day] => (|| Date::new(number(year, 4)?, u8::try_from(number(month, 2)?).ok()?, u8::try_from(number(day, 2)?).ok()?))(),
            _ => None,
        };
        date.ok_or_else(|| format!("`{text}` is not a day: write YYYY-MM-DD"))
    }
}

/// Which findings are meant: all that is said has to hold.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    /// Of the finding.
    pub fingerprint: Option<String>,
    /// The rule's id, or `pack/rule`.
    pub rule: Option<String>,
    /// Of the file, relative to the folder of the configuration, or absolute.
    pub path: Option<PathGlob>,
    /// Of the file: SHA-256 in lower-case hexadecimal, and its size. Only files of that size have to be hashed.
    pub content: Option<(String, u64)>,
}

/// A glob over paths: `*` and `?` stay within one part of a path, `**` does not.
#[derive(Debug, Clone)]
pub struct PathGlob {
    matcher: GlobMatcher,
    folder: PathBuf,
    /// As it is written.
    pattern: String,
}

impl PathGlob {
    /// A glob that is relative to `folder`, which is absolute and without links; an error says what is wrong with it.
    pub fn new(pattern: &str, folder: &Path) -> Result<Self, String> {
        // As people write it who complete paths in a shell.
        let pattern = pattern.trim_start_matches("./");
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| error.kind().to_string())?;
        Ok(PathGlob { matcher: glob.compile_matcher(), folder: folder.to_path_buf(), pattern: pattern.to_owned() })
    }

    /// All that can match lies here: the path as far as it has no wildcards.
    fn base(&self) -> PathBuf {
        let literal = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
        let start = if self.pattern.starts_with('/') { PathBuf::from("/") } else { self.folder.clone() };
        self.pattern.split('/').take_while(literal).filter(|part| !part.is_empty()).fold(start, |base, part| base.join(part))
    }

    fn is_match(&self, path: &Path) -> bool {
        self.matcher.is_match(path) || path.strip_prefix(&self.folder).is_ok_and(|relative| self.matcher.is_match(relative))
    }
}

/// A decision that some findings are no reason to refuse a file.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// Which findings.
    pub criteria: Criteria,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// Where it is written, for notices.
    pub origin: String,
    /// The folder that it speaks of where it names no path: that of the configuration, absolute and without links.
    pub folder: PathBuf,
}

/// What a run leaves out of account.
#[derive(Debug, Clone)]
pub struct Suppressions {
    entries: Vec<Entry>,
    baseline: HashSet<String>,
    today: Date,
}

#[derive(Debug, Clone)]
struct Entry {
    suppression: Suppression,
    matched: u64,
}

/// What is asked of a file only where a suppression wants to know.
struct Content<'a> {
    on_disk: &'a dyn Fn() -> Option<PathBuf>,
    /// None until it was asked for.
    path: Option<Option<PathBuf>>,
    sha256: Option<String>,
}

impl Suppressions {
    /// Suppressions as of a day, and the fingerprints of what is known.
    pub fn new(entries: Vec<Suppression>, baseline: HashSet<String>, today: Date) -> Self {
        let entries = entries.into_iter().map(|suppression| Entry { suppression, matched: 0 }).collect();
        Suppressions { entries, baseline, today }
    }

    /// Marks what is suppressed in a file, and says anew what is said of it. `on_disk` finds the file.
    pub fn apply(&mut self, file: &mut FileReport, on_disk: &dyn Fn() -> Option<PathBuf>) {
        if self.entries.is_empty() && self.baseline.is_empty() {
            return;
        }
        let mut content = Content { on_disk, path: None, sha256: file.sha256.clone() };
        let mut changed = false;
        for finding in &mut file.findings {
            finding.suppressed = None;
            for entry in &mut self.entries {
                if !entry.suppression.criteria.hold(finding, file.size, &mut content) {
                    continue;
                }
                entry.matched += 1;
                if entry.suppression.expires >= self.today && finding.suppressed.is_none() {
                    finding.suppressed = Some(Box::new(entry.suppression.mark()));
                }
            }
            if finding.suppressed.is_none() && self.baseline.contains(&finding.fingerprint) {
                let reason = "it is in the baseline".to_owned();
                finding.suppressed = Some(Box::new(Suppressed { by: SuppressedBy::Baseline, reason, owner: None, expires: None }));
            }
            changed |= finding.suppressed.is_some();
        }
        if changed {
            let (recognised, failed) = (!file.formats.is_empty(), !file.errors.is_empty());
            file.verdict = verdict(&file.findings, Reading { recognised, complete: file.complete || file.skipped.is_some(), failed });
        }
    }

    /// Suppressions that have expired, and those that match nothing. `covered` says whether all of a path was scanned: otherwise what matches nothing may
    /// be in the rest.
    pub fn notices(&self, covered: &dyn Fn(&Path) -> bool) -> Vec<Notice> {
        let notice = |code: &str, message: String| Notice { code: code.into(), message };
        let mut notices = Vec::new();
        for Entry { suppression, matched } in &self.entries {
            let Suppression { origin, owner, expires, criteria, folder, .. } = suppression;
            let gone = *matched == 0 && covered(&criteria.path.as_ref().map_or_else(|| folder.clone(), PathGlob::base));
            if *matched == 0 && !gone {
                continue;
            }
            let what = format!("{origin}: the suppression of {owner} ({criteria})");
            if *expires < self.today {
                let found = match matched {
                    0 => "nothing that it names is found any more: remove it".to_owned(),
                    1 => "the finding that it names counts again".to_owned(),
                    many => format!("the {many} findings that it names count again"),
                };
                notices.push(notice("suppression-expired", format!("{what} expired on {expires}: {found}")));
            } else if gone {
                notices.push(notice("suppression-unused", format!("{what} matches nothing: remove it")));
            }
        }
        notices
    }
}

impl Suppression {
    fn mark(&self) -> Suppressed {
        Suppressed {
            by: SuppressedBy::Configuration,
            reason: self.reason.clone(),
            owner: Some(self.owner.clone()),
            expires: Some(self.expires.to_string()),
        }
    }
}

/// For notices.
impl fmt::Display for Criteria {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            ("rule", self.rule.as_deref()),
            ("path", self.path.as_ref().map(|path| path.pattern.as_str())),
            ("fingerprint", self.fingerprint.as_deref()),
            ("sha256", self.content.as_ref().map(|(hash, _)| hash.as_str())),
        ];
        let named: Vec<String> = named.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
        f.write_str(&named.join(", "))
    }
}

impl Criteria {
    fn hold(&self, finding: &Finding, size: Option<u64>, content: &mut Content<'_>) -> bool {
        // What costs most is asked last.
        self.fingerprint.as_ref().is_none_or(|fingerprint| *fingerprint == finding.fingerprint)
            && self.rule.as_ref().is_none_or(|rule| match rule.split_once('/') {
                Some((pack, rule)) => pack == finding.pack && rule == finding.rule_id,
                None => *rule == finding.rule_id,
            })
            && self.path.as_ref().is_none_or(|glob| content.path().is_some_and(|path| glob.is_match(path)))
            && self.content.as_ref().is_none_or(|(sha256, bytes)| Some(*bytes) == size && content.sha256().is_some_and(|hash| hash == sha256))
    }
}

impl Content<'_> {
    /// The file's own path, without links.
    fn path(&mut self) -> Option<&Path> {
        let on_disk = self.on_disk;
        self.path.get_or_insert_with(|| on_disk().and_then(|path| path.canonicalize().ok())).as_deref()
    }

    fn sha256(&mut self) -> Option<&str> {
        if self.sha256.is_none() {
            // A file that cannot be hashed is not the one that is meant.
            self.sha256 = self.path().and_then(|path| hash(path).ok());
        }
        self.sha256.as_deref()
    }
}

fn hash(path: &Path) -> io::Result<String> {
    let source = FileSource::open(path, false)?;
    let (mut hasher, mut block, mut offset) = (Sha256::new(), vec![0; BLOCK], 0);
    loop {
        match source.read_at(offset, &mut block)? {
            0 => return Ok(hex(&hasher.finalize())),
            got => {
                hasher.update(&block[..got]);
                offset += got as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::assemble::unscanned;
    use crate::report::{Confidence, FindingPlace, TimeOfEffect, Verdict};
    use crate::source::{ReportPath, tests::Scratch};
    use std::time::Duration;

    fn finding(rule: &str, severity: crate::report::Severity) -> Finding {
        Finding {
            rule_id: rule.into(),
            pack: "pack".into(),
            title: String::new(),
            severity,
            confidence: Confidence::High,
            threat_type: String::new(),
            cwe_id: String::new(),
            cwe_name: String::new(),
            owasp_ml_id: String::new(),
            owasp_ml_name: String::new(),
            atlas_id: String::new(),
            time_of_effect: TimeOfEffect::Load,
            module_name: String::new(),
            operator_name: String::new(),
            place: FindingPlace { container: Vec::new(), space: crate::fact::Space::File, offset: 0, length: 1, file_offset: Some(0) },
            count: 1,
            evidence: String::new(),
            why: String::new(),
            remedy: String::new(),
            references: Vec::new(),
            fingerprint: format!("wb1:{rule}"),
            explanation: None,
            suppressed: None,
        }
    }

    fn file() -> FileReport {
        use crate::report::Severity::{Critical, Medium};
        let mut file = unscanned(ReportPath::new(Path::new("a.pkl")), Some(3), Verdict::Malicious);
        file.formats = vec!["pickle".into()];
        file.complete = true;
        file.findings = vec![finding("runs", Critical), finding("odd", Medium)];
        file
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn suppression(criteria: Criteria) -> Suppression {
        Suppression {
            criteria,
            reason: "ours".into(),
            owner: "team".into(),
            expires: day("2030-06-30"),
            origin: "c:1".into(),
            folder: PathBuf::from("/work"),
        }
    }

    fn after(entries: Vec<Suppression>, today: &str, on_disk: Option<PathBuf>) -> (FileReport, Suppressions) {
        let mut suppressions = Suppressions::new(entries, HashSet::new(), day(today));
        let mut file = file();
        suppressions.apply(&mut file, &|| on_disk.clone());
        (file, suppressions)
    }

    fn rule(rule: &str) -> Criteria {
        Criteria { rule: Some(rule.into()), ..Criteria::default() }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for wrong in ["2030-02-29", "2030-13-01", "2030-00-10", "2030-4-1", "30-04-01", "2030-04-31", "", "2030-04-01T00:00:00Z", "2030-+4-01"] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
        assert!(day("2028-02-29") < day("2028-03-01"));
        let at = |seconds| Date::of(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        assert_eq!([at(0), at(951_782_400), at(1_735_689_599)], ["1970-01-01", "2000-02-29", "2024-12-31"]);
    }

    #[test]
    fn what_is_suppressed_stays_and_does_not_count() {
        let (file, _) = after(vec![suppression(rule("pack/runs"))], "2030-06-30", None);
        assert_eq!(file.verdict, Verdict::Suspicious);
        assert_eq!(file.findings.len(), 2);
        assert_eq!(file.findings[0].suppressed.as_ref().unwrap().expires.as_deref(), Some("2030-06-30"));
        let (file, _) = after(vec![suppression(Criteria::default())], "2030-06-30", None);
        assert_eq!(file.verdict, Verdict::Clean);
        let mut summary = crate::report::Summary::default();
        summary.add(&file);
        assert_eq!((summary.clean, summary.suppressed, summary.findings.critical), (1, 2, 0));
    }

    #[test]
    fn what_is_not_read_cannot_be_suppressed() {
        let mut suppressions = Suppressions::new(vec![suppression(Criteria::default())], HashSet::new(), day("2030-01-01"));
        let mut cut = file();
        cut.complete = false;
        suppressions.apply(&mut cut, &|| None);
        assert_eq!(cut.verdict, Verdict::Incomplete);
    }

    #[test]
    fn an_expired_one_and_one_that_matches_nothing_are_said() {
        let (file, suppressions) = after(vec![suppression(rule("runs")), suppression(rule("other"))], "2030-07-01", None);
        assert_eq!(file.verdict, Verdict::Malicious);
        let messages: Vec<String> = suppressions.notices(&|_| true).into_iter().map(|notice| notice.message).collect();
        assert!(messages[0].ends_with("expired on 2030-06-30: the finding that it names counts again"), "{messages:?}");
        assert!(messages[1].ends_with("nothing that it names is found any more: remove it"), "{messages:?}");
        let (_, suppressions) = after(vec![suppression(rule("other"))], "2030-06-30", None);
        assert_eq!(suppressions.notices(&|_| true)[0].message, "c:1: the suppression of team (rule other) matches nothing: remove it");
        assert!(suppressions.notices(&|_| false).is_empty());
    }

    #[test]
    fn what_was_not_looked_at_is_not_missed() {
        let path = |pattern: &str| Criteria { path: Some(PathGlob::new(pattern, Path::new("/work")).unwrap()), ..Criteria::default() };
        for (criteria, base) in [
            (rule("other"), "/work"),
            (path("./models/other.pkl"), "/work/models/other.pkl"),
            (path("models/*/x.pkl"), "/work/models"),
            (path("**/x.pkl"), "/work"),
            (path("/data/x?.pkl"), "/data"),
        ] {
            for day in ["2030-06-30", "2030-07-01"] {
                let (_, suppressions) = after(vec![suppression(criteria.clone())], day, None);
                assert_eq!(suppressions.notices(&|path| path == Path::new(base)).len(), 1, "{base}");
                assert!(suppressions.notices(&|path| path != Path::new(base)).is_empty(), "{base}");
            }
        }
    }

    #[test]
    fn every_criterion_has_to_hold() {
        let scratch = Scratch::new("suppress");
        let on_disk = scratch.file("models/a.pkl", b"abc");
        let folder = scratch.path().canonicalize().unwrap();
        let glob = |pattern: &str| Some(PathGlob::new(pattern, &folder).unwrap());
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        let matches = |criteria: Criteria| after(vec![suppression(criteria)], "2030-01-01", Some(on_disk.clone())).0.findings[0].suppressed.is_some();
        for (pattern, expected) in [("models/*.pkl", true), ("./models/a.pkl", true), ("*.pkl", false), ("**/a.pkl", true), ("other/**", false)] {
            assert_eq!(matches(Criteria { path: glob(pattern), ..Criteria::default() }), expected, "{pattern}");
        }
        assert!(matches(Criteria { content: Some((of_abc.clone(), 3)), ..Criteria::default() }));
        assert!(!matches(Criteria { content: Some((of_abc.clone(), 4)), ..Criteria::default() }));
        assert!(!matches(Criteria { content: Some((of_abc.replace('b', "c"), 3)), ..Criteria::default() }));
        assert!(matches(Criteria {
            fingerprint: Some("wb1:runs".into()),
            content: Some((of_abc, 3)),
            path: glob("models/**"),
            rule: Some("runs".into())
        }));
        assert!(!matches(Criteria { fingerprint: Some("wb1:runs".into()), ..rule("odd") }));
        assert!(!matches(rule("other/runs")));
    }

    #[test]
    fn what_the_baseline_has_is_not_new() {
        let baseline = HashSet::from(["wb1:runs".to_owned()]);
        let mut suppressions = Suppressions::new(Vec::new(), baseline, day("2030-01-01"));
        let mut file = file();
        suppressions.apply(&mut file, &|| None);
        assert_eq!(file.verdict, Verdict::Suspicious);
        assert_eq!(file.findings[0].suppressed.as_ref().unwrap().by, SuppressedBy::Baseline);
    }
}
