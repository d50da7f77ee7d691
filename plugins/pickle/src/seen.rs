//! What the machine sees, as facts.

use crate::account::{Account, PAYLOAD};
use crate::anomalies;
use crate::joblib::{self, Follows};
use crate::nested::Nested;
use crate::source;
use crate::torch::Storages;
use weighbridge_parse_pickle::{
    Anomaly, Args, Call, Constant, Flow, Global, Id, ItemWrite, PersistentId, PickleBegin, PickleEnd, Resolved, State, StateKind, TargetKind, Value,
    Values, Via, Visitor, opcodes,
};
use weighbridge_sdk::{Fact, Input, ReadAt, Stop};

/// Occurrences of a fact that are reported with their place; further ones are only counted.
const PLACES: u64 = 8;
/// Bytes of a call as text. Code that is passed to exec is seldom longer, and its end says less than its beginning.
const TEXT: usize = 4 << 10;
/// Bytes of one argument as text.
const ARGUMENT: usize = 1 << 10;
/// Arguments of one call.
const ARGUMENTS: usize = 16;
/// Names among the arguments of one call.
const NAMES: usize = 64;
/// How deep the arguments are searched for names.
const DEPTH: usize = 6;
/// The mobile interpreter's code in an archive of TorchScript.
pub(crate) const MOBILE: &str = "bytecode.pkl";
/// Bytes of an operator's name in it.
const OPERATOR: u64 = 256;
/// The least that such a name has: a letter on each side of `::`.
pub(crate) const SHORTEST_OPERATOR: u64 = 4;
/// Bytes of a path of attributes.
const PATH: usize = 256;
/// Keys of one state: the options of a training run are some hundred.
const KEYS: usize = 1024;

/// A fact that may occur again.
#[derive(Default, Clone, Copy)]
struct Known {
    fact: u64,
    seen: u64,
    /// Occurrences that are counted and not yet said.
    more: u64,
    offset: u64,
}

/// How a scan ended.
pub(crate) struct End {
    /// The pickles keep to their format.
    pub well_formed: bool,
    /// Every constant that asked for it was looked into.
    pub looked_into: bool,
}

/// The visitor.
pub(crate) struct Seen<'s, 'h> {
    input: &'s Input<'h>,
    known: Vec<Known>,
    account: Account,
    nested: Nested<'s, 'h>,
    storages: Storages,
    broken: bool,
    /// A function that runs source was named: it must not be handed on unseen.
    runs_source: bool,
}

impl<'s, 'h> Seen<'s, 'h> {
    pub fn new(input: &'s Input<'h>, nested: Nested<'s, 'h>) -> Self {
        Seen { input, known: Vec::new(), account: Account::default(), nested, storages: Storages::default(), broken: false, runs_source: false }
    }

    /// Says how often what was only counted occurred.
    pub fn finish(mut self) -> Result<End, Stop> {
        // Where a pickle breaks off that has been said.
        if let Some((at, expected)) = self.storages.cut(self.input.size()).filter(|_| !self.broken) {
            self.broken = true;
            self.input.emit(&Fact::anomaly("truncated").text("detail", "torch-legacy").text("expected", expected).at(at, 0))?;
        }
        for known in self.known.iter().filter(|known| known.more > 0) {
            self.input.again(known.fact, known.offset, 1, known.more)?;
        }
        Ok(End { well_formed: !self.broken, looked_into: !self.nested.left_out() })
    }

    fn remember(&mut self, id: Id, fact: u64) {
        if id == Id::NONE {
            return;
        }
        let at = id.0 as usize;
        if self.known.len() <= at {
            self.known.resize(at + 1, Known::default());
        }
        self.known[at] = Known { fact, seen: 1, more: 0, offset: 0 };
    }

    fn fact_of(&self, id: Id) -> u64 {
        self.known.get(id.0 as usize).map_or(0, |known| known.fact)
    }
}

