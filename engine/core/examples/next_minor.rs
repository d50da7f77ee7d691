//! A host that is a minor version newer than the plugins it opens: what it sees of a model through a library.
//!
//! It is built with the feature `next-minor` by the tests of compatibility.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../../tests/c_plugins/seen.rs"]
mod seen;

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    let [library, model] = paths.as_slice() else { panic!("a library and a model are wanted") };
    print!("{}", seen::seen(library.as_ref(), model.as_ref()));
}
