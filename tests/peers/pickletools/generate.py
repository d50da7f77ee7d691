#!/usr/bin/env python3
"""Writes the tables of what pickletools says, which tests/differential.rs holds the machine to.

    generate.py --testsuite FOLDER            write generated.jsonl and cpython.jsonl
    generate.py --testsuite FOLDER --check    say whether what is committed is what would be written (exit code 1 if not)
    generate.py --explain ID                  print what pickletools says of one stream

Nothing is unpickled.
"""

import argparse
import json
import pathlib
import sys

import cpython
import disassemble
import streams

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20240607
COUNT = 4_000
LONGEST = 240


def table(rows):
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def explain(wanted):
    for file in ("generated.jsonl", "cpython.jsonl"):
        for line in (HERE / file).read_text().splitlines():
            row = json.loads(line)
            if row["id"] == wanted:
                lines, imports, refused = disassemble.listing(bytes.fromhex(row["pickle"]))
                print("\n".join([*lines, *(f"import {offset} {name}" for offset, name in imports), f"refused: {refused}"]))
                return
    raise SystemExit(f"{wanted}: no such stream")


def main():
    parser = argparse.ArgumentParser(description="Writes the tables of what pickletools says.")
    parser.add_argument("--testsuite", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--explain", metavar="ID")
    options = parser.parse_args()
    if options.explain:
        return explain(options.explain)
    if not options.testsuite:
        parser.error("--testsuite is needed: see README.md")

    generated = [disassemble.row(name, data) for name, data in streams.generate(COUNT, SEED, LONGEST)]
    used = {line.split()[1] for row in generated for line in disassemble.listing(bytes.fromhex(row["pickle"]))[0]}
    missing = set(streams.CODES) - used
    if missing:
        raise SystemExit(f"no stream holds {sorted(missing)}")
    taken = [disassemble.row(name, data) for name, data in cpython.strings(options.testsuite)]

    wrong = 0
    for file, rows in (("generated.jsonl", generated), ("cpython.jsonl", taken)):
        text = table(rows)
        refused = sum("refused" in row for row in rows)
        opcodes = sum(row["count"] for row in rows)
        print(f"{file}: {len(rows)} streams, {refused} of them refused; {opcodes} opcodes, {sum(len(row['globals']) for row in rows)} imports")
        path = HERE / file
        if options.check:
            if not path.exists() or path.read_text() != text:
                print(f"{file}: differs from what is committed")
                wrong = 1
        else:
            path.write_text(text)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
