//! From facts to findings.
//!
//! Per callable: what a rule denies is found; else what an allow entry admits is not; else the rules that say
//! `unless_allowed` speak; else it is unknown. Facts that name no callable are for rules alone.

use super::allow::{AllowEntry, AllowList, Meant, admitting};
use super::around::{Around, Surroundings};
use super::artifact::{self, Parts};
use super::callable::{Callable, Latest, Turn, Turns};
use super::evaluate::{Scene, is_name, names_class};
use super::evidence;
use super::finding::{Author, Maker, order};
use super::hearing::{Hearing, Holds};
use super::index::Index;
use super::join::{Scope, shown};
use super::names::Names;
use super::pack::{Mode, Pack, Profile, Rule, Unknown};
use crate::fact::Fact;
use crate::limits::FINDINGS_PER_RULE;
use crate::record::FileFacts;
use crate::report::{Admitted, Finding, PackInfo};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What judges: packs and profiles, each by itself.
#[derive(Debug)]
pub struct RuleSet {
    judges: Vec<Judge>,
    /// Who judges by each rule, however many do: number of the judge, and of the rule among its rules.
    shared: Vec<Vec<(usize, u32)>>,
    /// The number of each rule, by where it is held.
    numbers: HashMap<usize, u32>,
    index: Index,
    names: Arc<Names>,
    packs: Vec<PackInfo>,
    explains: bool,
}

/// A profile, or a pack that judges alone.
#[derive(Debug)]
struct Judge {
    rules: Vec<Arc<Rule>>,
    allow: Vec<Arc<AllowList>>,
    /// Whether classes that configurations name have to be admitted too: all of its allowlists speak of them.
    layers: bool,
    unknown: Option<Arc<Unknown>>,
}

/// What is said of one file.
#[derive(Debug, Default)]
pub struct Judged {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// What allow entries admitted, where it was asked for.
    pub admitted: Vec<Admitted>,
    /// What other files of its artifact may have to say of.
    pub parts: Parts,
}

/// What allow entries say of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The library that it is of.
    pub library: Option<String>,
    /// Whether an entry admits some of its calls only.
    pub conditional: bool,
}

/// What makes a finding; in the order of a judge's tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Rule(u32),
    Unknown,
}

/// What is known of one callable, or of facts that mean the same.
#[derive(Default)]
struct Group<'a> {
    denied: BTreeMap<u32, Vec<&'a Fact>>,
    weak: BTreeMap<u32, Vec<&'a Fact>>,
    unknown: Vec<&'a Fact>,
}

impl RuleSet {
    pub(super) fn new(names: Arc<Names>) -> Self {
        RuleSet {
            judges: Vec::new(),
            shared: Vec::new(),
            numbers: HashMap::new(),
            index: Index::default(),
            names,
            packs: Vec::new(),
            explains: false,
        }
    }

    /// Whether findings say what they rest on, and clean files what admitted them.
    pub fn explaining(mut self, explains: bool) -> Self {
        self.explains = explains;
        self
    }

    pub(super) fn add_pack(&mut self, pack: &Pack) {
        self.note(PackInfo { id: pack.id.clone(), version: pack.version.clone(), mode: pack.mode.name().into(), sha256: pack.sha256.clone() });
        self.add(&[pack], pack.unknown.clone());
    }

    pub(super) fn add_profile(&mut self, profile: &Profile) {
        self.note(PackInfo { id: profile.id.clone(), version: profile.version.clone(), mode: "profile".into(), sha256: profile.sha256.clone() });
        for pack in &profile.packs {
            self.note(PackInfo { id: pack.id.clone(), version: pack.version.clone(), mode: pack.mode.name().into(), sha256: pack.sha256.clone() });
        }
        let packs: Vec<&Pack> = profile.packs.iter().map(|pack| &**pack).collect();
        self.add(&packs, profile.unknown.clone());
    }

    fn add(&mut self, packs: &[&Pack], unknown: Option<Arc<Unknown>>) {
        let rules: Vec<Arc<Rule>> = packs.iter().flat_map(|pack| pack.rules.iter().cloned()).collect();
        let new = rules.iter().filter(|rule| !self.numbers.contains_key(&Arc::as_ptr(rule).addr()));
        self.index.reserve(new.map(|rule| &rule.condition));
        for (at, rule) in rules.iter().enumerate() {
            let number = *self.numbers.entry(Arc::as_ptr(rule).addr()).or_insert_with(|| {
                let number = self.shared.len() as u32;
                self.index.add(&self.names, &rule.condition, number);
                self.shared.push(Vec::with_capacity(1));
                number
            });
            self.shared[number as usize].push((self.judges.len(), at as u32));
        }
        let allowlists = || packs.iter().filter(|pack| pack.mode == Mode::Allowlist);
        // One that does not speak of them would make findings of all that it leaves out.
        let layers = allowlists().next().is_some() && allowlists().all(|pack| pack.layers);
        self.judges.push(Judge { rules, allow: allowlists().map(|pack| pack.allow.clone()).collect(), layers, unknown });
    }

