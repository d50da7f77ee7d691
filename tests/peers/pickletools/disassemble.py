"""What pickletools says of a byte string: its opcodes, and the names that it imports.

`pickletools.genops` only takes opcodes apart. Nothing here unpickles, and nothing may.
"""

import pickletools

FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
# The opcodes that import a name written in the stream.
NAMED = {"GLOBAL", "INST", "STACK_GLOBAL"}
TEXT = {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
MARK = "the mark"


class Irregular(Exception):
    """The stack does not hold what an opcode takes: from here on its content is a matter of opinion."""


class Stack:
    """Constants of text as they pass over stack and memo; everything else is None."""

    def __init__(self):
        self.stack, self.memo, self.regular = [], {}, True

    def pop(self):
        if not self.stack or self.stack[-1] is MARK:
            raise Irregular
        return self.stack.pop()

    def pop_to_mark(self):
        if MARK not in self.stack:
            raise Irregular
        while self.stack.pop() is not MARK:
            pass

    def top(self):
        if not self.stack or self.stack[-1] is MARK:
            raise Irregular
        return self.stack[-1]

    def step(self, op, arg):
        """Carries one opcode out; the answer is the name that it imports, or None where that is not plain."""
        name = None
        if op.name in ("GLOBAL", "INST"):
            name = arg
        if not self.regular:
            return name
        try:
            if op.name in ("GET", "BINGET", "LONG_BINGET"):
                if arg not in self.memo:
                    raise Irregular
                self.stack.append(self.memo[arg])
            elif op.name in ("PUT", "BINPUT", "LONG_BINPUT"):
                self.memo[arg] = self.top()
            elif op.name == "MEMOIZE":
                self.memo[len(self.memo)] = self.top()
            elif op.name == "DUP":
                self.stack.append(self.top())
            elif op.name == "POP" and self.stack and self.stack[-1] is MARK:
                self.stack.pop()
            elif op.name == "MARK":
                self.stack.append(MARK)
            elif op.name == "STACK_GLOBAL":
                second, first = self.pop(), self.pop()
                if first is not None and second is not None:
                    name = f"{first} {second}"
                self.stack.append(None)
            else:
                before = [item.name for item in op.stack_before]
                if "mark" in before:
                    self.pop_to_mark()
                    before = before[: before.index("mark")]
                for _ in before:
                    self.pop()
                for _ in op.stack_after:
                    self.stack.append(arg if op.name in TEXT and arg.isascii() else None)
        except Irregular:
            self.regular = False
        return name


def fnv(text):
    value = FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def listing(data):
    """The lines "offset NAME", as far as genops goes, the imports among them, and the class of the error that stopped it or None."""
    lines, imports, stack, refused = [], [], Stack(), None
    try:
        for op, arg, offset in pickletools.genops(data):
            lines.append(f"{offset} {op.name}")
            name = stack.step(op, arg)
            if op.name in NAMED:
                imports.append([offset, name])
    except Exception as error:  # whatever it is, it is what genops says
        refused = type(error).__name__
    return lines, imports, refused


def row(name, data):
    """One row of a table."""
    lines, imports, refused = listing(data)
    found = {"id": name, "pickle": data.hex(), "count": len(lines), "hash": fnv("".join(line + "\n" for line in lines)), "globals": imports}
    if refused:
        found["refused"] = refused
    return found
