use crate::recorder::*;
use weighbridge_parse_pickle::{Limits, carve, decompile, probe};
use weighbridge_parse_read::{ReadAt, Stop};

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 32) as usize % n
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        b"cos\nsystem\n(S'echo hi'\ntR.".to_vec(),
        b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x0ctQ.".to_vec(),
        p(&[&g("builtins", "getattr"), &g("builtins", "__import__"), &s("os"), b"\x85R", &s("system"), b"\x86R", &s("echo"), b"\x85R"]),
        p(&[&g("numpy", "prod"), b"N}", &s("a"), &s("os"), b"s\x86b0", &g("numpy", "prod.a")]),
        p(&[b"\x95\x19\0\0\0\0\0\0\0", &s("os"), b"\x94", &s("system"), b"\x94\x93\x94", b"\x8c\x04echo\x85R"]),
        b"(dp0\nS'a'\np1\n(lp2\nI1\naF2.5\naL3L\nas.".to_vec(),
        b"\x80\x04\x8f(K\x01\x90(K\x01\x91\x96\x01\0\0\0\0\0\0\0a\x97\x98\x8a\x01\xff\x82\x01\x83\x01\0.".to_vec(),
        b"(S'echo'\nios\nsystem\n(cos\nsystem\nS'x'\no\x80\x02N.\0\0\0\x80\x02cos\nsystem\nX\x04\0\0\0echo\x85R.".to_vec(),
        p(&[&g("builtins", "str.join"), &s(""), &g("builtins", "reversed"), &s("metsys"), b"\x85R\x86R"]),
        p(&[&g("copyreg", "add_extension"), &s("os"), &s("system"), b"K\x01\x87R0\x82\x01\x8c\x04echo\x85R"]),
    ]
}

fn mutate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[rng.below(seeds.len())].clone();
    for _ in 0..1 + rng.below(6) {
        let at = rng.below(bytes.len().max(1)).min(bytes.len());
        match rng.below(6) {
            0 if at < bytes.len() => bytes[at] = rng.next() as u8,
            1 => bytes.insert(at, rng.next() as u8),
            2 if at < bytes.len() => {
                bytes.remove(at);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &seeds[rng.below(seeds.len())];
                let from = rng.below(other.len());
                bytes.splice(at..at, other[from..].iter().copied());
            }
            _ => {
                let ops = weighbridge_parse_pickle::opcodes::OPCODES;
                bytes.insert(at, ops[rng.below(ops.len())].code);
            }
        }
    }
    bytes
}

/// Gives one byte more than it must at a time, and counts what is read.
struct Trickle<'a>(&'a [u8]);

impl ReadAt for Trickle<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.0.read_at(offset, buf)
    }
    fn poll(&self, steps: u64) -> Result<(), Stop> {
        assert!(steps <= 10_000);
        Ok(())
    }
}

#[test]
fn mutants_neither_panic_nor_depend_on_the_block() {
    let seeds = seeds();
    let mut rng = Rng(42);
    let whole = Limits { containers: 64, slots: 256, stack: 64, ..Limits::default() };
    let pieces = Limits { block: 1, ..whole.clone() };
    for _ in 0..100_000 {
        let bytes = mutate(&mut rng, &seeds);
        let a = see_in(bytes.as_slice(), &whole);
        let b = see_in(Trickle(&bytes), &pieces);
        assert_eq!(a, b, "{}", bytes.escape_ascii());
    }
}

#[test]
fn long_mutants_do_not_depend_on_the_block() {
    let seeds = seeds();
    let mut rng = Rng(7);
    for _ in 0..2_000 {
        let mut bytes = Vec::new();
        while bytes.len() < 1500 {
            bytes.extend(mutate(&mut rng, &seeds));
            if rng.below(3) == 0 {
                let n = rng.below(300);
                bytes.extend(format!("S'{}'\n", "y".repeat(n)).into_bytes());
            }
        }
        let a = see_in(bytes.as_slice(), &Limits::default());
        let b = see_in(Trickle(&bytes), &Limits { block: 1, ..Limits::default() });
        assert_eq!(a, b, "{}", bytes.escape_ascii());
        assert!(carve(&bytes, 4).len() <= 4);
        assert_eq!(probe(&bytes, bytes.len() as u64), probe(&bytes, bytes.len() as u64));
        decompile::decompile(bytes.as_slice(), &Limits::default(), &mut Vec::new()).unwrap();
        decompile::disassemble(bytes.as_slice(), &Limits::default(), &mut Vec::new()).unwrap();
    }
}