    fn note(&mut self, info: PackInfo) {
        if !self.packs.iter().any(|known| known.id == info.id && known.sha256 == info.sha256) {
            self.packs.push(info);
        }
    }

    /// The packs and profiles that judge, in order.
    pub fn packs(&self) -> &[PackInfo] {
        &self.packs
    }

    /// All rules, those of packs that stand in several profiles more than once.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.judges.iter().flat_map(|judge| &judge.rules)
    }

    /// What allow entries say of the name that a fact speaks of.
    pub fn standing(&self, fact: &Fact) -> Standing {
        let mut standing = Standing::default();
        for entry in self.judges.iter().flat_map(|judge| &judge.allow).flat_map(|list| list.naming(&self.names, fact)) {
            standing.conditional |= entry.when.is_some();
            if standing.library.is_none() && !entry.library.is_empty() {
                standing.library = Some(entry.library.clone());
            }
        }
        standing
    }

    /// The entry that admits a fact of a file.
    pub(super) fn admitting<'a>(&'a self, file: &'a FileFacts, fact: &'a Fact) -> Option<&'a AllowEntry> {
        let surroundings = Surroundings::new(file, Around::default());
        let scene = Scene { file, surroundings: &surroundings, names: &self.names, assume: false };
        let callable = Callable::of(fact)?;
        let mut lists = self.judges.iter().flat_map(|judge| &judge.allow);
        lists.find_map(|list| admitting(&list.meaning(&self.names, callable), scene, fact, &mut false)).map(|entry| &**entry)
    }

    /// What is said of what is not listed, by each that says so.
    pub fn unknowns(&self) -> impl Iterator<Item = &Arc<Unknown>> {
        self.judges.iter().filter_map(|judge| judge.unknown.as_ref())
    }

    /// Judges one file's facts; `path` is the file's path as reports give it, with / between parts.
    /// The worst findings come first; the order depends on nothing but the facts and the packs.
    pub fn judge(&self, file: &FileFacts, path: &str) -> Vec<Finding> {
        self.judge_around(file, Around { path, ..Around::default() }).findings
    }

    /// The same with what is known of the file's surroundings. A file of an artifact leaves parts behind, which [`RuleSet::join`] wants
    /// of all files of the artifact.
    pub fn judge_around(&self, file: &FileFacts, around: Around<'_>) -> Judged {
        let surroundings = Surroundings::new(file, around);
        let hearing = Hearing::new(&self.names, file, &surroundings);
        let case = |(number, judge)| Case::new(judge, number, &hearing, self.explains);
        let mut cases: Vec<Case<'_>> = self.judges.iter().enumerate().map(case).collect();
        let admitting: Vec<usize> = (0..cases.len()).filter(|at| !self.judges[*at].allow.is_empty()).collect();
        let of_layers: Vec<usize> = admitting.iter().copied().filter(|at| self.judges[*at].layers).collect();
        let (mut turns, mut named) = (Turns::default(), Latest::default());
        let (mut candidates, mut asked, mut held) = (Vec::new(), Vec::new(), Vec::new());
        let files: &[Fact] = if self.index.asks_for_files() { surroundings.files() } else { &[] };
        for fact in file.facts.iter().chain(files) {
            let turn = Callable::of(fact).map(|callable| turns.of(callable));
            self.index.candidates(&self.names, fact, turn, &mut named, &mut candidates);
            let wanting = if is_name(fact) { &admitting } else { &of_layers };
            let turn = turn.filter(|_| !wanting.is_empty() && (is_name(fact) || names_class(fact)));
            asked.clear();
            if turn.is_some() {
                asked.extend(wanting);
            }
            held.clear();
            for &number in &candidates {
                let by = &self.shared[number as usize];
                let Some(rule) = by.first().map(|(judge, at)| &*self.judges[*judge].rules[*at as usize]) else { continue };
                if rule.unless_allowed {
                    for (judge, at) in by.iter().filter(|(judge, _)| admitting.contains(judge)) {
                        cases[*judge].weak.push((*at, held.len()));
                        asked.push(*judge);
                    }
                    held.push(None);
                    continue;
                }
                match hearing.holds(rule, fact) {
                    Holds::No => {}
                    Holds::Waits => by.iter().for_each(|(judge, at)| cases[*judge].waiting.push((*at, fact))),
                    Holds::Yes => {
                        by.iter().for_each(|(judge, at)| cases[*judge].denied.push(*at));
                        asked.extend(by.iter().map(|(judge, _)| *judge));
                    }
                }
            }
            if asked.len() > 1 {
                asked.sort_unstable();
                asked.dedup();
            }
            asked.iter().for_each(|judge| cases[*judge].fact(fact, turn, &mut held));
        }
        let mut judged = Judged::default();
        cases.into_iter().for_each(|case| case.conclude(&mut judged));
        // A pack that was asked for alone and in a profile says everything twice.
        distinct(&mut judged.findings);
        judged
    }

    /// Whether files of an artifact have to be judged together.
    pub fn joins_files(&self) -> bool {
        self.judges.iter().flat_map(|judge| &judge.rules).any(|rule| rule.scope == Scope::Artifact)
    }

    /// What the files of one artifact say together: findings, each with the number of the file that it is of.
    pub fn join(&self, parts: Vec<Parts>) -> Vec<(usize, Finding)> {
        artifact::join(parts, |judge, rule| &self.judges[judge].rules[rule as usize].joins)
    }
}

