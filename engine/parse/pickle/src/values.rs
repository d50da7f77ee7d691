//! What values stand for: names, expressions, computed texts, containers, and the constants in the file.

use std::collections::HashMap;
use std::hash::Hasher;

use weighbridge_parse_read::{ReadAt, Stop};

use crate::containers::Containers;
use crate::event::Id;
use crate::limits::Limits;
use crate::opcodes::code::*;
use crate::reader::Reader;
use crate::text::{Text, TextKind, unescape_string, unescape_unicode};
use crate::value::{Tag, Value};

/// A module, or something found in a module by attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub(crate) module: Box<str>,
    pub(crate) name: Box<str>,
}

impl Name {
    /// The module, as a Python 3 loader would import it.
    #[must_use]
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The attribute path within the module (`system`, `Detect.forward`); empty for the module itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is a module as a whole.
    #[must_use]
    pub fn is_module(&self) -> bool {
        self.name.is_empty()
    }

    /// Module and name joined by a dot.
    #[must_use]
    pub fn path(&self) -> String {
        if self.name.is_empty() { self.module.to_string() } else { format!("{}.{}", self.module, self.name) }
    }

    /// Where the attribute path runs through another module that this one imported, that module and the rest:
    /// (`random`, `_os.system`) is (`os`, `system`), (`torch.library`, `torch.utils.collect_env.run`) is (`torch.utils.collect_env`, `run`).
    #[must_use]
    pub fn through(&self) -> Option<(String, String)> {
        crate::through::through(&self.name)
    }
}

/// An expression that the machine did not evaluate.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    /// The result of a call. No arguments kept means that they were over a cap or not a tuple.
    Call { callable: Value, args: Box<[Value]>, total: u32, keywords: Option<Value>, id: Id, opaque: bool },
    /// An attribute of a value.
    Attr { base: Value, name: Value },
    /// An item of a value.
    Item { base: Value, key: Value },
    /// What a persistent id stands for.
    Persistent { value: Value },
    /// A STACK_GLOBAL whose operands are not both known, or an extension code.
    Unresolved { module: Value, name: Value },
}

/// The items of a container.
#[derive(Debug, Clone, Default)]
pub struct Items {
    /// The first of them, in order.
    pub values: Vec<Value>,
    /// Whether these are all.
    pub complete: bool,
}

/// Where a constant lies in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) code: u8,
    pub(crate) payload: u64,
    pub(crate) len: u64,
}

/// Everything that values refer to. Visitors read it; only the machine writes it.
pub struct Values<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) limits: Limits,
    pub(crate) containers: Containers,
    names: Vec<Name>,
    name_ids: HashMap<Box<str>, u32>,
    exprs: Vec<Expr>,
    expr_ids: HashMap<u128, u32>,
    computed: Vec<Box<[u8]>>,
    computed_ids: HashMap<Box<[u8]>, u32>,
    computed_bytes: usize,
    events: HashMap<u128, u32>,
    next_event: u32,
    variants: HashMap<u64, u32>,
    /// Work units spent, and allowed so far.
    spent: u64,
    allowed: u64,
}

/// Bytes of one constant that tell argument lists apart; longer constants are told apart by their offset.
const KEY_TEXT: u64 = 1024;
/// Values of one argument list that tell it apart.
const KEY_VALUES: usize = 256;
/// Nesting that tells argument lists apart.
const KEY_DEPTH: usize = 6;
/// The longest line of protocol 0 that is searched for its end when a constant is read again.
const LINE_SEARCH: u64 = 64 << 20;

impl<'a> Values<'a> {
    pub(crate) fn new(input: &'a dyn ReadAt, limits: &Limits) -> Self {
        Values {
            reader: Reader::new(input),
            limits: limits.clone(),
            containers: Containers::new(limits.containers, limits.slots, limits.container_items),
            names: Vec::new(),
            name_ids: HashMap::new(),
            exprs: Vec::new(),
            expr_ids: HashMap::new(),
            computed: Vec::new(),
            computed_ids: HashMap::new(),
            computed_bytes: 0,
            events: HashMap::new(),
            next_event: 0,
            variants: HashMap::new(),
            spent: 0,
            allowed: crate::limits::WORK_FREE,
        }
    }

