"""Writes the samples beside it, by Python's own zipfile. Run by hand; the files are committed.

Each is what an honest writer makes, and must give no issue (tests/honest.rs)."""
import io, pathlib, zipfile

HERE = pathlib.Path(__file__).parent
WHEN = (2020, 1, 1, 0, 0, 0)
TEXT = b"weigh the model before it is let in\n" * 8


class Pipe(io.RawIOBase):
    """A file that cannot seek: zipfile then writes data descriptors."""
    def __init__(self): self.data = bytearray()
    def writable(self): return True
    def write(self, b): self.data += b; return len(b)


def fill(z, zip64=False):
    for name, method in [("data.pkl", 0), ("text.txt", 8), ("text.bz2", 12), ("text.lzma", 14), ("empty", 0), ("dir/", 0), ("n\u00e4me", 8)]:
        info = zipfile.ZipInfo(name, WHEN)
        info.compress_type = method
        with z.open(info, "w", force_zip64=zip64) as f:
            f.write(b"" if name in ("empty", "dir/") else TEXT)


def save(name, data): (HERE / f"{name}.zip").write_bytes(data)


def seeked(prefix=b"", zip64=False, comment=b""):
    out = io.BytesIO(prefix)
    out.seek(0, 2)
    with zipfile.ZipFile(out, "a" if prefix else "w") as z:
        z.comment = comment
        fill(z, zip64)
    return out.getvalue()


def streamed(zip64=False):
    out = Pipe()
    with zipfile.ZipFile(out, "w") as z:
        fill(z, zip64)
    return bytes(out.data)


save("seeked", seeked())
save("seeked-zip64", seeked(zip64=True))
save("streamed", streamed())
save("streamed-zip64", streamed(zip64=True))
save("comment", seeked(comment=b"a comment of PK and no more"))
save("empty", (lambda b: (zipfile.ZipFile(b, "w").close(), b.getvalue())[1])(io.BytesIO()))
save("prefixed-known", seeked(prefix=b"#!/bin/sh\nexit 0\n"))
save("prefixed-unknown", b"#!/bin/sh\nexit 0\n" + seeked())
inner = seeked()
out = io.BytesIO()
with zipfile.ZipFile(out, "w") as z:
    z.writestr(zipfile.ZipInfo("inner.zip", WHEN), inner)
save("nested", out.getvalue())