/// Sorts findings, the worst first, and drops what is said twice.
pub fn distinct(findings: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    findings.retain(|finding: &Finding| seen.insert(finding.fingerprint.clone()));
    findings.sort_by(order);
}

impl Judge {
    fn author(&self, by: By) -> Option<Author<'_>> {
        match by {
            By::Rule(at) => Some(Author::Rule(&self.rules[at as usize])),
            By::Unknown => self.unknown.as_deref().map(Author::Unknown),
        }
    }
}

/// One file before one judge.
struct Case<'a> {
    judge: &'a Judge,
    number: usize,
    hearing: &'a Hearing<'a>,
    maker: Maker<'a>,
    /// Rules that hold for the fact that is judged.
    denied: Vec<u32>,
    /// Those that hold where no entry admits it, if their condition does: the number here, and the place of what is known of that.
    weak: Vec<(u32, usize)>,
    /// What entries say of the callable that was judged last.
    entries: Latest<Vec<Meant<'a>>>,
    /// By meaning, in the order in which each is first met.
    groups: Vec<(Vec<String>, Group<'a>)>,
    by_meaning: HashMap<Vec<String>, usize>,
    /// Rules that hold where other files say so.
    waiting: Vec<(u32, &'a Fact)>,
    admitted: Vec<Admitted>,
}

impl<'a> Case<'a> {
    fn new(judge: &'a Judge, number: usize, hearing: &'a Hearing<'a>, explains: bool) -> Self {
        Case {
            judge,
            number,
            hearing,
            maker: Maker { file: hearing.file, path: hearing.surroundings.around.path, explains },
            denied: Vec::new(),
            weak: Vec::new(),
            entries: Latest::default(),
            groups: Vec::new(),
            by_meaning: HashMap::new(),
            waiting: Vec::new(),
            admitted: Vec::new(),
        }
    }

    /// Whether it wants what a fact names to be admitted.
    fn admits(&self, fact: &Fact) -> bool {
        !self.judge.allow.is_empty() && (self.judge.layers || is_name(fact))
    }

    /// Judges a fact by the rules that were found for it; `turn` is that of what it names, where that has to be admitted, and `held` what is known of
    /// the weak ones.
    fn fact(&mut self, fact: &'a Fact, turn: Option<Turn<'_>>, held: &mut [Option<Holds>]) {
        let turn = turn.filter(|_| self.admits(fact));
        // Only what nothing denies has to be looked up among what is allowed, and only what is not allowed by weaker rules.
        let admitted = turn.filter(|_| self.denied.is_empty()).and_then(|turn| self.admitted(fact, turn));
        if let (Some(entry), true) = (admitted, self.maker.explains) {
            self.admitted.push(super::explain::admitted(fact, entry));
        }
        let denied = std::mem::take(&mut self.denied);
        if admitted.is_some() || (!denied.is_empty() && is_name(fact)) {
            self.weak.clear();
        }
        let mut weak = Vec::new();
        for (at, place) in self.weak.drain(..) {
            match held[place].get_or_insert_with(|| self.hearing.holds(&self.judge.rules[at as usize], fact)) {
                Holds::No => {}
                Holds::Waits => self.waiting.push((at, fact)),
                Holds::Yes => weak.push(at),
            }
        }
        let unknown = turn.is_some() && admitted.is_none();
        if denied.is_empty() && weak.is_empty() && !unknown {
            return;
        }
        let at = *self.by_meaning.entry(evidence::meaning(fact)).or_insert_with_key(|meaning| {
            self.groups.push((meaning.clone(), Group::default()));
            self.groups.len() - 1
        });
        let group = &mut self.groups[at].1;
        denied.into_iter().for_each(|at| group.denied.entry(at).or_default().push(fact));
        weak.into_iter().for_each(|at| group.weak.entry(at).or_default().push(fact));
        if unknown {
            group.unknown.push(fact);
        }
    }

    /// Says what came of it.
    fn conclude(mut self, judged: &mut Judged) {
        judged.admitted.append(&mut self.admitted);
        let groups = std::mem::take(&mut self.groups);
        self.findings(groups, &mut judged.findings);
        if self.hearing.surroundings.around.artifact.is_some() {
            self.leave(&self.waiting, &mut judged.parts);
        }
    }

    /// The entry that admits a fact.
    fn admitted(&mut self, fact: &'a Fact, turn: Turn<'_>) -> Option<&'a Arc<AllowEntry>> {
        let (hearing, allow) = (self.hearing, &self.judge.allow);
        let names = hearing.names;
        let mut conditioned = false;
        let entries = self.entries.get(turn, || allow.iter().flat_map(|list| list.meaning(names, turn.callable)).collect());
        if let Some(entry) = admitting(entries, hearing.admit, fact, &mut conditioned) {
            return Some(entry);
        }
        if conditioned {
            return None;
        }
        let mut catalogues = allow.iter().flat_map(|list| list.catalogues());
        catalogues.find_map(|catalogue| hearing.catalogued(turn, catalogue, |entries| admitting(entries, hearing.admit, fact, &mut false)))
    }

    fn findings(&self, groups: Vec<(Vec<String>, Group<'a>)>, findings: &mut Vec<Finding>) {
        let mut made: BTreeMap<By, (usize, usize)> = BTreeMap::new();
        for (meaning, group) in groups {
            let is_callable =
                group.unknown.first().is_some_and(|fact| is_name(fact)) || group.denied.values().flatten().next().is_some_and(|fact| is_name(fact));
            let mut found: Vec<(By, Vec<&Fact>)> = Vec::new();
            let (no_denied, no_weak) = (group.denied.is_empty(), group.weak.is_empty());
            found.extend(group.denied.into_iter().map(|(at, facts)| (By::Rule(at), facts)));
            if no_denied || !is_callable {
                found.extend(group.weak.into_iter().map(|(at, facts)| (By::Rule(at), facts)));
            }
            if no_denied && no_weak && !group.unknown.is_empty() {
                found.push((By::Unknown, group.unknown));
            }
            for (by, facts) in found {
                let Some(author) = self.judge.author(by) else { continue };
                let (count, last) = made.entry(by).or_insert((0, 0));
                *count += 1;
                if *count > FINDINGS_PER_RULE {
                    findings[*last].count += super::finding::occurrences(&facts);
                    continue;
                }
                let Some(mut finding) = self.maker.finding(author, &meaning, &facts) else { continue };
                if let By::Rule(at) = by {
                    let rule = &self.judge.rules[at as usize];
                    for (number, join) in rule.joins.iter().enumerate() {
                        let joined = facts.iter().find_map(|fact| self.hearing.joined(rule, number, join, fact)).unwrap_or_default();
                        super::finding::beside(&mut finding, &joined);
                    }
                }
                *last = findings.len();
                findings.push(finding);
            }
        }
    }

    /// Leaves behind what other files of the artifact may have to say of, and what this one has to say of them.
    fn leave(&self, waiting: &[(u32, &'a Fact)], parts: &mut Parts) {
        let mut groups: BTreeMap<(u32, Vec<String>), Vec<&Fact>> = BTreeMap::new();
        for (at, fact) in waiting {
            groups.entry((*at, evidence::meaning(fact))).or_default().push(fact);
        }
        for ((at, meaning), facts) in groups {
            let rule = &self.judge.rules[at as usize];
            if let Some(finding) = self.maker.finding(Author::Rule(rule), &meaning, &facts) {
                let asks = facts.iter().map(|fact| (fact.id, rule.joins.iter().map(|join| join.keys(fact)).collect())).collect();
                parts.ask(self.number, at, asks, finding);
            }
        }
        let member = artifact::member(&self.hearing.surroundings.around, self.hearing.file);
        for (at, rule) in self.judge.rules.iter().enumerate().filter(|(_, rule)| rule.scope == Scope::Artifact) {
            for (number, join) in rule.joins.iter().enumerate() {
                let mut add = |other: &Fact| parts.answer((self.number, at as u32, number), other.id, join.other_keys(other), shown(other));
                self.hearing.others(join, Scope::File, &mut add);
                if join.kinds().iter().any(|kind| kind == "member") && join.means(self.hearing.deny, &member) {
                    add(&member);
                }
            }
        }
    }
}
