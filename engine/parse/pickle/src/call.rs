//! Names and calls: what is resolved, what is called, and what is told of it.

use weighbridge_parse_read::Stop;

use crate::anomaly::AnomalyCode as A;
use crate::compat;
use crate::event::{Args, Call, Global, Resolved, Via, Visitor};
use crate::limits::FOLD_DEPTH;
use crate::machine::{Core, Op};
use crate::opcodes;
use crate::value::{Tag, Value};
use crate::values::{Expr, Key, Name};

/// Arguments of one call that are kept; calls with more exist (long lists spread out), but none whose meaning lies there.
const ARGS: usize = 64;
/// Bytes of the attributes of an object that make a method's name.
const METHOD: usize = 256;
/// Partials of partials that are unwrapped.
const PARTIALS: usize = 1 << 16;

/// The arguments of a call under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArgList {
    pub(crate) values: Vec<Value>,
    pub(crate) total: u32,
    pub(crate) keywords: Option<Value>,
    /// The argument object itself, where it is no container that can be looked into.
    pub(crate) opaque: Option<Value>,
}

impl ArgList {
    /// Whether every argument is there.
    pub(crate) fn exact(&self) -> bool {
        self.opaque.is_none() && self.total as usize == self.values.len()
    }
}

impl<V: Visitor> Core<'_, '_, V> {
    /// STACK_GLOBAL.
    pub(crate) fn stack_global(&mut self, op: &Op, module: Value, name: Value) -> Result<Value, Stop> {
        let module_text = self.operand(op, module)?;
        let name_text = self.operand(op, name)?;
        if let (Some(module_text), Some(name_text)) = (&module_text, &name_text) {
            let computed = |v: Value| matches!(v.tag(), Tag::ComputedStr | Tag::ComputedBytes);
            let via = if computed(module) || computed(name) { Via::Computed } else { Via::Stack };
            return self.global(op, module_text, name_text, via);
        }
        self.error(A::GlobalUnresolved, op.at, "")?;
        let known = Name { module: module_text.unwrap_or_default().into(), name: name_text.unwrap_or_default().into() };
        self.unresolved(op, module, name, &known, Via::Stack)
    }

    /// A name of which one half or both are unknown.
    fn unresolved(&mut self, op: &Op, module: Value, name: Value, known: &Name, via: Via) -> Result<Value, Stop> {
        let mut key = Key::new(b'u');
        key.byte(op.code);
        self.values.key_of(&mut key, module)?;
        self.values.key_of(&mut key, name)?;
        let hash = key.hash();
        let value = self.values.intern_expr(hash, || Expr::Unresolved { module, name }).unwrap_or(Value::UNKNOWN);
        let (id, new) = self.values.event(hash);
        if !new {
            self.visitor.again(id, op.at)?;
            return Ok(value);
        }
        let resolved = if known.module.is_empty() && known.name.is_empty() { Resolved::Unknown } else { Resolved::Partial };
        let event = Global {
            id,
            name: known,
            written_module: &known.module,
            written_name: &known.name,
            resolved,
            via,
            value,
            opcode: op.code,
            offset: op.at,
            len: op.next - op.at,
        };
        self.visitor.global(&event, &mut self.values)?;
        Ok(value)
    }

    /// The text of a STACK_GLOBAL operand. CPython takes `str` only; bytes and integers are read too, and told.
    fn operand(&mut self, op: &Op, value: Value) -> Result<Option<String>, Stop> {
        let max = self.values.limits.name_len;
        if let Some(text) = self.values.text(value, max)? {
            if !value.is_str() {
                self.anomaly(A::GlobalOperand, op.at, "bytes")?;
            } else if std::str::from_utf8(&text.bytes).is_err() {
                self.anomaly(A::TextNotUtf8, op.at, "")?;
            }
            return Ok((!text.truncated).then(|| text.as_str().into_owned()));
        }
        if !matches!(value.tag(), Tag::Unknown | Tag::Expr) {
            self.anomaly(A::GlobalOperand, op.at, &format!("{:?}", value.tag()))?;
        }
        Ok(value.as_int().map(|n| n.to_string()))
    }

