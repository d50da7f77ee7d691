//! What holds for every plugin and every input, whatever the input is: the one place where it is said.

use super::{Options, Seen, SeenRegion, scan_with};
use weighbridge_abi as abi;

/// What an input may cost: a constant, for tables that are made once, and a part that grows with its length. The figures are some times what the
/// costliest real inputs and fixtures take; what goes beyond them grows faster than its input.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Of an input of no bytes.
    pub base: u64,
    /// More for each byte.
    pub byte: u64,
}

impl Cost {
    /// Steps that are polled for: a loop over a number from the file shows here.
    pub const STEPS: Cost = Cost { base: 1 << 20, byte: 1 << 10 };

    /// Bytes read: blocks that are read anew for each of many small parts show here.
    pub const READ: Cost = Cost { base: 8 << 20, byte: 4 << 10 };

    /// Calls of the host.
    pub const CALLS: Cost = Cost { base: 64 << 10, byte: 64 };

    /// Facts of any one input: every one stands for some byte of it, or of a directory that is compressed.
    pub const FACTS: Cost = Cost { base: 16 << 10, byte: 16 };

    /// Children: likewise.
    pub const CHILDREN: Cost = Cost { base: 16 << 10, byte: 2 };

    /// For an input of that length.
    pub fn of(self, length: usize) -> u64 {
        self.base.saturating_add(self.byte.saturating_mul(length as u64))
    }
}

/// Bytes read and decoded up to which an input is read once more, a byte at a time: each of them is a call then.
const BYTEWISE: u64 = 64 << 10;

/// Before the bytes of a fuzzer's input: this, the name that the input is to have, and the end of a line. Before the name may stand how the input is encoded
/// in a container, and "/". Without all that it is a file called "input".
///
/// Some formats are told by a name alone; so a seed brings its name along, and a mutant keeps it.
pub const NAMED: &[u8] = b"\0name=";

/// Bytes of such a name.
const NAME: usize = 255;

/// What a fuzzer's input stands for: how it is driven, and its bytes.
pub fn named(data: &[u8]) -> (Options<'_>, &[u8]) {
    let split = || {
        let rest = data.strip_prefix(NAMED)?;
        let end = rest.iter().take(NAME + 1).position(|byte| *byte == b'\n')?;
        let name = std::str::from_utf8(&rest[..end]).ok()?;
        let (encoding, name) = name.rsplit_once('/').unwrap_or(("", name));
        Some((Options { name, encoding, ..Options::default() }, &rest[end + 1..]))
    };
    split().unwrap_or((Options::default(), data))
}

/// What a fuzzer calls: it scans the input and panics where the plugin breaks the contract. The input may begin with a name: see [`NAMED`].
///
/// The plugin must not fail by its own fault, must say only what it declares and of places within the input, in regions that do not overlap; its work must
/// grow with the input; it must say the same twice, and the same of an input that comes a byte at a time; it must stop at once when it is told to.
///
/// # Panics
/// Where one of these does not hold.
pub fn fuzz(plugin: &'static abi::Plugin, data: &[u8]) {
    let (options, data) = named(data);
    fuzz_with(plugin, data, options);
}

/// As [`fuzz`], with options.
///
/// # Panics
/// As [`fuzz`].
pub fn fuzz_with(plugin: &'static abi::Plugin, data: &[u8], options: Options<'_>) {
    let seen = scan_with(plugin, data, options);
    holds(&seen, data.len());
    assert!(seen == scan_with(plugin, data, options), "the same input gave something else the second time");
    is_the_same_in_pieces(plugin, data, &seen, options);
    stops_when_told(plugin, data, &seen, options);
}

/// Of [`fuzz`] what one scan of an input of that length shows by itself.
///
/// # Panics
/// Where it does not hold.
pub fn holds(seen: &Seen, length: usize) {
    keeps_the_contract(seen);
    costs_what_it_may(seen, length);
}