fn resolved(resolved: Resolved) -> &'static str {
    match resolved {
        Resolved::Exact => "exact",
        Resolved::Partial => "partial",
        Resolved::Unknown => "unknown",
    }
}

fn target(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Object => "object",
        TargetKind::Module => "module",
        TargetKind::Global => "global",
        TargetKind::Constant => "constant",
        TargetKind::Unknown => "unknown",
    }
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Written | Via::Stack => "",
        Via::Computed => "computed",
        Via::Registered => "registered-extension",
        Via::Extension => "extension",
        Via::Folded => "folded",
        Via::AttributeWrite => "attribute-write",
    }
}

/// Names among the arguments of a call, at any depth.
fn names(args: &Args<'_>, values: &Values<'_>) -> Vec<String> {
    match args {
        Args::Known { values: args, keywords, .. } => names_among(args.iter().copied().chain(*keywords), values),
        Args::Opaque(value) => names_among([*value], values),
        Args::Omitted => Vec::new(),
    }
}

/// Names among values, at any depth.
fn names_among(among: impl IntoIterator<Item = Value>, values: &Values<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut next: Vec<(Value, usize)> = among.into_iter().map(|value| (value, 0)).collect();
    next.reverse();
    while let Some((value, depth)) = next.pop() {
        if found.len() >= NAMES {
            break;
        }
        if let Some(name) = values.name(value) {
            let path = name.path();
            if !found.contains(&path) {
                found.push(path);
            }
        } else if depth < DEPTH && value.is_container() {
            next.extend(values.items(value, NAMES).values.into_iter().rev().map(|item| (item, depth + 1)));
        }
    }
    found
}

/// Keys of a state dict, or the length of what is not one.
fn keys(state: Value, values: &mut Values<'_>) -> Result<(Vec<String>, u64), Stop> {
    let pairs = values.dict(state, KEYS);
    // Only a dict has keys; the length of another container says nothing of them.
    let total = if pairs.is_empty() { 0 } else { u64::from(values.len(state).unwrap_or(0) / 2) };
    let mut keys = Vec::with_capacity(pairs.len());
    for (key, _) in pairs {
        let text = match values.text(key, 256)? {
            Some(text) => text.as_str().into_owned(),
            None => values.render(key, 64)?,
        };
        keys.push(text);
    }
    Ok((keys, total))
}

impl Seen<'_, '_> {
    /// An object gets a function that runs source: when it calls it, and with what, nobody sees.
    fn keeps(&self, kept: &[Value], fact: u64, offset: u64, values: &Values<'_>) -> Result<(), Stop> {
        if self.runs_source && names_among(kept.iter().copied(), values).iter().any(|name| source::runs(name)) {
            source::unread(self.input, fact, offset, 1)?;
        }
        Ok(())
    }

    /// The bytecode of a mobile archive calls operators by names that are constants: `aten::add`.
    /// <https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/serialization/export_bytecode.cpp>.
    fn operator(&mut self, constant: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        let Some(text) = values.text(constant.value, OPERATOR as usize)? else { return Ok(()) };
        let text = String::from_utf8_lossy(&text.bytes).into_owned();
        let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if let Some((domain, op)) = text.split_once("::").filter(|(domain, op)| word(domain) && word(op)) {
            let fact = Fact::new("operator").text("framework", "torchscript").text("domain", domain).text("op", op);
            self.input.emit(&fact.at(constant.offset, constant.len))?;
        }
        Ok(())
    }
}

impl Visitor for Seen<'_, '_> {
    fn pickle_begin(&mut self, begin: &PickleBegin) -> Result<(), Stop> {
        if !begin.alternative {
            self.account.begin(begin.offset);
        }
        Ok(())
    }

