#!/usr/bin/env python3
"""Counts what the tools see in labelled files: detection.py WEIGHBRIDGE FOLDER... (in an environment with the peers).

A file's label is the beginning of its name: malicious-* or benign-*. A tool sees a file when, with its defaults, it would end with the exit code of findings:
Weighbridge from medium on, picklescan for dangerous globals, modelscan for any issue, fickling for what is not likely safe, modelaudit for warnings and worse.
One process for each file and tool, so that what a tool fails on costs that file alone; it counts as not seen. The tools read; nothing is unpickled.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "agreement"))
import tools  # noqa: E402

RANK = ("low", "medium", "high", "critical")


def picklescan(path):
    return tools.picklescan(path)[0] == "dangerous", []


def modelscan(path):
    return tools.modelscan(path)[0] not in ("none", "unread"), []


def fickling(path):
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import StackedPickle

    with path.open("rb") as file:
        stacked = StackedPickle.load(file, fail_on_decode_error=False)
    return any(check_safety(pickled).severity > Severity.LIKELY_SAFE for pickled in stacked), []


def modelaudit(path):
    from modelaudit.core import scan_model_directory_or_file

    result = scan_model_directory_or_file(str(path), cache_enabled=False)
    return any(issue.severity.value in ("warning", "critical") for issue in result.issues), []


PEERS = (picklescan, modelscan, fickling, modelaudit)


def weighbridge(program, folder):
    """The paths of files with findings from medium on."""
    done = subprocess.run([program, "scan", "--no-config", "--format", "json", folder], capture_output=True)
    seen = set()
    for file in json.loads(done.stdout)["files"]:
        if any(RANK.index(finding["severity"]) >= 1 for finding in file["findings"]):
            seen.add((pathlib.Path(folder) / file["path"]).resolve())
    return seen


def main(argv):
    if len(argv) < 2:
        sys.exit(__doc__)
    os.environ.update(PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1")
    program, folders = argv[0], argv[1:]
    # Imported before the forks.
    import fickling.analysis  # noqa: F401
    import modelaudit.core  # noqa: F401
    import modelscan.modelscan  # noqa: F401
    import picklescan.scanner  # noqa: F401

    tools.__dict__.update({f"see_{peer.__name__}": peer for peer in PEERS})
    counts = collections.defaultdict(collections.Counter)
    for folder in folders:
        seen = weighbridge(program, folder)
        for path in sorted(pathlib.Path(folder).rglob("*")):
            label = path.name.split("-")[0]
            if not path.is_file() or label not in ("malicious", "benign") or path.suffix == ".snap":
                continue
            says = {peer.__name__: tools.forked(f"see_{peer.__name__}", path)["verdict"] is True for peer in PEERS}
            says["weighbridge"] = path.resolve() in seen
            for group in ("all", "pickle" if path.parent.name == "pickle" else "others"):
                counts[label, group].update({"files": 1, **says})
    names = ["weighbridge", *(peer.__name__ for peer in PEERS)]
    print(f"| files | how many | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for (label, group), count in sorted(counts.items(), reverse=True):
        print(f"| {label}, {group} | {count['files']} | {' | '.join(str(count[name]) for name in names)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
