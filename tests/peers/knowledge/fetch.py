"""Brings the source text of published packages to this machine, as bytes.

Nothing is installed, built or imported. Of a wheel only the members that hold source text are read (the index serves
ranges, so a wheel of 900 MB costs a few MB); an sdist is read whole and dropped. What is kept per archive is one zip of
source members, and the names of all others (compiled modules are known by name only).
"""
import hashlib
import html
import io
import json
import os
import re
import sys
import tarfile
import urllib.parse
import urllib.request
import zipfile

SOURCE = (".py", ".pyi", ".pyx", ".pxd", ".pxi", ".pyx.tp", ".pxi.in", ".pyx.in", ".pxd.tp")
SKIPPED_FOLDERS = {"tests", "test", "examples", "example", "docs", "doc", "benchmarks", "benchmark", "asv_bench", "tools", "ci", "node_modules", "build", ".github"}
# A gap between two wanted members that is cheaper to read than to ask for anew.
GAP = 1 << 18
LARGEST_MEMBER = 8 << 20
_PYTHONS = ["cp311", "cp310", "cp39", "cp38", "cp37", "cp36", "cp35", "cp312", "cp313", "cp314"]


def index_url():
    """The package index that pip is set up with."""
    if "PIP_INDEX_URL" in os.environ:
        return os.environ["PIP_INDEX_URL"].rstrip("/") + "/"
    from pip._internal.models.index import PyPI

    return PyPI.simple_url.rstrip("/") + "/"


def opened(url, **headers):
    for attempt in range(4):
        try:
            return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=120)
        except OSError as error:
            if attempt == 3 or getattr(error, "code", 0) == 404:
                raise
    raise AssertionError


def listing(name):
    """(file name, address, claimed sha256) of every archive of a package."""
    page = index_url() + re.sub(r"[-_.]+", "-", name).lower() + "/"
    text = opened(page, Accept="text/html").read().decode("utf8", "replace")
    for href in re.findall(r'href="([^"]+)"', text):
        address, _, fragment = html.unescape(href).partition("#")
        file = urllib.parse.unquote(address.rsplit("/", 1)[-1])
        yield file, urllib.parse.urljoin(page, address), fragment.removeprefix("sha256=")


def choose(files, version, kind):
    """The wheel (or sdist) of a version: pure before Linux x86-64, and the Python nearest to 3.11."""
    found = []
    for file, address, sha in files:
        if file.endswith(".whl"):
            _, ver, *_, python, _abi, platform = file[:-4].split("-")
            if kind != "wheel" or ver.split("+")[0] != version:
                continue
            if platform == "any":
                rank = 0 if "py3" in python else 60
            elif "x86_64" in platform and "linux" in platform:
                tags = [p for p in _PYTHONS if p in python.split(".")]
                rank = 1 + _PYTHONS.index(tags[0]) if tags else (30 if "py3" in python else 50)
            else:
                continue
            found.append((rank, file, address, sha))
        elif kind == "sdist" and file.endswith((".tar.gz", ".zip", ".tar.bz2")):
            stem = re.sub(r"\.(tar\.gz|zip|tar\.bz2)$", "", file)
            if stem.endswith("-" + version):
                found.append((0 if file.endswith(".tar.gz") else 1, file, address, sha))
    return min(found)[1:] if found else None


class Ranges(io.RawIOBase):
    """A remote file, read by ranges, with a few blocks kept."""

    def __init__(self, address):
        self.address, self.at, self.held = address, 0, []
        answer = opened(address, Range="bytes=-1")
        if answer.status != 206:
            raise OSError("the index serves no ranges")
        self.size = int(answer.headers["Content-Range"].rsplit("/", 1)[1])

    def hold(self, start, end):
        start, end = max(0, start), min(end, self.size)
        data = opened(self.address, Range=f"bytes={start}-{end - 1}").read()
        self.held = [(start, data), *self.held[:2]]

    def seekable(self):
        return True

    def readable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, size=-1):
        end = self.size if size is None or size < 0 else min(self.size, self.at + size)
        if end <= self.at:
            return b""
        for start, data in self.held:
            if start <= self.at and end <= start + len(data):
                break
        else:
            self.hold(self.at - (1 << 16 if self.at + (1 << 16) > self.size else 0), max(end, self.at + (1 << 16)))
            start, data = self.held[0]
        out = data[self.at - start : end - start]
        self.at += len(out)
        return out