fn keeps_the_contract(seen: &Seen) {
    assert!(seen.breaches.is_empty(), "the contract is broken: {}", seen.breaches.join("; "));
    assert!(seen.outside.is_empty(), "a fact's place lies outside of the input: {}", seen.outside.join("; "));
    assert_ne!(seen.status, abi::INTERNAL, "the plugin failed by its own fault");
    if matches!(seen.status, abi::MALFORMED | abi::UNSUPPORTED) {
        assert!(seen.facts.iter().any(|fact| fact.kind == "anomaly"), "the scan ended with {}, and no anomaly says why", seen.status);
    }
}

fn costs_what_it_may(seen: &Seen, length: usize) {
    let decoded: u64 = seen.children.iter().filter_map(|child| child.decoded.as_ref()).map(|decoded| decoded.len() as u64).sum();
    for (what, cost, may) in [
        ("steps", seen.steps, Cost::STEPS),
        ("bytes read", seen.read, Cost::READ),
        ("calls", seen.calls.saturating_sub(decoded / 64), Cost::CALLS),
        ("facts", seen.facts.len() as u64, Cost::FACTS),
        ("children", seen.children.len() as u64, Cost::CHILDREN),
    ] {
        // What is decoded is work of its own, which the host bounds.
        let may = may.of(length).saturating_add(if what == "steps" { decoded } else { 0 });
        assert!(cost <= may, "{cost} {what} for an input of {length} bytes: more than {may}");
    }
}

fn is_the_same_in_pieces(plugin: &'static abi::Plugin, data: &[u8], seen: &Seen, options: Options<'_>) {
    let decoded: u64 = seen.children.iter().filter_map(|child| child.decoded.as_ref()).map(|decoded| decoded.len() as u64).sum();
    if seen.read + decoded > BYTEWISE {
        return;
    }
    let pieces = scan_with(plugin, data, Options { piece: Some(1), ..options });
    // How the work was cut up is all that may differ.
    let pieces = Seen { calls: seen.calls, steps: seen.steps, read: seen.read, regions: joined(&pieces.regions), ..pieces };
    let seen = Seen { regions: joined(&seen.regions), ..seen.clone() };
    assert!(seen == pieces, "an input that comes a byte at a time gave something else: {}", first_difference(&seen, &pieces));
}

/// Regions in order, neighbours of one class as one.
fn joined(regions: &[SeenRegion]) -> Vec<SeenRegion> {
    let mut sorted = regions.to_vec();
    sorted.sort_by_key(|region| (region.offset, region.length));
    let mut joined: Vec<SeenRegion> = Vec::new();
    for region in sorted {
        match joined.last_mut() {
            Some(last) if last.class == region.class && last.offset + last.length == region.offset => last.length += region.length,
            _ => joined.push(region),
        }
    }
    joined
}

/// What two scans of one input said differently.
fn first_difference(one: &Seen, other: &Seen) -> String {
    let fact = one.facts.iter().zip(&other.facts).find(|(one, other)| one != other);
    let child = one.children.iter().zip(&other.children).find(|(one, other)| one != other);
    match (fact, child) {
        (Some((one, other)), _) => format!("{one:?} became {other:?}"),
        (None, Some((one, other))) => format!("the child at {} became the one at {}, or decodes to something else", one.offset, other.offset),
        _ if one.regions != other.regions => format!("regions {:?} became {:?}", one.regions, other.regions),
        _ => format!("status {} and {}, {} and {} facts", one.status, other.status, one.facts.len(), other.facts.len()),
    }
}

fn stops_when_told(plugin: &'static abi::Plugin, data: &[u8], seen: &Seen, options: Options<'_>) {
    if seen.calls == 0 {
        return;
    }
    // Where it is stopped, and how, follows from the input: the fuzzer finds its way to every place.
    let sum = data.iter().fold(seen.calls, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let at = sum % seen.calls;
    let status = [abi::CANCELLED, abi::BUDGET, abi::IO][usize::try_from(sum / seen.calls % 3).unwrap_or(0)];
    let stopped = scan_with(plugin, data, Options { stop: Some((at, status)), ..options });
    assert_eq!(stopped.status, status, "stopped at call {at}, it returned another status");
    assert!(stopped.calls <= at + 1, "stopped at call {at}, it went on to call the host");
}
