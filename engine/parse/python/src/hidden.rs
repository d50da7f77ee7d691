//! Code that is kept out of sight until it runs: decoded, fetched or put together, and handed to what executes.
//!
//! What decodes and what executes are the library's own functions, in one call or by a name in between. A program that decodes data, or one that executes a
//! text of its own, does one of the two.

use crate::limits;
use crate::module::{Alias, Reader};
use crate::token::{Kind, Token};
use crate::words;

/// A set of features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Features(u8);

/// What was decoded or fetched runs.
const DECODED: u8 = 1;
const FETCHED: u8 = 2;
/// The name of a module or an attribute is decoded.
const NAME: u8 = 4;
/// What was decoded is unpickled.
const UNPICKLED: u8 = 8;
/// A loader is told to run the code of the repository that it loads.
const TRUSTED: u8 = 16;

const NAMES: [(u8, &str); 5] = [
    (DECODED, "runs-decoded"),
    (FETCHED, "runs-fetched"),
    (NAME, "computes-name"),
    (UNPICKLED, "unpickles-decoded"),
    (TRUSTED, "trusts-remote-code"),
];

impl Features {
    pub fn add(&mut self, other: Features) {
        self.0 |= other.0;
    }

    pub fn list(self) -> Vec<&'static str> {
        NAMES.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name).collect()
    }
}

/// Functions that execute text, code or commands.
const RUN: [&str; 26] = [
    "builtins.exec",
    "builtins.eval",
    "builtins.compile",
    "builtins.execfile",
    "marshal.loads",
    "types.FunctionType",
    "types.CodeType",
    "os.system",
    "os.popen",
    "subprocess.run",
    "subprocess.call",
    "subprocess.Popen",
    "subprocess.check_output",
    "subprocess.check_call",
    "runpy.run_path",
    "code.interact",
    "timeit.timeit",
    "timeit.repeat",
    "timeit.Timer",
    "cProfile.run",
    "cProfile.runctx",
    "profile.run",
    "profile.runctx",
    "pdb.run",
    "pdb.runeval",
    "numpy.testing.runstring",
];
/// Where those of tools for programmers begin among them, which run text as Python.
const RUNNERS: usize = 16;
/// Others that do.
const TEXT: [&str; 3] = ["builtins.exec", "builtins.eval", "builtins.compile"];
/// Functions that resolve a name.
const RESOLVE: [&str; 5] = ["builtins.__import__", "importlib.import_module", "importlib.__import__", "builtins.getattr", "operator.attrgetter"];
const UNPICKLE: [&str; 6] = ["pickle.loads", "_pickle.loads", "cPickle.loads", "dill.loads", "cloudpickle.loads", "joblib.load"];

/// What gives something else than it was given.
fn decodes(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    match name.split('.').next().unwrap_or("") {
        "base64" => last.contains("decode"),
        "binascii" => matches!(last, "unhexlify") || last.starts_with("a2b"),
        "zlib" | "bz2" | "gzip" | "lzma" => matches!(last, "decompress"),
        "codecs" => last == "decode",
        "marshal" => last == "loads",
        "cryptography" | "Crypto" => last == "decrypt",
        _ => matches!(last, "fromhex" | "b64decode" | "b85decode" | "a85decode" | "unhexlify" | "decrypt"),
    }
}

fn fetches(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    match name.split('.').next().unwrap_or("") {
        "urllib" | "urllib2" | "urllib3" => matches!(last, "urlopen" | "urlretrieve" | "request"),
        "requests" | "httpx" | "aiohttp" => matches!(last, "get" | "post" | "request"),
        _ => last == "recv",
    }
}

