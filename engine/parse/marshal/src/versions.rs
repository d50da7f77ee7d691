//! Of which versions bytecode can be: those in which each instruction exists and finds what it names.

use crate::instruction::Instructions;
use crate::node::{Code, Node, Object};
use crate::opcodes::Op;
use crate::survey::bytecode;
use crate::{Layout, Part, Version};
use weighbridge_parse_read::{ReadAt, Stop};

/// How a version fits a stream's bytecode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The version.
    pub version: Version,
    /// Instructions that it does not have, or that name what is not there.
    pub faults: u64,
    /// Instructions that were looked at.
    pub instructions: u64,
}

/// How each version of the stream's layout fits the first `codes` code objects, best first, newer before older.
pub fn fits<R: ReadAt + ?Sized>(object: &Object<'_, R>, codes: usize) -> Result<Vec<Fit>, Stop> {
    let mut fits = Vec::new();
    for version in object.layout.versions() {
        let mut fit = Fit { version, faults: 0, instructions: 0 };
        for (_, code) in object.codes().take(codes) {
            check(object, code, &mut fit)?;
        }
        fits.push(fit);
    }
    fits.sort_by_key(|fit| (fit.faults, std::cmp::Reverse(fit.version)));
    Ok(fits)
}

/// The versions that fit without a fault; where none does, all of the layout, so that nothing goes unseen.
pub fn versions<R: ReadAt + ?Sized>(object: &Object<'_, R>) -> Result<Vec<Version>, Stop> {
    let fits = fits(object, usize::MAX)?;
    let clean = fits.iter().filter(|fit| fit.faults == 0).count();
    let count = if clean == 0 { fits.len() } else { clean };
    Ok(fits[..count].iter().map(|fit| fit.version).collect())
}

fn check<R: ReadAt + ?Sized>(object: &Object<'_, R>, code: &Code, fit: &mut Fit) -> Result<(), Stop> {
    let Some(_) = code.part(Part::Bytecode) else { return Ok(()) };
    let bytes = bytecode(object, code)?;
    // What a prefix cuts off is not there to be compared with.
    let size = |part| code.part(part).map(|_| object.items(code, part).len());
    let (names, constants, variables) = (size(Part::Names), size(Part::Constants), size(Part::Variables));
    let free = if object.layout == Layout::Py311 { variables } else { size(Part::Cells).zip(size(Part::Free)).map(|(cells, free)| cells + free) };
    let modern = fit.version >= Version::V3_11;
    let mut resumed = !modern;
    for instruction in Instructions::new(&bytes, fit.version) {
        fit.instructions += 1;
        if fit.instructions.is_multiple_of(8_192) {
            object.input.poll(8_192)?;
        }
        let argument = instruction.argument as usize;
        let inside = |size: Option<usize>, index: usize| size.is_none_or(|size| index < size);
        let good = match instruction.entry.op {
            Op::Unknown => false,
            Op::Nop if modern && instruction.number == 0 => false,
            Op::Resume => {
                resumed = true;
                true
            }
            Op::Constant | Op::ReturnConstant | Op::KeywordNames => inside(constants, argument),
            Op::LoadName | Op::StoreName | Op::StoreGlobal | Op::StoreAttribute | Op::DeleteName | Op::ImportFrom | Op::LoadMethod => {
                inside(names, argument)
            }
            Op::ImportName => inside(names, if fit.version >= Version::V3_15 { argument >> 2 } else { argument }),
            Op::LoadGlobal => inside(names, if modern { argument >> 1 } else { argument }),
            Op::LoadAttribute => inside(names, if fit.version >= Version::V3_12 { argument >> 1 } else { argument }),
            Op::LoadSuper => inside(names, argument >> 2),
            Op::LoadFast | Op::StoreFast | Op::DeleteFast => inside(variables, argument),
            Op::LoadFastPair | Op::StoreFastPair | Op::StoreFastLoadFast => inside(variables, argument >> 4) && inside(variables, argument & 15),
            Op::LoadFree | Op::StoreFree => inside(free, argument),
            _ => true,
        };
        fit.faults += u64::from(!good || instruction.dirty);
    }
    object.input.poll(fit.instructions % 8_192)?;
    let cut = matches!(code.part(Part::Bytecode).map(|id| object.node(id)), Some(Node::Bytes(span) | Node::Text { span, .. }) if bytes.len() < span.len as usize);
    fit.faults += u64::from(!cut && (bytes.is_empty() || !resumed));
    Ok(())
}
