#!/usr/bin/env python3
"""Makes a release, checks it, and says what is in it, how large it is and how long it takes to start.

    release.py DIST [--only gnu|static]

  weighbridge-VERSION-ARCH-linux-gnu.tar.gz     dynamically linked, for glibc GLIBC and later: reads plugins
  weighbridge-VERSION-ARCH-linux-static.tar.gz  needs nothing of the system, and takes no plugins
  weighbridge-VERSION-ARCH-image.tar            a container with the static program (an OCI archive)
  weighbridge-rootfs.tar.gz                     what the container holds, for Containerfile
  SHA256SUMS

README.md says what has to be installed. What is missing is an error.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The oldest that Rust's own library runs on: nothing here needs a later one.
GLIBC = "2.17"
ARCH = platform.machine()
TARGETS = {"gnu": f"{ARCH}-unknown-linux-gnu", "static": f"{ARCH}-unknown-linux-musl"}
SHELLS = {"bash": "weighbridge.bash", "zsh": "_weighbridge", "fish": "weighbridge.fish", "powershell": "_weighbridge.ps1", "elvish": "weighbridge.elv"}
RUNS = 20


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=True, **options)


def output(*command):
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def need(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        sys.exit(f"not found: {', '.join(missing)}; README.md beside this command says where they come from")


def build(kind, folder):
    target = TARGETS[kind]
    if kind == "gnu":
        run("cargo", "zigbuild", "--release", "--locked", "--target", f"{target}.{GLIBC}", "--bin", "weighbridge")
    else:
        run("cargo", "build", "--release", "--locked", "--target", target, "--bin", "weighbridge")
    built = pathlib.Path(json.loads(output("cargo", "metadata", "--format-version=1", "--no-deps"))["target_directory"]) / target / "release" / "weighbridge"
    copy = folder / f"weighbridge-{kind}"
    shutil.copy2(built, copy)
    return copy


def check(binaries):
    """The tests of releases, which the usual run leaves out."""
    for kind, binary in binaries.items():
        variables = {**os.environ, "WEIGHBRIDGE_RELEASE": str(binary), "WEIGHBRIDGE_RELEASE_GLIBC": GLIBC}
        run("cargo", "test", "--quiet", "--locked", "--test", "main", "--", "--ignored", f"packaging::release_{kind}", env=variables)


class Archive:
    """A tar archive that is the same bytes for the same contents."""

    def __init__(self, when):
        self.when, self.bytes = when, io.BytesIO()
        self.tar = tarfile.open(fileobj=self.bytes, mode="w", format=tarfile.USTAR_FORMAT)

    def folder(self, name, mode=0o755):
        self.entry(name, mode, tarfile.DIRTYPE, b"")

    def file(self, name, data, mode=0o644):
        self.entry(name, mode, tarfile.REGTYPE, data)

    def entry(self, name, mode, kind, data):
        info = tarfile.TarInfo(name)
        info.mode, info.type, info.size, info.mtime = mode, kind, len(data), self.when
        self.tar.addfile(info, io.BytesIO(data))

    def finish(self):
        self.tar.close()
        return self.bytes.getvalue()


def zipped(data):
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as stream:
        stream.write(data)
    return packed.getvalue()


def crates(target):
    """What is linked in: name, version, licence."""
    lines = output("cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--target", target, "--package", "weighbridge", "--format", "{p}\t{l}").splitlines()
    lines = {line.removesuffix(" (*)").replace(" (proc-macro)", "") for line in lines if f"({ROOT}" not in line}
    return "".join(f"{line}\n" for line in sorted(lines))


def bundle(binary, name, target, when, scratch):
    """The program with all that belongs to it."""
    pages = scratch / "man"
    output(binary, "man", pages)
    archive = Archive(when)
    archive.folder(name)
    archive.file(f"{name}/weighbridge", binary.read_bytes(), 0o755)
    for text in ("LICENSE", "README.md", "CHANGELOG.md"):
        archive.file(f"{name}/{text}", (ROOT / text).read_bytes())
    archive.file(f"{name}/CRATES.tsv", crates(target).encode())
    archive.folder(f"{name}/man")
    for page in sorted(pages.iterdir()):
        archive.file(f"{name}/man/{page.name}", page.read_bytes())
    archive.folder(f"{name}/completions")
    for shell, file in SHELLS.items():
        archive.file(f"{name}/completions/{file}", output(binary, "completions", shell).encode())
    archive.folder(f"{name}/schemas")
    for schema in ("config", "report", "rules"):
        archive.file(f"{name}/schemas/{schema}.schema.json", output(binary, "schema", schema).encode())
    shutil.rmtree(pages)
    return archive.finish()


def containerfile():
    """What Containerfile says: no second place says it."""
    said = {}
    for line in (ROOT / "engine/packaging/Containerfile").read_text().splitlines():
        if line and not line.startswith("#"):
            word, rest = line.split(" ", 1)
            said[word] = json.loads(rest) if rest.startswith("[") else rest
    assert set(said) == {"FROM", "ADD", "USER", "WORKDIR", "ENTRYPOINT", "CMD"} and said["FROM"] == "scratch", said
    return said


def rootfs(binary, said, when):
    user, group = said["USER"].split(":")
    archive = Archive(when)
    for folder in ("etc", "usr", "usr/bin", said["WORKDIR"].strip("/")):
        archive.folder(folder)
    # What is unpacked and large is read from a file there that has no name.
    archive.folder("tmp", 0o1777)
    archive.file("etc/passwd", f"weighbridge:x:{user}:{group}::/:/sbin/nologin\n".encode())
    archive.file("etc/group", f"weighbridge:x:{group}:\n".encode())
    archive.file(said["ENTRYPOINT"][0].strip("/"), binary.read_bytes(), 0o755)
    return archive.finish()


def image(layer, packed, said, version, when):
    """An image as https://github.com/opencontainers/image-spec has it, in one archive."""
    archive = Archive(when)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    digest = lambda data: f"sha256:{hashlib.sha256(data).hexdigest()}"
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[ARCH]

    def blob(data, kind):
        archive.file(f"blobs/sha256/{hashlib.sha256(data).hexdigest()}", data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(data), "size": len(data)}

    for folder in ("blobs", "blobs/sha256"):
        archive.folder(folder)
    config = {
        "created": created, "architecture": arch, "os": "linux",
        "config": {"User": said["USER"], "WorkingDir": said["WORKDIR"], "Entrypoint": said["ENTRYPOINT"], "Cmd": said["CMD"],
                   "Labels": {"org.opencontainers.image.title": "weighbridge", "org.opencontainers.image.version": version, "org.opencontainers.image.licenses": "Apache-2.0"}},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{"created": created, "created_by": "engine/packaging/release.py"}],
    }
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": blob(json.dumps(config).encode(), "config.v1+json"), "layers": [blob(packed, "layer.v1.tar+gzip")]}
    entry = {**blob(json.dumps(manifest).encode(), "manifest.v1+json"), "annotations": {"org.opencontainers.image.ref.name": version}, "platform": {"architecture": arch, "os": "linux"}}
    archive.file("index.json", json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}).encode())
    archive.file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    return archive.finish()


