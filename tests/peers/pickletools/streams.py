"""Random pickle programs, the same for the same seed.

A program is made by grammar: `value` writes opcodes that leave one object on the stack, so that most programs are valid, whatever
opcodes they hold. Some are then damaged.
"""

import pickletools
import random
import struct

PROTOCOLS = {op.name: op.proto for op in pickletools.opcodes}
CODES = {op.name: op.code.encode("latin-1") for op in pickletools.opcodes}

MODULES = ["os", "builtins", "collections", "numpy.core.multiarray", "pkg.mod", "__builtin__", "copy_reg", "a", "_codecs", "torch._utils"]
NAMES = ["system", "getattr", "OrderedDict", "_reconstruct", "Cls.method", "set", "_reconstructor", "b", "encode", "x.y.z"]
# What no import of a real file looks like. pickletools refuses the first where it is written in GLOBAL or INST, and reads the second otherwise than loaders.
ODD = ["caf\u00e9", "back\\x41slash", "two words", ""]
WORDS = ["", "x", "echo weighbridge", "state", "line\nbreak", "tab\t", "quote'", 'quote"', "back\\slash", "\\u0041", "caf\u00e9", "\u4e2d\u6587", "\U0001f40d", "\x00"]

ATOMS = [
    "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
    "EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_DICT", "EMPTY_SET", "NEXT_BUFFER", "GLOBAL", "EXT1", "EXT2", "EXT4", "PERSID",
]
COMPOUND = [
    "LIST", "DICT", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "REDUCE", "BUILD",
    "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "STACK_GLOBAL", "STACK_GLOBAL", "STACK_GLOBAL", "BINPERSID", "READONLY_BUFFER", "GET", "BINGET",
    "LONG_BINGET", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "POP", "POP_MARK", "DUP", "FRAME", "PROTO", "MARK",
]
ALL = sorted({*ATOMS, *COMPOUND, "STOP"})