    fn pickle_end(&mut self, end: &PickleEnd, values: &mut Values<'_>) -> Result<Flow, Stop> {
        if end.alternative {
            return Ok(Flow::Continue);
        }
        self.account.opcodes(self.input, end.offset)?;
        if self.input.carved() {
            // What follows is none of it.
            return Ok(Flow::SkipTo(self.input.size()));
        }
        let flow = self.storages.after(self.input, end, values)?;
        if let Flow::SkipTo(next) = flow {
            self.account.payload(self.input, end.offset, next - end.offset)?;
        }
        Ok(flow)
    }

    fn global(&mut self, global: &Global<'_>, _values: &mut Values<'_>) -> Result<(), Stop> {
        let (module, name) = (global.name.module(), global.name.name());
        self.runs_source |= source::runs(name);
        let mut fact = Fact::new("global").text("module", module).text("name", name).text("opcode", opcodes::name(global.opcode));
        if (global.written_module, global.written_name) != (module, name) {
            fact = fact.text("written_module", global.written_module).text("written_name", global.written_name);
        }
        let fact = fact.text("resolved", resolved(global.resolved)).text_if("via", via(global.via));
        let id = self.input.emit(&fact.at(global.offset, global.len))?;
        self.remember(global.id, id);
        Ok(())
    }

    fn call(&mut self, call: &Call<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let text = values.render_call(call, TEXT)?;
        let mut args = Vec::new();
        let mut total = 0;
        if let Args::Known { values: items, total: count, keywords } = call.args {
            total = u64::from(count) + u64::from(keywords.is_some());
            for value in items.iter().copied().chain(keywords).take(ARGUMENTS) {
                args.push(values.render(value, ARGUMENT)?);
            }
        } else if let Args::Opaque(value) = call.args {
            total = 1;
            args.push(values.render(value, ARGUMENT)?);
        }
        let names = names(&call.args, values);
        let folded = if call.folded { values.render(call.result, ARGUMENT)? } else { String::new() };
        let expression = if call.name.is_none() { values.render(call.callable, ARGUMENT)? } else { String::new() };
        // A class that is saved with its source, as legacy PyTorch does: ("module", class, file, source).
        let saved = match values.persistent(call.callable).map(|id| values.items(id, 4).values) {
            Some(items) if items.len() == 4 => values.name(items[1]).cloned(),
            _ => None,
        };
        // What is called is known, or known to be an attribute or result of something known, or not known at all.
        let class = if call.name.is_none() { values.class(call.callable).cloned() } else { None };
        // `Path('x').touch()` is `Path.touch`: rules know methods by their class.
        let method = match (&class, values.attributes(call.callable, PATH)?) {
            (Some(class), Some(path)) => Some(format!("{}.{path}", class.name())),
            _ => None,
        };
        let (module, name, resolved) = match (call.name.or(saved.as_ref()), &class) {
            (Some(name), _) => (name.module(), name.name(), "exact"),
            (None, Some(class)) => (class.module(), method.as_deref().unwrap_or(&expression), "partial"),
            (None, None) => ("", expression.as_str(), "unknown"),
        };
        let mut fact = Fact::new("call").text("module", module).text("name", name).text("opcode", opcodes::name(call.opcode));
        if matches!(call.args, Args::Omitted) {
            fact = fact.u64("args_omitted", 1);
        } else {
            fact = fact.text("text", &text).texts("args", &args, total).texts("arg_globals", &names, 0);
        }
        fact = fact.text("resolved", resolved).text_if("folded", &folded);
        let parent = call.parent.map_or(0, |parent| self.fact_of(parent));
        let id = self.input.emit(&fact.parent(parent).at(call.offset, call.len))?;
        self.remember(call.id, id);
        source::carried(self.input, call, id, values)?;
        self.nested.call(call, id, values)
    }

    fn again(&mut self, id: Id, offset: u64) -> Result<(), Stop> {
        let Some(known) = self.known.get_mut(id.0 as usize).filter(|known| known.fact != 0) else { return Ok(()) };
        known.seen += 1;
        if known.seen <= PLACES {
            return self.input.again(known.fact, offset, 1, 1);
        }
        known.more += 1;
        known.offset = offset;
        Ok(())
    }

