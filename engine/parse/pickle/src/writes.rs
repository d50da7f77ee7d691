//! Attributes and items that the stream itself writes on modules, classes and functions, and what names come to mean by it.

use std::collections::HashMap;

use weighbridge_parse_read::Stop;

use crate::anomaly::AnomalyCode as A;
use crate::event::{State, StateKind, TargetKind, Visitor};
use crate::exec::Step;
use crate::limits::FOLD_DEPTH;
use crate::machine::{Core, Op};
use crate::text::TextKind;
use crate::value::{Tag, Value};
use crate::values::{Expr, Key};

/// Parts of a dotted path that are looked up; real ones have less than ten.
const PATH_PARTS: usize = 64;
/// Keys of one state that are written on a name.
const STATE_KEYS: usize = 1024;

/// Written values by "path NUL attribute" (`[` before an item's key); `*` stands for a whole namespace.
pub(crate) struct Writes {
    map: HashMap<String, Value>,
    cap: usize,
}

impl Writes {
    pub(crate) fn new(cap: usize) -> Self {
        Writes { map: HashMap::new(), cap }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    fn get(&self, path: &str, attr: &str) -> Option<Value> {
        self.map.get(&format!("{path}\0{attr}")).copied()
    }

    /// `false` where the cap is reached.
    fn set(&mut self, path: &str, attr: &str, value: Value) -> bool {
        let key = format!("{path}\0{attr}");
        if self.map.len() >= self.cap && !self.map.contains_key(&key) {
            return false;
        }
        self.map.insert(key, value);
        true
    }
}

impl<V: Visitor> Core<'_, '_, V> {
    /// What a path that the stream tampered with leads to; `None` where it did not.
    pub(crate) fn written(&mut self, module: &str, name: &str) -> Result<Option<Value>, Stop> {
        // What was written may lead back to itself.
        if self.writes.is_empty() || self.depth > FOLD_DEPTH || !self.values.charge(4) {
            return Ok(None);
        }
        self.depth += 1;
        let value = self.written_at(module, name);
        self.depth -= 1;
        value
    }

    fn written_at(&mut self, module: &str, name: &str) -> Result<Option<Value>, Stop> {
        let mut base = self.writes.get("sys.modules", &format!("[{module}"));
        let path = if name.is_empty() { module.to_owned() } else { format!("{module}.{name}") };
        let parts: Vec<&str> = path.split('.').take(PATH_PARTS).collect();
        let mut at = module.split('.').count();
        if base.is_none() {
            let mut end = parts[0].len();
            for (i, part) in parts.iter().enumerate().skip(1) {
                if !self.values.charge(1) {
                    break;
                }
                let prefix = &path[..end];
                base = self.writes.get(prefix, part);
                if base.is_none()
                    && let Some(space) = self.writes.get(prefix, "*")
                {
                    base = self.namespace_item(space, part)?;
                }
                if base.is_some() {
                    at = i + 1;
                    break;
                }
                end += 1 + part.len();
            }
        }
        let Some(mut value) = base else { return Ok(None) };
        for part in parts.iter().skip(at) {
            value = self.attribute(value, part)?;
        }
        Ok(Some(value))
    }

    /// An item of something that became the namespace of an object.
    fn namespace_item(&mut self, space: Value, key: &str) -> Result<Option<Value>, Stop> {
        let Some(text) = self.values.intern_text(TextKind::Str, key.as_bytes()) else { return Ok(None) };
        Ok(Some(self.item(space, text)?).filter(|v| !v.is(Tag::Expr)))
    }

    /// `base.name`.
    pub(crate) fn attribute(&mut self, base: Value, name: &str) -> Result<Value, Stop> {
        let mut value = base;
        for part in name.split('.').take(PATH_PARTS) {
            value = self.attribute_part(value, part)?;
        }
        Ok(value)
    }

