//! A visitor that writes everything down.

use weighbridge_parse_pickle::*;
use weighbridge_parse_read::{ReadAt, Stop};

#[derive(Default, Debug, Clone, PartialEq)]
pub struct Seen {
    pub globals: Vec<String>,
    pub vias: Vec<(String, Resolved, Via)>,
    pub calls: Vec<String>,
    pub states: Vec<String>,
    pub items: Vec<String>,
    pub persistent: Vec<String>,
    pub constants: Vec<(u64, u64, u64)>,
    pub anomalies: Vec<&'static str>,
    pub details: Vec<(AnomalyCode, u64, String)>,
    pub gaps: Vec<(u64, u64)>,
    pub ends: Vec<(End, u64, Option<u8>)>,
    pub results: Vec<String>,
    pub again: Vec<(u32, u64)>,
    pub summary: Summary,
}

impl Visitor for Seen {
    fn pickle_end(&mut self, end: &PickleEnd, values: &mut Values<'_>) -> Result<Flow, Stop> {
        self.ends.push((end.end, end.offset, end.protocol));
        if let Some(value) = end.result {
            let text = values.render(value, 200)?;
            self.results.push(text);
        }
        Ok(Flow::Continue)
    }
    fn global(&mut self, g: &Global<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let path = g.name.path();
        values.render(g.value, 100)?;
        self.vias.push((path.clone(), g.resolved, g.via));
        self.globals.push(path);
        Ok(())
    }
    fn call(&mut self, call: &Call<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        self.calls.push(values.render_call(call, 200)?);
        Ok(())
    }
    fn again(&mut self, id: Id, offset: u64) -> Result<(), Stop> {
        self.again.push((id.0, offset));
        Ok(())
    }
    fn state(&mut self, s: &State<'_>, values: &mut Values<'_>) -> Result<Flow, Stop> {
        let target = values.render(s.target, 100)?;
        let state = values.render(s.state, 100)?;
        let slots = match s.slot_state {
            Some(v) => format!(" + {}", values.render(v, 100)?),
            None => String::new(),
        };
        self.states.push(format!("{:?} {target} <- {state}{slots}", s.target_kind));
        Ok(Flow::Continue)
    }
    fn item_write(&mut self, w: &ItemWrite<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let target = values.render(w.target, 100)?;
        self.items.push(format!("{:?} {target} {}", w.target_kind, w.total));
        Ok(())
    }
    fn persistent_id(&mut self, p: &PersistentId<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        self.persistent.push(values.render(p.value, 200)?);
        Ok(())
    }
    fn constant(&mut self, c: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        values.text(c.value, 100)?;
        self.constants.push((c.offset, c.payload, c.len));
        Ok(())
    }
    fn anomaly(&mut self, a: &Anomaly<'_>) -> Result<(), Stop> {
        self.anomalies.push(a.code.as_str());
        self.details.push((a.code, a.offset, a.detail.to_owned()));
        Ok(())
    }
    fn gap(&mut self, offset: u64, len: u64) -> Result<(), Stop> {
        self.gaps.push((offset, len));
        Ok(())
    }
}

pub fn see(bytes: &[u8]) -> Seen {
    see_in(bytes, &Limits::default())
}

pub fn see_in<R: ReadAt>(input: R, limits: &Limits) -> Seen {
    let mut seen = Seen::default();
    seen.summary = run(input, limits, &mut seen).unwrap();
    seen
}

/// Short text constant of protocol 4.
pub fn s(text: &str) -> Vec<u8> {
    let mut out = vec![0x8c, text.len() as u8];
    out.extend(text.as_bytes());
    out
}

/// `GLOBAL`.
pub fn g(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// Pieces in a row, with PROTO 4 before and STOP after.
pub fn p(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![0x80, 4];
    for piece in pieces {
        out.extend(*piece);
    }
    out.push(b'.');
    out
}

#[track_caller]
pub fn has(list: &[String], wanted: &str) {
    assert!(list.iter().any(|s| s == wanted), "{wanted:?} is not in {list:#?}");
}
