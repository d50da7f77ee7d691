//! Values as Python text, bounded in length and depth.

use weighbridge_parse_read::Stop;

use crate::event::{Args, Call};
use crate::text::{Text, TextKind, write_literal};
use crate::value::{Tag, Value};
use crate::values::{Expr, Values};

/// Nesting that is written out; what lies deeper is `...`.
const DEPTH: usize = 8;
/// Items of one container that are written out.
const ITEMS: usize = 32;

/// How values are written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// Results of calls as variables, names without their module: what a decompiler wants.
    pub(crate) variables: bool,
}

impl Values<'_> {
    /// A value as Python text of about `max` bytes at most. What is left out is `...`.
    pub fn render(&mut self, value: Value, max: usize) -> Result<String, Stop> {
        self.render_as(value, max, Style::default())
    }

    /// A call as Python text of about `max` bytes at most: `os.system('echo hi')`.
    pub fn render_call(&mut self, call: &Call<'_>, max: usize) -> Result<String, Stop> {
        self.render_call_as(call, max, Style::default())
    }

    /// The arguments of a call, without parentheses.
    pub fn render_args(&mut self, args: &Args<'_>, max: usize) -> Result<String, Stop> {
        let mut out = String::new();
        self.write_args(&mut out, args, max, Style::default())?;
        Ok(out)
    }

    pub(crate) fn render_as(&mut self, value: Value, max: usize, style: Style) -> Result<String, Stop> {
        let mut out = String::new();
        self.write(&mut out, value, max, DEPTH, style)?;
        Ok(out)
    }

    pub(crate) fn render_call_as(&mut self, call: &Call<'_>, max: usize, style: Style) -> Result<String, Stop> {
        let mut out = String::new();
        self.write(&mut out, call.callable, max, DEPTH, style)?;
        out.push('(');
        let room = max.saturating_sub(out.len());
        self.write_args(&mut out, &call.args, room, style)?;
        out.push(')');
        Ok(out)
    }

    fn write_args(&mut self, out: &mut String, args: &Args<'_>, max: usize, style: Style) -> Result<(), Stop> {
        let limit = out.len() + max;
        match *args {
            Args::Known { values, total, keywords } => {
                self.write_list(out, values, total as usize, limit, DEPTH, style)?;
                if let Some(keywords) = keywords {
                    if !values.is_empty() {
                        out.push_str(", ");
                    }
                    out.push_str("**");
                    self.write(out, keywords, limit, DEPTH - 1, style)?;
                }
            }
            Args::Opaque(value) => {
                out.push('*');
                self.write(out, value, limit, DEPTH, style)?;
            }
            Args::Omitted => out.push_str("..."),
        }
        Ok(())
    }

    /// Comma-separated values up to `limit` bytes of `out`.
    fn write_list(&mut self, out: &mut String, values: &[Value], total: usize, limit: usize, depth: usize, style: Style) -> Result<(), Stop> {
        for (i, &value) in values.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            if out.len() >= limit || i >= ITEMS {
                out.push_str("...");
                return Ok(());
            }
            self.write(out, value, limit, depth, style)?;
        }
        if total > values.len() {
            out.push_str(if values.is_empty() { "..." } else { ", ..." });
        }
        Ok(())
    }

    /// Appends one value, as long as `out` is shorter than `limit`. Depth is bounded, so that the recursion is.
    fn write(&mut self, out: &mut String, value: Value, limit: usize, depth: usize, style: Style) -> Result<(), Stop> {
        if depth == 0 || out.len() >= limit {
            out.push_str("...");
            return Ok(());
        }
        let room = limit - out.len();
        match value.tag() {
            Tag::Unknown => out.push_str("<unknown>"),
            Tag::None => out.push_str("None"),
            Tag::Bool => out.push_str(if value == Value::TRUE { "True" } else { "False" }),
            Tag::Int => out.push_str(&value.as_int().unwrap_or_default().to_string()),
            Tag::BigInt => out.push_str("<big int>"),
            Tag::Float => match self.float(value)? {
                Some(f) => out.push_str(&format!("{f:?}")),
                None => out.push_str("<float>"),
            },
            Tag::Str | Tag::Bytes | Tag::ByteArray | Tag::ComputedStr | Tag::ComputedBytes => match self.text(value, room)? {
                Some(text) => write_literal(out, &text, room),
                None => out.push_str("<unknown>"),
            },
            Tag::Name => {
                if let Some(name) = self.name(value) {
                    let text = if style.variables && !name.is_module() { name.name.to_string() } else { name.path() };
                    push_name(out, &text, room);
                }
            }
            Tag::Expr => return self.write_expr(out, value, limit, depth, style),
            Tag::Tuple | Tag::List | Tag::Dict | Tag::Set | Tag::FrozenSet => {
                let (open, close) = match value.tag() {
                    Tag::Tuple => ("(", ")"),
                    Tag::List => ("[", "]"),
                    Tag::FrozenSet => ("frozenset({", "})"),
                    _ => ("{", "}"),
                };
                let items = self.items(value, ITEMS);
                let total = self.len(value).map_or(items.values.len() + 1, |n| n as usize);
                if value.is(Tag::Set) && total == 0 {
                    out.push_str("set()");
                    return Ok(());
                }
                out.push_str(open);
                if value.is(Tag::Dict) {
                    for (i, pair) in items.values.chunks(2).enumerate() {
                        out.push_str(if i > 0 { ", " } else { "" });
                        self.write(out, pair[0], limit, depth - 1, style)?;
                        out.push_str(": ");
                        self.write(out, pair.get(1).copied().unwrap_or(Value::UNKNOWN), limit, depth - 1, style)?;
                        if out.len() >= limit {
                            break;
                        }
                    }
                    if total > items.values.len() {
                        out.push_str(", ...");
                    }
                } else {
                    self.write_list(out, &items.values, total, limit, depth - 1, style)?;
                    if value.is(Tag::Tuple) && total == 1 {
                        out.push(',');
                    }
                }
                out.push_str(close);
            }
            Tag::Buffer => out.push_str("<buffer>"),
        }
        Ok(())
    }

    fn write_expr(&mut self, out: &mut String, value: Value, limit: usize, depth: usize, style: Style) -> Result<(), Stop> {
        let Some(expr) = self.expr(value).cloned() else { return Ok(()) };
        match expr {
            Expr::Call { id, .. } if style.variables => out.push_str(&format!("_var{}", id.0)),
            Expr::Call { callable, args, total, keywords, opaque, .. } => {
                self.write(out, callable, limit, depth - 1, style)?;
                out.push('(');
                if opaque {
                    out.push('*');
                }
                self.write_list(out, &args, total as usize, limit, depth - 1, style)?;
                if let Some(keywords) = keywords {
                    out.push_str(", **");
                    self.write(out, keywords, limit, depth - 1, style)?;
                }
                out.push(')');
            }
            Expr::Attr { base, name } => {
                self.write(out, base, limit, depth - 1, style)?;
                match self.text(name, 256)? {
                    Some(text) if !text.truncated => {
                        out.push('.');
                        push_name(out, &text.as_str(), limit.saturating_sub(out.len()));
                    }
                    _ => out.push_str(".<unknown>"),
                }
            }
            Expr::Item { base, key } => {
                self.write(out, base, limit, depth - 1, style)?;
                out.push('[');
                self.write(out, key, limit, depth - 1, style)?;
                out.push(']');
            }
            Expr::Persistent { value } => {
                out.push_str("persistent_load(");
                self.write(out, value, limit, depth - 1, style)?;
                out.push(')');
            }
            Expr::Unresolved { module, name } => {
                out.push_str("find_class(");
                self.write(out, module, limit, depth - 1, style)?;
                out.push_str(", ");
                self.write(out, name, limit, depth - 1, style)?;
                out.push(')');
            }
        }
        Ok(())
    }
}

/// A name as it is, where it is printable; escaped where it would not be seen for what it is.
fn push_name(out: &mut String, name: &str, max: usize) {
    if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>')) && name.len() <= max {
        out.push_str(name);
    } else {
        write_literal(out, &Text { kind: TextKind::Str, bytes: name.as_bytes().to_vec(), truncated: false }, max);
    }
}