    fn state(&mut self, state: &State<'_>, values: &mut Values<'_>) -> Result<Flow, Stop> {
        if state.repeat && self.fact_of(state.id) != 0 {
            self.again(state.id, state.offset)?;
        } else {
            let form = if state.kind == StateKind::Build { "state" } else { "attribute" };
            let (module, name) = state.class.map_or(("", ""), |class| (class.module(), class.name()));
            let mut id = 0;
            for (part, form) in [(Some(state.state), form), (state.slot_state, "slot-state")] {
                let Some(part) = part else { continue };
                let (keys, total) = keys(part, values)?;
                let fact = Fact::new("state").text("module", module).text("name", name).text("target", target(state.target_kind));
                let fact = fact.text("opcode", opcodes::name(state.opcode)).text("form", form).texts("keys", &keys, total);
                id = self.input.emit(&fact.at(state.offset, 1))?;
            }
            self.remember(state.id, id);
            let kept: Vec<Value> = [Some(state.state), state.slot_state].into_iter().flatten().collect();
            self.keeps(&kept, id, state.offset, values)?;
            self.nested.state(state, id, values)?;
        }
        let follows = joblib::after(self.input, state, values)?;
        match &follows {
            Follows::Raw { offset, end } => {
                let end = (*end).min(self.input.size());
                self.account.payload(self.input, *offset, end.saturating_sub(*offset))?;
            }
            Follows::File(name) => {
                let fact = Fact::new("reference").text("role", "external-data").text("target", name);
                self.input.emit(&fact.at(state.offset, 1))?;
            }
            Follows::Pickle { offset } => self.account.opcodes(self.input, *offset)?,
            Follows::Nothing => {}
        }
        Ok(follows.flow())
    }

    fn item_write(&mut self, write: &ItemWrite<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let form = match write.opcode {
            opcodes::code::SETITEM | opcodes::code::SETITEMS => "item",
            _ => "append",
        };
        let mut keys = Vec::new();
        if form == "item" {
            for key in write.items.iter().step_by(2).take(KEYS) {
                keys.push(values.render(*key, 64)?);
            }
        }
        let (module, name) = write.class.map_or(("", ""), |class| (class.module(), class.name()));
        let fact = Fact::new("state").text("module", module).text("name", name).text("target", target(write.target_kind));
        let fact = fact.text("opcode", opcodes::name(write.opcode)).text("form", form).texts("keys", &keys, 0);
        let id = self.input.emit(&fact.at(write.offset, 1))?;
        self.remember(write.id, id);
        self.keeps(write.items, id, write.offset, values)
    }

    fn persistent_id(&mut self, id: &PersistentId<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        if let Some(fact) = self.storages.persistent(self.input, id, values)? {
            self.remember(id.id, fact);
        }
        Ok(())
    }

    fn constant(&mut self, constant: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        if constant.len >= PAYLOAD {
            self.account.payload(self.input, constant.payload, constant.len)?;
        }
        if self.input.name() == MOBILE && constant.len <= OPERATOR {
            self.operator(constant, values)?;
        }
        self.nested.constant(constant, values)
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) -> Result<(), Stop> {
        if anomalies::is_usual(anomaly.code) {
            return Ok(());
        }
        let code = anomalies::code(anomaly.code);
        // What breaks the format, no loader reads to its end.
        self.broken |= matches!(code, "truncated" | "invalid");
        let fact = Fact::anomaly(code).text("detail", anomaly.code.as_str()).text_if("found", anomaly.detail);
        // What is missing at the end takes no bytes.
        let length = u64::from(anomaly.offset < self.input.size());
        self.input.emit(&fact.at(anomaly.offset, length))?;
        Ok(())
    }
}
