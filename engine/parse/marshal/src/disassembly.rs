//! Bytecode for people.

use crate::instruction::{Instruction, Instructions};
use crate::node::{Code, Object};
use crate::opcodes::Op;
use crate::survey::bytecode;
use crate::{Layout, Part, Version, limits};
use weighbridge_parse_read::{ReadAt, Stop};

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Offset in the bytecode.
    pub at: usize,
    /// Its name; "" where the version has none of that number.
    pub name: &'static str,
    /// Its argument: a name or a constant where it stands for one, else a number; "" without one.
    pub argument: String,
}

/// Gives each instruction to `each` until that answers `false`.
pub fn disassemble<R: ReadAt + ?Sized>(
    object: &Object<'_, R>,
    code: &Code,
    version: Version,
    mut each: impl FnMut(Line) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    let bytes = bytecode(object, code)?;
    for instruction in Instructions::new(&bytes, version) {
        let argument = argument(object, code, version, &instruction)?;
        let name = if instruction.entry.name.is_empty() { "?" } else { instruction.entry.name };
        if !each(Line { at: instruction.at, name, argument })? {
            break;
        }
    }
    Ok(())
}

fn argument<R: ReadAt + ?Sized>(object: &Object<'_, R>, code: &Code, version: Version, instruction: &Instruction) -> Result<String, Stop> {
    let index = instruction.argument as usize;
    let item = |part: Part, index: usize| -> Result<String, Stop> {
        match object.items(code, part).get(index) {
            Some(id) => Ok(object.text(*id, limits::NAME)?.unwrap_or_default().text),
            None => Ok(index.to_string()),
        }
    };
    let since = |from: Version, shift: usize| if version >= from { index >> shift } else { index };
    match instruction.entry.op {
        Op::Constant | Op::ReturnConstant | Op::KeywordNames => match object.items(code, Part::Constants).get(index) {
            Some(id) => object.render(*id),
            None => Ok(index.to_string()),
        },
        Op::LoadName | Op::StoreName | Op::StoreGlobal | Op::StoreAttribute | Op::DeleteName | Op::ImportFrom | Op::LoadMethod => {
            item(Part::Names, index)
        }
        Op::ImportName => item(Part::Names, since(Version::V3_15, 2)),
        Op::LoadGlobal => item(Part::Names, since(Version::V3_11, 1)),
        Op::LoadAttribute => item(Part::Names, since(Version::V3_12, 1)),
        Op::LoadSuper => item(Part::Names, index >> 2),
        Op::LoadFast | Op::StoreFast | Op::DeleteFast => item(Part::Variables, index),
        Op::LoadFastPair | Op::StoreFastPair | Op::StoreFastLoadFast => {
            Ok(format!("{}, {}", item(Part::Variables, index >> 4)?, item(Part::Variables, index & 15)?))
        }
        Op::LoadFree | Op::StoreFree if object.layout == Layout::Py311 => item(Part::Variables, index),
        Op::LoadFree | Op::StoreFree => match index.checked_sub(object.items(code, Part::Cells).len()) {
            Some(free) => item(Part::Free, free),
            None => item(Part::Cells, index),
        },
        _ if instruction.argument == 0 => Ok(String::new()),
        _ => Ok(index.to_string()),
    }
}

/// All code objects of a stream as text, at most `limit` bytes; the answer is also whether that is all.
pub fn text<R: ReadAt + ?Sized>(object: &Object<'_, R>, version: Version, limit: usize) -> Result<(String, bool), Stop> {
    let mut text = String::new();
    for (_, code) in object.codes() {
        let qualified = object.name(code, Part::QualifiedName)?;
        let name = if qualified.is_empty() { object.name(code, Part::Name)? } else { qualified };
        text.push_str(&format!("{}, {}\n", name.escape_debug(), object.name(code, Part::Filename)?.escape_debug()));
        disassemble(object, code, version, |line| {
            text.push_str("  ");
            text.push_str(line.name);
            if !line.argument.is_empty() {
                text.push(' ');
                text.push_str(&line.argument);
            }
            text.push('\n');
            Ok(text.len() <= limit)
        })?;
        if text.len() > limit {
            text.truncate(text.floor_char_boundary(limit));
            return Ok((text, false));
        }
    }
    Ok((text, true))
}
