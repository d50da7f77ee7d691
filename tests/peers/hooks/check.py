#!/usr/bin/env python3
"""Runs the hooks of .pre-commit-hooks.yaml with pre-commit, on commits to a scratch repository.

    check.py WEIGHBRIDGE [--rust]

README.md says what has to be installed. What is missing is an error.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
MALICIOUS = b"cos\nsystem\n(S'echo weighbridge'\ntR."
BENIGN = b"\x80\x04N."


class Scratch:
    def __init__(self, folder, program):
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        shown = folder / "bin"
        shown.mkdir()
        (shown / "weighbridge").symlink_to(program)
        keep = {name: os.environ[name] for name in ("CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR") if name in os.environ}
        self.environment = {
            **keep, "PATH": f"{shown}:{os.environ['PATH']}", "HOME": os.environ["HOME"], "PRE_COMMIT_HOME": str(folder / "cache"),
            "XDG_CONFIG_HOME": str(folder / "config"), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@example.com", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@example.com",
        }

    def run(self, *command, code=0):
        done = subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True)
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def file(self, name, data):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.run("git", "add", "--", name)


def check(hook, program):
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(pathlib.Path(folder), program)
        scratch.run("git", "init", "--quiet", "--initial-branch=main")
        config = f"repos:\n- repo: {ROOT}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
        scratch.file(".pre-commit-config.yaml", config.encode())
        scratch.run("pre-commit", "install", "--install-hooks")
        # Nothing that is a model.
        scratch.file("a note.txt", b"just a text\n")
        said = scratch.run("git", "commit", "--message=text")
        assert "Passed" in said, said
        # A model in which there is nothing; names that could be taken for something else.
        scratch.file("models/clean.pkl", BENIGN)
        scratch.file("--version", b"just a text\n")
        scratch.run("git", "commit", "--message=clean")
        # A model that runs a command, whatever it is called.
        for name in ("models/model.pkl", "models/a model.txt", "-q"):
            scratch.file(name, MALICIOUS)
            said = scratch.run("git", "commit", "--message=malicious", code=1)
            assert "Failed" in said and "os.system('echo weighbridge')" in said, said
            scratch.run("git", "rm", "--quiet", "--force", "--", name)
        # What is staged counts, not what lies in the folder by now.
        scratch.file("models/model.pkl", MALICIOUS)
        (scratch.work / "models/model.pkl").write_bytes(BENIGN)
        said = scratch.run("git", "commit", "--message=staged", code=1)
        assert "os.system" in said, said
        assert (scratch.work / "models/model.pkl").read_bytes() == BENIGN
        # What was not read fully is not let in either.
        scratch.file("models/model.pkl", MALICIOUS[:-3])
        scratch.run("git", "commit", "--message=cut", code=1)
        said = scratch.run("pre-commit", "run", "--all-files", code=1)
        assert "model.pkl" in said, said
    print(f"{hook}: ok")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--rust", action="store_true", help="the hook that is built from source, too")
    args = parser.parse_args()
    for hook in ["weighbridge-system"] + (["weighbridge"] if args.rust else []):
        check(hook, args.binary.resolve(strict=True))


if __name__ == "__main__":
    sys.exit(main())
