//! The boundary itself: the one place that writes `extern "C"` and catches panics.

/// Exports a plugin: `export!(weighbridge_plugin_<id> = Scanner);`, once in a crate.
///
/// It defines the descriptor as the data symbol `weighbridge_plugin_<id>`, `DESCRIPTOR` as a reference to it, and `fuzz`, which takes any bytes: what
/// a fuzzer calls.
#[macro_export]
macro_rules! export {
    ($symbol:ident = $scanner:ty) => {
        /// The plugin's descriptor, as the host sees it.
        #[unsafe(no_mangle)]
        #[allow(non_upper_case_globals)]
        pub static $symbol: $crate::abi::Plugin = $crate::glue::descriptor::<$scanner>(stringify!($symbol));

        /// The plugin's descriptor, for a program that links the plugin in.
        pub static DESCRIPTOR: &$crate::abi::Plugin = &$symbol;

        /// Scans any bytes through the descriptor, and panics where the plugin breaks the contract: for a fuzzer, and for tests.
        pub fn fuzz(data: &[u8]) {
            $crate::harness::fuzz(DESCRIPTOR, data);
        }
    };
}

/// What the macro needs; not for plugin authors.
#[doc(hidden)]
pub mod glue {
    use crate::current::{self, Current};
    use crate::{Broken, Failure, Found, Input, Scanner, Stop};
    use std::cell::Cell;
    use std::ffi::c_void;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Once;
    use weighbridge_abi::{self as abi, Growable};

    const fn is_symbol_of(symbol: &str, id: &str) -> bool {
        let (symbol, prefix, id) = (symbol.as_bytes(), abi::SYMBOL_PREFIX.as_bytes(), id.as_bytes());
        if symbol.len() != prefix.len() + id.len() {
            return false;
        }
        let mut i = 0;
        while i < symbol.len() {
            let want = if i < prefix.len() { prefix[i] } else { id[i - prefix.len()] };
            if symbol[i] != want {
                return false;
            }
            i += 1;
        }
        true
    }

    pub const fn descriptor<S: Scanner>(symbol: &str) -> abi::Plugin {
        let about = &S::ABOUT;
        assert!(is_symbol_of(symbol, about.id), "the symbol is weighbridge_plugin_ and the plugin's id");
        abi::Plugin {
            abi_major: abi::ABI_MAJOR,
            abi_minor: abi::ABI_MINOR,
            vocabulary: abi::VOCABULARY,
            id: abi::Str::new(about.id),
            name: abi::Str::new(about.name),
            version: abi::Str::new(about.version),
            license: abi::Str::new(about.license),
            formats: about.formats.as_ptr().cast(),
            format_count: about.formats.len() as u64,
            fact_kinds: about.kinds.as_ptr(),
            fact_kind_count: about.kinds.len() as u64,
            limits: about.limits.as_ptr(),
            limit_count: about.limits.len() as u64,
            create: Some(create::<S>),
            destroy: Some(destroy::<S>),
            probe: Some(probe::<S>),
            scan: Some(scan::<S>),
            open_child: Some(open_child::<S>),
            read_child: Some(read_child::<S>),
            close_child: Some(close_child::<S>),
            extension: Some(extension::<S>),
            ..abi::Plugin::EMPTY
        }
    }

    struct Contact<S>(core::marker::PhantomData<S>);

    impl<S: Scanner> Contact<S> {
        const RAW: abi::Contact = abi::Contact { report_to: abi::Str::new(S::REPORT_TO), ..abi::Contact::EMPTY };
    }

    struct Reads<S>(core::marker::PhantomData<S>);

    impl<S: Scanner> Reads<S> {
        const RAW: abi::Reads = abi::Reads { formats: S::READS.as_ptr(), format_count: S::READS.len() as u64, ..abi::Reads::EMPTY };
    }

    unsafe extern "C" fn extension<S: Scanner>(id: abi::Str) -> *const c_void {
        // SAFETY: the host passes text that is valid during the call.
        match unsafe { crate::input::text(id) } {
            abi::EXTENSION_CONTACT if !S::REPORT_TO.is_empty() => (&raw const *const { &Contact::<S>::RAW }).cast(),
            abi::EXTENSION_READS if !S::READS.is_empty() => (&raw const *const { &Reads::<S>::RAW }).cast(),
            _ => core::ptr::null(),
        }
    }

    thread_local! {
        /// How many plugin calls this thread is in: a panic there is the plugin's, and is not printed.
        static INSIDE: Cell<u32> = const { Cell::new(0) };
    }

