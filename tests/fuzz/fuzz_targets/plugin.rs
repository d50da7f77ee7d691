//! One target for all plugins, through the descriptors that the engine calls: `FUZZ_PLUGIN` says which by its id.
//!
//! What has to hold is said in the SDK (`harness::fuzz`). Here are only the two properties that need a process of their own: memory and time.
#![no_main]

#[path = "../memory.rs"]
mod memory;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use weighbridge_abi::Plugin;
use weighbridge_sdk::harness::{Options, fuzz_with, id, named, scan, scan_with};

static PLUGINS: &[&Plugin] = &include!(concat!(env!("OUT_DIR"), "/plugins.rs"));

/// Bytes that a scan may hold at once: what a worker's memory is reckoned with, of which the harness itself keeps up to some MiB.
const MEMORY: usize = 64 << 20;

/// Time that a scan may take, with a part for each byte of the input and each that is decoded. The build is instrumented and checked: it takes two to
/// five times what a release build does.
const TIME: Duration = Duration::from_millis(250);
const TIME_PER_BYTE: Duration = Duration::from_micros(20);
const TIME_PER_DECODED: Duration = Duration::from_nanos(200);

/// A slow scan is measured this often, and its best time counts: the machine may have been busy.
const MEASURED: usize = 3;

/// The plugin that is fuzzed.
fn chosen() -> &'static Plugin {
    static CHOSEN: OnceLock<&Plugin> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("FUZZ_PLUGIN").unwrap_or_default();
        let ids: Vec<_> = PLUGINS.iter().map(|plugin| id(plugin)).collect();
        let plugin = PLUGINS.iter().find(|plugin| id(plugin) == name);
        let plugin = plugin.unwrap_or_else(|| panic!("FUZZ_PLUGIN has to be one of: {}", ids.join(" ")));
        // The SDK silences panics of plugins when the first session is made. Here each is a find, and its place is what one wants to know.
        scan(plugin, b"");
        std::panic::set_hook(Box::new(|info| {
            eprintln!("{info}\n{}", std::backtrace::Backtrace::force_capture());
            std::process::abort();
        }));
        plugin
    })
}

fn measure(plugin: &'static Plugin, data: &[u8], options: Options<'_>) {
    let mut best = Duration::MAX;
    for _ in 0..MEASURED {
        let (start, before) = (Instant::now(), memory::mark());
        let seen = scan_with(plugin, data, options);
        let (took, held) = (start.elapsed(), memory::most_since(before));
        assert!(held <= MEMORY, "a scan of {} bytes held {held} bytes at once", data.len());
        let decoded: usize = seen.children.iter().filter_map(|child| child.decoded.as_ref()).map(Vec::len).sum();
        let units = |number: usize, each: Duration| each.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
        best = best.min(took.saturating_sub(units(decoded, TIME_PER_DECODED)));
        if best <= TIME + units(data.len(), TIME_PER_BYTE) {
            return;
        }
    }
    panic!("slow: {best:?} for {} bytes", data.len());
}

fuzz_target!(init: { chosen(); }, |data: &[u8]| {
    let plugin = chosen();
    let (options, data) = named(data);
    measure(plugin, data, options);
    fuzz_with(plugin, data, options);
});
