#!/usr/bin/env python3
"""Writes rules/known-operators.toml: a finding for what no known library registers.

    operators.py [--cache DIR]

Names come from published packages as operators.toml pins them, as text: nothing is installed or imported. Of a wheel only the members that
are wanted are read. The same packages give the same bytes.
"""

import argparse
import pathlib
import re
import textwrap
import tomllib
import zipfile

import fetch

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WRAPPER = re.compile(rb'_apply_op_helper\(\s*b?"([A-Za-z_][\w>]*)"')
SCHEMA = re.compile(r"ONNX_(?:[A-Z]+_)*OPERATOR_SET_SCHEMA(?:_EX)?\(\s*([A-Za-z]\w*)")
CAMEL = re.compile(rb"(?<![\w>])_?[A-Z][A-Za-z0-9]{2,}(?:>[A-Z][A-Za-z0-9]+|\w*)(?![\w>])")
# Through a module that holds generated wrappers, or a library that was opened for them.
CALLED = re.compile(r"\b\w*(?:gen_|ops|_so|_lib|library|_module|_mod)\w*(?:\.ops)?\.(\w+)\b|from [\w.]+ops? import (\w+)")


def archive(package, version):
    chosen = fetch.choose(fetch.listing(package), version, "wheel")
    if not chosen:
        raise SystemExit(f"{package} {version}: no wheel")
    return zipfile.ZipFile(fetch.Ranges(chosen[1]))


def wrapped(package, version):
    """Operators that TensorFlow's own wrappers, which its build generates, pass on by name."""
    found = set()
    with archive(package, version) as wheel:
        for name in wheel.namelist():
            if re.search(r"/gen_\w+\.py$", name):
                found |= {op.decode() for op in WRAPPER.findall(wheel.read(name))}
    return found


def plain(name):
    """What a name in CamelCase and its function in snake_case have in common."""
    return re.sub(r"[_>]", "", name).lower()


def compiled(package, version):
    """Identifiers of a package's libraries under which its Python files call functions."""
    called, names = set(), set()
    with archive(package, version) as wheel:
        for name in wheel.namelist():
            if name.endswith(".py"):
                text = wheel.read(name).decode("utf8", "replace")
                called |= {plain(a or b) for a, b in CALLED.findall(text)}
            elif re.search(r"\.so(\.\d+)*$", name):
                names |= {word.decode() for word in CAMEL.findall(wheel.read(name))}
    # One word alone is no operator's name, but many a message's and a variable's.
    return {name for name in names if plain(name) in called and (">" in name or len(re.findall("[A-Z]+[a-z0-9]+", name)) > 1)}


def schemas(package, version):
    found = set()
    with archive(package, version) as wheel:
        for name in wheel.namelist():
            if name.startswith("onnx/defs/") and name.endswith((".cc", ".h")):
                found |= set(SCHEMA.findall(wheel.read(name).decode("utf8", "replace")))
    # The macro's own parameter.
    return found - {"name"}


def cached(folder, kind, package, version, read):
    """One line for each name, so that a run that breaks off need not begin anew."""
    path = folder / f"operators-{kind}-{package}-{version}.txt" if folder else None
    if path and path.exists():
        return set(path.read_text().split())
    found = read(package, version)
    print(f"{package} {version}: {len(found)}")
    if path:
        path.write_text("\n".join(sorted(found)))
    return found


def lines(names):
    return textwrap.fill(", ".join(f'"{name}"' for name in sorted(names)), 146, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False) + ","


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path)
    folder = parser.parse_args().cache
    with open(HERE / "operators.toml", "rb") as file:
        pins = tomllib.load(file)
    core = set()
    for package in pins["tensorflow"]["wrapped"]:
        core |= cached(folder, "wrapped", *package, wrapped)
    core |= {*pins["tensorflow"]["internal"], *pins["tensorflow"]["others"]}
    libraries = set()
    for package in pins["tensorflow"]["compiled"]:
        libraries |= cached(folder, "compiled", *package, compiled)
    onnx = cached(folder, "schemas", *pins["onnx"]["sources"], schemas) | set(pins["onnx"]["removed"])
    text = (HERE / "operators.template.toml").read_text()
    for key, names in {
        "tensorflow": core,
        "tensorflow-libraries": libraries - core,
        "tflite-custom": pins["tflite"]["custom"],
        "onnx": onnx,
        "onnx-domains": pins["onnx"]["domains"],
    }.items():
        text = text.replace(f'"{{{key}}}"', lines(names).strip().rstrip(","))
    (ROOT / "rules" / "known-operators.toml").write_text(text)


if __name__ == "__main__":
    main()