    /// Makes panics of plugin code silent: the host reports them as the file's error. Panics of the rest of the program print as before.
    fn quiet_panics() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                if INSIDE.try_with(Cell::get).unwrap_or(0) == 0 {
                    before(info);
                }
            }));
        });
    }

    fn guarded(body: impl FnOnce() -> abi::Status) -> abi::Status {
        INSIDE.with(|inside| inside.set(inside.get() + 1));
        let status = catch_unwind(AssertUnwindSafe(body)).unwrap_or(abi::INTERNAL);
        INSIDE.with(|inside| inside.set(inside.get() - 1));
        status
    }

    fn status_of(stop: Stop) -> abi::Status {
        match stop {
            Stop::Io => abi::IO,
            Stop::Cancelled => abi::CANCELLED,
            Stop::Budget => abi::BUDGET,
        }
    }

    fn status(result: Result<(), Failure>, input: &Input<'_>) -> abi::Status {
        match (input.stopped(), result) {
            (Some(stop), _) | (None, Err(Failure::Stop(stop))) => status_of(stop),
            (None, Ok(())) => abi::OK,
            (None, Err(Failure::Malformed | Failure::Broken(_))) => abi::MALFORMED,
            (None, Err(Failure::Unsupported)) => abi::UNSUPPORTED,
        }
    }

    /// Emits the anomaly that says where and why, for an error that has told nothing yet.
    fn explain<S: Scanner>(result: &Result<(), Failure>, input: &Input<'_>) {
        const DECLARED: [&[u8]; 3] = [b"code", b"expected", b"found"];
        let said = |code, expected| Broken { offset: input.last_read(), code, expected, found: Found::Other };
        let broken = match result {
            Err(Failure::Broken(broken)) => *broken,
            Err(Failure::Malformed) if !input.explained() => said("invalid", "the grammar of the format"),
            Err(Failure::Unsupported) if !input.explained() => said("unsupported", "what can be read"),
            _ => return,
        };
        if declares(&S::ABOUT, b"anomaly", &DECLARED) {
            // What the host asks for meanwhile is noted in the input, and goes over the result.
            broken.emit(input).ok();
        }
    }

    /// Whether a kind is declared with these fields.
    fn declares(about: &crate::About, kind: &[u8], fields: &[&[u8]]) -> bool {
        // SAFETY: constant texts of the plugin's own.
        let is = |text: &abi::Str, name: &[u8]| unsafe { crate::input::text(*text) }.as_bytes() == name;
        let Some(kind) = about.kinds.iter().find(|declared| is(&declared.kind, kind)) else { return false };
        // SAFETY: a constant table of that length.
        let declared = (0..kind.field_count as usize).map(|at| unsafe { &*kind.fields.add(at) });
        fields.iter().all(|field| declared.clone().any(|have| is(have, field)))
    }

    unsafe extern "C" fn create<S: Scanner>(session: *mut *mut c_void) -> abi::Status {
        quiet_panics();
        guarded(|| {
            let state = Box::into_raw(Box::new(S::new()));
            // SAFETY: the host passes a place to write a pointer to.
            unsafe { session.write(state.cast()) };
            abi::OK
        })
    }

    unsafe extern "C" fn destroy<S: Scanner>(session: *mut c_void) {
        guarded(|| {
            // SAFETY: the pointer is the one that `create` made, and the host gives it back once.
            drop(unsafe { Box::from_raw(session.cast::<S>()) });
            abi::OK
        });
    }

    /// # Safety
    /// `session` is one that `create::<S>` made, and no other call of it runs.
    unsafe fn state<'s, S: Scanner>(session: *mut c_void) -> &'s mut S {
        // SAFETY: as the caller promises.
        unsafe { &mut *session.cast::<S>() }
    }

    unsafe extern "C" fn probe<S: Scanner>(
        session: *mut c_void,
        input: *const abi::Input,
        host: *const abi::Host,
        result: *mut abi::ProbeResult,
    ) -> abi::Status {
        guarded(|| {
            // SAFETY: the host passes valid pointers for the length of the call, and one call at a time per session.
            let (scanner, input) = unsafe { (state::<S>(session), Input::new(host, input)) };
            match scanner.probe(&input) {
                Ok(probe) => {
                    // SAFETY: a result of the first version at least: it has these fields.
                    unsafe {
                        (&raw mut (*result).level).write(probe.level);
                        (&raw mut (*result).format).write(probe.format);
                        (&raw mut (*result).start).write(probe.start);
                    }
                    status(Ok(()), &input)
                }
                Err(stop) => status_of(stop),
            }
        })
    }

    unsafe extern "C" fn scan<S: Scanner>(session: *mut c_void, input: *const abi::Input, host: *const abi::Host) -> abi::Status {
        guarded(|| {
            // SAFETY: as in `probe`.
            let (scanner, input) = unsafe { (state::<S>(session), Input::new(host, input)) };
            let result = scanner.scan(&input);
            explain::<S>(&result, &input);
            status(result, &input)
        })
    }

    unsafe extern "C" fn open_child<S: Scanner>(session: *mut c_void, input: *const abi::Input, host: *const abi::Host, token: u64) -> abi::Status {
        guarded(|| {
            // SAFETY: as in `probe`.
            let (scanner, input) = unsafe { (state::<S>(session), Input::new(host, input)) };
            let result = current::with(&input, || scanner.open_child(Current::new(&input), token));
            if let Err(Failure::Broken(_)) = result {
                explain::<S>(&result, &input);
            }
            status(result, &input)
        })
    }

    unsafe extern "C" fn read_child<S: Scanner>(
        session: *mut c_void,
        input: *const abi::Input,
        host: *const abi::Host,
        buf: *mut c_void,
        len: u64,
        got: *mut u64,
    ) -> abi::Status {
        guarded(|| {
            // SAFETY: as in `probe`; `buf` is writable for `len` bytes.
            let (scanner, input) = unsafe { (state::<S>(session), Input::new(host, input)) };
            let len = usize::try_from(len).unwrap_or(0);
            // SAFETY: as above; the host hands over initialised bytes.
            let buf = unsafe { std::slice::from_raw_parts_mut(buf.cast::<u8>(), len) };
            let result = current::with(&input, || scanner.read_child(&input, buf));
            let done = result.unwrap_or(0).min(len);
            // SAFETY: `got` is a place to write a number to.
            unsafe { got.write(done as u64) };
            let result = result.map(|_| ());
            if let Err(Failure::Broken(_)) = result {
                explain::<S>(&result, &input);
            }
            status(result, &input)
        })
    }

    unsafe extern "C" fn close_child<S: Scanner>(session: *mut c_void) {
        guarded(|| {
            // SAFETY: as in `probe`.
            unsafe { state::<S>(session) }.close_child();
            abi::OK
        });
    }
}
