//! Versions of CPython, and how each lays out a code object.

/// A version whose bytecode is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Version {
    V2_7,
    V3_6,
    V3_7,
    V3_8,
    V3_9,
    V3_10,
    V3_11,
    V3_12,
    V3_13,
    V3_14,
    V3_15,
}

impl Version {
    /// All of them, oldest first.
    pub const ALL: [Version; 11] = [
        Version::V2_7,
        Version::V3_6,
        Version::V3_7,
        Version::V3_8,
        Version::V3_9,
        Version::V3_10,
        Version::V3_11,
        Version::V3_12,
        Version::V3_13,
        Version::V3_14,
        Version::V3_15,
    ];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Version::V2_7 => "2.7",
            Version::V3_6 => "3.6",
            Version::V3_7 => "3.7",
            Version::V3_8 => "3.8",
            Version::V3_9 => "3.9",
            Version::V3_10 => "3.10",
            Version::V3_11 => "3.11",
            Version::V3_12 => "3.12",
            Version::V3_13 => "3.13",
            Version::V3_14 => "3.14",
            Version::V3_15 => "3.15",
        }
    }

    /// How it lays out a code object.
    pub fn layout(self) -> Layout {
        match self {
            Version::V2_7 => Layout::Py27,
            Version::V3_6 | Version::V3_7 => Layout::Py36,
            Version::V3_8 | Version::V3_9 | Version::V3_10 => Layout::Py38,
            _ => Layout::Py311,
        }
    }
}

/// A layout of code objects; each is shared by several versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Python 2.3 to 2.7.
    Py27,
    /// Python 3.0 to 3.7.
    Py36,
    /// Python 3.8 to 3.10: positional-only arguments.
    Py38,
    /// Python 3.11 and later: one table of variables, a qualified name, an exception table.
    Py311,
}

impl Layout {
    /// All of them, newest first.
    pub const ALL: [Layout; 4] = [Layout::Py311, Layout::Py38, Layout::Py36, Layout::Py27];

    /// The versions that use it and whose bytecode is read.
    pub fn versions(self) -> impl Iterator<Item = Version> {
        Version::ALL.into_iter().filter(move |version| version.layout() == self)
    }

    /// What a code object consists of, in its order.
    pub(crate) fn steps(self) -> &'static [Step] {
        use Number as N;
        use Part as P;
        use Step::{Number as n, Part as p};
        match self {
            Layout::Py27 => &[
                n(N::Arguments),
                n(N::Locals),
                n(N::Stack),
                n(N::Flags),
                p(P::Bytecode),
                p(P::Constants),
                p(P::Names),
                p(P::Variables),
                p(P::Free),
                p(P::Cells),
                p(P::Filename),
                p(P::Name),
                n(N::FirstLine),
                p(P::Lines),
            ],
            Layout::Py36 => &[
                n(N::Arguments),
                n(N::KeywordOnly),
                n(N::Locals),
                n(N::Stack),
                n(N::Flags),
                p(P::Bytecode),
                p(P::Constants),
                p(P::Names),
                p(P::Variables),
                p(P::Free),
                p(P::Cells),
                p(P::Filename),
                p(P::Name),
                n(N::FirstLine),
                p(P::Lines),
            ],
            Layout::Py38 => &[
                n(N::Arguments),
                n(N::PositionalOnly),
                n(N::KeywordOnly),
                n(N::Locals),
                n(N::Stack),
                n(N::Flags),
                p(P::Bytecode),
                p(P::Constants),
                p(P::Names),
                p(P::Variables),
                p(P::Free),
                p(P::Cells),
                p(P::Filename),
                p(P::Name),
                n(N::FirstLine),
                p(P::Lines),
            ],
            Layout::Py311 => &[
                n(N::Arguments),
                n(N::PositionalOnly),
                n(N::KeywordOnly),
                n(N::Stack),
                n(N::Flags),
                p(P::Bytecode),
                p(P::Constants),
                p(P::Names),
                p(P::Variables),
                p(P::Kinds),
                p(P::Filename),
                p(P::Name),
                p(P::QualifiedName),
                n(N::FirstLine),
                p(P::Lines),
                p(P::Exceptions),
            ],
        }
    }
}

/// A 32-bit number of a code object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// co_argcount.
    Arguments,
    /// co_posonlyargcount.
    PositionalOnly,
    /// co_kwonlyargcount.
    KeywordOnly,
    /// co_nlocals.
    Locals,
    /// co_stacksize.
    Stack,
    /// co_flags.
    Flags,
    /// co_firstlineno.
    FirstLine,
}

/// An object of a code object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// co_code.
    Bytecode,
    /// co_consts.
    Constants,
    /// co_names.
    Names,
    /// co_varnames; since 3.11 co_localsplusnames: variables, cells and free variables.
    Variables,
    /// co_freevars.
    Free,
    /// co_cellvars.
    Cells,
    /// co_localspluskinds.
    Kinds,
    /// co_filename.
    Filename,
    /// co_name.
    Name,
    /// co_qualname.
    QualifiedName,
    /// co_lnotab or co_linetable.
    Lines,
    /// co_exceptiontable.
    Exceptions,
}

pub(crate) const NUMBERS: usize = 7;
pub(crate) const PARTS: usize = 12;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Number(Number),
    Part(Part),
}
