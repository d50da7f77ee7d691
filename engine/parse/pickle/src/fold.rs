//! Calls whose result the machine can work out: the ways to reach a name without spelling it in an import.

use weighbridge_parse_read::Stop;

use crate::anomaly::AnomalyCode as A;
use crate::call::ArgList;
use crate::event::{StateKind, Visitor};
use crate::machine::{Core, Op};
use crate::text::TextKind;
use crate::value::{Tag, Value};
use crate::values::{Expr, Name};

/// What a callable does, where the machine knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// `getattr(object, name[, default])`, and functions of other modules that come to the same.
    GetAttr,
    /// `__import__(name, …, fromlist)`: the top package without fromlist.
    Import,
    /// `import_module(name)`: the module itself.
    ImportModule,
    /// A dotted path, or `module:attribute`.
    Resolve,
    /// `a[b]`.
    GetItem,
    /// A type of `types` or `builtins` by its name, as dill and cloudpickle keep them.
    TypeByName,
    /// `_create_namedtuple(name, fields, module)`, which imports the class where it is there.
    NamedTuple,
    /// `a + b`.
    Concat,
    /// `a % b`.
    Mod,
    /// `x.__dict__`.
    Vars,
    /// `type(x)`.
    Type,
    /// `str(x)`.
    Str,
    Bytes,
    Int,
    Chr,
    Ord,
    /// The same items, backwards.
    Reversed,
    /// The same items.
    List,
    /// `map(f, items)` for functions of one argument.
    Map,
    /// `reduce(f, items, initial)`.
    Reduce,
    /// The argument itself.
    Identity,
    CodecEncode,
    CodecDecode,
    Base64,
    Hex,
    /// `numpy.size(a, axis)` is `a.shape[axis]`.
    Size,
    SetAttr,
    AddExtension,
}

fn classify(name: &Name) -> Option<Does> {
    Some(match (name.module(), name.name()) {
        ("builtins", "getattr")
        | ("dill._dill" | "dill.dill", "_get_attr")
        | ("test.support", "get_attribute")
        | ("xmlrpc.server", "resolve_dotted_attribute") => Does::GetAttr,
        ("builtins" | "importlib" | "importlib._bootstrap", "__import__") => Does::Import,
        ("importlib", "import_module") | ("importlib._bootstrap", "_gcd_import") => Does::ImportModule,
        // dill imports a dotted path up to its last part, which it then gets.
        ("dill._dill" | "dill.dill", "_import_module") => Does::Resolve,
        ("dill._dill" | "dill.dill", "_load_type")
        | ("cloudpickle.cloudpickle" | "cloudpickle.cloudpickle_fast" | "cloudpickle", "_builtin_type") => Does::TypeByName,
        ("dill._dill" | "dill.dill", "_create_namedtuple") => Does::NamedTuple,
        ("pkgutil", "resolve_name") | ("pydoc", "locate" | "safeimport") | ("unittest.mock", "_importer") => Does::Resolve,
        ("operator" | "_operator", "getitem" | "__getitem__") => Does::GetItem,
        ("operator" | "_operator", "add" | "__add__" | "concat" | "__concat__" | "iadd" | "__iadd__" | "iconcat" | "__iconcat__") => Does::Concat,
        ("operator" | "_operator", "mod" | "__mod__" | "imod") => Does::Mod,
        ("builtins", "vars") => Does::Vars,
        ("builtins", "type") => Does::Type,
        ("builtins", "str") => Does::Str,
        ("builtins", "bytes" | "bytearray") => Does::Bytes,
        ("builtins", "int") => Does::Int,
        ("builtins", "chr") => Does::Chr,
        ("builtins", "ord") => Does::Ord,
        ("builtins", "reversed") => Does::Reversed,
        ("builtins", "list" | "tuple" | "iter") => Does::List,
        ("builtins", "map") => Does::Map,
        ("functools" | "_functools", "reduce") | ("builtins", "reduce") => Does::Reduce,
        ("sys", "intern") | ("copy", "copy" | "deepcopy") => Does::Identity,
        ("codecs" | "_codecs", "encode") => Does::CodecEncode,
        ("codecs" | "_codecs", "decode") => Does::CodecDecode,
        ("base64", "b64decode" | "standard_b64decode" | "urlsafe_b64decode" | "decodebytes" | "decodestring") | ("binascii", "a2b_base64") => {
            Does::Base64
        }
        ("binascii", "unhexlify" | "a2b_hex") | ("builtins", "bytes.fromhex" | "bytearray.fromhex") | ("base64", "b16decode") => Does::Hex,
        ("numpy", "size") | ("numpy.core.fromnumeric" | "numpy._core.fromnumeric", "size") => Does::Size,
        ("builtins", "setattr" | "object.__setattr__" | "type.__setattr__") => Does::SetAttr,
        ("copyreg", "add_extension") => Does::AddExtension,
        _ => return None,
    })
}