    fn attribute_part(&mut self, base: Value, part: &str) -> Result<Value, Stop> {
        if let Some(name) = self.values.name(base).cloned() {
            if part == "__call__" {
                return Ok(base);
            }
            let longer = if name.is_module() { part.to_owned() } else { format!("{}.{part}", name.name()) };
            if let Some(value) = self.written(name.module(), &longer)? {
                return Ok(value);
            }
            if longer.len() > self.values.limits.name_len {
                return Ok(Value::UNKNOWN);
            }
            return Ok(self.values.intern_name(name.module(), &longer).unwrap_or(Value::UNKNOWN));
        }
        if let Some(value) = self.writes.get(&object_path(base), part) {
            return Ok(value);
        }
        let Some(text) = self.values.intern_text(TextKind::Str, part.as_bytes()) else { return Ok(Value::UNKNOWN) };
        let mut key = Key::new(b'a');
        key.word(base.bits());
        key.word(text.bits());
        Ok(self.values.intern_expr(key.hash(), || Expr::Attr { base, name: text }).unwrap_or(Value::UNKNOWN))
    }

    /// `base[key]`.
    pub(crate) fn item(&mut self, base: Value, key: Value) -> Result<Value, Stop> {
        let text = if key.is_text() { self.values.text(key, self.values.limits.name_len)?.filter(|t| !t.truncated) } else { None };
        if let Some(name) = self.values.name(base).cloned()
            && let Some(text) = &text
        {
            let key = text.as_str();
            let path = name.path();
            if let Some(value) = self.writes.get(&path, &format!("[{key}")) {
                return Ok(value);
            }
            let (parent, last) = path.rsplit_once('.').unwrap_or(("", &path));
            match last {
                "modules" if parent == "sys" || parent.ends_with(".sys") => {
                    return Ok(self.values.intern_name(&key, "").unwrap_or(Value::UNKNOWN));
                }
                "__builtins__" => return self.name_attribute("builtins", &key),
                "__globals__" => return self.name_attribute(name.module(), &key),
                "__dict__" => {
                    let prefix = name.name().strip_suffix("__dict__").unwrap_or("").trim_end_matches('.').to_owned();
                    let Some(base) = self.values.intern_name(name.module(), &prefix) else { return Ok(Value::UNKNOWN) };
                    return self.attribute_part(base, &key);
                }
                _ => {}
            }
        }
        if let Some(Expr::Attr { name, .. }) = self.values.expr(base)
            && let Some(text) = &text
        {
            // Whatever function it is that has them, these are the builtins.
            let name = *name;
            if self.values.text(name, 32)?.is_some_and(|t| t.bytes == b"__builtins__") {
                return self.name_attribute("builtins", &text.as_str());
            }
        }
        match base.tag() {
            Tag::Dict => {
                let items = self.values.items(base, usize::MAX);
                if !self.values.charge(items.values.len() as u64) {
                    return Ok(Value::UNKNOWN);
                }
                let wanted = self.key_hash(key)?;
                let mut found = None;
                for pair in items.values.chunks_exact(2) {
                    if self.key_hash(pair[0])? == wanted {
                        found = Some(pair[1]);
                    }
                }
                if items.complete
                    && let Some(value) = found
                {
                    return Ok(value);
                }
            }
            Tag::Tuple | Tag::List => {
                if let Some(index) = key.as_int() {
                    let items = self.values.items(base, usize::MAX);
                    if !self.values.charge(items.values.len() as u64 / 8) {
                        return Ok(Value::UNKNOWN);
                    }
                    let len = items.values.len();
                    let at = if index < 0 { len.checked_sub(index.unsigned_abs() as usize) } else { usize::try_from(index).ok() };
                    if items.complete
                        && let Some(value) = at.and_then(|at| items.values.get(at))
                    {
                        return Ok(*value);
                    }
                }
            }
            _ if base.is_text() => {
                if let Some(value) = self.text_item(base, key)? {
                    return Ok(value);
                }
            }
            _ => {}
        }
        let mut id = Key::new(b's');
        self.values.key_of(&mut id, base)?;
        self.values.key_of(&mut id, key)?;
        Ok(self.values.intern_expr(id.hash(), || Expr::Item { base, key }).unwrap_or(Value::UNKNOWN))
    }