    // ---- reading, for visitors

    /// The name that a value is.
    #[must_use]
    pub fn name(&self, value: Value) -> Option<&Name> {
        if value.is(Tag::Name) { self.names.get(value.index()) } else { None }
    }

    /// The name whose call (or partial, or attribute) made a value: the class of an instance.
    #[must_use]
    pub fn class(&self, value: Value) -> Option<&Name> {
        let mut at = value;
        // Chains of calls may be long: `f()()()`; what matters is within a few steps.
        for _ in 0..8 {
            match self.expr(at)? {
                Expr::Call { callable, args, .. } => match self.name(*callable) {
                    // copyreg and object construction name the class in their first argument.
                    Some(n) if is_constructor(n) => match args.first() {
                        Some(class) if class.is(Tag::Name) => return self.name(*class),
                        Some(class) => at = *class,
                        None => return self.name(*callable),
                    },
                    Some(n) => return Some(n),
                    None => at = *callable,
                },
                Expr::Attr { base, .. } | Expr::Item { base, .. } => match self.name(*base) {
                    Some(n) => return Some(n),
                    None => at = *base,
                },
                Expr::Persistent { .. } | Expr::Unresolved { .. } => return None,
            }
        }
        None
    }

    /// The attributes through which a value was reached from the result of a call, dotted: `a.b` of `f().a.b`. `None` where there are none, or where they are
    /// longer than `max` bytes.
    pub fn attributes(&mut self, value: Value, max: usize) -> Result<Option<String>, Stop> {
        let mut parts: Vec<String> = Vec::new();
        let mut at = value;
        while let Some(Expr::Attr { base, name }) = self.expr(at) {
            let (base, name) = (*base, *name);
            let Some(text) = self.text(name, max)?.filter(|text| !text.truncated) else { return Ok(None) };
            parts.push(text.as_str().into_owned());
            if parts.iter().map(|part| part.len() + 1).sum::<usize>() > max {
                return Ok(None);
            }
            at = base;
        }
        parts.reverse();
        Ok((!parts.is_empty()).then(|| parts.join(".")))
    }

    /// Callable and arguments of a call whose result a value is.
    #[must_use]
    pub fn call(&self, value: Value) -> Option<(Value, &[Value])> {
        match self.expr(value)? {
            Expr::Call { callable, args, .. } => Some((*callable, args)),
            _ => None,
        }
    }

    /// The persistent id that a value stands for.
    #[must_use]
    pub fn persistent(&self, value: Value) -> Option<Value> {
        match self.expr(value)? {
            Expr::Persistent { value } => Some(*value),
            _ => None,
        }
    }

