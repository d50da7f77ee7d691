//! The instructions of each version: names and inline caches as the interpreters themselves give them, and what each does as far as it is followed.
//!
//! `opcodes.txt` is written by testdata/make.py: a line for each instruction, a column for each version, `number` or `number+caches`.
//! Meaning: <https://docs.python.org/3/library/dis.html#python-bytecode-instructions>.

use crate::Version;
use std::sync::LazyLock;

const TABLE: &str = include_str!("opcodes.txt");

/// What an instruction does to the stack and to names. `Clear` is what is not followed: nothing is known of the stack behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// No instruction of this version.
    Unknown,
    Clear,
    Nop,
    Extended,
    /// Pops and pushes a fixed number of values.
    Plain(u8, u8),
    /// Pops as many values as its argument says, this many times, and pushes one.
    Build(u8),
    Constant,
    Number,
    Common,
    ReturnConstant,
    KeywordNames,
    LoadName,
    LoadGlobal,
    LoadFast,
    LoadFastPair,
    LoadFree,
    LoadAttribute,
    LoadMethod,
    LoadSuper,
    StoreName,
    StoreGlobal,
    StoreFast,
    StoreFastLoadFast,
    StoreFastPair,
    StoreFree,
    StoreAttribute,
    DeleteName,
    DeleteFast,
    ImportName,
    ImportFrom,
    ImportStar,
    Null,
    /// Python 2's `exec` statement.
    Exec,
    Resume,
    Add,
    Binary,
    Duplicate,
    Copy,
    Swap,
    Rotate2,
    Rotate3,
    MakeFunction,
    BuildClass,
    /// A call of Python 2: the low byte counts arguments, the high one pairs; this many more stand above them.
    Call2(u8),
    CallFunction,
    CallFunctionKeywords,
    CallFunctionExtended,
    CallMethod,
    Call,
    CallKeywords,
}

/// One instruction of a version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub name: &'static str,
    pub caches: u8,
    pub op: Op,
}

/// A version's instructions by number.
pub(crate) type Table = [Entry; 256];

static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| Version::ALL.into_iter().enumerate().map(|(column, version)| parse(column, version)).collect());

pub(crate) fn table(version: Version) -> &'static Table {
    &TABLES[version as usize]
}

fn parse(column: usize, version: Version) -> Table {
    let mut table = [Entry { name: "", caches: 0, op: Op::Unknown }; 256];
    for line in TABLE.lines().skip(1) {
        let mut cells = line.split_ascii_whitespace();
        let (Some(name), Some(cell)) = (cells.next(), cells.nth(column)) else { continue };
        let (number, caches) = cell.split_once('+').unwrap_or((cell, "0"));
        if let (Ok(number), Ok(caches)) = (number.parse::<u8>(), caches.parse()) {
            table[usize::from(number)] = Entry { name, caches, op: op(name, version) };
        }
    }
    table
}

