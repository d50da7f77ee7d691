//! The header's dictionary: `{'descr': …, 'fortran_order': …, 'shape': …, }`.

use crate::dtype::{self, Dtype};
use crate::limits;
use crate::literal::{self, Literal};

/// What is wrong with a header: an anomaly's code and detail, what stood there.
pub(crate) type Wrong = (&'static str, &'static str, String);

/// A header, as far as it can be understood.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// All types that a reader could take it to be of, joined.
    pub dtype: Dtype,
    /// Whether there is a type at all.
    pub described: bool,
    /// Number of elements; none where the shape is missing, broken, or beyond 63 bits.
    pub count: Option<u64>,
    pub fortran: bool,
    pub descr: String,
    pub shape: String,
    pub wrong: Vec<Wrong>,
}

/// Reads the text of a header; `suffix` says whether NumPy forgives Python 2's `3L` in this version.
pub(crate) fn read(text: &str, suffix: bool) -> Header {
    let mut header = Header::default();
    let parsed = match literal::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let found: String = text.chars().skip(error.at).take(limits::SHOWN).collect();
            header.wrong("invalid", "the header is no Python literal", format!("{found:?} where {} should be", error.expected));
            return header;
        }
    };
    if parsed.long_suffix && !suffix {
        header.wrong("invalid", "an integer with the suffix L", String::new());
    }
    let Literal::Dict(pairs) = parsed.value else {
        header.wrong("invalid", "the header is no dictionary", shown(text));
        return header;
    };
    header.pairs(&pairs);
    header
}

impl Header {
    fn wrong(&mut self, code: &'static str, detail: &'static str, found: String) {
        self.wrong.push((code, detail, found));
    }

    fn pairs(&mut self, pairs: &[(Literal, Literal)]) {
        let mut seen = Vec::new();
        for (key, value) in pairs {
            let name = match key {
                Literal::Text(name) => name.as_str(),
                _ => "",
            };
            match name {
                "descr" => self.describe(value),
                "shape" => self.shape(value),
                "fortran_order" => match value {
                    Literal::Bool(fortran) => self.fortran = *fortran,
                    _ => self.wrong("invalid", "fortran_order is neither True nor False", render(value)),
                },
                _ => {
                    self.wrong("invalid", "a key that NumPy does not know", render(key));
                    continue;
                }
            }
            if seen.contains(&name) {
                self.wrong("duplicate-name", "a key stands twice in the header", name.to_owned());
            }
            seen.push(name);
        }
        for name in ["descr", "fortran_order", "shape"] {
            if !seen.contains(&name) {
                self.wrong("invalid", "a key is missing from the header", name.to_owned());
            }
        }
    }

    fn describe(&mut self, value: &Literal) {
        let dtype = dtype::describe(value);
        if dtype.strange {
            self.wrong("invalid", "a type that NumPy does not write", render(value));
        }
        // Of two types the last is read; what is an object in either may be a pickle.
        self.dtype = Dtype { object: dtype.object || self.dtype.object, ..dtype };
        self.described = true;
        self.descr = render(value);
    }

    fn shape(&mut self, value: &Literal) {
        self.shape = render(value);
        self.count = None;
        let Literal::Tuple(dims) = value else {
            return self.wrong("invalid", "the shape is no tuple", render(value));
        };
        if dims.len() > limits::DIMENSIONS {
            self.wrong("invalid", "more dimensions than NumPy has", dims.len().to_string());
        }
        let mut count = Some(1u64);
        for dim in dims {
            let Literal::Int(dim) = dim else {
                return self.wrong("invalid", "a dimension is no integer", render(value));
            };
            if dim.is_some_and(|dim| dim < 0) {
                return self.wrong("invalid", "a dimension is negative", render(value));
            }
            let dim = dim.and_then(|dim| u64::try_from(dim).ok());
            count = count.zip(dim).and_then(|(count, dim)| count.checked_mul(dim));
        }
        self.count = count.filter(|count| i64::try_from(*count).is_ok());
        if self.count.is_none() {
            self.wrong("invalid", "the shape's product is beyond 63 bits", render(value));
        }
    }
}

fn shown(text: &str) -> String {
    text.trim_end().chars().take(limits::SHOWN).collect()
}

/// A literal in short.
fn render(literal: &Literal) -> String {
    let mut out = String::new();
    write(literal, &mut out);
    shown(&out)
}

fn write(literal: &Literal, out: &mut String) {
    // What is beyond the length shown is cut in the end.
    if out.len() > 4 * limits::SHOWN {
        return;
    }
    let all = |items: &[Literal], out: &mut String| {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            write(item, out);
        }
    };
    match literal {
        Literal::None => out.push_str("None"),
        Literal::Bool(true) => out.push_str("True"),
        Literal::Bool(false) => out.push_str("False"),
        Literal::Int(Some(n)) => out.push_str(&n.to_string()),
        Literal::Int(None) => out.push_str("(beyond 128 bits)"),
        Literal::Float => out.push_str("(float)"),
        Literal::Bytes => out.push_str("(bytes)"),
        Literal::Set => out.push_str("(set)"),
        Literal::Text(text) => out.extend(text.chars().take(limits::SHOWN)),
        Literal::Tuple(items) => {
            out.push('(');
            all(items, out);
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
        Literal::List(items) => {
            out.push('[');
            all(items, out);
            out.push(']');
        }
        Literal::Dict(pairs) => {
            out.push('{');
            for (key, value) in pairs {
                write(key, out);
                out.push_str(": ");
                write(value, out);
                out.push_str(", ");
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<(&'static str, &'static str)> {
        read(text, true).wrong.iter().map(|wrong| (wrong.0, wrong.1)).collect()
    }

    #[test]
    fn reads_a_header() {
        let header = read("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 4), }", true);
        assert_eq!((header.count, header.dtype.size, header.fortran, header.wrong.len()), (Some(12), Some(8), true, 0));
        assert_eq!((header.descr.as_str(), header.shape.as_str()), ("<f8", "(3, 4)"));
        assert_eq!(read("{'descr': '|O', 'fortran_order': False, 'shape': ()}", true).count, Some(1));
        assert!(codes("{'descr': '<f8', 'fortran_order': False, 'shape': (3L,)}").is_empty());
        assert_eq!(read("{'descr': '<f8', 'fortran_order': False, 'shape': (3L,)}", false).wrong.len(), 1);
    }

    #[test]
    fn says_what_numpy_would_refuse() {
        for (text, detail) in [
            ("__import__('os').system('echo weighbridge')", "the header is no Python literal"),
            ("('descr',)", "the header is no dictionary"),
            ("{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", "fortran_order is neither True nor False"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': [3]}", "the shape is no tuple"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}", "a dimension is negative"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (3.5,)}", "a dimension is no integer"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "the shape's product is beyond 63 bits"),
            ("{'descr': '<f8', 'fortran_order': False}", "a key is missing from the header"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1}", "a key that NumPy does not know"),
            ("{'descr': 'x', 'fortran_order': False, 'shape': (3,)}", "a type that NumPy does not write"),
        ] {
            assert_eq!(codes(text), [("invalid", detail)], "{text}");
        }
    }

    #[test]
    fn takes_an_object_from_either_of_two_types() {
        let header = read("{'descr': '|O', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", true);
        assert!(header.dtype.object);
        assert_eq!(header.wrong[0].0, "duplicate-name");
    }
}
