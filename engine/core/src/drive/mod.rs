//! One plugin, driven over bytes that a test gives: through the engine's own side of the contract, and with everything noted that it does.
//!
//! The engine takes what plugins say as leniently as it can; this is for those who want to know where a plugin does not keep the contract.

mod pace;
mod seen;
mod side;

pub use pace::Pace;
pub use seen::{Called, Probed, Seen, SeenChild, SeenFact, SeenRegion, Taken};

use crate::host::{InputView, Outcome, Plugin, Session};
use side::Noting;
use weighbridge_abi as abi;

/// Bytes of stack that the threads of the engine have in which plugins run.
pub const STACK: usize = crate::run::STACK;

/// Whether the engine would ask the plugin's probe of an input: one of its magics matches, or it asks for every input.
pub fn is_asked(plugin: &Plugin, data: &[u8]) -> bool {
    crate::scan::is_asked(plugin, data)
}

/// Why the host ends a call, as a plugin is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// `WB_IO`.
    Io,
    /// `WB_CANCELLED`.
    Cancelled,
    /// `WB_BUDGET`.
    Budget,
}

impl Stop {
    /// The status that stands for it.
    pub fn status(self) -> abi::Status {
        match self {
            Stop::Io => abi::IO,
            Stop::Cancelled => abi::CANCELLED,
            Stop::Budget => abi::BUDGET,
        }
    }
}

/// How a plugin is driven over an input.
#[derive(Debug, Clone, Copy)]
pub struct Script<'s> {
    /// The input's name.
    pub name: &'s str,
    /// Listings are wanted.
    pub inspect: bool,
    /// It is scanned as the plugin's format of this number from its beginning, whatever its probe says: as by a container's hint.
    pub format: Option<u32>,
    /// The host's call of this number (from 0, over all functions of the plugin), and each that follows, is answered with this.
    pub stop: Option<(u64, Stop)>,
    /// How children are taken up.
    pub children: Children,
}

/// How children that are to be decoded are taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// Not at all.
    Left,
    /// To their end, so many bytes at a time.
    Read(usize),
    /// Every other one, from the first, is closed after its first bytes; those between them are read to their end.
    Abandoned,
}

impl Default for Script<'_> {
    fn default() -> Self {
        Script { name: "input", inspect: false, format: None, stop: None, children: Children::Read(BLOCK) }
    }
}

/// Bytes asked of a decoder at a time, where nothing else was said.
const BLOCK: usize = 64 << 10;

/// Bytes kept of a decoded child. What is longer is closed before its end.
const DECODED: usize = 1 << 20;

/// Bytes read of a child that is given up.
const FIRST: usize = 16;

/// Bytes past a decoder's buffer that are looked at.
const GUARD: usize = 64;

/// What stands there.
const UNTOUCHED: u8 = 0xA5;

/// One session of a plugin, and a new one after each that failed.
pub struct Driver<'p> {
    plugin: &'p Plugin,
    session: Option<Session<'p>>,
}

impl<'p> Driver<'p> {
    /// With a session; none where the plugin cannot make one.
    pub fn new(plugin: &'p Plugin) -> Option<Self> {
        Some(Driver { plugin, session: Some(Session::new(plugin)?) })
    }

    /// Probes an input.
    pub fn probe(&mut self, data: &[u8], script: &Script<'_>) -> Seen {
        self.drive(data, script, false)
    }

    /// Probes an input, scans it if it is one of the plugin's, and takes up its children.
    pub fn run(&mut self, data: &[u8], script: &Script<'_>) -> Seen {
        self.drive(data, script, true)
    }

    fn drive(&mut self, data: &[u8], script: &Script<'_>, scans: bool) -> Seen {
        if self.session.as_ref().is_none_or(Session::failed) {
            self.session = None;
            self.session = Session::new(self.plugin);
        }
        let mut side = Noting::new(data, script.stop);
        let Some(session) = &mut self.session else { return side.finish() };
        let mut input = InputView {
            size: data.len() as u64,
            name: script.name,
            thorough: false,
            listings: script.inspect,
            code: false,
            carved: false,
            start: 0,
            format: 0,
            encoding: "",
        };
        let (answer, outcome) = session.probe(&input, &mut side);
        let told = session.answer();
        side.seen.probe = Probed { called: Called::of(&told), level: told.probe.level, format: told.probe.format, start: told.probe.start };
        side.begin();
        match (outcome, script.format) {
            (Outcome::Ended(_) | Outcome::Failed, _) => return side.finish(),
            _ if !scans => return side.finish(),
            (_, Some(format)) => (input.format, input.start) = (format, 0),
            (_, None) if answer.level == abi::PROBE_NO => return side.finish(),
            (_, None) => (input.format, input.start) = (answer.format, answer.start),
        }
        let outcome = session.scan(&input, &mut side);
        side.seen.scan = Some(Called::of(&session.answer()));
        side.pause();
        if matches!(outcome, Outcome::Done | Outcome::Malformed | Outcome::Unsupported) && script.children != Children::Left {
            let tokens: Vec<_> = side.seen.children.iter().enumerate().filter_map(|(at, child)| Some((at, child.token?))).collect();
            for (turn, (at, token)) in tokens.into_iter().enumerate() {
                let (block, most) = match script.children {
                    Children::Abandoned if turn % 2 == 0 => (FIRST, FIRST),
                    Children::Read(block) => (block.clamp(1, BLOCK), DECODED),
                    Children::Abandoned | Children::Left => (BLOCK, DECODED),
                };
                let taken = take(session, &input, &mut side, token, block, most);
                let ended = taken.ended.is_some();
                side.seen.children[at].taken = Some(taken);
                if ended || session.failed() {
                    break;
                }
            }
        }
        side.finish()
    }
}

/// Opens a child, reads up to so many bytes of it, and closes it.
fn take(session: &mut Session<'_>, input: &InputView<'_>, side: &mut Noting<'_>, token: u64, block: usize, most: usize) -> Taken {
    let mut taken = Taken::default();
    let outcome = session.open_child(input, side, token);
    side.pause();
    taken.opened = Called::of(&session.answer());
    if outcome != Outcome::Done {
        taken.ended = matches!(outcome, Outcome::Ended(_)).then_some(taken.opened);
        return taken;
    }
    let mut buf = vec![UNTOUCHED; block + GUARD];
    while taken.bytes.len() < most {
        let (got, outcome) = session.read_child(input, side, &mut buf[..block]);
        side.pause();
        let answer = session.answer();
        taken.read = Called::of(&answer);
        taken.bytes.extend_from_slice(&buf[..got]);
        taken.too_much = taken.too_much.or((answer.got > block as u64).then_some((block as u64, answer.got)));
        taken.beyond |= buf[block..].iter().any(|byte| *byte != UNTOUCHED);
        match outcome {
            Outcome::Done if got == 0 => {
                taken.whole = true;
                break;
            }
            Outcome::Done => {}
            Outcome::Ended(_) => {
                taken.ended = Some(taken.read);
                break;
            }
            _ => break,
        }
    }
    session.close_child();
    taken
}
