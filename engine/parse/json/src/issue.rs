//! What is not as the grammar has it: liberties that some reader takes, and faults that none takes.

/// One place where the input is not what RFC 8259 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What it is.
    pub code: Code,
    /// Where.
    pub at: u64,
    /// What should be there.
    pub expected: &'static str,
    /// What is there, at most some 64 bytes of it.
    pub found: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $fault:literal,)*) => {
        /// What an [`Issue`] is. The texts are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// What it is called where files of all formats are spoken of: the anomaly that every reader of a format written in JSON makes of it. None
            /// where it is a liberty that changes nothing for a loader.
            pub const fn anomaly(self) -> Option<&'static str> {
                match self {
                    Code::Truncated | Code::Empty => Some("truncated"),
                    Code::DuplicateKey => Some("duplicate-name"),
                    Code::TrailingData => Some("trailing-data"),
                    Code::Depth => Some("limit-depth"),
                    code if code.is_fault() => Some("invalid"),
                    _ => None,
                }
            }

            /// Whether it is a fault: no common reader goes on behind it. Others are liberties, which some readers take.
            pub const fn is_fault(self) -> bool {
                match self { $(Code::$variant => $fault,)* }
            }
        }
    };
}

codes! {
    /// The input ends inside a value.
    Truncated = "truncated" true,
    /// There is no value at all.
    Empty = "empty" true,
    /// A character that begins nothing.
    Character = "character" true,
    /// A word that means nothing. It is taken for a string.
    Word = "word" true,
    /// Something else should be here: a comma, a colon, a key, a value.
    Expected = "expected" true,
    /// A bracket that closes nothing, or a bracket of the other kind.
    Bracket = "bracket" true,
    /// More faults than the limit: the rest was not read.
    GivenUp = "given-up" true,
    /// Bytes behind the value. Python refuses them; readers of streams do not.
    TrailingData = "trailing-data" true,
    /// One key twice in an object: Python and most others take the last, some the first, some refuse it.
    DuplicateKey = "duplicate-key" false,
    /// Nested deeper than the limit. Reading goes on.
    Depth = "depth" false,
    /// More open keys than the limit: later ones were not compared.
    Keys = "keys" false,
    /// A byte order mark. Python takes it in bytes, not in text.
    ByteOrderMark = "byte-order-mark" false,
    /// UTF-16 or UTF-32. Python takes both in bytes.
    WideEncoding = "wide-encoding" false,
    /// Bytes that are not of the encoding.
    BadEncoding = "bad-encoding" false,
    /// Half of a surrogate pair. Python keeps it, here it becomes U+FFFD.
    Surrogate = "surrogate" false,
    /// A backslash before what it does not escape.
    Escape = "escape" false,
    /// A control character in a string. Python takes it with `strict=False`.
    Control = "control" false,
    /// `NaN`, `Infinity`. Python writes and takes them.
    NotFinite = "not-finite" false,
    /// A number in another form: `+1`, `01`, `.5`, `0x1f`.
    NumberForm = "number-form" false,
    /// A comment.
    Comment = "comment" false,
    /// A comma before a closing bracket.
    TrailingComma = "trailing-comma" false,
    /// A string in single quotes.
    SingleQuotes = "single-quotes" false,
    /// A key without quotes.
    BareKey = "bare-key" false,
    /// Python's `True`, `False`, `None`.
    PythonWord = "python-word" false,
    /// White space that JSON does not have.
    Space = "space" false,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The issues of one input: the first few of each code, and how many there were.
#[derive(Debug, Clone)]
pub struct Issues {
    list: Vec<Issue>,
    counts: [u64; Code::ALL.len()],
    per_code: usize,
    faults: u64,
}

impl Issues {
    pub(crate) fn new(per_code: usize) -> Self {
        Issues { list: Vec::new(), counts: [0; Code::ALL.len()], per_code, faults: 0 }
    }

    pub(crate) fn add(&mut self, code: Code, at: u64, expected: &'static str, found: impl FnOnce() -> String) {
        let count = &mut self.counts[code as usize];
        *count += 1;
        self.faults += u64::from(code.is_fault());
        if *count <= self.per_code as u64 {
            self.list.push(Issue { code, at, expected, found: found() });
        }
    }

    /// Those that were kept, in the order in which they were met.
    pub fn list(&self) -> &[Issue] {
        &self.list
    }

    /// Those of them that every reader of a format written in JSON says, each with what it is called there.
    pub fn anomalies(&self) -> impl Iterator<Item = (&'static str, &Issue)> {
        self.list.iter().filter_map(|issue| Some((issue.code.anomaly()?, issue)))
    }

    /// How many there were of a code.
    pub fn count(&self, code: Code) -> u64 {
        self.counts[code as usize]
    }

    /// How many faults there were.
    pub fn faults(&self) -> u64 {
        self.faults
    }
}
