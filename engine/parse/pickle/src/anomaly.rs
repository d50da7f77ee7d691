//! What a pickle should not be: typed, each with a stable name.

macro_rules! anomalies {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// One kind of irregularity. Its text form is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum AnomalyCode {
            $($(#[$doc])* $variant,)*
        }

        impl AnomalyCode {
            /// All codes.
            pub const ALL: &'static [AnomalyCode] = &[$(AnomalyCode::$variant,)*];

            /// The stable name, in kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(AnomalyCode::$variant => $name,)*
                }
            }
        }
    };
}

anomalies! {
    /// The input ends inside an opcode or before STOP.
    Truncated = "truncated",
    /// A byte that no unpickler knows as an opcode.
    InvalidOpcode = "invalid-opcode",
    /// An opcode takes more than there is on the stack.
    StackUnderflow = "stack-underflow",
    /// An opcode needs a MARK and there is none.
    MissingMark = "missing-mark",
    /// An opcode takes values from below the topmost MARK: old C unpicklers allow it, newer ones stop.
    MarkCrossed = "mark-crossed",
    /// GET of a memo index that was never stored.
    MissingMemo = "missing-memo",
    /// A memo index is stored twice: pickletools stops, unpicklers go on.
    MemoOverwritten = "memo-overwritten",
    /// PUT with an index that skips others.
    MemoSparse = "memo-sparse",
    /// A memo index that is no plain decimal number.
    MemoIndex = "memo-index",
    /// Values are left on the stack at STOP: pickletools stops, unpicklers return the topmost.
    StackLeft = "stack-left",
    /// A MARK is left at STOP.
    MarkLeft = "mark-left",
    /// PROTO appears more than once.
    ProtocolRepeated = "protocol-repeated",
    /// PROTO is not the first opcode.
    ProtocolMisplaced = "protocol-misplaced",
    /// PROTO of a version that does not exist: unpicklers refuse it.
    ProtocolUnknown = "protocol-unknown",
    /// An opcode that the declared protocol does not have. Unpicklers do not check this.
    ProtocolOlder = "protocol-older",
    /// INT or LONG in another base than ten: `_pickle` reads it, pickletools and pickle.py do not.
    IntegerBase = "integer-base",
    /// A NUL within a number: C unpicklers read up to it, others stop.
    TextNul = "text-nul",
    /// A number that is no number.
    NumberInvalid = "number-invalid",
    /// A STRING with a byte above 0x7f: loads with encoding latin1, bytes or utf-8, not with the default.
    StringNotAscii = "string-not-ascii",
    /// The lines of a name end in CR LF: unpicklers of bytes look for a module with a CR in its name, those that were given text find the module.
    LineCarriageReturn = "line-carriage-return",
    /// A STRING without matching quotes.
    StringQuotes = "string-quotes",
    /// A STRING or UNICODE with a broken escape.
    StringEscape = "string-escape",
    /// A text that is not UTF-8.
    TextNotUtf8 = "text-not-utf8",
    /// A BINSTRING or LONG4 length above 2^31: negative to some readers, long to others.
    LengthSigned = "length-signed",
    /// A read straddles the end of a FRAME: unpicklers read different bytes (cpython#154848). Both readings are followed.
    FrameStraddle = "frame-straddle",
    /// What one loader takes for data reads on as opcodes, which is what the others take it for. Both readings are followed.
    DataIsOpcodes = "data-is-opcodes",
    /// A FRAME begins inside another.
    FrameNested = "frame-nested",
    /// A FRAME is longer than what is left of the input.
    FrameTruncated = "frame-truncated",
    /// The module or name of a STACK_GLOBAL is no text.
    GlobalOperand = "global-operand",
    /// The module or name of a STACK_GLOBAL could not be computed.
    GlobalUnresolved = "global-unresolved",
    /// A module or attribute name that is empty, over-long or not printable.
    GlobalName = "global-name",
    /// An extension code that the stream did not register: what it stands for depends on the loader.
    ExtensionUnknown = "extension-unknown",
    /// Few opcodes make a structure of very many values, by sharing (billion laughs): whatever walks it does not come to an end.
    Expansion = "expansion",
    /// Items are appended to, or set on, something that is no container: methods of it are called.
    ItemsOnObject = "items-on-object",
    /// BUILD, SETITEM or APPEND on a constant, which cannot hold state.
    TargetConstant = "target-constant",
    /// Bytes between or after pickles.
    TrailingData = "trailing-data",
    /// The memo cap is reached: plain values beyond it are forgotten.
    LimitMemo = "limit-memo",
    /// The stack cap is reached: the oldest half is forgotten.
    LimitStack = "limit-stack",
    /// The cap on names is reached.
    LimitNames = "limit-names",
    /// The cap on distinct expressions or events is reached.
    LimitExpressions = "limit-expressions",
    /// The cap on argument lists of one callable is reached: further calls of it are reported without arguments.
    LimitVariants = "limit-variants",
    /// The cap on computed text is reached.
    LimitComputed = "limit-computed",
    /// More computing than an input of this length may ask for: calls are told, but no longer evaluated.
    LimitFold = "limit-fold",
    /// The cap on attribute writes is reached.
    LimitWrites = "limit-writes",
    /// The search for a next pickle took too long and was given up.
    LimitResync = "limit-resync",
    /// More alternative readings, or longer ones, than are followed.
    LimitAlternatives = "limit-alternatives",
    /// More pickles than are followed, or nested deeper.
    LimitPickles = "limit-pickles",
}

impl std::fmt::Display for AnomalyCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
