//! Prints how fast a file is interpreted: `PICKLE=file cargo run --release --example throughput`.
#![allow(clippy::print_stdout)]

use std::os::unix::fs::FileExt;

use weighbridge_parse_pickle::{Call, Global, Limits, Values, Visitor, run};
use weighbridge_parse_read::{ReadAt, Stop};

struct File(std::fs::File, u64);

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.1
    }
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        let mut done = 0;
        while done < buf.len() {
            match self.0.read_at(&mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(_) => return Err(Stop::Io),
            }
        }
        Ok(done)
    }
    fn poll(&self, _steps: u64) -> Result<(), Stop> {
        Ok(())
    }
}

#[derive(Default)]
struct Count {
    names: u64,
    calls: u64,
    again: u64,
}

impl Visitor for Count {
    fn global(&mut self, _: &Global<'_>, _: &mut Values<'_>) -> Result<(), Stop> {
        self.names += 1;
        Ok(())
    }
    fn call(&mut self, _: &Call<'_>, _: &mut Values<'_>) -> Result<(), Stop> {
        self.calls += 1;
        Ok(())
    }
    fn again(&mut self, _: weighbridge_parse_pickle::Id, _: u64) -> Result<(), Stop> {
        self.again += 1;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::var("PICKLE")?;
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    let mut prefix = vec![0; 4096.min(usize::try_from(size)?)];
    file.read_exact_at(&mut prefix, 0)?;
    let probe = weighbridge_parse_pickle::probe(&prefix, size);
    let mut count = Count::default();
    let start = std::time::Instant::now();
    let summary = run(File(file, size), &Limits::default(), &mut count)?;
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("");
    println!("{summary:?} probe {probe:?}");
    println!("names {} calls {} repeats {}", count.names, count.calls, count.again);
    println!("{:.0} MB/s, {:.1} M opcodes/s, {peak}", size as f64 / 1e6 / seconds, summary.opcodes as f64 / 1e6 / seconds);
    Ok(())
}
