#!/usr/bin/env python3
"""Writes rules/weights-only.toml from torch's own list of what torch.load(weights_only=True) accepts: weights_only.py [--check]

It asks torch for the list and loads no file. The names of Python 2 are added where the unpickler maps them to one of the list.
"""

import pathlib
import sys

PACK = pathlib.Path(__file__).resolve().parents[3] / "rules" / "weights-only.toml"

HEAD = '''# Exactly what torch.load(weights_only=True) of torch {version} accepts: its list of globals, written by tests/peers/agreement/weights_only.py, and the
# opcodes that its unpickler knows. Names are taken to the letter, as that unpickler takes them.

[pack]
id = "weights-only"
version = "1.0.0"
title = "What torch.load(weights_only=True) accepts"
mode = "allowlist"
vocabulary = 1
names = "exact"

[unknown]
id = "not-weights-only"
title = "Not accepted by torch.load(weights_only=True)"
severity = "high"
threat = "suspicious_global"
why = "The name is not among those that torch restores weights with. Loading the file needs weights_only=False, which runs whatever the file says."
remedy = "Ask for the weights alone (a state_dict, or safetensors). If you trust the name, allow it by torch.serialization.add_safe_globals and in a pack that extends this one."
references = ["https://docs.pytorch.org/docs/stable/generated/torch.load.html"]

[[rule]]
id = "not-weights-only-opcode"
title = "An opcode that torch.load(weights_only=True) refuses"
severity = "high"
threat = "suspicious_global"
why = "torch.save writes protocol 2 and a handful of opcodes; the restricted unpickler knows no others. A file that needs more was not written by torch.save, or with another protocol."
remedy = "Save the weights again with torch.save and its default protocol."
references = ["https://docs.pytorch.org/docs/stable/generated/torch.load.html"]
[rule.match]
any = [
    {{ kind = "global", opcode = {{ not = "GLOBAL" }} }},
    {{ kind = "call", opcode = {{ not = ["REDUCE", "NEWOBJ"] }} }},
]
[[rule.examples]]
fact = {{ kind = "global", module = "collections", name = "OrderedDict", opcode = "STACK_GLOBAL" }}
[[rule.examples]]
fact = {{ kind = "call", module = "collections", name = "OrderedDict", opcode = "REDUCE" }}
matches = false
'''

ENTRY = '''
[[allow]]
module = "{module}"
names = [{names}]
call = true
library = "{library}"
reason = "in the list of torch's restricted unpickler"
'''


def names(accepted):
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    for dotted in accepted:
        yield tuple(dotted.rsplit(".", 1))
    wanted = set(accepted)
    for (module, name), (new_module, new_name) in NAME_MAPPING.items():
        if f"{new_module}.{new_name}" in wanted:
            yield module, name
    for module, new_module in IMPORT_MAPPING.items():
        for dotted in accepted:
            of, name = dotted.rsplit(".", 1)
            # A name that is mapped by itself is not mapped with its module.
            if of == new_module and (module, name) not in NAME_MAPPING:
                yield module, name


def main(argv):
    import torch
    from torch._weights_only_unpickler import _get_allowed_globals

    by_module = {}
    for module, name in names(sorted(_get_allowed_globals())):
        by_module.setdefault(module, set()).add(name)
    text = HEAD.format(version=torch.__version__.split("+")[0])
    for module, found in sorted(by_module.items()):
        quoted = [f'"{name}"' for name in sorted(found)]
        lines = [", ".join(quoted[at:at + 8]) for at in range(0, len(quoted), 8)]
        listed = lines[0] if len(lines) == 1 else "\n    " + ",\n    ".join(lines) + ",\n"
        text += ENTRY.format(module=module, names=listed, library="torch" if module.startswith("torch") else "Python")
    if "--check" in argv:
        return 0 if PACK.read_text() == text else 1
    PACK.write_text(text)
    print(f"{sum(map(len, by_module.values()))} names")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