    /// The id of the call whose result a value is.
    #[must_use]
    pub fn call_id(&self, value: Value) -> Option<Id> {
        match self.expr(value)? {
            Expr::Call { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The first `max` items of a tuple, list, set or frozenset; of a dict keys and values in turn.
    #[must_use]
    pub fn items(&self, value: Value, max: usize) -> Items {
        let mut items = Items::default();
        if value.is_container() {
            items.complete = self.containers.items(value.payload(), max, &mut items.values);
        }
        items
    }

    /// How many items a container ever got (keys and values both count); `None` where it is forgotten or no container.
    #[must_use]
    pub fn len(&self, value: Value) -> Option<u32> {
        if value.is_container() { self.containers.count(value.payload()) } else { None }
    }

    /// The first `max` pairs of a dict, in the order written: of equal keys the last one counts.
    #[must_use]
    pub fn dict(&self, value: Value, max: usize) -> Vec<(Value, Value)> {
        if !value.is(Tag::Dict) {
            return Vec::new();
        }
        self.items(value, max.saturating_mul(2)).values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// The value of a text key in a dict.
    pub fn get(&mut self, dict: Value, key: &str) -> Result<Option<Value>, Stop> {
        let mut found = None;
        for (k, v) in self.dict(dict, self.limits.container_items) {
            if k.is_text() && self.text(k, key.len() + 1)?.is_some_and(|t| !t.truncated && t.bytes == key.as_bytes()) {
                found = Some(v);
            }
        }
        Ok(found)
    }

    /// The content of a text or bytes constant, or of a computed one: at most `max` bytes of it.
    pub fn text(&mut self, value: Value, max: usize) -> Result<Option<Text>, Stop> {
        let kind = match value.tag() {
            Tag::ComputedStr => TextKind::Str,
            Tag::ComputedBytes => TextKind::Bytes,
            _ => {
                let Some(span) = self.span(value)? else { return Ok(None) };
                return self.read_text(span, max).map(Some);
            }
        };
        let Some(bytes) = self.computed.get(value.index()) else { return Ok(None) };
        let cut = bytes.len().min(max);
        Ok(Some(Text { kind, bytes: bytes[..cut].to_vec(), truncated: cut < bytes.len() }))
    }

    /// A float constant.
    pub fn float(&mut self, value: Value) -> Result<Option<f64>, Stop> {
        if !value.is(Tag::Float) {
            return Ok(None);
        }
        let at = value.payload();
        let Some([code]) = self.reader.array::<1>(at)? else { return Ok(None) };
        if code == BINFLOAT {
            return Ok(self.reader.array::<8>(at + 1)?.map(f64::from_be_bytes));
        }
        let line = self.line(at + 1, 64)?;
        Ok(crate::number::text_number(&line).parse().ok())
    }

    // ---- reading, for the machine

    pub(crate) fn expr(&self, value: Value) -> Option<&Expr> {
        if value.is(Tag::Expr) { self.exprs.get(value.index()) } else { None }
    }

    /// At most `max` bytes of the line at `offset`, without its newline.
    pub(crate) fn line(&mut self, offset: u64, max: usize) -> Result<Vec<u8>, Stop> {
        let bytes = weighbridge_parse_read::read_up_to(self.reader.input(), offset, max)?;
        let end = memchr::memchr(b'\n', &bytes).unwrap_or(bytes.len());
        Ok(bytes[..end].to_vec())
    }

    /// The length of the line at `offset`, without its newline.
    fn line_len(&mut self, offset: u64) -> Result<u64, Stop> {
        let mut at = offset;
        while at < self.reader.size() && at - offset < LINE_SEARCH {
            let bytes = self.reader.at(at, 64)?;
            if let Some(end) = memchr::memchr(b'\n', bytes) {
                return Ok(at + end as u64 - offset);
            }
            at += bytes.len() as u64;
        }
        Ok(at - offset)
    }

    /// Where the content of a constant lies.
    pub(crate) fn span(&mut self, value: Value) -> Result<Option<Span>, Stop> {
        if !matches!(value.tag(), Tag::Str | Tag::Bytes | Tag::ByteArray) {
            return Ok(None);
        }
        let at = value.payload();
        let size = self.reader.size();
        let bytes = self.reader.at(at, 9)?;
        let Some((&code, rest)) = bytes.split_first() else { return Ok(None) };
        let number = |n: usize| rest.get(..n).map(|b| b.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b)));
        let (head, len) = match code {
            SHORT_BINSTRING | SHORT_BINBYTES | SHORT_BINUNICODE => (1, number(1)),
            BINSTRING | BINBYTES | BINUNICODE => (4, number(4)),
            BINBYTES8 | BINUNICODE8 | BYTEARRAY8 => (8, number(8)),
            STRING | UNICODE | PERSID => (0, Some(self.line_len(at + 1)?)),
            _ => return Ok(None),
        };
        let Some(len) = len else { return Ok(None) };
        let payload = at + 1 + head;
        Ok(Some(Span { code, payload, len: len.min(size.saturating_sub(payload)) }))
    }

    fn read_text(&mut self, span: Span, max: usize) -> Result<Text, Stop> {
        let kind = match span.code {
            BINBYTES | SHORT_BINBYTES | BINBYTES8 => TextKind::Bytes,
            BYTEARRAY8 => TextKind::ByteArray,
            _ => TextKind::Str,
        };
        // An escape is at most ten bytes for one.
        let room = if matches!(span.code, STRING | UNICODE) { max.saturating_mul(10) } else { max };
        let want = usize::try_from(span.len).map_or(room, |len| len.min(room));
        let bytes = self.reader.at(span.payload, want)?;
        let raw = bytes[..want.min(bytes.len())].to_vec();
        let mut truncated = (raw.len() as u64) < span.len;
        let mut bytes = match span.code {
            STRING => unescape_string(strip_quotes(&raw).0).0,
            UNICODE => unescape_unicode(&raw).0,
            _ => raw,
        };
        if bytes.len() > max {
            bytes.truncate(max);
            truncated = true;
        }
        Ok(Text { kind, bytes, truncated })
    }

    // ---- work, for the machine

    /// Allows the work that an input of `offset` bytes may ask for.
    #[inline]
    pub(crate) fn allow(&mut self, offset: u64) {
        self.allowed = crate::limits::WORK_FREE.saturating_add(offset.saturating_mul(crate::limits::WORK_PER_BYTE));
    }

    /// Takes `units` of work from the allowance; `false` where it is used up.
    pub(crate) fn charge(&mut self, units: u64) -> bool {
        let spent = self.spent.saturating_add(units);
        let fits = spent <= self.allowed;
        if fits {
            self.spent = spent;
        }
        fits
    }

    // ---- interning, for the machine

    /// The value of a name. `None` once the cap is reached.
    pub(crate) fn intern_name(&mut self, module: &str, name: &str) -> Option<Value> {
        let key = format!("{module}\0{name}");
        if let Some(&id) = self.name_ids.get(key.as_str()) {
            return Some(Value::new(Tag::Name, u64::from(id)));
        }
        if self.names.len() >= self.limits.names {
            return None;
        }
        let id = u32::try_from(self.names.len()).ok()?;
        self.names.push(Name { module: module.into(), name: name.into() });
        self.name_ids.insert(key.into(), id);
        Some(Value::new(Tag::Name, u64::from(id)))
    }

    /// The value of a computed text. `None` where it is too long or the cap is reached.
    pub(crate) fn intern_text(&mut self, kind: TextKind, bytes: &[u8]) -> Option<Value> {
        let tag = if kind == TextKind::Str { Tag::ComputedStr } else { Tag::ComputedBytes };
        if let Some(&id) = self.computed_ids.get(bytes) {
            return Some(Value::new(tag, u64::from(id)));
        }
        // Some 100 bytes are the cost of an entry beside its content.
        let cost = bytes.len() * 2 + 100;
        if bytes.len() > self.limits.computed_len || self.computed_bytes + cost > self.limits.computed_bytes {
            return None;
        }
        self.computed_bytes += cost;
        let id = u32::try_from(self.computed.len()).ok()?;
        self.computed.push(bytes.into());
        self.computed_ids.insert(bytes.into(), id);
        Some(Value::new(tag, u64::from(id)))
    }

    /// The value of an expression told apart by `key`. `None` once the cap is reached.
    pub(crate) fn intern_expr(&mut self, key: u128, make: impl FnOnce() -> Expr) -> Option<Value> {
        if let Some(&id) = self.expr_ids.get(&key) {
            return Some(Value::new(Tag::Expr, u64::from(id)));
        }
        if self.exprs.len() >= self.limits.exprs {
            return None;
        }
        let id = u32::try_from(self.exprs.len()).ok()?;
        self.exprs.push(make());
        self.expr_ids.insert(key, id);
        Some(Value::new(Tag::Expr, u64::from(id)))
    }

    /// The id of an event told apart by `key`, and whether it is new. [`Id::NONE`] (always new) once the cap is reached.
    pub(crate) fn event(&mut self, key: u128) -> (Id, bool) {
        if let Some(&id) = self.events.get(&key) {
            return (Id(id), false);
        }
        if self.events.len() >= self.limits.events {
            return (Id::NONE, true);
        }
        let id = self.next_event;
        self.next_event += 1;
        self.events.insert(key, id);
        (Id(id), true)
    }

    /// Counts one more argument list of a callable; `false` where it has had its share.
    pub(crate) fn variant(&mut self, callable: Value) -> bool {
        let room = self.variants.len() < self.limits.names * 2;
        match self.variants.get_mut(&callable.bits()) {
            Some(n) if *n >= self.limits.variants => false,
            Some(n) => {
                *n += 1;
                true
            }
            None => {
                if room {
                    self.variants.insert(callable.bits(), 1);
                }
                room
            }
        }
    }

    /// Whether a callable has had its share of argument lists.
    pub(crate) fn variants_full(&self, callable: Value) -> bool {
        self.variants.get(&callable.bits()).is_some_and(|n| *n >= self.limits.variants)
    }

    /// Appends to `key` what tells `value` from others: constants by their content, containers by their items, all else by identity.
    pub(crate) fn key_of(&mut self, key: &mut Key, value: Value) -> Result<(), Stop> {
        self.key_at(key, value, KEY_DEPTH, &mut { KEY_VALUES })
    }

    fn key_at(&mut self, key: &mut Key, value: Value, depth: usize, budget: &mut usize) -> Result<(), Stop> {
        if *budget == 0 {
            return Ok(());
        }
        *budget -= 1;
        match value.tag() {
            Tag::Str | Tag::Bytes | Tag::ByteArray | Tag::Float | Tag::BigInt => {
                let at = value.payload();
                let span = match value.tag() {
                    Tag::Float | Tag::BigInt => None,
                    _ => self.span(value)?,
                };
                match span {
                    Some(span) if span.len <= KEY_TEXT && self.charge(1 + span.len / 32) => {
                        let len = span.len as usize;
                        key.byte(value.tag() as u8);
                        key.word(span.len);
                        let bytes = self.reader.at(span.payload, len)?;
                        key.bytes(&bytes[..len.min(bytes.len())]);
                    }
                    Some(_) => key.word(value.bits()),
                    None => {
                        // A number: the opcode and what may be its argument, cut at a newline for the text forms.
                        let bytes = self.reader.at(at, 16)?;
                        let bytes = &bytes[..bytes.len().min(16)];
                        let len = match bytes.first() {
                            Some(&BINFLOAT) => 9,
                            Some(&(INT | LONG | FLOAT)) => memchr::memchr(b'\n', bytes).unwrap_or(bytes.len()),
                            _ => bytes.len(),
                        };
                        key.bytes(&bytes[..len.min(bytes.len())]);
                    }
                }
            }
            Tag::Tuple | Tag::List | Tag::Dict | Tag::Set | Tag::FrozenSet => {
                key.byte(value.tag() as u8);
                key.word(u64::from(self.len(value).unwrap_or(u32::MAX)));
                let items = if depth > 0 { self.items(value, *budget) } else { Items::default() };
                if !self.charge(1 + items.values.len() as u64) {
                    // Told apart by identity: more events, none lost.
                    key.word(value.bits());
                } else {
                    for item in items.values {
                        self.key_at(key, item, depth - 1, budget)?;
                    }
                }
            }
            _ => key.word(value.bits()),
        }
        Ok(())
    }
}

/// Functions that make an instance of the class in their first argument.
fn is_constructor(name: &Name) -> bool {
    matches!(
        (&*name.module, &*name.name),
        ("copyreg" | "copy_reg", "_reconstructor" | "__newobj__" | "__newobj_ex__") | ("builtins", "object.__new__")
    )
}

/// A STRING argument without its quotes, and whether they were as they should be.
pub(crate) fn strip_quotes(raw: &[u8]) -> (&[u8], bool) {
    // Python 2 stripped white space first; what it accepted is accepted here.
    let trimmed = raw.trim_ascii_end();
    match trimmed {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => (inner, trimmed.len() == raw.len()),
        _ => (trimmed, false),
    }
}

/// A key under construction: all that tells one event or expression from another.
#[derive(Default)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn new(kind: u8) -> Self {
        Key(vec![kind])
    }
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }
    pub(crate) fn word(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        self.byte(0xff);
    }
    /// 128 bits of it. Two lanes of a keyed hash: a file that is made to collide in both hides no name, for the callable of
    /// a call is told apart by identity, but could hide arguments; at 128 bits nobody makes one.
    pub(crate) fn hash(&self) -> u128 {
        let lane = |seed: u64| {
            let mut hasher = std::hash::DefaultHasher::new();
            hasher.write_u64(seed);
            hasher.write(&self.0);
            hasher.finish()
        };
        u128::from(lane(0x5765_6967_6862_7269)) << 64 | u128::from(lane(0x6467_6520_7069_636b))
    }
}
