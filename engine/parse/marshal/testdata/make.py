#!/usr/bin/env python3
"""Writes src/opcodes.txt, and testdata/<version>.bin: testdata/sample.py marshalled by each CPython.

    make.py PYTHON2.7 PYTHON3.6 … PYTHON3.15

Each interpreter is asked for its own opcode numbers, and to compile the sample; nothing compiled is run.
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ASK = r"""
import base64, json, marshal, opcode, sys
caches = getattr(opcode, "_inline_cache_entries", {})
by_number = not hasattr(caches, "items")
special = set(getattr(opcode, "_specialized_instructions", ())) | set(getattr(opcode, "_specialized_opmap", ()))
table = {}
for name, number in opcode.opmap.items():
    if number < 256 and name not in special and not name.startswith("INSTRUMENTED_"):
        table[name] = (number, caches[number] if by_number and caches else 0 if by_number else caches.get(name, 0))
code = compile(sys.stdin.read(), "sample.py", "exec", 0, True)
print(json.dumps(["%d.%d" % sys.version_info[:2], table, base64.b64encode(marshal.dumps(code)).decode()]))
"""


def main(pythons):
    import base64

    source = (HERE / "sample.py").read_text()
    answers = [json.loads(subprocess.run([python, "-c", ASK], input=source, capture_output=True, text=True, check=True).stdout) for python in pythons]
    for version, _, code in answers:
        (HERE / f"{version}.bin").write_bytes(base64.b64decode(code))
    names = sorted({name for _, table, _ in answers for name in table})
    lines = ["opcode".ljust(34) + "".join(version.rjust(7) for version, _, _ in answers)]
    for name in names:
        cells = []
        for _, table, _ in answers:
            number, cache = table.get(name, (None, 0))
            cells.append("-" if number is None else f"{number}+{cache}" if cache else str(number))
        lines.append(name.ljust(34) + "".join(cell.rjust(7) for cell in cells))
    (HERE.parent / "src" / "opcodes.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
