#!/usr/bin/env python3
"""Has every report read by an independent reader, and the HTML report by a browser.

    check.py WEIGHBRIDGE [--shots FOLDER]

It scans fixtures/, and files whose names and contents try to leave the text that they stand in, and checks of
  sarif       Microsoft's SARIF Multitool (rules of SARIF and of GitHub): no error, no warning but that the tool has no web page
  cyclonedx   the schema of CycloneDX 1.6
  junit       an XML parser, and that every failure is of a finding
  csv         a CSV reader: as many cells in each row, and none that a spreadsheet would run
  markdown    a CommonMark reader: no HTML, link or image that a file's name made
  html        Chromium: no script of a file runs, no request leaves the page, the filter works; 25,000 findings of many files, and of few, are there within two
              seconds

README.md says what has to be installed. What is missing is an error.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[3]
HOSTILE = [
    "<script>document.title='pwned'</script>.pkl",
    "\"><img src=x onerror=\"document.title='pwned'\">.pkl",
    "[click](javascript:document.title='pwned') ![x](http:..weighbridge.invalid).pkl",
    "=HYPERLINK('http:..weighbridge.invalid').pkl",
    "]]><!--&lt;`|<b>.pkl",
    "\x1b]0;pwned\x07\u202egnp.pkl",
]
FORMATS = {
    "sarif": "sarif", "cyclonedx": "cdx.json", "junit": "xml", "csv": "csv", "markdown": "md", "html": "html", "jsonl": "jsonl", "json": "json",
}


def scan(binary, paths, out):
    for name, ending in FORMATS.items():
        (out / f"report.{ending}").unlink(missing_ok=True)
    outputs = [f"--output={name}={out}/report.{ending}" for name, ending in FORMATS.items()]
    done = subprocess.run([binary, "scan", "--quiet", *outputs, *map(str, paths)], capture_output=True)
    assert done.returncode == 1, done.stderr.decode()


def hostile(folder):
    for number, name in enumerate(HOSTILE):
        code = b"print('weighbridge') # " + name.encode()
        # exec of a text that holds the name too.
        data = b"\x80\x04cbuiltins\nexec\nX" + len(code).to_bytes(4, "little") + code + b"\x85R."
        path = folder / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)


def many(folder, files=500, names=50):
    modules = [f"weighbridge_unknown_{n}" for n in range(names)]
    folder.mkdir()
    body = b"\x80\x04" + b"".join(f"c{module}\nName\n0".encode() for module in modules) + b"N."
    for number in range(files):
        (folder / f"{number:04}.pkl").write_bytes(body)


def sarif(path, multitool):
    result = path.with_suffix(".checked")
    command = [multitool, "validate", path, "--level", "Error;Warning", "--rule-kind", "Sarif;Ghas", "--output", result, "--log", "ForceOverwrite", "--max-file-size-in-kb", "100000"]
    subprocess.run(command, check=True, capture_output=True, env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "PATH": "/usr/bin:/bin", "HOME": str(path.parent)})
    found = json.loads(result.read_text())["runs"][0].get("results", [])
    found = [entry for entry in found if entry["ruleId"] != "SARIF2005"]
    assert not found, json.dumps(found[:3], indent=1)


def cyclonedx(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text())
    assert error is None, repr(error)[:2000]


def junit(path, report):
    root = ElementTree.parse(path).getroot()
    suites = list(root)
    assert len(suites) == len(report["files"])
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    failing = sum(1 for file in report["files"] if any(f["severity"] != "low" for f in file["findings"]))
    assert sum(1 for suite in suites if suite.get("failures") != "0") == failing


def read_csv(path, report):
    rows = list(csv.reader(path.open(newline="")))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) - 1 == sum(max(1, len(file["findings"])) for file in report["files"])
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row), row


def markdown(path):
    from markdown_it import MarkdownIt

    text = path.read_text()
    assert len(text) < 1 << 20
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    for token in tokens:
        for inner in [token, *(token.children or [])]:
            assert inner.type not in ("link_open", "image", "html_block"), inner.content or inner.attrs
            assert inner.type != "html_inline" or inner.content in ("<code>", "</code>"), inner.content


def html(path, large, shots):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        assert page.title() == "Weighbridge report"
        assert page.locator("script:not([type])").count() == 1 and page.locator("img, iframe, object, embed, link").count() == 0
        assert [url for url in asked if not url.startswith("file:")] == [] and len(asked) == 1, asked
        assert said == [], said
        first = page.locator("header h1").bounding_box()
        assert first["y"] < 100, "the summary is on top"
        total = page.locator(".file:visible").count()
        page.fill("input[type=search]", "posix")
        page.wait_for_timeout(400)
        some = page.locator(".file:visible").count()
        assert 0 < some < total, (some, total)
        page.fill("input[type=search]", "")
        page.uncheck("input[value=critical]")
        page.wait_for_timeout(200)
        assert page.locator('.file[open] .finding[data-severity="critical"]:visible').count() == 0
        page.check("input[value=critical]")
        page.check("input[value=clean]")
        assert page.locator(".file:visible").count() > total
        page.uncheck("input[value=clean]")
        for url in page.eval_on_selector_all("a", "links => links.map(link => link.href)"):
            assert url.startswith(("https://", "http://", path.as_uri() + "#")), url
        if shots:
            shots.mkdir(parents=True, exist_ok=True)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=shots / f"{scheme}.png")
            page.set_viewport_size({"width": 400, "height": 800})
            page.screenshot(path=shots / "narrow.png")
            page.set_viewport_size({"width": 1280, "height": 900})
            page.locator(".rules").scroll_into_view_if_needed()
            page.screenshot(path=shots / "rules.png")
            page.emulate_media(media="print", color_scheme="light")
            page.pdf(path=shots / "print.pdf")
            page.emulate_media(media="screen")
        for name, path in large.items():
            opened(browser, name, path)
        browser.close()


def opened(browser, name, path):
    """A large page: there soon, whole, and what is laid out by the script looks like what is written."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        page.goto(path.as_uri())
        page.wait_for_selector(".shown:not(:empty)")
        # Drawn, too.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
        seconds.append(time.monotonic() - began)
    elements = page.evaluate("() => document.getElementsByTagName('*').length")
    said = page.inner_text(".shown")
    findings = int(said.split(", ")[-1].split()[0].replace(",", ""))
    assert findings >= 25_000, said
    began = time.monotonic()
    page.fill("input[type=search]", "unknown_49")
    page.wait_for_function("(before) => document.querySelector('.shown').textContent !== before", arg=said)
    searched = time.monotonic() - began
    some = int(page.inner_text(".shown").split(", ")[-1].split()[0].replace(",", ""))
    assert 0 < some < findings, (some, findings)
    page.fill("input[type=search]", "")
    page.wait_for_function("(before) => document.querySelector('.shown').textContent === before", arg=said)
    # All of it can be laid out: what is printed is all.
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".finding").count() == findings, (page.locator(".finding").count(), findings)
    page.wait_for_function("() => [...document.querySelectorAll('details.file')].every((file) => file.open)")
    # The same kind of finding, written and laid out later, has the same elements and texts.
    shapes = page.evaluate("""() => {
      const shape = (node) => node.nodeType === 3 ? '' : node.localName + '.' + node.className + '(' + [...node.childNodes].map(shape).join('') + ')';
      const findings = [...document.querySelectorAll('.finding')].filter((node) => node.querySelector('p.why'));
      return [shape(findings[0]), shape(findings[findings.length - 1])];
    }""")
    assert shapes[0] == shapes[1], shapes
    print(f"html, {name}: {findings} findings, {path.stat().st_size / 1e6:.1f} MB, {elements} elements, there after {min(seconds):.2f} to {max(seconds):.2f} s, a search takes {searched:.2f} s")
    assert min(seconds) < 2, seconds
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--multitool", required=True, help="the program Sarif.Multitool")
    parser.add_argument("--shots", type=pathlib.Path, help="where to put pictures of the page, which somebody has to look at")
    args = parser.parse_args()
    binary = str(pathlib.Path(args.binary).resolve())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        names, large, out = folder / "hostile", folder / "large", folder / "out"
        for path in (names, large, out):
            path.mkdir()
        hostile(names)
        scan(binary, [ROOT / "fixtures", names], out)
        report = json.loads((out / "report.json").read_text())
        assert sum(1 for file in report["files"] if "hostile" in file["path"]) == len(HOSTILE)
        lines = [json.loads(line) for line in (out / "report.jsonl").read_text().splitlines()]
        assert [line["path"] for line in lines[:-2]] == [file["path"] for file in report["files"]] and lines[-1]["type"] == "run"
        for name, check in {
            "sarif": lambda: sarif(out / "report.sarif", pathlib.Path(args.multitool).resolve()),
            "cyclonedx": lambda: cyclonedx(out / "report.cdx.json"),
            "junit": lambda: junit(out / "report.xml", report),
            "csv": lambda: read_csv(out / "report.csv", report),
            "markdown": lambda: markdown(out / "report.md"),
        }.items():
            check()
            print(f"{name}: ok, {(out / f'report.{FORMATS[name]}').stat().st_size / 1e6:.1f} MB")
        small = (out / "report.html").rename(folder / "small.html")
        many(large / "many")
        many(large / "few", files=26, names=1_000)
        pages = {}
        for name in ("many", "few"):
            scan(binary, [large / name], out)
            pages[name] = (out / "report.html").rename(folder / f"{name}.html")
        html(small, pages, args.shots)


if __name__ == "__main__":
    sys.exit(main())
