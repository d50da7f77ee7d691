#!/usr/bin/env python3
"""Writes names.tsv: the callables whose calls tests/recall.rs has the default profile judge.

    list_names.py --archives FOLDER ... --stdlib FOLDER ...            write it
    list_names.py --archives FOLDER ... --stdlib FOLDER ... --check    say whether what is committed is what would be written

FOLDER of archives: wheels, as `pip download` leaves them. FOLDER of a standard library: where os.py lies. Sources are parsed, never imported.
"""

import argparse
import ast
import pathlib
import random
import re
import sys
import tomllib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20240607
EACH = 50
# What a data scientist's environment holds. The versions are pinned, since another version has other names.
PACKAGES = {
    "numpy": "2.5.5", "scipy": "1.18.1", "pandas": "3.1.1", "torch": "2.15.0", "scikit-learn": "1.9.1", "joblib": "1.6.0", "matplotlib": "3.11.2",
    "transformers": "5.23.0", "keras": "3.15.1", "requests": "2.34.2", "pyyaml": "6.0.3", "jinja2": "3.1.6", "flask": "3.1.3", "click": "8.5.1",
    "aiohttp": "3.14.5", "sqlalchemy": "2.1.9", "setuptools": "84.2.1", "pip": "26.3", "werkzeug": "3.1.9", "urllib3": "2.8.0",
}
# Tests are no part of what a package offers, and are not in every build of it.
LEFT_OUT = {"tests", "test", "testing", "_testing", "conftest", "examples", "benchmarks", "_vendor", "tools", "build", "doc", "docs", "example", "benchmark", "asv_bench", "ci"}
# Modules of C or of other systems: no Python has their source.
COMPILED = {
    "builtins", "posix", "nt", "_posixsubprocess", "_xxsubinterpreters", "_testcapi", "_imp", "_ctypes", "_thread", "thread", "atexit", "sys", "faulthandler", "_pickle", "cPickle",
    "marshal", "_sqlite3", "_io", "_socket", "readline", "mmap", "fcntl", "termios", "resource", "syslog", "winreg", "_winapi", "_tkinter", "zipimport", "signal", "msilib",
    "importlib._bootstrap", "__builtin__",
}
# Names that modules take from C, or that a Python of another system or of another time defines.
UNSEEN = {
    "os": "posix", "io": "_io", "sqlite3": "_sqlite3", "pickle": "_pickle", "operator": "_operator", "types": "builtins", "functools": "_functools",
    "hotshot": "Python 2", "commands": "Python 2", "popen2": "Python 2", "urllib2": "Python 2", "urllib": "Python 2", "httplib": "Python 2",
    "xmlrpclib": "Python 2", "idlelib.PyShell": "Python 2", "dbm.gnu": "_gdbm", "dbm.ndbm": "_dbm", "ssl": "_ssl", "socket": "_socket", "codecs": "_codecs",
}


def definitions(tree):
    """Dotted names of the functions, classes and methods that a module defines, at its top or under a condition."""

    def below(body, prefix):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if not (prefix and re.fullmatch(r"__\w+__", node.name)):
                    yield prefix + node.name
            elif isinstance(node, ast.ClassDef):
                yield prefix + node.name
                yield from below(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                for part in ("body", "orelse", "finalbody"):
                    yield from below(getattr(node, part, []), prefix)
                for handler in getattr(node, "handlers", []):
                    yield from below(handler.body, prefix)

    return list(dict.fromkeys(below(tree.body, "")))


def archive(folders, package, version):
    """The wheel of a package, or a copy of its sources under the wheel's name."""
    wanted = re.compile(rf"(.*@)?{package.replace('-', '[-_]')}-{re.escape(version)}-.*\.whl(\.zip)?", re.IGNORECASE)
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if wanted.fullmatch(path.name):
                return path
    raise SystemExit(f"no wheel of {package} {version}: see README.md")


def callables(path):
    """Module and dotted name of every callable that a wheel's Python sources define."""
    found = []
    with zipfile.ZipFile(path) as wheel:
        for member in sorted(wheel.namelist()):
            parts = member.removesuffix(".py").split("/")
            if not member.endswith(".py") or parts[0].endswith((".dist-info", ".data")) or LEFT_OUT & set(parts) or not all(map(str.isidentifier, parts)):
                continue
            try:
                tree = ast.parse(wheel.read(member))
            except SyntaxError:
                continue
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found += [(module, name) for name in definitions(tree)]
    return found


def packages(folders):
    rng = random.Random(SEED)
    for package, version in PACKAGES.items():
        found = callables(archive(folders, package, version))
        for module, name in sorted(rng.sample(found, EACH)):
            yield package, "random", module, name


def exported(tree):
    """Whatever a module binds at its top or under a condition, imports and assignments too."""
    found = set(definitions(tree))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    # Methods that a base defines are attributes of the class as well.
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for name, node in classes.items():
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in classes:
                found |= {f"{name}.{each.split('.', 1)[1]}" for each in found if each.startswith(base.id + ".")}
    return found


def stdlib(folders):
    seen, missing = {}, []
    for group in tomllib.loads((HERE / "stdlib.toml").read_text())["group"]:
        module, kind = group["module"], group["kind"]
        if kind not in ("execute", "write", "fetch", "import") or not group["reason"]:
            raise SystemExit(f"{module}: not a kind or no reason")
        known = set()
        for folder in folders:
            for path in (folder / f"{module.replace('.', '/')}.py", folder / module.replace(".", "/") / "__init__.py"):
                if path.exists():
                    known |= exported(ast.parse(path.read_bytes()))
        for name in group["names"]:
            if seen.setdefault((module, name), kind) != kind:
                raise SystemExit(f"{module} {name}: listed twice")
            if name not in known and module not in COMPILED and module not in UNSEEN:
                missing.append(f"{module} {name}")
    if missing:
        raise SystemExit("in no standard library: " + ", ".join(missing))
    for (module, name), kind in seen.items():
        yield "python", kind, module, name


def main():
    parser = argparse.ArgumentParser(description="Writes names.tsv.")
    parser.add_argument("--archives", type=pathlib.Path, nargs="+", required=True, metavar="FOLDER")
    parser.add_argument("--stdlib", type=pathlib.Path, nargs="+", required=True, metavar="FOLDER")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = [*packages(options.archives), *stdlib(options.stdlib)]
    text = "# library\tkind\tmodule\tname\n" + "".join("\t".join(row) + "\n" for row in rows)
    path = HERE / "names.tsv"
    kinds = [row[1] for row in rows]
    print(", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)))
    if options.check:
        if path.read_text() != text:
            sys.exit("names.tsv differs from what is committed")
    else:
        path.write_text(text)


if __name__ == "__main__":
    main()
