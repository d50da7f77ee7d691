//! Dataspaces and datatypes: how many elements there are, and what each is.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#DataspaceMessage>,
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#DatatypeMessage>

use crate::cursor::Cursor;
use crate::issue::Issue;
use crate::limits;

/// The shape of a dataset or attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dataspace {
    /// Length of each dimension; none for a scalar.
    pub dims: Vec<u64>,
    /// There are no elements at all.
    pub null: bool,
}

impl Dataspace {
    /// How many elements that are, as far as a number of 64 bits goes.
    pub fn elements(&self) -> u64 {
        if self.null { 0 } else { self.dims.iter().fold(1, |all, dim| all.saturating_mul(*dim)) }
    }
}

/// Version 1: version, dimensionality, flags, reserved (5 bytes). Version 2: version, dimensionality, flags, type. Then sizes, (maximum sizes).
pub(crate) fn dataspace(cursor: &mut Cursor<'_>) -> Result<Dataspace, Issue> {
    let at = cursor.place();
    let version = cursor.u8("a dataspace")?;
    let rank = cursor.u8("a dataspace")?;
    let _flags = cursor.u8("a dataspace")?;
    let null = match version {
        1 => {
            cursor.skip(5, "a dataspace")?;
            false
        }
        2 => cursor.u8("a dataspace")? == 2,
        _ => return Err(Issue::unsupported(at, "a dataspace of version 1 or 2", version.to_string())),
    };
    if rank > limits::RANK {
        return Err(Issue::invalid(at, "at most 32 dimensions", rank.to_string()));
    }
    let mut dims = Vec::with_capacity(usize::from(rank));
    for _ in 0..rank {
        dims.push(cursor.length("the sizes of dimensions")?);
    }
    Ok(Dataspace { dims, null })
}

/// Classes of datatypes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TypeClass {
    Integer,
    Float,
    Time,
    String,
    Bits,
    Opaque,
    Compound,
    Reference,
    Enum,
    /// A sequence of elements of the base type in the global heap.
    Sequence,
    /// Text in the global heap.
    VariableString,
    Array,
    Complex,
}

/// What an element is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datatype {
    /// Its class.
    pub class: TypeClass,
    /// Bytes of one element, as it is stored.
    pub size: u32,
    /// What sequences, arrays and enumerations consist of.
    pub base: Option<Box<Datatype>>,
}

impl Datatype {
    /// Whether elements are bytes or text, in which a file of another kind could lie.
    pub fn is_bytes(&self) -> bool {
        match self.class {
            TypeClass::String | TypeClass::Opaque | TypeClass::VariableString => true,
            TypeClass::Integer => self.size == 1,
            TypeClass::Sequence | TypeClass::Array => self.base.as_ref().is_some_and(|base| base.is_bytes()),
            _ => false,
        }
    }

    /// Whether elements lie in the global heap.
    pub fn is_variable(&self) -> bool {
        matches!(self.class, TypeClass::Sequence | TypeClass::VariableString)
    }
}

/// Class and version (4 bits each), class bit field (24 bits), size; properties by class, of which those that hold a base type are read.
pub(crate) fn datatype(cursor: &mut Cursor<'_>) -> Result<Datatype, Issue> {
    // Outermost first.
    let mut levels: Vec<(TypeClass, u32)> = Vec::new();
    loop {
        let at = cursor.place();
        let first = cursor.u8("a datatype")?;
        let (class, version) = (first & 15, first >> 4);
        let bits = cursor.uint(3, "a datatype")?;
        let size = cursor.u32("the size of a datatype")?;
        if !(1..=5).contains(&version) {
            return Err(Issue::unsupported(at, "a datatype of version 1 to 5", version.to_string()));
        }
        if size == 0 {
            return Err(Issue::invalid(at + 4, "a datatype of one byte or more", "0"));
        }
        if levels.len() >= limits::TYPES {
            return Err(Issue::unsupported(at, "datatypes that are nested less deep", levels.len().to_string()));
        }
        let class = match class {
            0 => TypeClass::Integer,
            1 => TypeClass::Float,
            2 => TypeClass::Time,
            3 => TypeClass::String,
            4 => TypeClass::Bits,
            5 => TypeClass::Opaque,
            6 => TypeClass::Compound,
            7 => TypeClass::Reference,
            8 => TypeClass::Enum,
            9 if bits & 15 == 1 => TypeClass::VariableString,
            9 => TypeClass::Sequence,
            10 => TypeClass::Array,
            11 => TypeClass::Complex,
            _ => return Err(Issue::unsupported(at, "a datatype of class 0 to 11", class.to_string())),
        };
        levels.push((class, size));
        match class {
            TypeClass::Array => {
                // Dimensionality, (reserved), sizes, (permutation); base type.
                let rank = cursor.u8("an array type")?;
                let old = version < 3;
                cursor.skip(if old { 3 } else { 0 }, "an array type")?;
                cursor.skip(usize::from(rank) * if old { 8 } else { 4 }, "the sizes of an array type")?;
            }
            TypeClass::Sequence | TypeClass::Enum => {}
            _ => break,
        }
    }
    let mut type_ = None;
    for (class, size) in levels.into_iter().rev() {
        type_ = Some(Datatype { class, size, base: type_.map(Box::new) });
    }
    type_.ok_or_else(|| Issue::invalid(cursor.place(), "a datatype", "none"))
}
