//! The machine's anomalies as those of the vocabulary. `detail` keeps the machine's own code.

use weighbridge_parse_pickle::AnomalyCode as Code;

/// What honest pickles have too: subclasses of dict and list are written with items on an object, optimised pickles skip memo keys, and no unpickler
/// compares opcodes with the declared protocol. Of the first there is a `state` fact, and rules know which class may not have it.
pub(crate) fn is_usual(code: Code) -> bool {
    matches!(code, Code::ItemsOnObject | Code::MemoSparse | Code::ProtocolOlder)
}

/// The vocabulary's code.
pub(crate) fn code(code: Code) -> &'static str {
    match code {
        Code::Truncated | Code::FrameTruncated => "truncated",
        Code::TrailingData => "trailing-data",
        Code::Expansion => "ratio",
        Code::MarkCrossed
        | Code::MemoOverwritten
        | Code::StackLeft
        | Code::MarkLeft
        | Code::ProtocolRepeated
        | Code::ProtocolMisplaced
        | Code::ProtocolOlder
        | Code::IntegerBase
        | Code::TextNul
        | Code::StringNotAscii
        | Code::StringQuotes
        | Code::LineCarriageReturn
        | Code::LengthSigned
        | Code::FrameStraddle
        | Code::DataIsOpcodes
        | Code::FrameNested => "parser-differential",
        Code::LimitMemo
        | Code::LimitStack
        | Code::LimitNames
        | Code::LimitExpressions
        | Code::LimitVariants
        | Code::LimitComputed
        | Code::LimitWrites => "limit-memory",
        Code::LimitResync | Code::LimitAlternatives | Code::LimitPickles => "limit-steps",
        _ => "invalid",
    }
}