    /// What tells a dict key from others: text by its content, wherever it lies.
    fn key_hash(&mut self, value: Value) -> Result<u128, Stop> {
        let mut key = Key::new(b'k');
        match self.values.text(value, 4096)? {
            Some(text) if !text.truncated => {
                key.byte(u8::from(value.is_str()));
                key.bytes(&text.bytes);
            }
            _ => {
                key.byte(2);
                self.values.key_of(&mut key, value)?;
            }
        }
        Ok(key.hash())
    }

    pub(crate) fn name_attribute(&mut self, module: &str, name: &str) -> Result<Value, Stop> {
        if let Some(value) = self.written(module, name)? {
            return Ok(value);
        }
        Ok(self.values.intern_name(module, name).unwrap_or(Value::UNKNOWN))
    }

    pub(crate) fn target_kind(&self, target: Value) -> TargetKind {
        match target.tag() {
            Tag::Name if self.values.name(target).is_some_and(|n| n.is_module()) => TargetKind::Module,
            Tag::Name => TargetKind::Global,
            Tag::Expr => TargetKind::Object,
            Tag::Unknown | Tag::Buffer => TargetKind::Unknown,
            _ => TargetKind::Constant,
        }
    }

    /// `base[key] = value` on something that is no container of the stream.
    pub(crate) fn write_item(&mut self, op: &Op, base: Value, key: Value, value: Value) -> Result<(), Stop> {
        let Some(name) = self.values.name(base).cloned() else { return Ok(()) };
        let key = match self.values.text(key, 1024)? {
            Some(text) => text.as_str().into_owned(),
            None => match key.as_int() {
                Some(n) => n.to_string(),
                None => return Ok(()),
            },
        };
        let path = name.path();
        self.record(op, &path, &format!("[{key}"), value)?;
        // Items of a namespace are attributes of its owner.
        if let Some(owner) = path.strip_suffix(".__dict__") {
            self.record(op, owner, &key, value)?;
        } else if path.ends_with("__builtins__") {
            self.record(op, "builtins", &key, value)?;
        }
        Ok(())
    }

    fn record(&mut self, op: &Op, path: &str, attr: &str, value: Value) -> Result<(), Stop> {
        if !self.writes.set(path, attr, value) {
            self.anomaly(A::LimitWrites, op.at, "")?;
        }
        Ok(())
    }

    /// The name that an extension code was given by writing into copyreg's own registry.
    pub(crate) fn registry_entry(&self, code: u64) -> Option<Value> {
        self.writes.get("copyreg._inverted_registry", &format!("[{code}"))
    }

    /// `base.attr = value`.
    pub(crate) fn write_attribute(&mut self, op: &Op, base: Value, attr: &str, value: Value) -> Result<(), Stop> {
        match self.values.name(base) {
            Some(name) => {
                let path = name.path();
                self.record(op, &path, attr, value)
            }
            // Equal objects share one value: only what changes how they are loaded is worth a mix-up.
            None if attr.starts_with("__") => self.record(op, &object_path(base), attr, value),
            None => Ok(()),
        }
    }

