//! Under which keys a token stands.

use crate::token::{Kind, Token};

/// Levels whose keys are kept: as many as Python goes down.
const LEVELS: usize = 1_024;
/// Bytes of one key that are kept.
const KEY: usize = 256;
/// Bytes of a path that are shown.
const PATH: usize = 1 << 10;

/// The keys and positions on the way to the current token. Every token of a reader is to be [followed](Trail::follow).
#[derive(Debug, Default)]
pub struct Trail {
    steps: Vec<Step>,
    depth: u64,
}

#[derive(Debug)]
struct Step {
    object: bool,
    key: String,
    index: u64,
    begun: bool,
}

impl Trail {
    /// A trail at the beginning.
    pub fn new() -> Self {
        Trail::default()
    }

    /// Goes on to a token; `text` is the reader's text.
    pub fn follow(&mut self, token: &Token, text: &str) {
        match token.kind {
            Kind::Key => {
                if let Some(step) = self.here() {
                    step.key.clear();
                    step.key.push_str(&text[..text.floor_char_boundary(KEY.min(text.len()))]);
                }
            }
            Kind::EndObject | Kind::EndArray => {
                self.depth = token.depth;
                self.steps.truncate(usize::try_from(token.depth).unwrap_or(usize::MAX));
            }
            Kind::End => {
                self.steps.clear();
                self.depth = 0;
            }
            _ => {
                if let Some(step) = self.here() {
                    step.index += u64::from(std::mem::replace(&mut step.begun, true));
                }
                if token.begins() {
                    if (self.steps.len() as u64) == token.depth && self.steps.len() < LEVELS {
                        self.steps.push(Step { object: token.kind == Kind::BeginObject, key: String::new(), index: 0, begun: false });
                    }
                    self.depth = token.depth + 1;
                }
            }
        }
    }

    fn here(&mut self) -> Option<&mut Step> {
        let depth = self.depth;
        self.steps.last_mut().filter(|_| depth <= LEVELS as u64)
    }

    /// The key of the value that the current token is or begins; none in an array.
    pub fn key(&self) -> Option<&str> {
        self.steps.last().filter(|step| step.object && self.depth <= LEVELS as u64).map(|step| step.key.as_str())
    }

    /// The key `up` levels of objects above: 0 is the innermost key on the trail. Arrays have none and are passed over.
    pub fn above(&self, up: usize) -> Option<&str> {
        self.steps.iter().rev().filter(|step| step.object).nth(up).map(|step| step.key.as_str())
    }

    /// All of it: `model.layers[3].name`.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            if path.len() > PATH {
                path.push('…');
                break;
            }
            if !step.object {
                path.push_str(&format!("[{}]", step.index));
            } else if !step.key.is_empty() {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&step.key);
            }
        }
        path
    }
}
