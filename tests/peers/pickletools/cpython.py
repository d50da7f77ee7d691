"""The byte strings in the source of CPython's own pickle tests.

The tests are parsed, never run or imported.
"""

import ast

# Tests of pickle, of pickletools, and of what pickles itself in a way of its own.
FILES = ["pickletester.py", "test_pickle.py", "test_pickletools.py", "test_picklebuffer.py", "datetimetester.py", "test_copyreg.py", "test_array.py", "test_itertools.py", "test_random.py", "test_range.py", "test_shelve.py", "test_logging.py"]
LONGEST = 6 << 10


def constant(node):
    """The value of an expression of byte constants, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (bytes, int)):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mult)):
        left, right = constant(node.left), constant(node.right)
        kinds = (type(left), type(right))
        if isinstance(node.op, ast.Add) and kinds == (bytes, bytes):
            return left + right
        if isinstance(node.op, ast.Mult) and kinds == (bytes, int) and len(left) * right <= LONGEST:
            return left * right
    return None


def walk(node, found):
    value = constant(node)
    if isinstance(value, bytes):
        found.append((f"{node.lineno}:{node.col_offset}", value))
        return
    for child in ast.iter_child_nodes(node):
        walk(child, found)


def strings(folder):
    """(name, bytes) of everything that could be a pickle: two bytes or more, whole or broken."""
    found, seen = [], set()
    for file in FILES:
        path = folder / file
        if not path.exists():
            raise SystemExit(f"{path}: no such file; is this the folder `test` of CPython's test-suite?")
        constants = []
        walk(ast.parse(path.read_bytes()), constants)
        for place, data in constants:
            if 2 <= len(data) <= LONGEST and data not in seen:
                seen.add(data)
                found.append((f"{file}:{place}", data))
    return found