/// Types whose methods are called with the object as first argument.
fn is_builtin_type(path: &str) -> bool {
    matches!(path, "str" | "bytes" | "bytearray" | "dict" | "list" | "tuple" | "object" | "type" | "int")
}

/// Items of one container that folding looks at.
const FOLD_ITEMS: usize = 1024;

impl<V: Visitor> Core<'_, '_, V> {
    /// The result of a call, where the machine can tell.
    pub(crate) fn fold(&mut self, op: &Op, callable: Value, args: &ArgList) -> Result<Option<Value>, Stop> {
        if !args.exact() {
            return Ok(None);
        }
        if !self.values.charge(1) {
            self.anomaly(A::LimitFold, op.at, "")?;
            return Ok(None);
        }
        if let Some(name) = self.values.name(callable) {
            if let Some(does) = classify(name) {
                return self.fold_function(op, does, &args.values, args.keywords);
            }
            if args.keywords.is_some() {
                return Ok(None);
            }
            let (prefix, method) = name.name().rsplit_once('.').unwrap_or(("", name.name()));
            if !is_method(method) {
                return Ok(None);
            }
            let (module, prefix, method) = (name.module().to_owned(), prefix.to_owned(), method.to_owned());
            if module == "builtins" && is_builtin_type(&prefix) {
                let Some((&receiver, rest)) = args.values.split_first() else { return Ok(None) };
                return self.method(op, receiver, &method, rest);
            }
            let receiver = self.name_attribute(&module, &prefix)?;
            return self.method(op, receiver, &method, &args.values);
        }
        if args.keywords.is_some() {
            return Ok(None);
        }
        match self.values.expr(callable).cloned() {
            Some(Expr::Attr { base, name }) => {
                let Some(text) = self.values.text(name, 64)? else { return Ok(None) };
                self.method(op, base, &text.as_str(), &args.values)
            }
            Some(Expr::Call { callable: maker, args: bound, total, keywords: None, opaque: false, .. }) if total as usize == bound.len() => {
                self.fold_made(op, maker, &bound, &args.values)
            }
            _ => Ok(None),
        }
    }

    /// A call of what `operator.attrgetter(…)` and its like returned.
    fn fold_made(&mut self, op: &Op, maker: Value, bound: &[Value], args: &[Value]) -> Result<Option<Value>, Stop> {
        let Some(name) = self.values.name(maker) else { return Ok(None) };
        if !matches!(name.module(), "operator" | "_operator") {
            return Ok(None);
        }
        let what = match name.name() {
            "attrgetter" => 0,
            "itemgetter" => 1,
            "methodcaller" => 2,
            _ => return Ok(None),
        };
        let [object] = args[..] else { return Ok(None) };
        if what == 2 {
            let Some((&method, rest)) = bound.split_first() else { return Ok(None) };
            let Some(method) = self.short_text(method)? else { return Ok(None) };
            let callable = self.attribute(object, &method)?;
            let list = ArgList { values: rest.to_vec(), total: u32::try_from(rest.len()).unwrap_or(u32::MAX), ..ArgList::default() };
            return self.apply(op, callable, list).map(Some);
        }
        let mut results = Vec::with_capacity(bound.len());
        for &key in bound {
            results.push(if what == 0 {
                let Some(path) = self.short_text(key)? else { return Ok(None) };
                self.attribute(object, &path)?
            } else {
                self.item(object, key)?
            });
        }
        match results[..] {
            [one] => Ok(Some(one)),
            [] => Ok(None),
            _ => {
                for &value in &results {
                    self.tell_folded(op, value)?;
                }
                Ok(Some(Value::new(Tag::Tuple, self.values.containers.make(&results))))
            }
        }
    }

    /// A text short enough to be a name.
    pub(crate) fn short_text(&mut self, value: Value) -> Result<Option<String>, Stop> {
        let max = self.values.limits.name_len;
        Ok(self.values.text(value, max)?.filter(|t| !t.truncated).map(|t| t.as_str().into_owned()))
    }

    /// The items of a container, where all are known and not too many.
    pub(crate) fn few_items(&mut self, value: Value) -> Option<Vec<Value>> {
        if !value.is_container() {
            return None;
        }
        let items = self.values.items(value, FOLD_ITEMS);
        (items.complete && self.values.charge(items.values.len() as u64)).then_some(items.values)
    }

