"""What pickles name, and how: a static reading with `pickletools.genops`, which only disassembles.

Used to measure how much of real files the packs cover. Nothing is unpickled: values are small symbols on a list.
"""
import bz2
import gzip
import io
import lzma
import math
import os
import pickletools
import re
import struct
import tarfile
import zipfile
import zlib

LARGEST = 600 << 20
MARK = object()
try:
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING, REVERSE_IMPORT_MAPPING  # noqa: F401
except ImportError:
    IMPORT_MAPPING, NAME_MAPPING = {}, {}
_ITEM = re.compile(r"[<>|=]?([?biufcMmSUVa])(\d*)")


class Global:
    """A name that the stream resolves."""

    __slots__ = ("module", "name")

    def __init__(self, module, name):
        self.module, self.name = module, name


class Made:
    """The result of a call, with what it was called with and the state set on it."""

    __slots__ = ("of", "args", "state")

    def __init__(self, of, args):
        self.of, self.args, self.state = of, args, {}


def array_bytes(wrapper, data, at):
    """Where the raw bytes end that joblib writes behind an array's wrapper; None where that is not told."""
    state = wrapper.state
    shape, dtype = state.get("shape"), state.get("dtype")
    if not isinstance(shape, tuple) or not isinstance(dtype, Made) or not dtype.args:
        return None
    m = _ITEM.fullmatch(str(dtype.args[0]))
    if not m or not all(isinstance(n, int) for n in shape):
        return None
    size = int(m[2] or 1) * (4 if m[1] == "U" else 1) * math.prod(shape)
    if state.get("numpy_array_alignment_bytes"):
        at += 1 + data[at] if at < len(data) else 0
    return at + size


def uses_of(data, found, start=0):
    """Adds (module, name) -> set of uses for every pickle from `start`; gives where reading ended and whether by STOP."""
    stack, memo = [], {}

    def use(value, how):
        if isinstance(value, Global):
            found.setdefault((value.module, value.name), set()).add(how)
            if how == "REDUCE" or how == "NEWOBJ":
                return
        elif isinstance(value, Made) and how == "REDUCE":
            found.setdefault(("?", "result-called"), set()).add(how)

    def to_mark():
        items = []
        while stack:
            top = stack.pop()
            if top is MARK:
                break
            items.append(top)
        return items[::-1]

    def pop():
        return stack.pop() if stack else None

    def resolved(module, name, proto2=False):
        if (module, name) in NAME_MAPPING:
            module, name = NAME_MAPPING[module, name]
        elif module in IMPORT_MAPPING:
            module = IMPORT_MAPPING[module]
        value = Global(module, name)
        found.setdefault((module, name), set()).add("import")
        return value

    view = io.BytesIO(data)
    view.seek(start)
    while True:
        restart = None
        for op, arg, pos in pickletools.genops(view):
            name = op.name
            if name in ("PROTO", "FRAME"):
                pass
            elif name == "STOP":
                return view.tell(), True
            elif name == "MARK":
                stack.append(MARK)
            elif name in ("POP",):
                pop()
            elif name == "POP_MARK":
                to_mark()
            elif name == "DUP":
                stack.append(stack[-1] if stack else None)
            elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
                memo[arg] = stack[-1] if stack else None
            elif name == "MEMOIZE":
                memo[len(memo)] = stack[-1] if stack else None
            elif name in ("GET", "BINGET", "LONG_BINGET"):
                stack.append(memo.get(arg))
            elif name == "GLOBAL":
                stack.append(resolved(*arg.split(" ", 1)))
            elif name == "STACK_GLOBAL":
                n, m = pop(), pop()
                stack.append(resolved(str(m), str(n)))
            elif name == "REDUCE":
                args, of = pop(), pop()
                args = args if isinstance(args, tuple) else ()
                use(of, "REDUCE")
                if isinstance(of, Global) and of.name == "_reconstructor" and args:
                    use(args[0], "NEWOBJ")
                stack.append(Made(of, args))
            elif name in ("NEWOBJ", "NEWOBJ_EX"):
                if name == "NEWOBJ_EX":
                    pop()
                args, of = pop(), pop()
                use(of, "NEWOBJ")
                stack.append(Made(of, args if isinstance(args, tuple) else ()))
            elif name == "INST":
                args = tuple(to_mark())
                of = resolved(*arg.split(" ", 1))
                use(of, "REDUCE" if args else "NEWOBJ")
                stack.append(Made(of, args))
            elif name == "OBJ":
                items = to_mark()
                of = items[0] if items else None
                use(of, "REDUCE" if len(items) > 1 else "NEWOBJ")
                stack.append(Made(of, tuple(items[1:])))
            elif name == "BUILD":
                state = pop()
                top = stack[-1] if stack else None
                if isinstance(top, Made) and isinstance(state, dict):
                    top.state.update(state)
                if isinstance(top, Made) and isinstance(top.of, Global) and top.of.name == "NumpyArrayWrapper":
                    end = array_bytes(top, data, view.tell())
                    dtype = top.state.get("dtype")
                    if end is None and isinstance(dtype, Made) and dtype.args and "O" in str(dtype.args[0]):
                        inner, _ = uses_of(data, found, view.tell())
                        end = inner
                    if end is not None:
                        restart = end
                        break
            elif name in ("TUPLE",):
                stack.append(tuple(to_mark()))
            elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
                k = int(name[-1])
                items = tuple(stack[-k:])
                del stack[-k:]
                stack.append(items)
            elif name == "EMPTY_TUPLE":
                stack.append(())
            elif name in ("EMPTY_DICT",):
                stack.append({})
            elif name == "DICT":
                items = to_mark()
                stack.append({k: v for k, v in zip(items[::2], items[1::2]) if isinstance(k, str)})
            elif name == "SETITEM":
                v, k = pop(), pop()
                if stack and isinstance(stack[-1], dict) and isinstance(k, str):
                    stack[-1][k] = v
            elif name == "SETITEMS":
                items = to_mark()
                if stack and isinstance(stack[-1], dict):
                    stack[-1].update((k, v) for k, v in zip(items[::2], items[1::2]) if isinstance(k, str))
            elif name in ("APPEND",):
                pop()
            elif name in ("APPENDS", "ADDITEMS"):
                to_mark()
            elif name in ("LIST", "FROZENSET"):
                to_mark()
                stack.append(None)
            elif name in ("BINPERSID",):
                pop()
                stack.append(None)
            elif name in ("EXT1", "EXT2", "EXT4"):
                found.setdefault(("?", "extension"), set()).add("import")
                stack.append(None)
            elif name in ("READONLY_BUFFER",):
                pass
            elif name in ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"):
                stack.append(arg)
            elif isinstance(arg, str) or isinstance(arg, bytes):
                stack.append(arg)
            else:
                stack.append(None)
        if restart is None:
            return view.tell(), True
        view.seek(restart)