fn op(name: &str, version: Version) -> Op {
    match name {
        "EXTENDED_ARG" => Op::Extended,
        "NOP" | "CACHE" | "PRECALL" | "COPY_FREE_VARS" | "MAKE_CELL" | "NOT_TAKEN" | "SETUP_ANNOTATIONS" | "SET_LINENO" => Op::Nop,
        "RESUME" => Op::Resume,
        "LOAD_CONST" => Op::Constant,
        "LOAD_SMALL_INT" => Op::Number,
        "LOAD_COMMON_CONSTANT" => Op::Common,
        "RETURN_CONST" => Op::ReturnConstant,
        "KW_NAMES" => Op::KeywordNames,
        "LOAD_NAME" => Op::LoadName,
        "LOAD_GLOBAL" => Op::LoadGlobal,
        "LOAD_FROM_DICT_OR_GLOBALS" => Op::LoadName,
        "LOAD_FAST" | "LOAD_FAST_CHECK" | "LOAD_FAST_AND_CLEAR" | "LOAD_FAST_BORROW" => Op::LoadFast,
        "LOAD_FAST_LOAD_FAST" | "LOAD_FAST_BORROW_LOAD_FAST_BORROW" => Op::LoadFastPair,
        "LOAD_DEREF" | "LOAD_CLASSDEREF" | "LOAD_CLOSURE" | "LOAD_FROM_DICT_OR_DEREF" => Op::LoadFree,
        "LOAD_ATTR" => Op::LoadAttribute,
        "LOAD_METHOD" => Op::LoadMethod,
        "LOAD_SUPER_ATTR" => Op::LoadSuper,
        "STORE_NAME" => Op::StoreName,
        "STORE_GLOBAL" => Op::StoreGlobal,
        "STORE_FAST" => Op::StoreFast,
        "STORE_FAST_LOAD_FAST" => Op::StoreFastLoadFast,
        "STORE_FAST_STORE_FAST" => Op::StoreFastPair,
        "STORE_DEREF" => Op::StoreFree,
        "STORE_ATTR" => Op::StoreAttribute,
        "STORE_ANNOTATION" | "DELETE_NAME" | "DELETE_GLOBAL" | "DELETE_ATTR" => Op::DeleteName,
        "DELETE_FAST" => Op::DeleteFast,
        "IMPORT_NAME" => Op::ImportName,
        "IMPORT_FROM" => Op::ImportFrom,
        "IMPORT_STAR" => Op::ImportStar,
        "PUSH_NULL" => Op::Null,
        "EXEC_STMT" => Op::Exec,
        "BINARY_ADD" | "INPLACE_ADD" => Op::Add,
        "BINARY_OP" => Op::Binary,
        "BINARY_SLICE" => Op::Plain(3, 1),
        "STORE_SLICE" => Op::Plain(4, 0),
        "STORE_SUBSCR" | "DELETE_SUBSCR" => Op::Plain(if name == "STORE_SUBSCR" { 3 } else { 2 }, 0),
        "COMPARE_OP" | "IS_OP" | "CONTAINS_OP" => Op::Plain(2, 1),
        "POP_TOP" | "POP_ITER" | "PRINT_EXPR" | "PRINT_ITEM" => Op::Plain(1, 0),
        "PRINT_NEWLINE" => Op::Nop,
        "GET_ITER" | "TO_BOOL" | "FORMAT_SIMPLE" | "CONVERT_VALUE" | "LIST_TO_TUPLE" => Op::Plain(1, 1),
        "FORMAT_WITH_SPEC" => Op::Plain(2, 1),
        "DUP_TOP" => Op::Duplicate,
        "COPY" => Op::Copy,
        "SWAP" => Op::Swap,
        "ROT_TWO" => Op::Rotate2,
        "ROT_THREE" => Op::Rotate3,
        "LOAD_BUILD_CLASS" => Op::BuildClass,
        "MAKE_FUNCTION" | "MAKE_CLOSURE" => Op::MakeFunction,
        "SET_FUNCTION_ATTRIBUTE" => Op::Plain(2, 1),
        "LIST_EXTEND" | "SET_UPDATE" | "DICT_UPDATE" | "DICT_MERGE" | "LIST_APPEND" | "SET_ADD" => Op::Plain(1, 0),
        // Python 2 builds an empty dictionary and fills it afterwards.
        "BUILD_MAP" if version == Version::V2_7 => Op::Plain(0, 1),
        "BUILD_MAP" => Op::Build(2),
        "BUILD_TUPLE" | "BUILD_LIST" | "BUILD_SET" | "BUILD_STRING" | "BUILD_SLICE" => Op::Build(1),
        "CALL_FUNCTION" if version == Version::V2_7 => Op::Call2(0),
        "CALL_FUNCTION_VAR" | "CALL_FUNCTION_KW" if version == Version::V2_7 => Op::Call2(1),
        "CALL_FUNCTION_VAR_KW" => Op::Call2(2),
        "CALL_FUNCTION" => Op::CallFunction,
        "CALL_FUNCTION_KW" => Op::CallFunctionKeywords,
        "CALL_FUNCTION_EX" => Op::CallFunctionExtended,
        "CALL_METHOD" => Op::CallMethod,
        "CALL" => Op::Call,
        "CALL_KW" => Op::CallKeywords,
        name if name.starts_with("UNARY_") => Op::Plain(1, 1),
        name if name.starts_with("BINARY_") || name.starts_with("INPLACE_") => Op::Plain(2, 1),
        _ => Op::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_the_versions() {
        let header: Vec<&str> = TABLE.lines().next().unwrap_or_default().split_ascii_whitespace().skip(1).collect();
        assert_eq!(header, Version::ALL.map(Version::name));
        for version in Version::ALL {
            let table = table(version);
            assert!(table.iter().filter(|entry| entry.op != Op::Unknown).count() > 100, "{version:?}");
            for name in ["LOAD_CONST", "LOAD_NAME", "LOAD_ATTR", "IMPORT_NAME", "EXTENDED_ARG"] {
                assert!(table.iter().any(|entry| entry.name == name), "{name} in {version:?}");
            }
        }
    }
}