    /// A name is written: the value that a loader would find under it.
    pub(crate) fn global(&mut self, op: &Op, module: &str, name: &str, via: Via) -> Result<Value, Stop> {
        let mut key = Key::new(b'g');
        key.byte(op.code);
        key.byte(via as u8);
        key.bytes(module.as_bytes());
        key.bytes(name.as_bytes());
        let odd = |c: char| c.is_control() || c.is_whitespace();
        if module.is_empty() || name.is_empty() || module.contains(odd) || name.contains(odd) {
            self.anomaly(A::GlobalName, op.at, "")?;
        }
        let cut = module.len() >= self.values.limits.name_len || name.len() >= self.values.limits.name_len;
        // Python 3 has a package `dbm` too; all other old names are free.
        let keep = module == "dbm" && self.protocol.is_some_and(|p| p >= 3);
        let (new_module, new_name) = if keep { None } else { compat::to_python3(module, name) }.unwrap_or((module, name));
        let new_name = new_name.strip_suffix(".__call__").unwrap_or(new_name);
        let written = self.written(new_module, new_name)?;
        let via = if written.is_some() { Via::AttributeWrite } else { via };
        let value = match written {
            Some(value) => Some(value),
            None => self.values.intern_name(new_module, new_name),
        };
        if value.is_none() {
            self.anomaly(A::LimitNames, op.at, "")?;
        }
        let value = value.unwrap_or(Value::UNKNOWN);
        key.word(value.bits());
        let (id, new) = self.values.event(key.hash());
        if !new {
            self.visitor.again(id, op.at)?;
            return Ok(value);
        }
        let resolved = match via {
            _ if cut || new_name.is_empty() => Resolved::Partial,
            Via::AttributeWrite if matches!(value.tag(), Tag::Unknown | Tag::Expr) => Resolved::Partial,
            _ => Resolved::Exact,
        };
        let own = Name { module: new_module.into(), name: new_name.into() };
        let target = self.values.name(value).cloned();
        let event = Global {
            id,
            name: target.as_ref().unwrap_or(&own),
            written_module: module,
            written_name: name,
            resolved,
            via,
            value,
            opcode: op.code,
            offset: op.at,
            len: op.next - op.at,
        };
        self.visitor.global(&event, &mut self.values)?;
        Ok(value)
    }

    /// EXT1, EXT2, EXT4.
    pub(crate) fn extension(&mut self, op: &Op, code: u64) -> Result<Value, Stop> {
        if let Some(entry) = self.registry_entry(code) {
            let pair = self.values.items(entry, 2).values;
            if let [module, name] = pair[..]
                && let (Some(module), Some(name)) = (self.operand(op, module)?, self.operand(op, name)?)
            {
                return self.global(op, &module, &name, Via::Registered);
            }
        }
        self.anomaly(A::ExtensionUnknown, op.at, &code.to_string())?;
        let known = Name { module: "".into(), name: "".into() };
        let code = i64::try_from(code).map_or(Value::UNKNOWN, |n| Value::int(n, op.at));
        self.unresolved(op, Value::NONE, code, &known, Via::Extension)
    }

    /// A call, with its arguments in one value.
    pub(crate) fn call(&mut self, op: &Op, callable: Value, args: Value, keywords: Option<Value>) -> Result<Value, Stop> {
        let keywords = keywords.filter(|k| !(k.is(Tag::Dict) && self.values.len(*k) == Some(0)));
        let mut list = ArgList { keywords, ..ArgList::default() };
        match self.values.len(args) {
            Some(total) => {
                list.values = self.values.items(args, ARGS).values;
                list.total = total;
            }
            None => list.opaque = Some(args),
        }
        self.apply(op, callable, list)
    }

    /// A call: tells of it and of what it resolves to. The answer is its result.
    pub(crate) fn apply(&mut self, op: &Op, callable: Value, args: ArgList) -> Result<Value, Stop> {
        let parent = self.values.call_id(callable);
        let (callable, args) = self.unwrap_partials(callable, args)?;
        self.depth += 1;
        let folded = if self.depth <= FOLD_DEPTH { self.fold(op, callable, &args)? } else { None };
        self.depth -= 1;
        let mut key = Key::new(b'c');
        key.byte(op.code);
        key.word(callable.bits());
        let full = self.values.variants_full(callable) && !self.is_maker(callable);
        // One stands for all that encode text the same way: every scalar and array of protocol 2 has its own.
        let alike = full && self.is_plain_encoding(callable, &args)?;
        let omitted = full && !alike;
        if alike {
            key.byte(b'=');
            self.values.key_of(&mut key, args.values[1])?;
        } else if omitted {
            key.byte(b'-');
        } else {
            key.word(u64::from(args.total));
            for &value in &args.values {
                self.values.key_of(&mut key, value)?;
            }
            for value in [args.keywords, args.opaque].into_iter().flatten() {
                key.byte(b'*');
                self.values.key_of(&mut key, value)?;
            }
            if let Some(value) = folded {
                key.word(value.bits());
            }
        }
        let hash = key.hash();
        let (id, new) = self.values.event(hash);
        let result = match folded {
            Some(value) => value,
            None => self.call_result(op, hash, callable, &args, omitted, id)?,
        };
        if new {
            if !full && !self.values.variant(callable) && !self.is_maker(callable) {
                self.anomaly(A::LimitVariants, op.at, "")?;
            }
            if omitted {
                self.anomaly(A::LimitVariants, op.at, "")?;
            }
            let name = self.values.name(callable).cloned();
            let event = Call {
                id,
                callable,
                name: name.as_ref(),
                args: match args.opaque {
                    _ if omitted => Args::Omitted,
                    Some(value) => Args::Opaque(value),
                    None => Args::Known { values: &args.values, total: args.total, keywords: args.keywords },
                },
                result,
                folded: folded.is_some_and(|value| !value.is(Tag::Expr)),
                parent,
                opcode: op.code,
                offset: op.at,
                len: op.next - op.at,
            };
            self.visitor.call(&event, &mut self.values)?;
        } else {
            self.visitor.again(id, op.at)?;
        }
        if folded.is_some() {
            self.tell_folded(op, result)?;
            self.effects(op, callable, &args)?;
        }
        Ok(result)
    }