def pickles(data, found):
    """All pickles that follow one another; True where at least one was read, False for its end."""
    at, whole = 0, False
    while at < len(data):
        try:
            end, _ = uses_of(data, found, at)
        except Exception:  # a broken stream ends its reading, not the measure
            return whole, False
        whole = True
        if end <= at or (at == 0 and data[end : end + 1] not in (b"\x80", b"(", b"c", b"]", b"}", b"")):
            break
        at = end
    return whole, True


def npy(data, found):
    major = data[6]
    size = struct.unpack("<H", data[8:10])[0] + 10 if major == 1 else struct.unpack("<I", data[8:12])[0] + 12
    if b"'|O'" in data[:size] or b"'O'" in data[:size]:
        return pickles(data[size:], found)
    return False, True


def read(data, found, depth=0, name=""):
    """Reads whatever the bytes are. (anything pickled, all of it understood)."""
    if depth > 6 or not data:
        return False, True
    head = data[:8]
    inner = []
    try:
        if head[:4] == b"PK\x03\x04" and zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as z:
                for i in z.infolist():
                    base = i.filename.rsplit("/", 1)[-1]
                    if "/data/" in "/" + i.filename and base.isdigit():
                        continue  # storages of a torch archive
                    inner.append(lambda i=i: (z.read(i), i.filename))
                return joined(inner, found, depth)
        if head[:2] == b"\x1f\x8b":
            return read(gzip.decompress(data), found, depth + 1)
        if head[:3] == b"BZh":
            return read(bz2.decompress(data), found, depth + 1)
        if head[:6] == b"\xfd7zXZ\x00" or head[:3] == b"\x5d\x00\x00":
            return read(lzma.decompress(data), found, depth + 1)
        if head[:1] == b"\x78" and (head[0] * 256 + head[1]) % 31 == 0:
            return read(zlib.decompressobj().decompress(data, LARGEST), found, depth + 1)
        if head[:6] == b"\x93NUMPY":
            return npy(data, found)
        if data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as t:
                for m in t:
                    if m.isfile():
                        inner.append(lambda m=m: (t.extractfile(m).read(), m.name))
                return joined(inner, found, depth)
    except Exception:
        return False, False
    if head[:1] == b"\x80" and head[1:2] <= b"\x05" or looks_textual(data):
        trial = {}
        some, well = pickles(data, trial)
        if some or trial:
            for k, v in trial.items():
                found.setdefault(k, set()).update(v)
        return bool(some or trial), well
    return False, True


def joined(inner, found, depth):
    some, well = False, True
    for take in inner:
        data, name = take()
        s, w = read(data, found, depth + 1, name)
        some, well = some or s, well and w
    return some, well


def looks_textual(data):
    """A pickle of protocol 0 or 1: opens with a short run of its own operations and holds a STOP."""
    if data[:1] not in (b"(", b"c", b"]", b"}", b"l", b"d") or b"." not in data[-64:]:
        return False
    return bool(re.match(rb"c[A-Za-z_][\w.]*\n[\w.]+\n|\(c[A-Za-z_][\w.]*\n|\((?:l|d|t|i)p?\d*\n|\((?:lp|dp|i)|[\]\}]q", data[:200]))


def folder(root):
    """(path, uses, understood) of every file below a folder that holds a pickle."""
    for base, folders, files in os.walk(root):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(base, file)
            if os.path.getsize(path) > LARGEST:
                continue
            found = {}
            with open(path, "rb") as f:
                data = f.read()
            some, well = read(data, found)
            if some or found:
                yield os.path.relpath(path, root), found, well
