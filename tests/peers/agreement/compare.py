#!/usr/bin/env python3
"""Compares what the packs say with what the tools say that they are named after, and writes table.tsv:

    compare.py WEIGHBRIDGE TOOLS.json FOLDER...       TOOLS.json is what tools.py wrote of the same folders

A row for each file (by sha256) and pack: the tool's verdict, the pack's, and where they differ why. A difference without a reason is an error.
"""

import csv
import hashlib
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKS = {"picklescan": "picklescan", "modelscan": "modelscan", "fickling-ml": "fickling"}
WORDS = {
    "picklescan": {"critical": "dangerous", "low": "suspicious", None: "innocuous"},
    "modelscan": {"critical": "critical", "high": "high", "medium": "medium", "low": "low", None: "none"},
    "fickling-ml": {"critical": "overtly_malicious", "high": "likely_overtly_malicious", "medium": "likely_unsafe", "low": "suspicious", None: "likely_safe"},
}
ORDER = ["low", "medium", "high", "critical"]
REASONS = {
    "unread": "the tool fails on the file, or does not read its format",
    "nested": "found in what is nested in the file, where the tool does not look",
    "beyond": "found behind a place at which the tool stops or loses count: an opcode that it misreads, bytes between pickles, a break",
    "computed": "the name is made while the file is loaded (getattr, a registered extension, attributes written): the tool does not follow that",
    "no-pickle": "the tool takes for a broken pickle what is another format",
    "interpreter": "the tool cannot carry out what unpicklers carry out, or does not step over the arrays between pickles",
    "own-result": "the tool takes a result that is the file's own, or is used by the loader, for unused",
}
FAULTS = {"InterpretationError", "Malformed", "MisplacedProtoAnalysis", "DuplicateProtoAnalysis", "InvalidOpcode"}
BREAKS = {"fickling-invalid-opcode", "fickling-misplaced-proto", "fickling-duplicate-proto", "fickling-expansion"}


def worst(findings):
    return max((finding["severity"] for finding in findings), key=ORDER.index, default=None)


def by_hand():
    with (HERE / "reasons.tsv").open() as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return {(row["sha256"], row["pack"]): row["reason"] for row in rows}


def reason(pack, said, ours, findings, file):
    words, theirs, why = WORDS[pack], said["verdict"], set(said["why"])
    rank = [words[None], *(words[severity] for severity in ORDER if severity in words)]
    if theirs == "unread":
        return "unread"
    if rank.index(ours) > rank.index(theirs):
        outside = worst([finding for finding in findings if not finding["place"]["container"]])
        if rank.index(words[outside]) <= rank.index(theirs):
            return "nested"
        broken = not file["complete"] or any(finding["rule_id"] in BREAKS for finding in file["findings"])
        return "beyond" if broken or why & FAULTS or not why else "computed"
    if pack == "fickling-ml" and why <= FAULTS | {"MLAllowlist"}:
        return "interpreter" if file["formats"] and file["formats"][0].startswith("pickle") else "no-pickle"
    if why == {"UnusedVariables"}:
        return "own-result"
    return None


def main(argv):
    binary, said, folders = argv[0], json.loads(pathlib.Path(argv[1]).read_text()), argv[2:]
    done = subprocess.run([binary, "scan", "--rules", ",".join(PACKS), "--format", "json", *folders], capture_output=True, check=False)
    known, rows, lacking = by_hand(), {}, []
    for file in json.loads(done.stdout)["files"]:
        path = pathlib.Path(file["path"])
        if file["verdict"] == "skipped" or not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest not in said:
            continue
        for pack, tool in PACKS.items():
            findings = [finding for finding in file["findings"] if finding["pack"] == pack]
            theirs, ours = said[digest][tool]["verdict"], WORDS[pack][worst(findings)]
            why = "" if theirs == ours else reason(pack, said[digest][tool], ours, findings, file) or known.get((digest, pack))
            if why is None:
                lacking.append((digest, pack, theirs, ours, path.name, " ".join(said[digest][tool]["why"][:4]), file["verdict"]))
            rows[digest, pack] = (theirs, ours, why or "")
    with (HERE / "table.tsv").open("w", newline="") as file:
        out = csv.writer(file, delimiter="\t", lineterminator="\n")
        out.writerow(["sha256", "pack", "tool says", "pack says", "why they differ"])
        out.writerows([*key, *value] for key, value in sorted(rows.items()))
    same = sum(1 for theirs, ours, _ in rows.values() if theirs == ours)
    print(f"{len(rows)} verdicts, {same} the same, {len(rows) - same - len(lacking)} differ with a reason, {len(lacking)} without")
    for row in sorted(lacking, key=lambda row: row[1:4]):
        print("\t".join(row))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