def wanted(path):
    parts = path.split("/")
    return path.endswith(SOURCE) and not any(p.lower() in SKIPPED_FOLDERS for p in parts[:-1])


def wheel_members(address):
    remote = Ranges(address)
    with zipfile.ZipFile(remote) as z:
        infos = sorted(z.infolist(), key=lambda i: i.header_offset)
        yield [i.filename for i in infos], None
        infos = [i for i in infos if wanted(i.filename) and i.file_size <= LARGEST_MEMBER]
        groups = []
        for i in infos:
            end = i.header_offset + i.compress_size + len(i.filename) + 512
            if groups and i.header_offset - groups[-1][1] < GAP and end - groups[-1][0] < 48 << 20:
                groups[-1][1], _ = end, groups[-1][2].append(i)
            else:
                groups.append([i.header_offset, end, [i]])
        for start, end, members in groups:
            remote.hold(start, end)
            for i in members:
                yield i.filename, z.read(i)


def sdist_members(address, sha):
    data = opened(address).read()
    if sha and hashlib.sha256(data).hexdigest() != sha:
        raise OSError("sha256 differs from the index's")
    if zipfile.is_zipfile(io.BytesIO(data)):
        z = zipfile.ZipFile(io.BytesIO(data))
        pairs = [(n, lambda n=n: z.read(n)) for n in z.namelist() if not n.endswith("/")]
    else:
        t = tarfile.open(fileobj=io.BytesIO(data))
        pairs = [(m.name, lambda m=m: t.extractfile(m).read()) for m in t if m.isfile() and m.size <= LARGEST_MEMBER]
    strip = lambda n: n.split("/", 1)[1] if "/" in n else n
    yield [strip(n) for n, _ in pairs], None
    for n, read in pairs:
        if wanted(strip(n)):
            yield strip(n), read()


def fetch(name, version, kind, folder, files=None):
    """The path of the zip of source members; None where the index has no such archive."""
    for known in os.listdir(folder):
        if known.startswith(f"{name}@{version}@{kind}@") and known.endswith(".zip"):
            return os.path.join(folder, known)
    chosen = choose(files if files is not None else list(listing(name)), version, kind)
    if chosen is None:
        return None
    file, address, sha = chosen
    path = os.path.join(folder, f"{name}@{version}@{kind}@{file}.zip")
    members = wheel_members(address) if file.endswith(".whl") else sdist_members(address, sha)
    try:
        with zipfile.ZipFile(path + ".part", "w", zipfile.ZIP_DEFLATED, compresslevel=3) as out:
            names, _ = next(members)
            kept = [n for n in names if n.endswith((".so", ".pyd"))]
            out.writestr(".archive.json", json.dumps({"file": file, "sha256": sha, "compiled": kept}))
            for member, data in members:
                if member not in out.NameToInfo:
                    out.writestr(zipfile.ZipInfo(member), data, zipfile.ZIP_DEFLATED)
        os.replace(path + ".part", path)
    finally:
        if os.path.exists(path + ".part"):
            os.remove(path + ".part")
    return path


def fetch_all(packages, folder):
    """{(name, version, kind): path} of every pinned archive; what is not to be had is said and left out."""
    from concurrent.futures import ThreadPoolExecutor

    os.makedirs(folder, exist_ok=True)

    def one(package):
        out, files = {}, None
        for version in package["versions"]:
            kinds = package.get("kinds", ["wheel"])
            got = False
            for kind in [*kinds, *(["sdist"] if "sdist" not in kinds else [])]:
                if kind == "sdist" and kind not in kinds and got:
                    continue
                if not any(k.startswith(f"{package['name']}@{version}@{kind}@") for k in os.listdir(folder)) and files is None:
                    files = list(listing(package["name"]))
                try:
                    path = fetch(package["name"], version, kind, folder, files)
                except Exception as error:  # one broken archive does not end the run
                    print(f"{package['name']} {version} {kind}: {error!r}", file=sys.stderr)
                    continue
                if path:
                    out[package["name"], version, kind] = path
                    got = True
            if not got:
                print(f"{package['name']} {version}: no archive", file=sys.stderr)
        return out

    found = {}
    with ThreadPoolExecutor(3) as pool:
        for part in pool.map(one, packages):
            found.update(part)
    return found
