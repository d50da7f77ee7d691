#!/usr/bin/env python3
"""Writes the inputs that speed is measured on (5.3 GB): inputs.py FOLDER. The same bytes each time; nothing is ever unpickled.

  small/           2,000 small pickles, of protocols 2 to 5
  dense.pkl        54 MB of nothing but opcodes
  inline.pkl       1 GB, 32 arrays within the pickle
  big.pt           2 GB, a checkpoint of PyTorch: 256 tensors in a ZIP archive
  big.safetensors  2 GB, 256 tensors
"""

import collections
import json
import pathlib
import pickle
import random
import struct
import sys
import zipfile

MIB = 1 << 20
LAYERS = 256


def small(folder, number=2_000):
    folder.mkdir()
    for i in range(number):
        model = {"w": random.Random(i).randbytes(800), "config": {f"k{j}": [j, str(j), float(j)] for j in range(40)}, "order": collections.OrderedDict(a=i)}
        (folder / f"m{i:04}.pkl").write_bytes(pickle.dumps(model, protocol=2 + i % 4))


def dense(path, number=900_000):
    rows = [{"id": i, "name": f"item-{i}", "v": (i * 0.5, i % 7, None, True), "t": ["a", "b", str(i % 1000)]} for i in range(number)]
    path.write_bytes(pickle.dumps(rows, protocol=4))


def inline(path, arrays=32):
    block = random.Random(0).randbytes(32 * MIB)
    with path.open("wb") as file:
        # A dictionary of names and bytes, written a piece at a time.
        file.write(b"\x80\x04}(")
        for i in range(arrays):
            name = f"layer{i}".encode()
            file.write(b"\x8c" + bytes([len(name)]) + name + b"B" + struct.pack("<I", len(block)) + block)
        file.write(b"u.")


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def torch(path):
    """As torch.save writes it: a pickle of tensors that are stored beside it."""
    elements = 2 * MIB
    out = bytearray(b"\x80\x02ccollections\nOrderedDict\n)R(")
    for i in range(LAYERS):
        out += text(f"layer.{i}.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(i)) + text("cpu")
        out += b"J" + struct.pack("<i", elements) + b"tQK\x00J" + struct.pack("<i", elements) + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    out += b"u."
    block = random.Random(1).randbytes(4 * elements)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        def member(name, data):
            archive.writestr(zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0)), data)

        member("data.pkl", bytes(out))
        member("byteorder", b"little")
        for i in range(LAYERS):
            member(f"data/{i}", block)
        member("version", b"3\n")


def safetensors(path):
    size = 8 * MIB
    header = {f"model.layers.{i}.weight": {"dtype": "F32", "shape": [size // 4], "data_offsets": [i * size, (i + 1) * size]} for i in range(LAYERS)}
    data = json.dumps(header).encode()
    data += b" " * (-len(data) % 8)
    block = random.Random(2).randbytes(size)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        for _ in range(LAYERS):
            file.write(block)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True)
    small(folder / "small")
    dense(folder / "dense.pkl")
    inline(folder / "inline.pkl")
    torch(folder / "big.pt")
    safetensors(folder / "big.safetensors")


if __name__ == "__main__":
    main()
