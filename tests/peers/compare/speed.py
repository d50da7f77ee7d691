#!/usr/bin/env python3
"""Measures speed and memory beside the peers: speed.py WEIGHBRIDGE ENV INPUTS [--rounds N] [--seconds N] [--tools NAME,…] [INPUT…]

ENV is a virtual environment with the peers, INPUTS what inputs.py wrote. In each round every tool has its turn at an input, so that what else the machine
does meets all of them. Of each tool the fastest round counts: its time by the clock, the processors' time that all its processes took, and the most memory
of one of them. A tool that takes more of a processor's time than --seconds at an input is ended and asked no more for it.
"""

import argparse
import os
import pathlib
import resource
import signal
import shutil
import subprocess
import sys
import tempfile
import time

INPUTS = ["small", "dense.pkl", "inline.pkl", "big.pt", "big.safetensors"]
# By the clock, as many times what a tool may take of a processor: on a busy machine it waits.
WAIT = 30
QUIET = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1"}


def tools(program, env):
    return {
        "weighbridge quick": lambda path: [program, "scan", "--no-config", path],
        "weighbridge thorough": lambda path: [program, "scan", "--no-config", "--mode", "thorough", path],
        "picklescan": lambda path: [env / "bin/picklescan", "-p", path],
        "modelscan": lambda path: [env / "bin/modelscan", "-p", path],
        # It reads pickles, one at a time.
        "fickling": lambda path: [env / "bin/fickling", "--check-safety", path] if path.suffix == ".pkl" else None,
        "modelaudit": lambda path: [env / "bin/modelaudit", "scan", "--no-cache", path],
    }


def measure(command, seconds, scratch):
    """Seconds by the clock, of the processors, and MiB; none where it took too long."""
    began = time.monotonic()
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, **QUIET}, start_new_session=True, preexec_fn=limit, cwd=scratch)
    status, used = 0, None
    while time.monotonic() - began < WAIT * seconds:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.0005)
    else:
        os.killpg(process.pid, signal.SIGKILL)
        os.wait4(process.pid, 0)
        process.returncode = -9
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weighbridge", type=pathlib.Path)
    parser.add_argument("env", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("inputs", nargs="*", default=INPUTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--tools", help="some of them, with commas between")
    args = parser.parse_intermixed_args()
    commands = tools(args.weighbridge.resolve(strict=True), args.env.absolute())
    for tool in ("picklescan", "modelscan", "fickling", "modelaudit"):
        assert (args.env / "bin" / tool).exists(), f"{tool} is not in {args.env}"
    if args.tools:
        commands = {tool: commands[tool] for tool in args.tools.split(",")}
    load = os.getloadavg()[0]
    print(f"processors: {os.cpu_count()}; load before: {load:.1f}{' (busy: the times of the clock say little, those of the processors more)' if load > 0.5 else ''}")
    print("| input | tool | seconds | processor seconds | MiB | exit code |\n|---|---|---|---|---|---|")
    for name in args.inputs or INPUTS:
        path = (args.folder / name).resolve(strict=True)
        asked = {tool: make(path) for tool, make in commands.items()}
        asked = {tool: command for tool, command in asked.items() if command}
        # Both read it from memory, not one from the disk.
        for file in [path] if path.is_file() else sorted(path.iterdir()):
            with file.open("rb") as opened:
                while opened.read(1 << 16):
                    pass
        best = {tool: None for tool in asked}
        # Some write into the folder that they are in.
        scratch = tempfile.mkdtemp()
        slow = set()
        for _ in range(args.rounds):
            for tool, command in asked.items():
                if tool in slow:
                    continue
                took = measure(command, args.seconds, scratch)
                if took is None:
                    slow.add(tool)
                elif best[tool] is None or took[0] < best[tool][0]:
                    best[tool] = (took[0], min(took[1], best[tool][1] if best[tool] else took[1]), took[2], took[3])
        shutil.rmtree(scratch)
        for tool, took in best.items():
            if took is None:
                print(f"| {name} | {tool} | | over {args.seconds} | | |", flush=True)
            else:
                print(f"| {name} | {tool} | {took[0]:.3f} | {took[1]:.3f} | {took[2]:.0f} | {took[3]} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