    /// `_codecs.encode(text, "latin1")`, which is how Python 3 writes bytes in protocols before 3: it gives bytes and has no effect, whatever the text is.
    fn is_plain_encoding(&mut self, callable: Value, args: &ArgList) -> Result<bool, Stop> {
        let named = self.values.name(callable).is_some_and(|n| n.module() == "_codecs" && n.name() == "encode");
        let [text, codec] = args.values[..] else { return Ok(false) };
        if !named || !args.exact() || args.keywords.is_some() || !text.is_str() {
            return Ok(false);
        }
        Ok(self.values.text(codec, 16)?.is_some_and(|codec| !codec.truncated && matches!(&codec.bytes[..], b"latin1" | b"latin-1")))
    }

    /// Whether what a callable returns is called for what it was given: its arguments are kept however many lists there are.
    fn is_maker(&self, callable: Value) -> bool {
        self.values.name(callable).is_some_and(|n| {
            matches!(
                (n.module(), n.name()),
                ("functools" | "_functools", "partial" | "partialmethod") | ("operator" | "_operator", "attrgetter" | "itemgetter" | "methodcaller")
            )
        })
    }

    fn call_result(&mut self, op: &Op, hash: u128, callable: Value, args: &ArgList, omitted: bool, id: crate::event::Id) -> Result<Value, Stop> {
        let make = || Expr::Call {
            callable,
            args: if omitted { Box::default() } else { args.values.iter().copied().chain(args.opaque).collect() },
            total: args.total,
            keywords: args.keywords,
            id,
            opaque: args.opaque.is_some(),
        };
        if let Some(value) = self.values.intern_expr(hash, make) {
            return Ok(value);
        }
        self.anomaly(A::LimitExpressions, op.at, opcodes::name(op.code))?;
        Ok(Value::UNKNOWN)
    }

    /// `partial(f, a)(b)` is `f(a, b)`; `x.__call__(a)` is `x(a)`.
    fn unwrap_partials(&mut self, mut callable: Value, mut args: ArgList) -> Result<(Value, ArgList), Stop> {
        for _ in 0..PARTIALS {
            if !self.values.charge(1) {
                break;
            }
            let inner = match self.values.expr(callable) {
                Some(Expr::Call { callable: made_by, args: bound, total, keywords, opaque: false, .. })
                    if *total as usize == bound.len() && !bound.is_empty() =>
                {
                    let is_partial = self
                        .values
                        .name(*made_by)
                        .is_some_and(|n| matches!(n.module(), "functools" | "_functools") && matches!(n.name(), "partial" | "partialmethod"));
                    is_partial.then(|| (bound[0], bound[1..].to_vec(), *keywords))
                }
                Some(Expr::Attr { base, name }) => {
                    let base = *base;
                    let name = *name;
                    match self.values.text(name, 16)? {
                        Some(text) if text.bytes == b"__call__" => Some((base, Vec::new(), None)),
                        _ => None,
                    }
                }
                _ => None,
            };
            let Some((f, mut values, keywords)) = inner else { break };
            args.total = args.total.saturating_add(u32::try_from(values.len()).unwrap_or(u32::MAX));
            values.append(&mut args.values);
            values.truncate(ARGS * 2);
            args.values = values;
            args.keywords = args.keywords.or(keywords);
            callable = f;
        }
        Ok((callable, args))
    }

    /// A name that came out of a folded call is an import like any other; so is a method of an object that the stream makes, by the object's class:
    /// `getattr(Path('x'), 'unlink')` is `Path.unlink`, and who holds it need not call it in the stream's sight.
    pub(crate) fn tell_folded(&mut self, op: &Op, value: Value) -> Result<(), Stop> {
        let name = match self.values.name(value) {
            Some(name) => name.clone(),
            None => match (self.values.class(value).cloned(), self.values.attributes(value, METHOD)?) {
                (Some(class), Some(path)) => Name { module: class.module, name: format!("{}.{path}", class.name).into() },
                _ => return Ok(()),
            },
        };
        let mut key = Key::new(b'f');
        key.byte(op.code);
        key.word(value.bits());
        let (id, new) = self.values.event(key.hash());
        if !new {
            return self.visitor.again(id, op.at);
        }
        let event = Global {
            id,
            name: &name,
            written_module: name.module(),
            written_name: name.name(),
            resolved: Resolved::Exact,
            via: Via::Folded,
            value,
            opcode: op.code,
            offset: op.at,
            len: op.next - op.at,
        };
        self.visitor.global(&event, &mut self.values)
    }
}
