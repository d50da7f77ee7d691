#!/usr/bin/env python3
"""Draws what a scan prints, with its colours: draw.py WEIGHBRIDGE. Writes .github/finding.svg."""

import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURE = "fixtures/zip/malicious-crc-mismatch.pt"
NAME = "model.pt"
COLUMNS = 100
# Of a character of 14 pixels.
WIDTH, HEIGHT, MARGIN = 8.4, 20, 18
# Select Graphic Rendition: https://ecma-international.org/publications-and-standards/standards/ecma-48/
STYLES = {1: "bold", 2: "dim", 31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan"}
SHEET = """
.back { fill: #0d1117; } text { fill: #e6edf3; font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }
.bold { font-weight: bold; } .dim { fill: #9198a1; } .red { fill: #ff7b72; } .green { fill: #56d364; } .yellow { fill: #e3b341; } .blue { fill: #79c0ff; }
.magenta { fill: #d2a8ff; } .cyan { fill: #76e3ea; }
"""


def printed(program):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / FIXTURE, pathlib.Path(folder) / NAME)
        environment = {"PATH": os.environ["PATH"], "COLUMNS": str(COLUMNS), "HOME": folder}
        done = subprocess.run([program, "scan", "--no-config", "--color", "always", NAME], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and not done.stderr, done
    return done.stdout.rstrip("\n").split("\n")


def spans(line):
    """A line's parts, each with its styles."""
    styles = []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            for code in map(int, part[2:-1].split(";")):
                styles = [] if code == 0 else [*styles, STYLES[code]]
        elif part:
            yield part, list(styles)


def main(program):
    lines = [f"$ weighbridge scan {NAME}", *printed(str(pathlib.Path(program).resolve(strict=True)))]
    width, height = COLUMNS * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" width="{width:g}" height="{height}" role="img" aria-label="What a scan prints">']
    out += [f"<style>{SHEET}</style>", f'<rect class="back" width="{width:g}" height="{height}" rx="8"/>']
    for number, line in enumerate(lines):
        column, texts = 0, []
        for text, styles in spans(line):
            # Each part where its first column is, however wide the reader's font is.
            kind = f' class="{" ".join(styles)}"' if styles else ""
            length = f' textLength="{len(text) * WIDTH:g}"' if len(text) > 1 else ""
            texts.append(f'<tspan x="{MARGIN + column * WIDTH:g}"{length}{kind}>{html.escape(text)}</tspan>')
            column += len(text)
        out.append(f'<text xml:space="preserve" y="{MARGIN + (number + 1) * HEIGHT - 6}">{"".join(texts)}</text>')
    (ROOT / ".github/finding.svg").write_text("\n".join([*out, "</svg>"]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