    /// BUILD.
    pub(crate) fn build(&mut self, op: &Op, target: Value, state: Value) -> Result<Step, Stop> {
        // State injection: an earlier BUILD gave the object a __setstate__ of the file's choice, which is called now.
        if !self.writes.is_empty() {
            let path = self.values.name(target).map_or_else(|| object_path(target), |n| n.path());
            // Written on the object itself, or on its class.
            let class = if target.is(Tag::Expr) { self.values.class(target).map(|n| n.path()) } else { None };
            let of_class = class.and_then(|class| self.writes.get(&class, "__setstate__"));
            if let Some(setstate) = self.writes.get(&path, "__setstate__").or(of_class) {
                let id = self.values.containers.make(&[state]);
                self.call(op, setstate, Value::new(Tag::Tuple, id), None)?;
            }
        }
        let mut parts = (state, None);
        if state.is(Tag::Tuple) && self.values.len(state) == Some(2) {
            let pair = self.values.items(state, 2).values;
            if let [first, second] = pair[..]
                && (second.is(Tag::Dict) || matches!(second.tag(), Tag::Name | Tag::Expr))
                && (first.is(Tag::Dict) || first == Value::NONE || matches!(first.tag(), Tag::Name | Tag::Expr))
            {
                parts = (first, Some(second));
            }
        }
        let flow = self.state(op, target, parts.0, parts.1, StateKind::Build)?;
        for space in [Some(parts.0), parts.1].into_iter().flatten() {
            self.write_namespace(op, target, space)?;
        }
        Ok(flow.into())
    }

    /// Writes all that a state holds as attributes.
    fn write_namespace(&mut self, op: &Op, target: Value, space: Value) -> Result<(), Stop> {
        if space.is(Tag::Dict) {
            let plain = !target.is(Tag::Name);
            let keys = if plain { 64 } else { STATE_KEYS };
            if !plain && !self.values.charge(u64::from(self.values.len(space).unwrap_or(0).min(2048)) * 8) {
                return self.anomaly(A::LimitWrites, op.at, "too many of them");
            }
            for (key, value) in self.values.dict(space, keys) {
                if plain && !self.starts_dunder(key)? {
                    continue;
                }
                if let Some(text) = self.values.text(key, 256)? {
                    self.write_attribute(op, target, &text.as_str(), value)?;
                }
            }
            if !plain && self.values.len(space).is_none_or(|n| n as usize > STATE_KEYS * 2) {
                self.anomaly(A::LimitWrites, op.at, "keys of one state")?;
            }
        } else if target.is(Tag::Name) && matches!(space.tag(), Tag::Name | Tag::Expr) {
            self.write_attribute(op, target, "*", space)?;
        }
        Ok(())
    }

    fn starts_dunder(&mut self, key: Value) -> Result<bool, Stop> {
        Ok(key.is_text() && self.values.text(key, 2)?.is_some_and(|t| t.bytes == b"__"))
    }

    /// Tells of a state write.
    pub(crate) fn state(
        &mut self,
        op: &Op,
        target: Value,
        state: Value,
        slot_state: Option<Value>,
        kind: StateKind,
    ) -> Result<crate::event::Flow, Stop> {
        let target_kind = self.target_kind(target);
        let class = self.values.name(target).or_else(|| self.values.class(target)).cloned();
        let mut key = Key::new(b'b');
        key.word(target.bits());
        key.byte(kind as u8);
        for space in [Some(state), slot_state].into_iter().flatten() {
            if target.is(Tag::Name) {
                self.values.key_of(&mut key, space)?;
            } else if space.is(Tag::Dict) {
                // Objects of one class differ in their values; what tells states apart is their keys.
                key.byte(b'd');
                for (name, _) in self.values.dict(space, 64) {
                    self.values.key_of(&mut key, name)?;
                }
            } else {
                key.byte(space.tag() as u8);
            }
        }
        let (id, new) = self.values.event(key.hash());
        if target_kind == TargetKind::Constant && new {
            self.error(A::TargetConstant, op.at, "BUILD")?;
        }
        let event = State {
            id,
            repeat: !new,
            target,
            target_kind,
            class: class.as_ref(),
            state,
            slot_state,
            kind,
            opcode: op.code,
            offset: op.at,
            next: op.next,
        };
        self.visitor.state(&event, &mut self.values)
    }
}

/// The path under which writes on an object are kept.
fn object_path(value: Value) -> String {
    format!("#{}", value.bits())
}
