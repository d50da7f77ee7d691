#!/usr/bin/env python3
"""What picklescan, modelscan and fickling say of files: tools.py OUT.json FOLDER...

One process for each file and tool, so that a tool that hangs or runs out of memory on one costs that file alone. The tools read; nothing is unpickled.
OUT.json: {sha256: {"name": base name, tool: {"verdict": …, "why": […]}}}
"""

import hashlib
import json
import os
import pathlib
import resource
import signal
import sys

TOOLS = ("picklescan", "modelscan", "fickling")
SECONDS = 60
MEMORY = 4 << 30


def picklescan(path):
    import logging

    logging.disable(logging.CRITICAL)
    from picklescan.scanner import SafetyLevel, scan_file_path

    result = scan_file_path(str(path))
    bad = sorted({f"{g.module} {g.name}" for g in result.globals if g.safety == SafetyLevel.Dangerous})
    if bad:
        return "dangerous", bad
    if result.scan_err or result.scanned_files == 0:
        return "unread", []
    return ("suspicious" if result.suspicious_count else "innocuous"), []


def modelscan(path):
    import logging

    logging.disable(logging.CRITICAL)
    from modelscan.modelscan import ModelScan

    scan = ModelScan()
    scan.scan(path)
    issues = scan.issues.all_issues
    if issues:
        order = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
        worst = max((issue.severity.name for issue in issues), key=order.index)
        return worst.lower(), sorted({f"{issue.details.module} {issue.details.operator}" for issue in issues})
    if scan.errors or scan.skipped or not scan.scanned:
        return "unread", []
    return "none", []


def fickling(path):
    from fickling.analysis import Analysis, Analyzer, NonStandardImports, Severity
    from fickling.ml import MLAllowlist
    from fickling.fickle import StackedPickle

    with path.open("rb") as file:
        stacked = StackedPickle.load(file, fail_on_decode_error=False)
    # As the pack judges: the allowlist for machine learning in place of "not of the standard library", and so without "calls what is not of it".
    analyses = [analysis for analysis in Analysis.ALL if not isinstance(analysis, NonStandardImports)]
    worst, why = Severity.LIKELY_SAFE, set()
    for pickled in stacked:
        for result in Analyzer([*analyses, MLAllowlist()]).analyze(pickled).results:
            if result.analysis_name == "OvertlyBadEval" and result.severity == Severity.LIKELY_UNSAFE:
                continue
            worst = max(worst, result.severity)
            why.add(result.analysis_name or "Malformed")
    if not len(stacked):
        return "unread", []
    return worst.name.lower(), sorted(why)


def one(tool, path):
    try:
        verdict, why = globals()[tool](path)
    except BaseException as error:  # whatever the tool fails with, it did not read the file
        verdict, why = "unread", [type(error).__name__]
    return {"verdict": verdict, "why": why[:20]}


def forked(tool, path):
    """The tool in a process of its own, which shares what was imported before."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.alarm(SECONDS)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os.write(write, json.dumps(one(tool, path)).encode()[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else {"verdict": "unread", "why": ["Died"]}


def main(argv):
    out, folders = argv[0], argv[1:]
    files = sorted({p for folder in folders for p in pathlib.Path(folder).rglob("*") if p.is_file() and p.suffix not in (".snap", ".md")})
    # Imported before the forks.
    import fickling.analysis  # noqa: F401
    import modelscan.modelscan  # noqa: F401
    import picklescan.scanner  # noqa: F401

    said = {}
    for path in files:
        entry = said.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), {"name": path.name})
        for tool in TOOLS:
            entry[tool] = forked(tool, path)
    pathlib.Path(out).write_text(json.dumps(said, indent=0, sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1:])
