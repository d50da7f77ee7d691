//! What filters, methods and operators make of texts that are known: as far as names are hidden that way.

use crate::limits;
use crate::value::{Shape, Value};

/// Both operands' texts, joined in each combination: `+` and `~`.
pub(crate) fn concat(left: &Value, right: &Value) -> Value {
    if let (Shape::List(a), Shape::List(b)) = (&left.shape, &right.shape) {
        return Value::list(a.iter().chain(b).cloned().collect());
    }
    let (a, b) = (left.alternatives(), right.alternatives());
    let texts: Vec<String> = a.iter().flat_map(|a| b.iter().map(move |b| format!("{a}{b}"))).take(limits::ALTERNATIVES).collect();
    if texts.is_empty() { Value::default() } else { Value::texts(texts) }
}

/// `text * number`.
pub(crate) fn repeat(left: &Value, right: &Value) -> Value {
    let (text, count) = match (&left.shape, &right.shape) {
        (Shape::Texts(_), Shape::Number(count)) => (left, *count),
        (Shape::Number(count), Shape::Texts(_)) => (right, *count),
        _ => return Value::default(),
    };
    let times = |text: String| {
        let count = usize::try_from(count).unwrap_or(0).min(limits::TEXT / text.len().max(1) + 1);
        text.repeat(count)
    };
    Value::texts(text.alternatives().into_iter().map(times).collect())
}

/// `'%s%s' % (a, b)` and the filter `format`.
pub(crate) fn percent(format: &Value, arguments: &[Value]) -> Value {
    let mut arguments = arguments.iter();
    let alternatives = format.alternatives();
    let Some(format) = alternatives.first() else { return Value::default() };
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let spec = &rest[at + 1..];
        let length = spec.find(|c: char| c.is_ascii_alphabetic() || c == '%').map_or(spec.len(), |at| at + 1);
        match spec.as_bytes().get(length.saturating_sub(1)) {
            Some(b'%') => out.push('%'),
            Some(b'c') => match arguments.next().map(|value| &value.shape) {
                Some(Shape::Number(code)) => out.extend(u32::try_from(*code).ok().and_then(char::from_u32)),
                Some(Shape::Texts(texts)) => out.push_str(texts.first().map_or("", String::as_str)),
                _ => return Value::default(),
            },
            _ => match arguments.next().and_then(|value| value.alternatives().into_iter().next()) {
                Some(text) => out.push_str(&text),
                None => return Value::default(),
            },
        }
        rest = &spec[length..];
    }
    out.push_str(rest);
    Value::texts(vec![out])
}

/// A slice or an item of a text or list, by known numbers.
pub(crate) fn slice(value: &Value, start: Option<i64>, stop: Option<i64>, step: i64) -> Value {
    match &value.shape {
        Shape::Texts(texts) => {
            Value::texts(texts.iter().map(|text| sliced(&text.chars().collect::<Vec<_>>(), start, stop, step).into_iter().collect()).collect())
        }
        Shape::List(items) => Value::list(sliced(items, start, stop, step)),
        _ => Value::default(),
    }
}

fn sliced<T: Clone>(items: &[T], start: Option<i64>, stop: Option<i64>, step: i64) -> Vec<T> {
    let length = items.len() as i64;
    let place = |at: i64| if at < 0 { (at.saturating_add(length)).max(-1) } else { at.min(length) };
    let mut out = Vec::new();
    if step > 0 {
        let (mut at, stop) = (start.map_or(0, place).max(0), stop.map_or(length, place));
        while at < stop && at < length {
            out.push(items[at as usize].clone());
            at = at.saturating_add(step);
        }
    } else if step < 0 {
        let (mut at, stop) = (start.map_or(length - 1, place).min(length - 1), stop.map_or(-1, place));
        while at > stop && at >= 0 {
            out.push(items[at as usize].clone());
            at = at.saturating_add(step);
        }
    }
    out
}

/// An item by a known number.
pub(crate) fn item(value: &Value, at: i64) -> Value {
    let pick = |length: usize| usize::try_from(if at < 0 { at.saturating_add(length as i64) } else { at }).ok();
    match &value.shape {
        Shape::List(items) => pick(items.len()).and_then(|at| items.get(at)).cloned().unwrap_or_default(),
        Shape::Texts(texts) => {
            let chars = texts.iter().filter_map(|text| text.chars().nth(pick(text.chars().count())?)).map(String::from);
            Value::texts(chars.collect())
        }
        _ => Value::default(),
    }
}

