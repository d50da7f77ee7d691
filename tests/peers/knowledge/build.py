#!/usr/bin/env python3
"""Derives the packs of what well-known libraries pickle to, by reading their published sources.

usage: build.py --cache DIR [--only PACKAGE ...] [--trial] [--fetch-only]

Writes rules/known-good-libraries.toml, rules/known-dangerous-libraries.toml, rules/aliases-libraries.toml and the review
tables beside this file.
"""
import argparse
import os
import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import analyse
import emit
import fetch
from judge import Archive, Verdicts, judge, reexports

HERE = Path(__file__).parent
RULES = HERE.parents[2] / "rules"
"""Standard library modules that are not read: tests, tools and what exists on other systems only."""
STDLIB_SKIPPED = {"test", "tests", "idle_test", "site-packages", "__pycache__", "turtledemo"}


def summarise(job):
    """The summary of one archive, from the cache where its source and this code are unchanged."""
    import hashlib
    import json

    kind, path, cache = job
    stamp = hashlib.sha256()
    stamp.update(sys.version.encode())
    for f in (HERE / "analyse.py", HERE / "effects.toml"):
        stamp.update(f.read_bytes())
    kept = Path(cache, "summaries", f"{Path(path).name if kind != 'stdlib' else path.strip('/').replace('/', '_')}.{stamp.hexdigest()[:12]}.json")
    if kept.exists():
        return json.loads(kept.read_text())
    kept.parent.mkdir(exist_ok=True, parents=True)
    summary = standard_library(path) if kind == "stdlib" else analyse.archive(path, bare_templates=kind == "bare")
    kept.write_text(json.dumps(summary))
    return summary


def standard_library(folder):
    import ast
    import warnings

    warnings.simplefilter("ignore")
    modules, broken = {}, []
    root = Path(folder)
    files = [p for p in sorted(root.rglob("*.py")) if not {*p.relative_to(root).parts} & STDLIB_SKIPPED]
    world = {".".join(p.relative_to(root).with_suffix("").parts) for p in files}
    for p in files:
        parts = p.relative_to(root).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        if not all(part.isidentifier() for part in name.split(".")):
            continue
        module = analyse.Module(name, package, world)
        try:
            module.read(ast.parse(p.read_text("utf8", "replace")))
        except (SyntaxError, ValueError, RecursionError):
            broken.append(str(p.relative_to(root)))
            continue
        modules[name] = module.summary()
    return {"file": root.name, "sha256": "", "compiled": [], "modules": modules, "broken": broken}


def version_key(version):
    return [int(p) if p.isdigit() else 0 for p in version.split(".")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, help="folder of fetched source text and summaries")
    parser.add_argument("--only", nargs="*", help="judge these packages alone, and write to DIR/out")
    parser.add_argument("--trial", action="store_true", help="judge all, and write to DIR/out")
    parser.add_argument("--fetch-only", action="store_true")
    parser.add_argument("--stdlib", nargs="*", default=[os.path.dirname(os.__file__)], help="standard library folders to read")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    packages = tomllib.loads((HERE / "packages.toml").read_text())["package"]
    if options.only:
        packages = [p for p in packages if p["name"] in options.only]
    found = fetch.fetch_all(packages, os.path.join(options.cache, "dl"))
    if options.fetch_only:
        return
    jobs = [("stdlib", path, options.cache) for path in options.stdlib]
    names = [("stdlib", Path(path).name.removeprefix("python"), "source") for path in options.stdlib]
    bare = {p["name"] for p in packages if p.get("bare_templates")}
    for key, path in sorted(found.items()):
        jobs.append(("bare" if key[0] in bare else "archive", path, options.cache))
        names.append(key)
    with ProcessPoolExecutor(options.jobs) as pool:
        summaries = list(pool.map(summarise, jobs, chunksize=1))
    table = tomllib.loads((HERE / "native.toml").read_text())
    cleared = {n for e in table["cleared"] for n in e["names"]}
    only = {p["name"]: p.get("only", []) for p in packages}
    values = {p["name"] for p in packages if p.get("functions") == "values"}
    core = {"stdlib", *(p["name"] for p in packages if p.get("core"))}
    without = {p["name"]: p.get("machinery", []) for p in packages}
    world, archives, merged = {}, [], {}
    for (package, version, kind), summary in zip(names, summaries):
        slot = merged.setdefault((package, version), summary)
        if slot is not summary:  # a wheel and its sdist are one: what the wheel lacks comes from the sdist
            for module, tables in summary["modules"].items():
                old = slot["modules"].setdefault(module, tables)
                if old is not tables:
                    for part in ("classes", "functions"):
                        for name, info in tables[part].items():
                            if name not in old[part] or old[part][name].get("stub"):
                                old[part][name] = info
                    for name, target in tables["aliases"].items():
                        old["aliases"].setdefault(name, target)
    for (package, version), summary in sorted(merged.items(), key=lambda i: (i[0][0], version_key(i[0][1]))):
        archive = Archive(package, version, summary, world, tuple(without.get(package, ())), tuple(only.get(package, ())), cleared, package not in values)
        archives.append(archive)
        for top in archive.tops():
            if package != "stdlib" and (top not in world or world[top].package == package):
                world[top] = archive
    roots = {n: e for n, e in analyse._EXACT.items()}
    for archive in archives:
        if archive.package == "stdlib":
            archive.only = tuple(table["stdlib"]["modules"])
        archive.force(roots)
    verdicts = {}
    for archive in archives:
        out = verdicts.setdefault(archive.package, Verdicts(archive.package))
        judge(archive, out)
        reexports(archive, out)
    broken = {f"{p} {v}": s["broken"] for (p, v), s in sorted(merged.items()) if s["broken"]}
    out = Path(options.cache, "out")
    emit.write(verdicts, archives, broken, core, *((out, out) if options.only or options.trial else (RULES, HERE)))


if __name__ == "__main__":
    sys.exit(main())