    fn fold_function(&mut self, op: &Op, does: Does, args: &[Value], keywords: Option<Value>) -> Result<Option<Value>, Stop> {
        if keywords.is_some() && !matches!(does, Does::Import | Does::ImportModule | Does::CodecDecode | Does::CodecEncode) {
            return Ok(None);
        }
        let Some(&first) = args.first() else {
            return Ok(match does {
                Does::Str => self.values.intern_text(TextKind::Str, b""),
                Does::Bytes => self.values.intern_text(TextKind::Bytes, b""),
                _ => None,
            });
        };
        let second = args.get(1).copied();
        Ok(match does {
            Does::GetAttr => match second {
                Some(name) => match self.short_text(name)? {
                    Some(name) => Some(self.attribute(first, &name)?).filter(|v| !v.is(Tag::Unknown)),
                    None => None,
                },
                None => None,
            },
            Does::Import => {
                let Some(path) = self.short_text(first)? else { return Ok(None) };
                let from = match args.get(3) {
                    Some(&list) => Some(list),
                    None => match keywords {
                        Some(dict) => self.values.get(dict, "fromlist")?,
                        None => None,
                    },
                };
                let whole = from.is_some_and(|list| list != Value::NONE && self.values.len(list) != Some(0));
                let module = if whole { path.as_str() } else { path.split('.').next().unwrap_or(&path) };
                Some(self.module(module)?)
            }
            Does::ImportModule => {
                let Some(path) = self.short_text(first)? else { return Ok(None) };
                let package = match second {
                    Some(package) => self.short_text(package)?,
                    None => None,
                };
                let path = match (path.strip_prefix('.'), package) {
                    (Some(rest), Some(package)) => format!("{package}.{rest}"),
                    _ => path,
                };
                Some(self.module(&path)?)
            }
            Does::Resolve => {
                let Some(path) = self.short_text(first)? else { return Ok(None) };
                Some(match path.split_once(':').or_else(|| path.rsplit_once('.')) {
                    Some((module, "")) => self.module(module)?,
                    Some((module, name)) => self.name_attribute(module, name)?,
                    None => self.module(&path)?,
                })
            }
            Does::NamedTuple => {
                let [name, _, module, ..] = args[..] else { return Ok(None) };
                match (self.short_text(name)?, self.short_text(module)?) {
                    (Some(name), Some(module)) => Some(self.name_attribute(&module, &name)?),
                    _ => None,
                }
            }
            Does::TypeByName => {
                let Some(name) = self.short_text(first)? else { return Ok(None) };
                // The rest of dill's table are its own names for what no model holds.
                match name.as_str() {
                    "PartialType" => Some(self.name_attribute("functools", "partial")?),
                    "ItemGetterType" => Some(self.name_attribute("operator", "itemgetter")?),
                    "AttrGetterType" => Some(self.name_attribute("operator", "attrgetter")?),
                    "int" | "float" | "complex" | "bool" | "str" | "bytes" | "bytearray" | "list" | "tuple" | "dict" | "set" | "frozenset"
                    | "memoryview" => Some(self.name_attribute("builtins", &name)?),
                    "type" | "object" | "slice" | "range" | "property" | "staticmethod" | "classmethod" | "super" => {
                        Some(self.name_attribute("builtins", &name)?)
                    }
                    name if name.ends_with("Type") && name.chars().all(|c| c.is_ascii_alphanumeric()) => Some(self.name_attribute("types", name)?),
                    _ => None,
                }
            }
            Does::GetItem => match second {
                Some(key) => Some(self.item(first, key)?).filter(|v| !v.is(Tag::Unknown)),
                None => None,
            },
            Does::Concat => match second {
                Some(second) => self.concat(first, second)?,
                None => None,
            },
            Does::Mod => match second {
                Some(second) => self.text_method(first, "__mod__", &[second])?,
                None => None,
            },
            Does::Vars => Some(self.attribute(first, "__dict__")?).filter(|v| v.is(Tag::Name)),
            Does::Type if args.len() == 1 => self.type_of(first),
            Does::Reversed => match self.few_items(first) {
                Some(mut items) if !first.is(Tag::Dict) => {
                    items.reverse();
                    Some(Value::new(Tag::List, self.values.containers.make(&items)))
                }
                _ => self.reversed_text(first)?,
            },
            Does::List => match self.few_items(first) {
                Some(items) if !first.is(Tag::Dict) => Some(Value::new(Tag::List, self.values.containers.make(&items))),
                _ => self.text_items(first)?,
            },
            Does::Map => match second.and_then(|items| self.few_items(items)) {
                Some(items) if args.len() == 2 => self.fold_map(op, first, &items)?,
                _ => None,
            },
            Does::Reduce => match second.and_then(|items| self.few_items(items)) {
                Some(items) => {
                    let mut items = items.into_iter();
                    let Some(mut value) = args.get(2).copied().or_else(|| items.next()) else { return Ok(None) };
                    for item in items {
                        value = self.apply(op, first, ArgList { values: vec![value, item], total: 2, ..ArgList::default() })?;
                    }
                    Some(value)
                }
                None => None,
            },
            Does::Identity => Some(first),
            Does::Size => match second {
                Some(axis) => {
                    let shape = self.attribute(first, "shape")?;
                    // Without tampering the shape is no name, and the size a number that nobody needs.
                    if shape.is(Tag::Name) && axis.is_text() { Some(self.item(shape, axis)?) } else { None }
                }
                None => None,
            },
            Does::SetAttr => (args.len() == 3).then_some(Value::NONE),
            Does::AddExtension => (args.len() == 3).then_some(Value::NONE),
            Does::Str | Does::Bytes | Does::Int | Does::Chr | Does::Ord | Does::CodecEncode | Does::CodecDecode | Does::Base64 | Does::Hex => {
                let code = match does {
                    Does::Str => "str",
                    Does::Bytes => "bytes",
                    Does::Int => "int",
                    Does::Chr => "chr",
                    Does::Ord => "ord",
                    Does::CodecEncode => "encode",
                    Does::CodecDecode => "decode",
                    Does::Base64 => "base64",
                    _ => "hex",
                };
                self.fold_text_function(code, args)?
            }
            Does::Type => None,
        })
    }