def try_image(layer, said, scratch):
    """Runs what the container holds as the container's user, without a network, and the scan has to find what it has to."""
    root, models = scratch / "rootfs", scratch / "models"
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        tar.extractall(root, filter="tar")
    models.mkdir()
    (models / "model.pkl").write_bytes(b"cos\nsystem\n(S'echo weighbridge'\ntR.")
    for path in (root, models):
        path.chmod(0o755)
    user, group = said["USER"].split(":")
    command = ["bwrap", "--unshare-all", "--uid", user, "--gid", group, "--bind", root, "/", "--ro-bind", models, said["WORKDIR"], "--tmpfs", "/tmp",
               "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--chdir", said["WORKDIR"], "--clearenv", *said["ENTRYPOINT"]]
    done = subprocess.run([*map(str, command), *said["CMD"], "--format", "json"], capture_output=True, text=True)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    report = json.loads(done.stdout)
    assert report["summary"]["malicious"] == 1 and report["run"]["isolation"] != "off", report["run"]["isolation"]
    return report["run"]["isolation"]


def fastest(command, expected):
    """Of some runs, in milliseconds: what else the machine does only ever adds."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
        assert done.returncode == expected, (command, done.returncode)
    return min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=pathlib.Path)
    parser.add_argument("--only", choices=list(TARGETS), help="one of the two programs")
    args = parser.parse_args()
    kinds = [args.only] if args.only else list(TARGETS)
    need("cargo", "git", *(["cargo-zigbuild"] if "gnu" in kinds else []), *(["bwrap"] if "static" in kinds else []))
    args.dist.mkdir(parents=True, exist_ok=True)
    dist = args.dist.resolve()
    metadata = json.loads(output("cargo", "metadata", "--format-version=1", "--no-deps"))
    version = next(package["version"] for package in metadata["packages"] if package["name"] == "weighbridge")
    when = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))
    written = {}

    def write(name, data):
        (dist / name).write_bytes(data)
        written[name] = data

    said = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        binaries = {kind: build(kind, scratch) for kind in kinds}
        check(binaries)
        sample = ROOT / "fixtures/pickle/malicious-reduce-protocol-0.pkl"
        for kind, binary in binaries.items():
            name = f"weighbridge-{version}-{ARCH}-linux-{kind}"
            tar = bundle(binary, name, TARGETS[kind], when, scratch)
            write(f"{name}.tar.gz", zipped(tar))
            with tarfile.open(fileobj=io.BytesIO(tar)) as members:
                held = [member for member in members if member.isfile()]
            crates_linked = len(crates(TARGETS[kind]).splitlines())
            said.append(f"{kind}: program {binary.stat().st_size / 1e6:.1f} MB, {crates_linked} crates of others; archive {len(written[f'{name}.tar.gz']) / 1e6:.1f} MB with {len(held)} files")
            said.append(f"  starts in {fastest([binary, '--version'], 0):.1f} ms, scans a small file in {fastest([binary, 'scan', '--no-config', sample], 1):.1f} ms (fastest of {RUNS})")
            said.append("  " + ", ".join(sorted(member.name.split("/", 1)[1] for member in held if member.name.count("/") == 1)) + ", man/, completions/, schemas/")
        if "static" in kinds:
            container = containerfile()
            layer = rootfs(binaries["static"], container, when)
            packed = zipped(layer)
            write(container["ADD"].split()[0], packed)
            name = f"weighbridge-{version}-{ARCH}-image.tar"
            write(name, image(layer, packed, container, version, when))
            isolation = try_image(layer, container, scratch)
            said.append(f"image: {len(written[name]) / 1e6:.1f} MB, user {container['USER']}, tried without root or network; isolation there: {isolation}")
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(written.items()))
    (dist / "SHA256SUMS").write_text(sums)
    print(*said, sums, sep="\n", end="")


if __name__ == "__main__":
    sys.exit(main())