class Program:
    def __init__(self, rng, protocol):
        self.rng, self.protocol, self.out, self.memo = rng, protocol, bytearray(), set()

    def op(self, name, argument=b""):
        self.out += CODES[name] + argument

    def pick(self, names):
        """An opcode of the protocol, now and then one of another."""
        if self.rng.random() < 0.05:
            return self.rng.choice(names)
        return self.rng.choice([name for name in names if PROTOCOLS[name] <= self.protocol])

    def value(self, depth=0):
        self.make(self.pick(ATOMS if depth > 3 or self.rng.random() < 0.25 else COMPOUND), depth)

    def values(self, depth, pairs=False):
        for _ in range(self.rng.randrange(3) * (2 if pairs else 1)):
            self.value(depth + 1)

    def text(self, text):
        name = self.pick(["UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"])
        self.word(name, text)

    def word(self, name, text):
        raw = text.encode()
        if name == "UNICODE":
            self.op(name, text.encode("raw-unicode-escape").replace(b"\n", b"\\u000a").replace(b"\0", b"\\u0000") + b"\n")
        elif name == "STRING":
            self.op(name, repr(text.encode("ascii", "backslashreplace"))[1:].encode() + b"\n")
        elif name in ("SHORT_BINUNICODE", "SHORT_BINSTRING", "SHORT_BINBYTES"):
            self.op(name, bytes([len(raw)]) + raw)
        elif name in ("BINUNICODE", "BINSTRING", "BINBYTES"):
            self.op(name, struct.pack("<I", len(raw)) + raw)
        else:
            self.op(name, struct.pack("<Q", len(raw)) + raw)

    def dict_like(self, depth):
        self.make("EMPTY_DICT", depth) if self.protocol else self.make("DICT", depth)

    def list_like(self, depth):
        self.make("EMPTY_LIST", depth) if self.protocol else self.make("LIST", depth)

    def tuple_like(self, depth):
        self.make(self.pick(["TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"]), depth + 1)

    def callable(self, depth):
        self.make(self.pick(["GLOBAL", "GLOBAL", "STACK_GLOBAL", "STACK_GLOBAL", "EXT1"]), depth + 1)

    def remember(self, name):
        if name == "MEMOIZE":
            index = len(self.memo)
        elif self.rng.random() < 0.8:
            index = len(self.memo)
        else:
            index = self.rng.choice([0, 1, 2, 7, 100, 255, 256, 70000])
        if name == "BINPUT":
            index = min(index, 255)
        self.memo.add(index)
        self.op(name, {"PUT": f"{index}\n".encode(), "BINPUT": bytes([index & 255]), "LONG_BINPUT": struct.pack("<I", index), "MEMOIZE": b""}[name])

    def recall(self, name):
        known = sorted(index for index in self.memo if name != "BINGET" or index < 256)
        # A get of what was never put is an error to every reader, but none that pickletools' genops looks for.
        index = self.rng.choice(known) if known and self.rng.random() < 0.97 else self.rng.randrange(256)
        self.op(name, {"GET": f"{index}\n".encode(), "BINGET": bytes([index & 255]), "LONG_BINGET": struct.pack("<I", index)}[name])

    def put_of(self):
        return self.pick(["PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"])

    def part(self, words):
        """A module or a name."""
        return self.rng.choice(words if self.rng.random() < 0.98 else ODD)

    def name_of(self, words, depth):
        """A text for STACK_GLOBAL: mostly a constant, at times out of the memo, at times something else."""
        way = self.rng.random()
        if way < 0.70:
            self.text(self.part(words))
        elif way < 0.80:
            self.text(self.part(words))
            self.remember(self.put_of())
        elif way < 0.90 and self.memo:
            self.recall(self.pick(["GET", "BINGET", "LONG_BINGET"]))
        elif way < 0.95:
            self.word(self.pick(["STRING", "BINSTRING", "SHORT_BINSTRING"]), self.rng.choice(words))
        else:
            self.value(depth + 1)

    def make(self, name, depth):
        """Writes what `name` needs, and `name`: one object more on the stack."""
        rng = self.rng
        if name in ("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"):
            self.word(name, rng.choice(WORDS + MODULES + NAMES))
        elif name == "INT":
            self.op(name, rng.choice([b"0", b"1", b"-1", b"00", b"01", b"2147483648", b"-99999999999999999999", b" 7", b"1_0", b"7", b"-255"] if rng.random() < 0.95 else [b"0x1f", b"12\0", b""]) + b"\n")
        elif name == "LONG":
            self.op(name, rng.choice([b"0L", b"1", b"-5L", b"123456789012345678901234567890L", b"-129L"] if rng.random() < 0.95 else [b"0b1L", b"L"]) + b"\n")
        elif name == "FLOAT":
            self.op(name, rng.choice([b"0", b"-1.5", b"1e300", b"inf", b"nan", b"1e-400", b"3"] if rng.random() < 0.97 else [b"1.5x"]) + b"\n")
        elif name == "BINFLOAT":
            self.op(name, struct.pack(">d", rng.choice([0.0, -2.5, 1e100])))
        elif name == "BININT":
            self.op(name, struct.pack("<i", rng.choice([0, -1, 2**31 - 1, -(2**31)])))
        elif name in ("BININT1", "EXT1"):
            self.op(name, bytes([rng.randrange(256)]))
        elif name in ("BININT2", "EXT2"):
            self.op(name, struct.pack("<H", rng.randrange(65536)))
        elif name == "EXT4":
            self.op(name, struct.pack("<i", rng.choice([1, 70000, 2**31 - 1])))
        elif name in ("LONG1", "LONG4"):
            raw = rng.randbytes(rng.choice([0, 1, 2, 9, 20]))
            self.op(name, (bytes([len(raw)]) if name == "LONG1" else struct.pack("<i", len(raw))) + raw)
        elif name in ("GLOBAL", "INST"):
            if name == "INST":
                self.op("MARK")
                self.values(depth)
            self.op(name, f"{self.part(MODULES)}\n{self.part(NAMES)}\n".encode())
        elif name == "PERSID":
            self.op(name, rng.choice([b"", b"storage-0", b"echo weighbridge"]) + b"\n")
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            for _ in range(int(name[-1])):
                self.value(depth + 1)
            self.op(name)
        elif name in ("LIST", "TUPLE", "DICT", "FROZENSET"):
            self.op("MARK")
            self.values(depth, pairs=name == "DICT")
            self.op(name)
        elif name in ("APPEND", "APPENDS"):
            self.list_like(depth)
            self.several(name, "APPENDS", depth)
        elif name in ("SETITEM", "SETITEMS"):
            self.dict_like(depth)
            if name == "SETITEM":
                self.value(depth + 1)
            self.several(name, "SETITEMS", depth, pairs=True)
        elif name == "ADDITEMS":
            self.make("EMPTY_SET", depth)
            self.several(name, name, depth)
        elif name in ("REDUCE", "NEWOBJ"):
            self.callable(depth)
            self.tuple_like(depth)
            self.op(name)
        elif name == "NEWOBJ_EX":
            self.callable(depth)
            self.tuple_like(depth)
            self.dict_like(depth + 1)
            self.op(name)
        elif name == "OBJ":
            self.op("MARK")
            self.callable(depth)
            self.values(depth)
            self.op(name)
        elif name == "BUILD":
            self.make(self.pick(["REDUCE", "INST", "NEWOBJ", "NONE"]), depth + 1)
            self.dict_like(depth + 1)
            self.op(name)
        elif name == "STACK_GLOBAL":
            self.name_of(MODULES, depth)
            self.name_of(NAMES, depth)
            self.op(name)
        elif name == "BINPERSID":
            self.value(depth + 1)
            self.op(name)
        elif name == "READONLY_BUFFER":
            self.make(rng.choice(["NEXT_BUFFER", "BYTEARRAY8"]), depth + 1)
            self.op(name)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.value(depth + 1)
            self.remember(name)
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.recall(name)
        elif name == "POP":
            self.op("MARK") if rng.random() < 0.2 else self.value(depth + 1)
            self.op(name)
            self.value(depth + 1)
        elif name == "POP_MARK":
            self.op("MARK")
            self.values(depth)
            self.op(name)
            self.value(depth + 1)
        elif name == "DUP":
            if rng.random() < 0.3 and self.protocol >= 4:
                # One text as module and name.
                self.text(rng.choice(MODULES))
                self.op("DUP")
                self.op("STACK_GLOBAL")
            else:
                self.value(depth + 1)
                self.op("DUP")
                self.op(rng.choice(["POP", "TUPLE2", "APPEND"]))
        elif name == "FRAME":
            at = len(self.out)
            self.op(name, bytes(8))
            self.value(depth + 1)
            length = len(self.out) - at - 9
            if rng.random() < 0.1:
                length = max(0, length + rng.choice([-3, -1, 1, 5]))
            self.out[at + 1 : at + 9] = struct.pack("<Q", length)
        elif name == "PROTO":
            if rng.random() < 0.3:
                self.op(name, bytes([rng.randrange(6)]))
            self.value(depth + 1)
        elif name == "MARK":
            self.op("MARK")
            self.values(depth)
            self.op(self.pick(["LIST", "TUPLE"]))
        elif name in CODES:
            self.op(name)
        else:
            raise AssertionError(name)

    def several(self, name, many, depth, pairs=False):
        """Items for the container that lies on the stack."""
        if name == many:
            self.op("MARK")
            self.values(depth, pairs)
        else:
            self.value(depth + 1)
        self.op(name)


def damaged(rng, data):
    """A copy with one fault."""
    at = rng.randrange(len(data))
    way = rng.randrange(4)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    if way == 2:
        return data[:at] + rng.randbytes(1) + data[at:]
    return data[:at] + data[at + 1 :]


def generate(count, seed, longest):
    """(name, bytes), each opcode in its turn as the one that the program is about."""
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        subject = ALL[len(found) % len(ALL)]
        protocol = rng.randrange(PROTOCOLS[subject], 6)
        program = Program(rng, protocol)
        if protocol >= 2:
            program.op("PROTO", bytes([protocol]))
        program.make(subject if subject != "STOP" else "NONE", 0)
        for _ in range(rng.randrange(4)):
            program.value(1)
            program.op(program.pick(["TUPLE2", "POP", "APPEND"]))
        program.op("STOP")
        data = bytes(program.out)
        # Short ones find as much as long ones, and a person can read them.
        if len(data) > longest:
            continue
        if rng.random() < 0.15:
            data = damaged(rng, data)
        found.append((f"generated-{len(found):04}-{subject}", data))
    return found