/// What a filter or a method makes of a value. The answer's texts are assembled ones.
pub(crate) fn transform(name: &str, value: &Value, arguments: &[Value]) -> Value {
    let first = |at: usize| arguments.get(at).and_then(|value| value.alternatives().into_iter().next());
    let each = |make: &dyn Fn(&str) -> String| match &value.shape {
        Shape::Texts(texts) => Value::texts(texts.iter().map(|text| make(text)).collect()),
        _ => Value::default(),
    };
    let same = || Value { assembled: value.assembled, ..each(&str::to_owned) };
    match name {
        "lower" | "casefold" => each(&|text| text.to_lowercase()),
        "upper" => each(&|text| text.to_uppercase()),
        "title" | "capitalize" => each(&|text| {
            let mut chars = text.chars();
            chars.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase())
        }),
        "swapcase" => each(&|text| text.chars().map(|c| if c.is_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }).collect()),
        "trim" | "strip" => each(&|text| trimmed(text, first(0), true, true)),
        "lstrip" => each(&|text| trimmed(text, first(0), true, false)),
        "rstrip" => each(&|text| trimmed(text, first(0), false, true)),
        "reverse" => match &value.shape {
            Shape::List(_) => slice(value, None, None, -1),
            _ => each(&|text| text.chars().rev().collect()),
        },
        "replace" => match (first(0), first(1)) {
            (Some(from), Some(to)) if !from.is_empty() => each(&|text| text.replace(&from, &to)),
            _ => Value::default(),
        },
        "removeprefix" => each(&|text| first(0).and_then(|prefix| text.strip_prefix(&prefix).map(str::to_owned)).unwrap_or_else(|| text.to_owned())),
        "removesuffix" => each(&|text| first(0).and_then(|suffix| text.strip_suffix(&suffix).map(str::to_owned)).unwrap_or_else(|| text.to_owned())),
        "string" | "safe" | "e" | "escape" | "forceescape" | "striptags" | "default" | "d" | "encode" | "decode" => match &value.shape {
            Shape::Texts(_) => same(),
            Shape::Number(number) => Value::text(number.to_string()),
            _ => Value::default(),
        },
        "list" | "sort" | "unique" => match &value.shape {
            Shape::List(_) => value.clone(),
            Shape::Texts(texts) => {
                Value::list(texts.iter().flat_map(|text| text.chars()).map(|c| Value { assembled: true, ..Value::text(c) }).collect())
            }
            Shape::Dict(entries) => Value::list(entries.keys().map(Value::text).collect()),
            _ => Value::default(),
        },
        // The filter joins its value, the method its argument.
        "join" => match (&value.shape, arguments.first().map(|value| &value.shape)) {
            (Shape::Texts(glue), Some(Shape::List(_) | Shape::Dict(_))) => join(&arguments[0], glue.first().map_or("", String::as_str)),
            _ => join(value, &first(0).unwrap_or_default()),
        },
        "first" | "min" => item(value, 0),
        "last" | "max" => item(value, -1),
        "keys" => match &value.shape {
            Shape::Dict(entries) => Value::list(entries.keys().map(Value::text).collect()),
            _ => Value::default(),
        },
        "values" => match &value.shape {
            Shape::Dict(entries) => Value::list(entries.values().cloned().collect()),
            _ => Value::default(),
        },
        "split" => match (&value.shape, first(0)) {
            (Shape::Texts(texts), Some(by)) if !by.is_empty() => {
                Value::list(texts.first().map_or("", String::as_str).split(&by).map(Value::text).collect())
            }
            (Shape::Texts(texts), None) => Value::list(texts.first().map_or("", String::as_str).split_whitespace().map(Value::text).collect()),
            _ => Value::default(),
        },
        "format" => {
            // `'{}{}'.format(a, b)`: a method. The filter of that name formats with `%`.
            let braces = value.alternatives().first().is_some_and(|text| text.contains('{'));
            if braces { brace(value, arguments) } else { percent(value, arguments) }
        }
        "int" => value.alternatives().first().and_then(|text| text.trim().parse().ok()).map_or(Value::default(), Value::number),
        "length" | "count" => value.alternatives().first().map_or(Value::default(), |text| Value::number(text.chars().count() as i64)),
        _ => Value::default(),
    }
}

fn trimmed(text: &str, chars: Option<String>, start: bool, end: bool) -> String {
    let is = |c: char| chars.as_ref().map_or(c.is_whitespace(), |chars| chars.contains(c));
    let text = if start { text.trim_start_matches(is) } else { text };
    (if end { text.trim_end_matches(is) } else { text }).to_owned()
}

fn join(list: &Value, glue: &str) -> Value {
    let items: Vec<Vec<String>> = match &list.shape {
        Shape::List(items) => items.iter().map(Value::alternatives).collect(),
        Shape::Dict(entries) => entries.keys().map(|key| vec![key.clone()]).collect(),
        // Of a text the filter joins the characters.
        Shape::Texts(texts) => return Value::texts(texts.iter().map(|text| text.chars().map(String::from).collect::<Vec<_>>().join(glue)).collect()),
        _ => return Value::default(),
    };
    if items.iter().any(Vec::is_empty) {
        return Value::default();
    }
    Value::texts(vec![items.iter().map(|texts| texts[0].as_str()).collect::<Vec<_>>().join(glue)])
}

/// `str.format` with plain and numbered fields.
fn brace(format: &Value, arguments: &[Value]) -> Value {
    let alternatives = format.alternatives();
    let Some(format) = alternatives.first() else { return Value::default() };
    let (mut out, mut rest, mut next) = (String::new(), format.as_str(), 0);
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some(after) = tail.strip_prefix("{{").or(tail.strip_prefix("}}")) {
            out.push_str(&tail[..1]);
            rest = after;
            continue;
        }
        let Some(end) = tail.find('}') else { return Value::default() };
        let field = tail[..end].trim_start_matches('{').split([':', '!']).next().unwrap_or("");
        let index = if field.is_empty() { next } else { field.parse().unwrap_or(usize::MAX) };
        next += 1;
        match arguments.get(index).map(|value| (&value.shape, value)) {
            // `{:c}` of a number is a character.
            Some((Shape::Number(code), _)) if tail[..end].ends_with(":c") => out.extend(u32::try_from(*code).ok().and_then(char::from_u32)),
            Some((_, value)) => match value.alternatives().into_iter().next() {
                Some(text) => out.push_str(&text),
                None => return Value::default(),
            },
            None => return Value::default(),
        }
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Value::texts(vec![out])
}
