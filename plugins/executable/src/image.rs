//! Where a program ends: what lies behind is not loaded with it, and may be anything.
//!
//! ELF: <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>. PE: <https://learn.microsoft.com/windows/win32/debug/pe-format>.
//! Mach-O: `mach-o/loader.h` and `mach-o/fat.h`.

use crate::limits;
use weighbridge_sdk::{Input, ReadAt, Stop};

/// Numbers of one byte order, read at their places; what lies beyond the end is 0.
struct Numbers<'i, 'h> {
    input: &'i Input<'h>,
    big: bool,
}

impl Numbers<'_, '_> {
    fn bytes<const N: usize>(&self, at: u64) -> Result<[u8; N], Stop> {
        let mut bytes = self.input.array::<N>(at)?.unwrap_or([0; N]);
        if self.big {
            bytes.reverse();
        }
        Ok(bytes)
    }

    fn u16(&self, at: u64) -> Result<u64, Stop> {
        self.bytes(at).map(|bytes| u16::from_le_bytes(bytes).into())
    }

    fn u32(&self, at: u64) -> Result<u64, Stop> {
        self.bytes(at).map(|bytes| u32::from_le_bytes(bytes).into())
    }

    fn u64(&self, at: u64) -> Result<u64, Stop> {
        self.bytes(at).map(u64::from_le_bytes)
    }

    /// An address-sized number.
    fn word(&self, wide: bool, at: u64) -> Result<u64, Stop> {
        if wide { self.u64(at) } else { self.u32(at) }
    }
}

/// The end of the last part that the headers name, which may lie beyond the file; none where they name none.
pub(crate) fn end(input: &Input<'_>, kind: &str, head: &[u8]) -> Result<Option<u64>, Stop> {
    let mut end = 0;
    match kind {
        "elf" => elf(input, head, &mut end)?,
        "pe" => pe(input, &mut end)?,
        "macho" => macho(input, 0, &mut end)?,
        _ => return Ok(None),
    }
    Ok((end > 0).then_some(end))
}

fn reach(end: &mut u64, at: u64, offset: u64, length: u64) {
    if length > 0 {
        *end = (*end).max(at.saturating_add(offset).saturating_add(length));
    }
}

/// ```text
/// Elf64_Ehdr { e_phoff at 32, e_shoff at 40, e_phentsize at 54, e_phnum at 56, e_shentsize at 58, e_shnum at 60 }
/// Elf64_Phdr { p_offset at 8, p_filesz at 32 }      Elf64_Shdr { sh_type at 4, sh_offset at 24, sh_size at 32 }
/// ```
fn elf(input: &Input<'_>, head: &[u8], end: &mut u64) -> Result<(), Stop> {
    let (wide, big) = (head.get(4) == Some(&2), head.get(5) == Some(&2));
    let numbers = Numbers { input, big };
    let (offsets, sizes) = if wide { ((32, 40), 54) } else { ((28, 32), 42) };
    let (segments, sections) = (numbers.word(wide, offsets.0)?, numbers.word(wide, offsets.1)?);
    let [segment, segment_count, section, section_count] =
        [numbers.u16(sizes)?, numbers.u16(sizes + 2)?, numbers.u16(sizes + 4)?, numbers.u16(sizes + 6)?];
    reach(end, 0, segments, segment * segment_count);
    reach(end, 0, sections, section * section_count);
    for index in 0..segment_count.min(limits::PARTS) {
        input.poll(1)?;
        let at = segments.saturating_add(index * segment);
        let (offset, length) = if wide { (at.saturating_add(8), at.saturating_add(32)) } else { (at.saturating_add(4), at.saturating_add(16)) };
        reach(end, 0, numbers.word(wide, offset)?, numbers.word(wide, length)?);
    }
    for index in 0..section_count.min(limits::PARTS) {
        input.poll(1)?;
        let at = sections.saturating_add(index * section);
        // SHT_NOBITS takes no bytes of the file.
        if numbers.u32(at.saturating_add(4))? != 8 {
            let (offset, length) = if wide { (at.saturating_add(24), at.saturating_add(32)) } else { (at.saturating_add(16), at.saturating_add(20)) };
            reach(end, 0, numbers.word(wide, offset)?, numbers.word(wide, length)?);
        }
    }
    Ok(())
}

/// ```text
/// at e_lfanew: "PE\0\0" COFF { NumberOfSections at 6, SizeOfOptionalHeader at 20 } optional header, section headers of 40 bytes
/// section { SizeOfRawData at 16, PointerToRawData at 20 }      data directory 4: the certificates' place in the file
/// ```
fn pe(input: &Input<'_>, end: &mut u64) -> Result<(), Stop> {
    let numbers = Numbers { input, big: false };
    let at = numbers.u32(0x3c)?;
    let (sections, optional) = (numbers.u16(at + 6)?, numbers.u16(at + 20)?);
    let wide = numbers.u16(at + 24)? == 0x20b;
    let directories = at + 24 + if wide { 112 } else { 96 };
    reach(end, 0, numbers.u32(directories + 32)?, numbers.u32(directories + 36)?);
    for index in 0..sections.min(limits::PARTS) {
        input.poll(1)?;
        let section = at + 24 + optional + index * 40;
        reach(end, 0, numbers.u32(section + 20)?, numbers.u32(section + 16)?);
    }
    Ok(())
}

/// ```text
/// fat_header { magic, nfat_arch } fat_arch { _cputype, _cpusubtype, offset, size, _align }           the highest byte first
/// mach_header { magic, …, ncmds at 16, sizeofcmds at 20 } load_command { cmd, cmdsize, … }
/// segment_command_64 { cmd = 0x19, …, fileoff at 40, filesize at 48 }      segment_command { cmd = 1, …, fileoff at 32, filesize at 36 }
/// ```
fn macho(input: &Input<'_>, base: u64, end: &mut u64) -> Result<(), Stop> {
    let magic = input.array::<4>(base)?.unwrap_or_default();
    if let ([0xca, 0xfe, 0xba, last], 0) = (magic, base) {
        let (numbers, wide) = (Numbers { input, big: true }, last == 0xbf);
        for index in 0..numbers.u32(4)?.min(limits::PARTS) {
            input.poll(1)?;
            let at = 8 + index * if wide { 32 } else { 20 };
            reach(end, 0, numbers.word(wide, at + 8)?, numbers.word(wide, at + if wide { 16 } else { 12 })?);
        }
        return Ok(());
    }
    let numbers = Numbers { input, big: magic[0] == 0xfe };
    let wide = magic.contains(&0xcf);
    let mut at = base + if wide { 32 } else { 28 };
    for _ in 0..numbers.u32(base + 16)?.min(limits::PARTS) {
        input.poll(1)?;
        let (command, size) = (numbers.u32(at)?, numbers.u32(at + 4)?);
        match command {
            0x19 => reach(end, base, numbers.u64(at + 40)?, numbers.u64(at + 48)?),
            1 => reach(end, base, numbers.u32(at + 32)?, numbers.u32(at + 36)?),
            _ => {}
        }
        if size < 8 || at > input.size() {
            break;
        }
        at += size;
    }
    Ok(())
}