    /// `map` over functions that fold; otherwise nothing is called until somebody iterates.
    fn fold_map(&mut self, op: &Op, function: Value, items: &[Value]) -> Result<Option<Value>, Stop> {
        let mut results = Vec::with_capacity(items.len());
        for &item in items {
            let args = ArgList { values: vec![item], total: 1, ..ArgList::default() };
            match self.fold(op, function, &args)? {
                Some(value) => results.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(Value::new(Tag::List, self.values.containers.make(&results))))
    }

    pub(crate) fn module(&mut self, path: &str) -> Result<Value, Stop> {
        let (path, _) = crate::compat::to_python3(path, "").unwrap_or((path, ""));
        self.name_attribute(path, "")
    }

    fn type_of(&mut self, value: Value) -> Option<Value> {
        let name = match value.tag() {
            Tag::None => "NoneType",
            Tag::Bool => "bool",
            Tag::Int | Tag::BigInt => "int",
            Tag::Float => "float",
            Tag::Str | Tag::ComputedStr => "str",
            Tag::Bytes | Tag::ComputedBytes => "bytes",
            Tag::ByteArray => "bytearray",
            Tag::Tuple => "tuple",
            Tag::List => "list",
            Tag::Dict => "dict",
            Tag::Set => "set",
            Tag::FrozenSet => "frozenset",
            Tag::Name if self.values.name(value)?.is_module() => return self.values.intern_name("types", "ModuleType"),
            _ => return None,
        };
        self.values.intern_name("builtins", name)
    }

    /// `receiver.method(args)`.
    pub(crate) fn method(&mut self, op: &Op, receiver: Value, method: &str, args: &[Value]) -> Result<Option<Value>, Stop> {
        if receiver.is_text() {
            return self.text_method(receiver, method, args);
        }
        let first = args.first().copied();
        match (method, first) {
            ("__getattribute__" | "__getattr__", Some(key)) => {
                // Called through the type, the object comes first.
                let (object, key) = if args.len() == 2 { (key, args[1]) } else { (receiver, key) };
                match self.short_text(key)? {
                    Some(name) => Ok(Some(self.attribute(object, &name)?).filter(|v| !v.is(Tag::Unknown))),
                    None => Ok(None),
                }
            }
            ("__getitem__" | "get" | "pop" | "setdefault", Some(key))
                if receiver.is_container() || matches!(receiver.tag(), Tag::Name | Tag::Expr) =>
            {
                let value = self.item(receiver, key)?;
                Ok(Some(value).filter(|v| !v.is(Tag::Unknown) && !self.is_item_expr(*v)))
            }
            ("__setattr__", Some(_)) if args.len() == 2 || args.len() == 3 => Ok(Some(Value::NONE)),
            ("__setitem__", Some(_)) if args.len() == 2 => Ok(Some(Value::NONE)),
            ("__setstate__", Some(_)) if args.len() == 1 && receiver.is(Tag::Name) => Ok(Some(Value::NONE)),
            ("append" | "add", Some(item)) if matches!(receiver.tag(), Tag::List | Tag::Set) => {
                self.values.containers.extend(receiver.payload(), &[item]);
                Ok(Some(Value::NONE))
            }
            ("extend" | "update" | "__iadd__" | "__ior__", Some(items)) if receiver.is_container() => match self.few_items(items) {
                Some(items) if !receiver.is(Tag::Tuple) => {
                    self.values.containers.extend(receiver.payload(), &items);
                    Ok(Some(Value::NONE))
                }
                _ => Ok(None),
            },
            ("reverse", None) => Ok(None),
            ("__add__", Some(other)) => self.concat(receiver, other),
            ("__call__", _) => {
                let list = ArgList { values: args.to_vec(), total: u32::try_from(args.len()).unwrap_or(u32::MAX), ..ArgList::default() };
                self.apply(op, receiver, list).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn is_item_expr(&self, value: Value) -> bool {
        matches!(self.values.expr(value), Some(Expr::Item { .. }))
    }

    /// What a folded call changes: attributes, items, the extension registry.
    pub(crate) fn effects(&mut self, op: &Op, callable: Value, args: &ArgList) -> Result<(), Stop> {
        let values = &args.values;
        let (what, receiver) = match self.values.name(callable) {
            Some(name) => match classify(name) {
                Some(Does::SetAttr) => ("__setattr__", None),
                Some(Does::AddExtension) => ("add_extension", None),
                Some(_) => return Ok(()),
                None => {
                    let Some((prefix, method)) = name.name().rsplit_once('.').or(Some(("", name.name()))) else { return Ok(()) };
                    let method = match method {
                        "__setattr__" => "__setattr__",
                        "__setitem__" => "__setitem__",
                        "__setstate__" => "__setstate__",
                        _ => return Ok(()),
                    };
                    let unbound = name.module() == "builtins" && is_builtin_type(prefix);
                    let (module, prefix) = (name.module().to_owned(), prefix.to_owned());
                    (method, if unbound { None } else { Some(self.name_attribute(&module, &prefix)?) })
                }
            },
            None => match self.values.expr(callable).cloned() {
                Some(Expr::Attr { base, name }) => match self.short_text(name)?.as_deref() {
                    Some("__setattr__") => ("__setattr__", Some(base)),
                    Some("__setitem__") => ("__setitem__", Some(base)),
                    _ => return Ok(()),
                },
                _ => return Ok(()),
            },
        };
        let (target, rest) = match (receiver, &values[..]) {
            // A bound method of a module or object; three arguments mean that it was reached through the type after all.
            (Some(base), [_] | [_, _]) => (base, &values[..]),
            (_, [first, rest @ ..]) => (*first, rest),
            _ => return Ok(()),
        };
        match (what, rest) {
            ("__setattr__", &[name, value]) => {
                let key = [name, value];
                let state = Value::new(Tag::Dict, self.values.containers.make(&key));
                self.state(op, target, state, None, StateKind::SetAttr)?;
                if let Some(name) = self.short_text(name)? {
                    self.write_attribute(op, target, &name, value)?;
                }
                Ok(())
            }
            ("__setitem__", &[key, value]) => {
                if target.is(Tag::Dict) {
                    self.values.containers.extend(target.payload(), &[key, value]);
                    return Ok(());
                }
                self.write_item(op, target, key, value)
            }
            ("__setstate__", &[state]) => self.build(op, target, state).map(|_| ()),
            ("add_extension", &[name, code]) => {
                let pair = Value::new(Tag::Tuple, self.values.containers.make(&[target, name]));
                if let Some(registry) = self.values.intern_name("copyreg", "_inverted_registry") {
                    self.write_item(op, registry, code, pair)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Methods that folding knows, on names: a quick way out for all other calls of dotted names.
fn is_method(name: &str) -> bool {
    matches!(
        name,
        "__getattribute__"
            | "__getattr__"
            | "__getitem__"
            | "get"
            | "pop"
            | "setdefault"
            | "__setattr__"
            | "__setitem__"
            | "__setstate__"
            | "append"
            | "add"
            | "extend"
            | "update"
            | "__iadd__"
            | "__ior__"
            | "__add__"
            | "__call__"
    ) || crate::fold_text::is_text_method(name)
}
