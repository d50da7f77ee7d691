//! Element types: how many bytes one element takes, and whether it is an object.
//!
//! <https://numpy.org/doc/stable/reference/arrays.interface.html> (`typestr`, `descr`).

use crate::literal::Literal;

/// What is known of an element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Dtype {
    /// In bytes; none where it does not follow from the description.
    pub size: Option<u64>,
    /// It has Python objects in it: the body is a pickle.
    pub object: bool,
    /// Bytes, characters or raw memory, in which a file could be kept.
    pub bytes: bool,
    /// Not a description that NumPy writes: `size` is none.
    pub strange: bool,
}

impl Dtype {
    fn strange(object: bool) -> Self {
        Dtype { object, strange: true, ..Dtype::default() }
    }

    fn times(self, count: Option<u64>) -> Self {
        Dtype { size: self.size.zip(count).and_then(|(size, count)| size.checked_mul(count)), strange: self.strange || count.is_none(), ..self }
    }

    fn and(self, other: Dtype) -> Self {
        Dtype {
            size: self.size.zip(other.size).and_then(|(a, b)| a.checked_add(b)),
            object: self.object || other.object,
            bytes: self.bytes || other.bytes,
            strange: self.strange || other.strange,
        }
    }
}

/// The type that a `descr` describes: a type string, a list of fields, or a type with a shape.
pub(crate) fn describe(descr: &Literal) -> Dtype {
    match descr {
        Literal::Text(text) => of_string(text),
        Literal::List(fields) => {
            let none = Dtype { size: Some(0), ..Dtype::default() };
            fields.iter().map(field).fold(none, Dtype::and)
        }
        Literal::Tuple(parts) => match parts.as_slice() {
            [of, shape] => describe(of).times(elements(shape)),
            _ => Dtype::strange(mentions_object(descr)),
        },
        _ => Dtype::strange(mentions_object(descr)),
    }
}

/// `(name, descr)` or `(name, descr, shape)`; a name may be `(title, name)`.
fn field(field: &Literal) -> Dtype {
    let Literal::Tuple(parts) = field else { return Dtype::strange(mentions_object(field)) };
    let named = |name: &Literal| matches!(name, Literal::Text(_) | Literal::Tuple(_));
    match parts.as_slice() {
        [name, of] if named(name) => describe(of),
        [name, of, shape] if named(name) => describe(of).times(elements(shape)),
        _ => Dtype::strange(mentions_object(field)),
    }
}

/// How many elements a sub-array has.
fn elements(shape: &Literal) -> Option<u64> {
    let one = |n: &Literal| match n {
        Literal::Int(Some(n)) => u64::try_from(*n).ok(),
        _ => None,
    };
    match shape {
        Literal::Tuple(dims) => dims.iter().try_fold(1u64, |count, dim| count.checked_mul(one(dim)?)),
        other => one(other),
    }
}

/// `[<>|=]`, a letter, the size; `[unit]` behind those of times.
fn of_string(text: &str) -> Dtype {
    let known = |size, bytes| Dtype { size: Some(size), bytes, ..Dtype::default() };
    let plain = text.strip_prefix(['<', '>', '|', '=']).unwrap_or(text);
    let mut chars = plain.chars();
    let kind = chars.next().unwrap_or(' ');
    let rest = chars.as_str();
    let (number, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let number = if number.is_empty() { None } else { number.parse::<u64>().ok() };
    let times = matches!(kind, 'm' | 'M') && unit.starts_with('[') && unit.ends_with(']');
    if unit.is_empty() || times {
        match (kind, number) {
            ('O', _) => return Dtype { object: true, ..known(8, false) },
            ('?', None) => return known(1, false),
            ('b' | 'B', None) => return known(1, true),
            ('b', Some(1)) => return known(1, false),
            ('i' | 'u', Some(1)) => return known(1, true),
            ('i' | 'u', Some(n @ (2 | 4 | 8))) => return known(n, false),
            ('f', Some(n @ (2 | 4 | 8 | 10 | 12 | 16))) => return known(n, false),
            ('c', Some(n @ (8 | 16 | 20 | 24 | 32))) => return known(n, false),
            ('m' | 'M', None | Some(8)) => return known(8, false),
            ('S' | 'a' | 'V', n) => return known(n.unwrap_or(0), true),
            ('U', n) => return n.unwrap_or(0).checked_mul(4).map_or(Dtype::strange(false), |n| known(n, true)),
            _ => {}
        }
    }
    // NumPy's constructor also takes names, repeat counts and lists in a string ("object", "3f4", "i4,O"), though NumPy writes none.
    Dtype::strange(plain.contains('O') || plain.contains("object") || plain.contains('T'))
}

/// Whether a type string anywhere in it could be one of objects.
fn mentions_object(literal: &Literal) -> bool {
    match literal {
        Literal::Text(text) => of_string(text).object,
        Literal::Tuple(items) | Literal::List(items) => items.iter().any(mentions_object),
        Literal::Dict(pairs) => pairs.iter().any(|(key, value)| mentions_object(key) || mentions_object(value)),
        Literal::Bytes => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::parse;

    fn dtype(text: &str) -> Dtype {
        describe(&parse(text).expect(text).value)
    }

    #[test]
    fn knows_the_size_of_what_numpy_writes() {
        for (text, size) in [
            ("'<f8'", 8),
            ("'>c16'", 16),
            ("'|b1'", 1),
            ("'|S12'", 12),
            ("'<U3'", 12),
            ("'|V0'", 0),
            ("'<M8[ns]'", 8),
            ("'<m8[25s]'", 8),
            ("[('a', '<i4'), ('b', '<f8', (2, 3))]", 52),
            ("[('a', [('b', '|u1'), ('', '|V7')]), (('title', 'c'), '<i2')]", 10),
            ("('<f4', (3,))", 12),
        ] {
            let found = dtype(text);
            assert_eq!((found.size, found.object, found.strange), (Some(size), false, false), "{text}");
        }
    }

    #[test]
    fn finds_objects_wherever_they_are() {
        for text in ["'|O'", "'O'", "'|O8'", "[('a', '<i4'), ('b', '|O')]", "[('a', [('b', [('c', 'O', (2,))])])]", "('|O', (3,))"] {
            assert!(dtype(text).object && !dtype(text).strange, "{text}");
        }
        for text in ["'object'", "'i4,O'", "'(2,3)O'", "{'names': ['a'], 'formats': ['O']}", "['O']", "[('a', 'O', 1, 2)]"] {
            assert!(dtype(text).object && dtype(text).strange, "{text}");
        }
    }

    #[test]
    fn takes_no_number_at_its_word() {
        for text in ["'<f7'", "'<i99999999999999999999999'", "'<U9223372036854775807'", "''", "7", "None", "('<f8', (-1,))", "[1]"] {
            let found = dtype(text);
            assert!(found.size.is_none() && found.strange, "{text}");
        }
        assert_eq!(dtype("('<f8', (4294967296, 4294967296))").size, None);
    }
}
