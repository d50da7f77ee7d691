//! Source text that a call carries, for callees whose purpose is to run it: traced modules of PyTorch are pickled as the source of their `forward`.
//!
//! <https://github.com/pytorch/pytorch/blob/main/torch/fx/graph_module.py>: `reduce_graph_module(body, import_block)` runs the imports followed by
//! `body["_code"]`, then traces what that defines, which calls it once.

use weighbridge_parse_pickle::{Args, Call, Tag, Value, Values};
use weighbridge_parse_python as python;
use weighbridge_sdk::{Fact, Input, ReadAt, Stop};

/// What runs it, under whatever module's name it is reached, and which argument is the object's dict.
const CALLEES: [(&str, usize); 3] = [("reduce_graph_module", 0), ("deserialize_graphmodule", 0), ("reduce_deploy_graph_module", 1)];
/// Keys of that dict under which the source is kept, in current and in early versions.
const KEYS: [&str; 2] = ["_code", "code"];
/// Keys and values of it: a module has some thirty.
const ENTRIES: usize = 2048;
/// Bytes of a key: more than the longest of these.
const KEY: usize = 16;
/// Bytes of one text that are read: a traced network of a thousand layers has some hundred KiB.
const SOURCE: usize = 16 << 20;
/// Bytes of it that the fact shows.
const SHOWN: usize = 4 << 10;
/// Names that the fact holds.
const NAMES: usize = 1024;
/// Bytes of source for which one step is counted.
const BYTES_PER_STEP: u64 = 8;

/// Which argument of a callee holds the source, if it is one that runs it.
fn body(name: &str) -> Option<usize> {
    let last = name.rsplit('.').next()?;
    CALLEES.iter().find(|callee| callee.0 == last).map(|callee| callee.1)
}

/// Whether a name is that of a callee that runs source.
pub(crate) fn runs(name: &str) -> bool {
    body(name).is_some()
}

/// Says that nothing tells what would run.
pub(crate) fn unread(input: &Input<'_>, parent: u64, offset: u64, len: u64) -> Result<(), Stop> {
    let features = ["unread".to_owned()];
    let fact = Fact::new("code").text("language", "python-source").texts("features", &features, 0).text("runs", "load");
    input.emit(&fact.parent(parent).at(offset, len))?;
    Ok(())
}

/// Says what the source of a call uses; the fact belongs to the call's.
pub(crate) fn carried(input: &Input<'_>, call: &Call<'_>, fact: u64, values: &mut Values<'_>) -> Result<(), Stop> {
    let Some(body) = call.name.and_then(|name| body(name.name())) else { return Ok(()) };
    let Some(text) = text(call, body, values)? else { return unread(input, fact, call.offset, call.len) };
    let module = python::read(&text);
    input.poll(text.len() as u64 / BYTES_PER_STEP)?;
    let mut names = module.import.list;
    names.extend(module.functions.list);
    let total = (module.import.total + module.functions.total).max(names.len() as u64);
    names.truncate(NAMES);
    let calls: Vec<String> = module.calls.into_iter().flatten().take(NAMES).collect();
    let features: Vec<String> = module.features.into_iter().flatten().map(str::to_owned).collect();
    let shown = &text[..text.floor_char_boundary(SHOWN.min(text.len()))];
    let said = Fact::new("code").text("language", "python-source").texts("names", &names, total);
    let said = if calls.is_empty() { said } else { said.texts("calls", &calls, 0) };
    let said = if features.is_empty() { said } else { said.texts("features", &features, 0) };
    let said = said.text_cut("text", shown, text.len() as u64).text("runs", "load");
    input.emit(&said.parent(fact).at(call.offset, call.len))?;
    Ok(())
}

/// The whole of what would run, where it is there as constants.
fn text(call: &Call<'_>, body: usize, values: &mut Values<'_>) -> Result<Option<String>, Stop> {
    let Args::Known { values: args, total, keywords: None } = call.args else { return Ok(None) };
    let args: Vec<Value> = args.to_vec();
    if args.len() as u64 != u64::from(total) || args.len() <= body {
        return Ok(None);
    }
    let Some(code) = code(args[body], values)? else { return Ok(None) };
    let mut whole = String::new();
    // What follows the dict are imports, and they run first.
    for value in args.into_iter().skip(body + 1).chain(code) {
        match values.text(value, SOURCE)? {
            Some(text) if !text.truncated => {
                whole.push_str(&text.as_str());
                whole.push('\n');
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(whole))
}

/// The values under the keys, where nothing else can be under them.
fn code(body: Value, values: &mut Values<'_>) -> Result<Option<Vec<Value>>, Stop> {
    let items = values.items(body, ENTRIES);
    if body.tag() != Tag::Dict || !items.complete {
        return Ok(None);
    }
    let mut found = Vec::new();
    for pair in items.values.chunks_exact(2) {
        if matches!(pair[0].tag(), Tag::Expr | Tag::Unknown | Tag::Name) {
            return Ok(None);
        }
        let key = values.text(pair[0], KEY)?;
        if key.is_some_and(|key| !key.truncated && KEYS.iter().any(|known| known.as_bytes() == key.bytes)) {
            found.push(pair[1]);
        }
    }
    Ok((!found.is_empty()).then_some(found))
}
