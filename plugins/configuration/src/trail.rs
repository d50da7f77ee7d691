//! Under which keys a value stands.

use weighbridge_parse_json as json;

/// Levels whose keys are kept: as many as Python goes down.
const LEVELS: usize = 1_024;
/// Bytes of one key that are kept.
const KEY: usize = 256;
/// Bytes of a path that are shown.
const PATH: usize = 1 << 10;

/// The way to a value.
pub(crate) trait Way {
    /// The key of the value; none in a list.
    fn key(&self) -> Option<&str>;
    /// The key `up` levels of objects above: 0 is the innermost.
    fn above(&self, up: usize) -> Option<&str>;
    /// `model.layers[3].name`
    fn path(&self) -> String;
}

impl Way for json::Trail {
    fn key(&self) -> Option<&str> {
        json::Trail::key(self)
    }

    fn above(&self, up: usize) -> Option<&str> {
        json::Trail::above(self, up)
    }

    fn path(&self) -> String {
        json::Trail::path(self)
    }
}

/// The way through a document in YAML, and through sections and keys.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    steps: Vec<Step>,
    depth: usize,
}

#[derive(Debug)]
enum Step {
    /// A mapping: the key, and whether a value comes next.
    Key(String, bool),
    /// A list: entries so far.
    Entry(u64),
}

impl Trail {
    /// Keys one within the other, as sections and names have them.
    pub fn of<'k>(keys: impl Iterator<Item = &'k str>) -> Self {
        let steps: Vec<Step> = keys.take(LEVELS).map(|key| Step::Key(cut(key), true)).collect();
        Trail { depth: steps.len(), steps }
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Whether a key is to come.
    pub fn wants_key(&self) -> bool {
        self.depth <= LEVELS && matches!(self.steps.last(), Some(Step::Key(_, false)))
    }

    /// Goes on to a key; what is no text has none.
    pub fn name(&mut self, key: &str) {
        if let Some(Step::Key(name, value)) = self.here() {
            (*name, *value) = (cut(key), true);
        }
    }

    /// Behind a value.
    pub fn passed(&mut self) {
        match self.here() {
            Some(Step::Key(_, value)) => *value = false,
            Some(Step::Entry(count)) => *count += 1,
            None => {}
        }
    }

    pub fn enter(&mut self, mapping: bool) {
        if self.depth < LEVELS {
            self.steps.push(if mapping { Step::Key(String::new(), false) } else { Step::Entry(0) });
        }
        self.depth += 1;
    }

    pub fn leave(&mut self) {
        if self.depth <= LEVELS {
            self.steps.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn here(&mut self) -> Option<&mut Step> {
        if self.depth <= LEVELS { self.steps.last_mut() } else { None }
    }
}

impl Way for Trail {
    fn key(&self) -> Option<&str> {
        match self.steps.last() {
            Some(Step::Key(key, _)) if self.depth <= LEVELS => Some(key),
            _ => None,
        }
    }

    fn above(&self, up: usize) -> Option<&str> {
        let mut keys = self.steps.iter().rev().filter_map(|step| if let Step::Key(key, _) = step { Some(key.as_str()) } else { None });
        keys.nth(up)
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            if path.len() > PATH {
                path.push('…');
                break;
            }
            match step {
                Step::Entry(count) => path.push_str(&format!("[{count}]")),
                Step::Key(key, _) if key.is_empty() => {}
                Step::Key(key, _) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
            }
        }
        path
    }
}

fn cut(key: &str) -> String {
    key[..key.floor_char_boundary(KEY.min(key.len()))].to_owned()
}
