#!/usr/bin/env python3
"""Measures how much of real pickles the generated packs admit, and that no blocklist entry meets them.

usage: measure.py RULES_DIR CORPUS_DIR [--all-packs]

Reads the pickles statically (pickled.py). A name counts as admitted when an entry covers the way it is used: imported,
made without its constructor, or called. --all-packs adds the hand-made pack.
"""
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pickled

RANK = {False: 0, "new": 1, True: 2}


def admitted(packs):
    table = {}
    for pack in packs:
        for e in tomllib.loads(pack.read_text()).get("allow", []):
            call = e.get("call", False)
            names = [e["names"]] if isinstance(e["names"], str) else e["names"]
            for n in names:
                key = e["module"], n
                table[key] = max(table.get(key, 0), RANK[call])
    return table


def whole_table(path):
    """The catalogue: known-good-libraries.tsv."""
    table = {}
    for line in path.read_text().splitlines():
        module, *columns = line.split("\t")
        for rank, names in zip((1, 2, 2, 2, 0), columns):
            for n in names.split():
                table[module, n] = rank
    return table


def main():
    rules, corpus = Path(sys.argv[1]), sys.argv[2]
    packs = [rules / "known-good-libraries.toml"] + ([rules / "known-good.toml"] if "--all-packs" in sys.argv else [])
    table = admitted(packs)
    table = {**whole_table(rules / "known-good-libraries.tsv"), **table}
    deny = {}
    for rule in tomllib.loads((rules / "known-dangerous-libraries.toml").read_text()).get("rule", []):
        match = rule["match"]
        form = "constructed" if "opcode" in match else match.get("kind", "named")
        for module, names in match["globals"].items():
            for n in names:
                deny.setdefault((module, n), []).append((rule["id"], form))

    def rank(module, name):
        return max(table.get((module, name), -1), table.get((module, "*"), -1), 0 if (module, name.rpartition(".")[0]) in table else -1)

    need, files, whole = {}, 0, 0
    missed, denied = Counter(), Counter()
    for path, found, _ in pickled.folder(corpus):
        files += 1
        good = True
        for key, uses in found.items():
            wanted = max(2 if u == "REDUCE" else 1 if u == "NEWOBJ" else 0 for u in uses)
            need[key] = max(need.get(key, 0), wanted)
            if rank(*key) < wanted:
                good = False
                missed[key] += 1
            for rule, form in deny.get(key, []):
                if form == "named" or form == "call" and wanted or form == "constructed" and wanted == 2:
                    denied[key, rule] += 1
        whole += good
    ok = sum(rank(*k) >= w for k, w in need.items())
    print(f"names: {ok} of {len(need)} admitted ({100 * ok / max(1, len(need)):.1f} %)")
    print(f"files: {whole} of {files} wholly admitted ({100 * whole / max(1, files):.1f} %)")
    for (module, name), n in sorted(missed.items()):
        print(f"  not admitted: {module} {name} (needed {('import', 'new', 'call')[need[module, name]]}, listed {('no', 'import', 'new', 'call')[rank(module, name) + 1]}, {n} files)")
    for (key, rule), n in sorted(denied.items()):
        print(f"  DENIED: {' '.join(key)} by {rule} ({n} files)")


if __name__ == "__main__":
    main()
