//! What a library says of itself before any of its code can run: its kind, its export table, the libraries that it asks for.

use super::descriptor::is_id;
use object::read::elf::{ElfFile, FileHeader};
use object::{Architecture, BinaryFormat, Object, ObjectKind, ObjectSegment, ObjectSymbol, SymbolKind};
use weighbridge_abi as abi;

/// The plugin that a library exports.
#[derive(Debug)]
pub(super) struct Export {
    /// Its id, as the symbol says.
    pub id: String,
    /// Bytes that the symbol has; 0 where the table does not say.
    pub size: u64,
}

/// A library of this system, read up to its export table.
pub(super) fn parse(bytes: &[u8]) -> Result<object::File<'_>, String> {
    let file =
        object::File::parse(bytes).map_err(|error| format!("it is not a shared library that can be read here ({error}): copy or build it anew"))?;
    if file.kind() != ObjectKind::Dynamic {
        return Err("it is an object file or a program, not a shared library: link it with -shared".into());
    }
    let own = own_architecture();
    if own != Architecture::Unknown && file.architecture() != own {
        return Err(format!("it is built for {:?}, and this machine is {own:?}: build it for this one", file.architecture()));
    }
    // The loader maps what the headers say: what lies beyond the end would be a crash later.
    let ends_inside = |(offset, size): (u64, u64)| offset.checked_add(size).is_some_and(|end| end <= bytes.len() as u64);
    if !file.segments().all(|segment| ends_inside(segment.file_range())) {
        return Err("it ends before its contents do: copy it anew".into());
    }
    if let Some(path) = looked_for(&file).into_iter().find(|path| depends_on_where_it_is_started(path)) {
        return Err(format!("it asks for libraries at `{}`, which depends on where it is started: link it without that", path.escape_debug()));
    }
    Ok(file)
}

/// The one plugin that a library exports.
pub(super) fn plugin(file: &object::File<'_>) -> Result<Export, String> {
    let mut names = exported(file);
    names.retain(|name| name.starts_with(abi::SYMBOL_PREFIX));
    names.sort();
    names.dedup();
    match names.as_slice() {
        [one] => match &one[abi::SYMBOL_PREFIX.len()..] {
            id if is_id(id) => data(file, one).map(|size| Export { id: id.to_owned(), size }),
            id => Err(format!("the id in its symbol, `{}`, is not of the form [a-z][a-z0-9_]*: rename the symbol", id.escape_debug())),
        },
        [] => Err(format!("it exports no symbol {}<id>: it is no plugin, or was built without exporting it (see WB_EXPORT)", abi::SYMBOL_PREFIX)),
        many => Err(format!("it exports more than one plugin ({}): build a library for each", many.join(", "))),
    }
}

/// The size of a symbol, which has to be data.
fn data(file: &object::File<'_>, name: &str) -> Result<u64, String> {
    let Some(symbol) = file.dynamic_symbols().find(|symbol| symbol.is_definition() && symbol.name() == Ok(name)) else { return Ok(0) };
    match symbol.kind() {
        SymbolKind::Text => Err(format!("{name} is a function, and has to be a constant `wb_plugin`: export the descriptor under that name")),
        _ => Ok(symbol.size()),
    }
}

fn exported(file: &object::File<'_>) -> Vec<String> {
    let names: Vec<String> = match file.exports() {
        Ok(exports) if !exports.is_empty() => exports.iter().map(|export| String::from_utf8_lossy(export.name()).into_owned()).collect(),
        _ => file.dynamic_symbols().filter(ObjectSymbol::is_definition).filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect(),
    };
    if file.format() == BinaryFormat::MachO {
        // There every symbol of C begins with an underscore.
        return names.iter().filter_map(|name| name.strip_prefix('_').map(str::to_owned)).collect();
    }
    names
}

fn own_architecture() -> Architecture {
    match std::env::consts::ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "x86" => Architecture::I386,
        "arm" => Architecture::Arm,
        "riscv64" => Architecture::Riscv64,
        "powerpc64" => Architecture::PowerPc64,
        "s390x" => Architecture::S390x,
        "loongarch64" => Architecture::LoongArch64,
        _ => Architecture::Unknown,
    }
}

/// Where the loader would look for the libraries that this one needs: names with a slash (DT_NEEDED), and the folders of DT_RPATH and
/// DT_RUNPATH. <https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html>
fn looked_for(file: &object::File<'_>) -> Vec<String> {
    fn of<Elf: FileHeader>(file: &ElfFile<'_, Elf>) -> Vec<String> {
        use object::elf::{DT_NEEDED, DT_RPATH, DT_RUNPATH};
        let Ok(table) = file.elf_dynamic_table() else { return Vec::new() };
        let text = |entry| table.string(entry).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
        let mut found = Vec::new();
        for entry in &table {
            match entry.tag {
                DT_NEEDED => found.extend(Some(text(entry)).filter(|name| name.contains('/'))),
                DT_RPATH | DT_RUNPATH => found.extend(text(entry).split(':').map(str::to_owned)),
                _ => {}
            }
        }
        found
    }
    match file {
        object::File::Elf32(file) => of(file),
        object::File::Elf64(file) => of(file),
        _ => Vec::new(),
    }
}

/// An empty folder in such a list is the current one.
fn depends_on_where_it_is_started(path: &str) -> bool {
    !path.starts_with('/') && !path.starts_with("$ORIGIN") && !path.starts_with("${ORIGIN}")
}
