//! Every bound of this crate, with its reason.

/// Tokens of one logical line that are looked at together; a longer one (a table of numbers) is looked at in pieces.
pub const LINE: usize = 1 << 16;
/// Blocks within one another; CPython's tokenizer gives up at 100.
pub const BLOCKS: usize = 100;
/// F-strings within one another; CPython's limit.
pub const FSTRINGS: usize = 150;
/// Functions of one module.
pub const FUNCTIONS: usize = 1 << 14;
/// Names that are kept of one function, or of the module.
pub const NAMES: usize = 4_096;
/// Bytes of one dotted name.
pub const NAME: usize = 512;
/// Names of one scope that stand for others.
pub const ALIASES: usize = 4_096;
/// String constants that are kept of one module.
pub const STRINGS: usize = 256;
/// Bytes of one such constant.
pub const STRING: usize = 4 << 10;
/// Bytes of source in the excerpt.
pub const EXCERPT: usize = 4 << 10;
/// Modules imported whole (`from x import *`) whose names a bare name may be.
pub const STARS: usize = 16;
/// Tokens behind the constants of `__import__` and `getattr` in which their bracket closes: both take few arguments.
pub const ARGUMENTS: usize = 64;
/// Calls and items in a row of one name that are followed.
pub const STEPS: usize = 8;
/// Names within the calls of others that are followed: each may be looked at again by itself.
pub const CHAINS: usize = 4;
/// Tokens of one call in which something is looked for that it runs.
pub const WITHIN: usize = 512;
/// Tokens of all calls of one module that are looked into one by one. Calls that lie in each other are looked into once each.
pub const LOOKED: usize = 1 << 19;
/// Texts that are executed as they stand, and are read as source: of one module, and within one another.
pub const INNER: usize = 64;
/// How deep such texts are read within one another.
pub const DEPTH: usize = 4;