impl Reader<'_> {
    /// What a call at `open` with the bracket there makes of what stands in it. `whole` is what the tokens all together decode or fetch, once that is known.
    pub(crate) fn call(&mut self, function: &str, tokens: &[Token], open: usize, scope: usize, whole: &mut Option<u8>) {
        let run = RUN.contains(&function);
        let resolve = RESOLVE.contains(&function);
        let unpickle = UNPICKLE.contains(&function);
        if !run && !resolve && !unpickle {
            return;
        }
        let depth = tokens[open].depth;
        let inside = &tokens[open + 1..tokens.len().min(open + 1 + limits::WITHIN)];
        let end = inside.iter().position(|token| token.kind == Kind::Close && token.depth <= depth).unwrap_or(inside.len());
        let inside = &inside[..end];
        if run && (TEXT.contains(&function) || RUN[RUNNERS..].contains(&function)) {
            // A text that is executed as it stands is read as what it is.
            if let Some(text) = inside.first().filter(|token| token.kind == Kind::String && !inside.get(1).is_some_and(|next| next.is("[")))
                && self.inner.len() < limits::INNER
            {
                self.inner.push((scope, text.text.clone()));
            }
        }
        let whole = *whole.get_or_insert_with(|| self.made_of(tokens, scope, true));
        self.looked += inside.len();
        let found = match whole {
            0 => 0,
            // Calls within calls without end: what stands in one of them is taken to stand in all.
            whole if self.looked > limits::LOOKED => whole,
            _ => self.made_of(inside, scope, true),
        };
        let bits = match (found & DECODED != 0, found & FETCHED != 0) {
            (true, _) if resolve => NAME,
            (true, _) if unpickle => UNPICKLED,
            (decoded, fetched) if run => (u8::from(decoded) * DECODED) | (u8::from(fetched) * FETCHED),
            _ => 0,
        };
        self.scopes[scope].features.0 |= bits;
    }

    /// `trust_remote_code=True` of a call, and `'trust_remote_code': True` of what becomes its arguments:
    /// <https://huggingface.co/docs/transformers/custom_models>.
    pub(crate) fn trusts(&mut self, tokens: &[Token], scope: usize) {
        let trusted = tokens.windows(3).any(|three| {
            let given = three[0].is("trust_remote_code") && three[0].depth > 0 && three[1].is("=");
            let kept = three[0].kind == Kind::String && three[0].text == "trust_remote_code" && three[1].is(":");
            (given || kept) && three[2].is("True")
        });
        self.scopes[scope].features.0 |= u8::from(trusted) * TRUSTED;
    }

    /// One statement: what executes is handed on beside what decodes (`map(exec, [b64decode(…)])`), and names that stand for what was decoded.
    pub(crate) fn hidden(&mut self, tokens: &[Token], scope: usize) {
        let target = match tokens {
            [name, equals, ..] if name.kind == Kind::Name && matches!(&equals.text[..], "=" | "+=") && equals.kind == Kind::Operator => {
                Some(&name.text)
            }
            _ => None,
        };
        // Most statements have no name that matters.
        if target.is_none()
            && !tokens.iter().any(|token| token.kind == Kind::Name && matches!(&token.text[..], "exec" | "eval" | "compile" | "system" | "popen"))
        {
            return;
        }
        let found = self.made_of(&tokens[..tokens.len().min(limits::WITHIN)], scope, false);
        if found == 0 {
            return;
        }
        let handed = (0..tokens.len()).any(|at| {
            let value = tokens.get(at + 1).is_none_or(|next| next.is(",") || next.kind == Kind::Close);
            tokens[at].depth > 0 && value && self.name_at(tokens, at, scope).is_some_and(|name| RUN[..4].contains(&name.as_str()))
        });
        // `(lambda run: exec(run))(b64decode(…))`: what is handed to the function is not known by that name.
        let within = tokens.iter().any(|token| token.is("lambda"))
            && (0..tokens.len()).any(|at| self.name_at(tokens, at, scope).is_some_and(|name| TEXT.contains(&name.as_str())));
        if handed || within {
            self.scopes[scope].features.0 |= found & (DECODED | FETCHED);
        }
        if let Some(target) = target {
            let decoded = &mut self.scopes[scope].decoded;
            if decoded.len() < limits::ALIASES {
                *decoded.entry(target.clone()).or_insert(0) |= found;
            }
        }
    }

    /// Whether tokens decode or fetch, by themselves or by a name that stands for it. `close` is for what is put together of characters too.
    fn made_of(&self, tokens: &[Token], scope: usize, close: bool) -> u8 {
        let mut found = 0;
        for (at, token) in tokens.iter().enumerate() {
            if token.is("[") && tokens[at + 1..].iter().take(5).map(|token| token.text.as_str()).eq([":", ":", "-", "1", "]"]) {
                let text = at > 0 && tokens[at - 1].kind == Kind::String;
                found |= u8::from(text) * DECODED;
            }
            if token.kind != Kind::Name || words::is_keyword(&token.text) {
                continue;
            }
            if at > 0 && tokens[at - 1].is(".") {
                found |= u8::from(decodes(&format!(".{}", token.text))) * DECODED;
                found |= u8::from(token.text == "recv") * FETCHED;
                continue;
            }
            if let Some(bits) = self.decoded(&token.text, scope) {
                found |= bits;
            }
            if let Some(name) = self.name_at(tokens, at, scope) {
                found |= (u8::from(decodes(&name)) * DECODED) | (u8::from(fetches(&name)) * FETCHED);
                found |= u8::from(close && name == "builtins.chr") * DECODED;
            }
        }
        found
    }

    fn decoded(&self, name: &str, scope: usize) -> Option<u8> {
        let mut at = Some(scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if let Some(bits) = scope.decoded.get(name) {
                return Some(*bits);
            }
            at = scope.parent;
        }
        None
    }

    /// The dotted name that begins at a token, if it leads out of the module.
    fn name_at(&self, tokens: &[Token], at: usize, scope: usize) -> Option<String> {
        let token = tokens.get(at).filter(|token| token.kind == Kind::Name && !words::is_keyword(&token.text))?;
        if at > 0 && tokens[at - 1].is(".") {
            return None;
        }
        let mut name = match self.alias(&token.text, scope) {
            Some(Alias::Dotted(dotted)) => dotted.clone(),
            Some(Alias::Own) => return None,
            None if words::is_builtin(&token.text) => format!("builtins.{}", token.text),
            None => return None,
        };
        crate::scan::attributes(tokens, at + 1, &mut name);
        Some(name)
    }
}
