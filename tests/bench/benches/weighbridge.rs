//! What costs time: the opcode loop, the scan of a small file, the rules, the walk over an archive.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use weighbridge_bench::{archive, checkpoint, dense, large_pack, objects, state_dict};
use weighbridge_core::host::Registry;
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::Severity;
use weighbridge_core::rules::{Library, RuleSet};
use weighbridge_core::scan::{Cancel, ScanOptions, Source, scan};
use weighbridge_parse_pickle as pickle;
use weighbridge_parse_read::Stop;
use weighbridge_parse_zip as zip;

/// Takes what the machine says and keeps nothing: what is left is the machine.
struct Nobody;

impl pickle::Visitor for Nobody {}

impl zip::Visitor for Nobody {
    fn entry(&mut self, entry: &zip::Entry) -> Result<(), Stop> {
        black_box(entry);
        Ok(())
    }
    fn issue(&mut self, issue: &zip::Issue) -> Result<(), Stop> {
        panic!("the archive is as it should be: {issue:?}");
    }
    fn region(&mut self, region: zip::Region) -> Result<(), Stop> {
        black_box(region);
        Ok(())
    }
}

fn opcodes(c: &mut Criterion) {
    let mut group = c.benchmark_group("opcodes");
    for (name, input) in [("values", dense(1 << 18)), ("objects", objects(1 << 18)), ("state dict", state_dict(1 << 12))] {
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let summary = pickle::run(input.as_slice(), &pickle::Limits::default(), &mut Nobody).unwrap();
                assert!(summary.complete, "{summary:?}");
            });
        });
    }
    group.finish();
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    for plugin in [weighbridge_plugin_numpy::DESCRIPTOR, weighbridge_plugin_pickle::DESCRIPTOR, weighbridge_plugin_zip::DESCRIPTOR] {
        registry.add_builtin(plugin).unwrap();
    }
    registry
}

fn default_rules() -> RuleSet {
    Library::builtin().unwrap().rule_set(&["default"]).unwrap()
}

/// Scans and judges; the answer is the worst that is found.
fn judged(registry: &Registry, rules: &RuleSet, input: &dyn Source) -> Option<Severity> {
    let mut facts = FileFacts::default();
    scan(registry, input, "model.pt", &ScanOptions::default(), &Cancel::default(), &mut facts);
    rules.judge(&facts, "model.pt").into_iter().map(|finding| finding.severity).max()
}

fn small_files(c: &mut Criterion) {
    let (registry, rules) = (registry(), default_rules());
    let hostile = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x10echo weighbridge\x85R.".to_vec();
    let mut group = c.benchmark_group("scan and judge");
    let inputs = [
        ("pickle that calls os.system", hostile, Some(Severity::Critical)),
        ("state dict of 64 tensors", state_dict(64), None),
        ("checkpoint of 64 tensors", checkpoint(64, crc32fast::hash), None),
    ];
    for (name, input, expected) in inputs {
        // A figure for a scan that goes wrong would be no figure.
        assert_eq!(judged(&registry, &rules, &input), expected, "{name}");
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |b| b.iter(|| judged(&registry, &rules, black_box(&input))));
    }
    group.finish();
}

fn rules(c: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("weighbridge-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let large = folder.join("large.toml");
    std::fs::write(&large, large_pack(10_000, 2_000)).unwrap();
    let large = large.to_str().unwrap().to_owned();
    let library = Library::builtin().unwrap();
    let every: Vec<&str> = library.ids().collect();
    let load = |packs: &[&str]| Library::builtin().unwrap().rule_set(packs).unwrap();

    let mut group = c.benchmark_group("load");
    // What is loaded lives as long as the program: that it goes is no part of the start.
    for (name, packs) in
        [("the default profile", vec!["default"]), ("every pack", every.clone()), ("10,000 entries and 2,000 rules", vec![large.as_str()])]
    {
        group.bench_function(name, |b| b.iter_with_large_drop(|| load(black_box(&packs))));
    }
    group.finish();

    let (registry, checkpoint) = (registry(), checkpoint(64, crc32fast::hash));
    let mut facts = FileFacts::default();
    scan(&registry, &checkpoint, "model.pt", &ScanOptions::default(), &Cancel::default(), &mut facts);
    let mut group = c.benchmark_group("checkpoint of 64 tensors");
    group.bench_function("scan alone", |b| {
        b.iter(|| {
            let mut facts = FileFacts::default();
            scan(&registry, &checkpoint, "model.pt", &ScanOptions::default(), &Cancel::default(), &mut facts);
            facts
        });
    });
    for (name, packs) in [
        ("judge by default", vec!["default"]),
        ("judge by every pack", every),
        ("judge by default and the large pack", vec!["default", large.as_str()]),
    ] {
        let rules = load(&packs);
        group.bench_function(name, |b| b.iter(|| black_box(rules.judge(black_box(&facts), "model.pt"))));
    }
    group.finish();
    std::fs::remove_dir_all(folder).unwrap();
}

fn archives(c: &mut Criterion) {
    let members: Vec<_> = (0..256).map(|n| (format!("model/data/{n}"), vec![n as u8; 4096])).collect();
    let input = archive(&members, crc32fast::hash);
    let mut group = c.benchmark_group("zip");
    group.throughput(Throughput::Elements(256));
    group.bench_function("walk of 256 members", |b| {
        b.iter(|| {
            let summary = zip::walk(input.as_slice(), &zip::Limits::default(), &mut Nobody).unwrap();
            assert_eq!(summary.entries, 256);
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = opcodes, small_files, rules, archives
}
criterion_main!(benches);
