//! Children: what is reported, and what comes out of the decoder.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::{Fault, failed, skipped};
use std::collections::BTreeMap;
use weighbridge_abi as abi;
use weighbridge_core::drive::{Children, Script};
use weighbridge_core::host::Breach;

pub fn records(bench: &mut Bench) -> Result<(), Fault> {
    let claimed = bench.claimed()?;
    let mut driver = bench.driver()?;
    for input in claimed {
        let seen = bench.run(&mut driver, input, &Script { children: Children::Left, ..Script::default() });
        super::said::no_breach(&seen, input, &[Breach::Child])?;
        let mut tokens = BTreeMap::new();
        for child in &seen.children {
            let Some(token) = child.token else { continue };
            if let Some(other) = tokens.insert(token, &child.name) {
                let [one, two] = [other, &child.name].map(|name| String::from_utf8_lossy(name).into_owned());
                let sentence = format!("the token {token} is that of two children of {}, `{one}` and `{two}`: a token is opened once", input.name);
                return Err(failed(sentence));
            }
        }
    }
    Ok(())
}

pub fn reads(bench: &mut Bench) -> Result<(), Fault> {
    let claimed = bench.claimed()?;
    let mut driver = bench.driver()?;
    let mut any = false;
    for input in claimed {
        let whole = bench.run(&mut driver, input, &Script::default());
        // Small and odd buffers, and children that are closed before their end.
        let ways = [Children::Read(1021), Children::Read(7), Children::Abandoned];
        let others = ways.map(|children| bench.run(&mut driver, input, &Script { children, ..Script::default() }));
        for seen in std::iter::once(&whole).chain(&others) {
            for child in &seen.children {
                let (name, Some(taken)) = (String::from_utf8_lossy(&child.name), &child.taken) else { continue };
                any = true;
                if let Some((len, got)) = taken.too_much {
                    return Err(failed(format!(
                        "read_child() of `{name}` in {} was asked for {len} bytes, and says that it wrote {got}",
                        input.name
                    )));
                }
                if taken.beyond {
                    return Err(failed(format!("read_child() of `{name}` in {} wrote past the buffer that it was given", input.name)));
                }
                if taken.read.status == abi::INTERNAL || taken.opened.status == abi::INTERNAL {
                    let sentence = format!("open_child() or read_child() of `{name}` in {} returned WB_INTERNAL", input.name);
                    return Err(failed(sentence));
                }
            }
        }
        let [.., abandoned] = &others;
        if let Some(different) = other_children(&whole, abandoned) {
            return Err(failed(format!(
                "in {} the child before it was closed before its end, and then {different}: close_child() begins anew",
                input.name
            )));
        }
    }
    if any { Ok(()) } else { Err(skipped("none of the inputs has a child that is decoded")) }
}

/// Where a child that follows one which was given up is another one than it was.
fn other_children(whole: &weighbridge_core::drive::Seen, abandoned: &weighbridge_core::drive::Seen) -> Option<String> {
    whole.children.iter().zip(&abandoned.children).find_map(|(before, now)| {
        let (a, b) = (before.taken.as_ref()?, now.taken.as_ref()?);
        let length = a.bytes.len().min(b.bytes.len());
        let same = a.opened == b.opened && a.bytes[..length] == b.bytes[..length] && (!(a.whole && b.whole) || a.bytes.len() == b.bytes.len());
        (!same).then(|| format!("`{}` had other content", String::from_utf8_lossy(&before.name)))
    })
}
