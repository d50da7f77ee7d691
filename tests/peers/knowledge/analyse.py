"""Reads one archive's source text into a summary: its classes, functions, re-exports, and what their bodies call.

Python and stubs go through `ast`; Cython is read by lines. Nothing here decides what is admitted: see judge.py.
"""
import ast
import json
import re
import sys
import tomllib
import warnings
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
BUILTINS = set(dir(__builtins__)) if not isinstance(__builtins__, dict) else set(__builtins__)
EFFECTS = ("execute", "import", "deserialise", "write", "network", "read")
_TABLE = tomllib.loads((HERE / "effects.toml").read_text())
_EXACT = {n: effect for effect, names in _TABLE["roots"].items() for n in names if not n.endswith(".*")}
_BELOW = {n[:-2]: effect for effect, names in _TABLE["roots"].items() for n in names if n.endswith(".*")}
_METHODS = {n: effect for effect, names in _TABLE["methods"].items() for n in names}
_QUIET = {n for n in _TABLE["quiet"]["names"] if not n.endswith(".*")}
_QUIET_BELOW = tuple(n[:-1] for n in _TABLE["quiet"]["names"] if n.endswith(".*"))
REDUCER = re.compile(r"(?:^|_)reduce(?:_(?!all|max|min|sum|mean|any)|\Z)|(?:^|_)pickle(?:_|\Z)")
PREFIXES = ("src/", "lib/", "python/", "python-package/", "lib3/", "pythonx/")


def root_effect(dotted):
    """The effect of calling a name of effects.toml, or None."""
    if dotted in _EXACT:
        return _EXACT[dotted]
    while "." in dotted:
        dotted = dotted.rpartition(".")[0]
        if dotted in _BELOW:
            return _BELOW[dotted]
    return None


def quiet(dotted):
    """Whether what a name does is not counted against its callers."""
    return dotted in _QUIET or dotted.startswith(_QUIET_BELOW)


def constant(node):
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(constant(e) for e in node.elts)
    return False


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return [node.id, *parts[::-1]]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        return ["super()", *parts[::-1]]
    return None


def imports_of(node, module, is_package):
    """name -> dotted path, and the modules of star imports, of one import statement."""
    if isinstance(node, ast.Import):
        return {(a.asname or a.name.split(".")[0]): (a.name if a.asname else a.name.split(".")[0]) for a in node.names}, []
    base = node.module or ""
    if node.level:
        parts = module.split(".")
        parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
        base = ".".join([*parts, base] if base else parts)
    names = {a.asname or a.name: f"{base}.{a.name}" for a in node.names if a.name != "*"}
    return names, [base] if any(a.name == "*" for a in node.names) else []


def statements(body):
    """Statements at this level and inside its if, try, with and for blocks; not inside definitions."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
                yield from statements(getattr(node, field, []) or [])
        for handler in getattr(node, "handlers", []):
            yield from statements(handler.body)


class Body(ast.NodeVisitor):
    """What one function's body does: effects of its own, and the names that it calls."""

    def __init__(self, module, node):
        self.module, self.effects, self.calls, self.flags = module, set(), set(), set()
        self.local, self.imported = set(), {}
        args = node.args
        self.parameters = {a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg] if a}
        self.local |= self.parameters
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Import, ast.ImportFrom)):
                self.imported.update(imports_of(inner, module.name, module.is_package)[0])
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                self.local.add(inner.id)
            elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and inner is not node:
                a = inner.args
                self.local |= {x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg] if x}
                if not isinstance(inner, ast.Lambda):
                    self.local.add(inner.name)
        for inner in node.body:
            self.visit(inner)

    def resolve(self, node):
        parts = dotted(node)
        if not parts:
            return None
        head, rest = parts[0], parts[1:]
        if head in ("self", "cls", "mcs", "mcls"):
            return "." + ".".join(rest) if len(rest) == 1 else None
        if head == "super()":
            return "^" + rest[0] if len(rest) == 1 else None
        if head in self.imported:
            return ".".join([self.imported[head], *rest])
        if head in self.local:
            return None
        return self.module.absolute(head, rest)

    def visit_Call(self, node):
        self.generic_visit(node)
        name = self.resolve(node.func)
        args = [*node.args, *(k.value for k in node.keywords)]
        if name is None:
            if isinstance(node.func, ast.Name) and node.func.id in self.parameters:
                self.flags.add("calls-argument")
            if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS and not (args and all(map(constant, args))):
                self.effects.add(_METHODS[node.func.attr])
            if isinstance(node.func, ast.Attribute) and node.func.attr == "open" and dotted(node.func) and not self.opens_quietly(node):
                self.effects.add("read")
            if isinstance(node.func, ast.Call):
                inner = self.resolve(node.func.func)
                if inner == "builtins.getattr" and len(node.func.args) > 1 and not constant(node.func.args[1]):
                    self.flags.add("calls-getattr")
            return
        if name in ("builtins.open", "io.open", "_io.open", "codecs.open"):
            self.effects.add(self.mode_of(node))
        elif name == "builtins.getattr":
            if len(node.args) > 1 and not constant(node.args[1]):
                target = self.resolve(node.args[0])
                if target and (target in self.module.world_modules or target.split(".")[0] in ("importlib", "sys", "builtins")):
                    self.effects.add("import")
        elif name in ("builtins.type", "types.new_class") and len(node.args) > 1:
            self.flags.add("makes-class")
        elif name == "builtins.compile" and len(node.args) < 3 and not node.keywords:
            pass
        elif name.split(".")[0] == "builtins" or "." in name[1:]:
            effect = root_effect(name)
            if effect and not (effect in ("execute", "import") and args and all(map(constant, args))):
                self.effects.add(effect)
            elif not effect and not quiet(name):
                self.calls.add(name)
        else:
            self.calls.add(name)

    def opens_quietly(self, node):
        return len(node.args) == 0

    def mode_of(self, node):
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        if mode is None:
            return "read"
        if isinstance(mode, ast.Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax+"):
            return "read"
        return "write"

    def visit_Subscript(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) and dotted(node.value) and self.resolve(node.value) == "os.environ":
            self.effects.add("write")
        if dotted(node.value) and self.resolve(node.value) in ("ctypes.cdll", "ctypes.pydll", "ctypes.windll") and not constant(node.slice):
            self.effects.add("execute")
        if dotted(node.value) and self.resolve(node.value) in ("sys.modules",) and not constant(node.slice):
            self.effects.add("import")

    def summary(self):
        out = {}
        if self.effects:
            out["effects"] = sorted(self.effects)
        if self.calls:
            out["calls"] = sorted(self.calls)
        if self.flags:
            out["flags"] = sorted(self.flags)
        return out


def merged(a, b):
    return {k: sorted({*a.get(k, []), *b.get(k, [])}) for k in {*a, *b}}


class Module:
    """One source file, read into plain tables."""

    def __init__(self, name, is_package, world_modules):
        self.name, self.is_package, self.world_modules = name, is_package, world_modules
        self.aliases, self.stars, self.classes, self.functions = {}, [], {}, {}
        self.defined, self.moved, self.constants, self.registered, self.exports = set(), {}, {}, [], None
        self.values, self.renamed = [], []

    def absolute(self, head, rest=()):
        if head in self.defined:
            return ".".join([self.name, head, *rest])
        if head in self.aliases:
            return ".".join([self.aliases[head], *rest])
        if head in BUILTINS or head in ("reload", "execfile", "unicode", "basestring"):
            return ".".join(["builtins", head, *rest])
        return ".".join([self.name, head, *rest])

    def read(self, tree, stub=False):
        for node in statements(tree.body):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names, stars = imports_of(node, self.name, self.is_package)
                self.aliases.update(names)
                self.stars += stars
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                self.defined.add(node.name)
            elif isinstance(node, ast.Assign):
                for t in node.targets:
                    # `except ImportError: ctypes = None` leaves the import to stand.
                    if isinstance(t, ast.Name) and not (isinstance(node.value, ast.Constant) and t.id in self.aliases):
                        self.defined.add(t.id)
                    if isinstance(t, ast.Name) and t.id == "__all__" and isinstance(node.value, (ast.List, ast.Tuple)) and constant(node.value):
                        self.exports = [e.value for e in node.value.elts]
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == "__all__":
                if self.exports is not None and isinstance(node.value, (ast.List, ast.Tuple)) and constant(node.value):
                    self.exports += [e.value for e in node.value.elts]
                else:
                    self.exports = None
        for name in [n for n in self.defined if n in self.aliases]:
            del self.aliases[name]
        if not stub:
            self.values = self.named_values(tree)
        for node in statements(tree.body):
            if isinstance(node, ast.ClassDef):
                self.class_(node, "", stub)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.function(node, stub)
            elif isinstance(node, ast.Assign):
                self.assignment(node, "")
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.constants[node.target.id] = ast.unparse(node.annotation)[:60]
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self.registration(node.value)

    def named_values(self, tree):
        """Global names that the module hands on without calling them: what may end up in an object's state."""
        called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        called |= {id(d) for n in ast.walk(tree) for d in getattr(n, "decorator_list", [])}
        inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        out = set()
        for n in ast.walk(tree):
            if isinstance(n, (ast.Name, ast.Attribute)) and isinstance(n.ctx, ast.Load) and id(n) not in called and id(n) not in inner:
                parts = dotted(n)
                if parts and (parts[0] in self.defined or parts[0] in self.aliases):
                    out.add(self.absolute(parts[0], parts[1:]))
            elif isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "save_reduce" and n.args and dotted(n.args[0]):
                self.registered.append("=" + self.absolute(dotted(n.args[0])[0], dotted(n.args[0])[1:]))
        return sorted(out)

    def module_set(self, node):
        """The module that a decorator gives: `@set_module("numpy")`, `@array_function_dispatch(f, module="numpy")`."""
        for d in node.decorator_list:
            if isinstance(d, ast.Call):
                parts = dotted(d.func) or [""]
                if parts[-1].endswith("set_module") and d.args and isinstance(d.args[0], ast.Constant):
                    return d.args[0].value
                for k in d.keywords:
                    if k.arg == "module" and isinstance(k.value, ast.Constant) and isinstance(k.value.value, str):
                        return k.value.value
            elif isinstance(d, ast.Name) and d.id == "array_function_from_c_func_and_dispatcher":
                return "numpy"
        return None

    def function(self, node, stub):
        info = {} if stub else Body(self, node).summary()
        if stub:
            info["stub"] = True
        decorators = {(dotted(d.func if isinstance(d, ast.Call) else d) or [""])[-1] for d in node.decorator_list}
        if decorators & {"contextmanager"}:
            info["flags"] = sorted({*info.get("flags", []), "context"})
        returns = self.reduced(node, None) if REDUCER.search(node.name) else []
        if returns:
            info["returns"] = returns
        moved = self.module_set(node)
        if moved:
            self.moved[node.name] = moved
        old = self.functions.get(node.name)
        self.functions[node.name] = merged(old, info) if old and "stub" not in old else info

    def reduced(self, node, klass):
        """What a reducing function's tuples begin with: dotted names, or "." for the object's own class."""
        out, body = set(), None
        local = {}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assign) and len(inner.targets) == 1 and isinstance(inner.targets[0], ast.Name):
                local.setdefault(inner.targets[0].id, inner.value)
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Return) or inner.value is None:
                continue
            value = inner.value
            if isinstance(value, ast.Name) and value.id in local:
                value = local[value.id]
            if not isinstance(value, ast.Tuple) or not value.elts:
                continue
            head = value.elts[0]
            if isinstance(head, ast.Name) and head.id in local:
                head = local[head.id]
            if isinstance(head, ast.Call) and dotted(head.func) == ["type"] or (dotted(head) or [])[-1:] == ["__class__"]:
                out.add(".")
            elif dotted(head):
                body = body or Body(self, node)
                name = body.resolve(head)
                if name and name.startswith(".") and klass:
                    name = f"{self.name}.{klass}{name}"
                if name and not name.startswith(("^", ".")):
                    out.add(name)
        return sorted(out)

    def class_(self, node, outer, stub):
        qualname = outer + node.name
        info = {"bases": [], "methods": {}, "reduces": []}
        if stub:
            info["stub"] = True
        for base in node.bases:
            if isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Call):
                parts = dotted(base.func)
                if parts and parts[-1] == "with_metaclass":
                    bases = base.args[1:]
                elif parts and parts[-1] in ("namedtuple", "NamedTuple"):
                    info["bases"].append("builtins.tuple")
                    continue
                else:
                    bases = []
                    info["computed"] = True
                for b in bases:
                    if dotted(b):
                        info["bases"].append(self.absolute(dotted(b)[0], dotted(b)[1:]))
                continue
            parts = dotted(base)
            if parts:
                info["bases"].append(self.absolute(parts[0], parts[1:]))
        for k in node.keywords:
            if k.arg == "metaclass" and dotted(k.value):
                info["metaclass"] = self.absolute(dotted(k.value)[0], dotted(k.value)[1:])
        decorators = {(dotted(d.func if isinstance(d, ast.Call) else d) or [""])[-1] for d in node.decorator_list}
        if decorators & {"dataclass", "attrs", "define", "frozen", "s"}:
            info["data"] = True
        for inner in statements(node.body):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = inner.name
                for d in inner.decorator_list:
                    if isinstance(d, ast.Attribute) and d.attr in ("setter", "deleter"):
                        name += "." + d.attr
                body = {} if stub else Body(self, inner).summary()
                if name.startswith(("__reduce", "_reduce_ex")):
                    info["reduces"] = sorted({*info["reduces"], *self.reduced(inner, qualname)})
                    if not stub:
                        info["own_reduce"] = True
                old = info["methods"].get(name)
                info["methods"][name] = merged(old, body) if old else body
            elif isinstance(inner, ast.ClassDef):
                self.class_(inner, qualname + ".", stub)
            elif isinstance(inner, ast.Assign):
                for t in inner.targets:
                    if isinstance(t, ast.Name) and t.id == "__module__" and isinstance(inner.value, ast.Constant):
                        self.moved[qualname] = inner.value.value
                    if isinstance(t, ast.Name) and dotted(inner.value) and t.id.startswith("__"):
                        parts = dotted(inner.value)
                        target = "." + parts[0] if len(parts) == 1 and parts[0] in info["methods"] else self.absolute(parts[0], parts[1:])
                        info["methods"].setdefault(t.id, {"calls": [target]})
                self.assignment(inner, qualname + ".")
        moved = self.module_set(node)
        if moved:
            self.moved[qualname] = moved
        old = self.classes.get(qualname)
        if old and not old.get("stub"):
            info["bases"] += [b for b in old["bases"] if b not in info["bases"]]
            info["reduces"] = sorted({*info["reduces"], *old["reduces"]})
            for name, body in old["methods"].items():
                info["methods"][name] = merged(info["methods"].get(name, {}), body)
        if not (stub and old):
            self.classes[qualname] = info

    def assignment(self, node, outer):
        """Classes that are made by a call, names bound to another name, and `X.__module__ = "y"`."""
        value = node.value
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr == "__module__" and isinstance(value, ast.Constant) and dotted(target.value):
                self.moved[".".join(dotted(target.value))] = value.value
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute) and target.value.attr == "dispatch_table" and dotted(value):
                self.registered.append(self.absolute(dotted(value)[0], dotted(value)[1:]))
            if not isinstance(target, ast.Name):
                continue
            if isinstance(value, ast.Call):
                parts = dotted(value.func) or [""]
                called = parts[-1]
                if called in ("namedtuple", "NamedTuple") and value.args and isinstance(value.args[0], ast.Constant):
                    self.classes.setdefault(outer + str(value.args[0].value), {"bases": ["builtins.tuple"], "methods": {}, "reduces": []})
                elif called in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag") and value.args and isinstance(value.args[0], ast.Constant):
                    self.classes.setdefault(outer + target.id, {"bases": ["enum." + called], "methods": {}, "reduces": []})
                elif called == "type" and len(value.args) == 3 and isinstance(value.args[1], ast.Tuple):
                    bases = [self.absolute(dotted(b)[0], dotted(b)[1:]) for b in value.args[1].elts if dotted(b)]
                    self.classes.setdefault(outer + target.id, {"bases": bases, "methods": {}, "reduces": []})
            elif not outer and dotted(value) and isinstance(value, (ast.Name, ast.Attribute)):
                parts = dotted(value)
                if parts[0] != target.id and target.id not in self.classes and target.id not in self.functions:
                    self.aliases.setdefault(target.id, self.absolute(parts[0], parts[1:]))
                    self.renamed.append(target.id)

    def registration(self, call):
        """`copyreg.pickle(type, reducer, constructor)`."""
        parts = dotted(call.func)
        if not parts or self.absolute(parts[0], parts[1:]) not in ("copyreg.pickle", "copy_reg.pickle", "six.moves.copyreg.pickle", "copyreg.constructor", "joblib.externals.loky.register_pickle"):
            return
        for arg in call.args[1:] if parts[-1] != "constructor" else call.args:
            if dotted(arg):
                self.registered.append(self.absolute(dotted(arg)[0], dotted(arg)[1:]))

    def summary(self):
        out = {"aliases": self.aliases, "classes": self.classes, "functions": self.functions}
        for key in ("stars", "moved", "constants", "registered", "exports", "values", "renamed"):
            if getattr(self, key):
                out[key] = getattr(self, key)
        return out


_CLASS = re.compile(r"^(\s*)(cdef|cpdef)?\s*(?:public\s+)?class\s+(\w+)\s*(?:\(([^)]*)\))?\s*(?:\[[^\]]*\])?\s*:")
_DEF = re.compile(r"^(\s*)(?:async\s+)?(cpdef|cdef|def)\s+(?:inline\s+)?(?:[\w\[\], .*&:]+?[\s*&]+)?(\w+)\s*(?:\[\w+\])?\(")
_RETURN = re.compile(r"\breturn\s+\(?\s*([\w.]+|type\(self\))\s*,")
_DANGER = [
    ("execute", re.compile(r"(?<![\w.])(?:eval|exec|execfile)\s*\(\s*[^\"'\s)]|\bos\.(?:system|popen|exec\w+|spawn\w+)\s*\(|\bsubprocess\.\w+\s*\(|\bctypes\.")),
    ("import", re.compile(r"\b__import__\s*\(|\bimport_module\s*\(")),
    ("deserialise", re.compile(r"\b(?:c?[pP]ickle|cPickle|marshal|joblib|torch|np|numpy|dill|srsly)\.(?:loads?|pickle_loads|read_pickle)\s*\(")),
    ("network", re.compile(r"\b(?:socket|urllib\d?|requests|http)\.\w+")),
    ("write", re.compile(r"\bos\.(?:remove|unlink|rename|rmdir|makedirs|mkdir)\s*\(|\bshutil\.\w+\s*\(|\bfopen\s*\(")),
    ("read", re.compile(r"(?<![\w.])open\s*\(")),
]


def rendered(text):
    """A Cython template with each class head repeated for the names that its own tables give; nothing of it is run."""
    words = set()
    for block in re.findall(r"\{\{py:?(.*?)\}\}", text, re.S):
        words |= set(re.findall(r"[\"'](\w{0,40})[\"']", block))
    out = []
    for line in text.split("\n"):
        m = re.match(r"^(\s*(?:cdef\s+)?class\s+)([\w{}]*\{\{\s*\w+\s*\}\}[\w{}]*)(.*)$", line)
        if not m:
            out.append(line)
            continue
        pattern = re.split(r"\{\{\s*\w+\s*\}\}", m[2])
        alone = pattern == ["", ""]
        base = re.sub(r"\{\{.*?\}\}", "", m[3])
        for word in sorted(words | {""}):
            if len(pattern) == 2 and (word[:1].isupper() and len(word) > 3 if alone else len(word) <= 6):
                out.append(f"{m[1]}{pattern[0]}{word}{pattern[1]}{base}")
                out.append("        pass")
        if alone or len(pattern) == 2:
            out.append(m[1] + "_TemplateBody:")
    return "\n".join(out)


def cython(module, text):
    """Classes, functions, reducers and effects of Cython source, by lines and indentation."""
    lines = text.split("\n")
    for line in lines:
        if m := re.match(r"^\s*(?:from\s+[\w.]+\s+c?import\s+.+|import\s+.+)$", line):
            try:
                tree = ast.parse(line.strip().replace(" cimport ", " import ").rstrip("( \\"))
                for node in tree.body:
                    names, stars = imports_of(node, module.name, module.is_package)
                    module.aliases.update(names)
            except SyntaxError:
                pass
    stack, blocks = [], []
    for number, line in enumerate(lines):
        for kind, pattern in (("class", _CLASS), ("def", _DEF)):
            m = pattern.match(line)
            if not m or line.lstrip().startswith("#"):
                continue
            indent = len(m[1].expandtabs())
            while stack and stack[-1][1] >= indent:
                stack.pop()
            end = number + 1
            while end < len(lines) and (not lines[end].strip() or len(lines[end].expandtabs()) - len(lines[end].expandtabs().lstrip()) > indent or lines[end].lstrip().startswith(")")):
                end += 1
            blocks.append((kind, m, list(stack), "\n".join(lines[number:end])))
            stack.append((m[3], indent, kind))
            break
    for kind, m, outer, body in blocks:
        if kind == "class":
            if any(k == "def" for _, _, k in outer):
                continue
            bases = [b.strip() for b in (m[4] or "").split(",") if b.strip() and "=" not in b]
            qualname = ".".join([n for n, _, _ in outer] + [m[3]])
            module.defined.add(qualname)
            module.classes[qualname] = {
                "bases": [module.absolute(b.split(".")[0], b.split(".")[1:]) for b in bases],
                "methods": {},
                "reduces": [],
                "cython": bool(m[2]),
            }
    for kind, m, outer, body in blocks:
        if kind != "def" or any(k == "def" for _, _, k in outer):
            continue
        code = re.sub(r"#.*", "", re.sub(r"(\"\"\"|''')[\s\S]*?\1", "", body))
        info = {}
        effects = [e for e, p in _DANGER if p.search(code)]
        if effects:
            info["effects"] = sorted(effects)
        calls = {module.absolute(c) for c in re.findall(r"(?<![\w.])([A-Za-z_]\w+)\s*\(", code) if c != m[3]}
        calls = sorted(c for c in calls if not c.startswith("builtins.") and c.startswith(module.name + "."))
        if calls:
            info["calls"] = calls[:40]
        returns = sorted({"." if r in ("type(self)", "self.__class__") else module.absolute(r.split(".")[0], r.split(".")[1:]) for r in _RETURN.findall(code) if r not in ("self", "None", "True", "False")})
        name = m[3]
        if outer:
            klass = module.classes.get(".".join(n for n, _, _ in outer))
            if klass is None:
                continue
            klass["methods"][name] = merged(klass["methods"].get(name, {}), info)
            if name in ("__reduce__", "__reduce_ex__"):
                klass["own_reduce"] = True
                klass["reduces"] = sorted({*klass["reduces"], *returns})
        elif m[2] != "cdef":
            if REDUCER.search(name):
                info["returns"] = returns
            module.functions[name] = merged(module.functions.get(name, {}), info)


def module_of(path, tops, single):
    """(module, is package) of a source path; None where it is not importable from there."""
    path = re.sub(r"^[^/]+\.data/(?:pure|plat)lib/", "", path)
    for prefix in PREFIXES:
        if path.startswith(prefix):
            path = path[len(prefix) :]
    stem = re.sub(r"(\.pyx\.(?:tp|in)|\.pyx|\.pyi|\.py)$", "", path)
    if stem == path:
        return None
    parts = stem.split("/")
    if parts[0] not in tops and not (single and len(parts) == 1):
        return None
    is_package = parts[-1] == "__init__"
    if is_package:
        parts = parts[:-1]
    if not parts or not all(p.isidentifier() for p in parts):
        return None
    if parts[0].endswith("-stubs") or parts[-1] in ("setup", "conftest", "__main__"):
        return None
    return ".".join(parts), is_package


def archive(path, tops=None, bare_templates=False):
    """The summary of one fetched archive: module -> tables, and what could not be read."""
    warnings.simplefilter("ignore")
    modules, broken = {}, []
    with zipfile.ZipFile(path) as z:
        meta = json.loads(z.read(".archive.json"))
        names = [n for n in z.namelist() if n != ".archive.json"]
        wheel = meta["file"].endswith(".whl")

        def strip(n):
            n = re.sub(r"^[^/]+\.data/(?:pure|plat)lib/", "", n)
            for prefix in PREFIXES:
                if n.startswith(prefix):
                    return n[len(prefix) :]
            return n

        found = {strip(n).split("/")[0] for n in names if strip(n).count("/") == 1 and strip(n).endswith(("/__init__.py", "/__init__.pyx"))}
        if wheel:
            found |= {strip(n).split("/")[0] for n in names if "/" in strip(n)}
        tops = set(tops or found)
        order = {".pyx": 0, ".tp": 0, ".in": 0, ".py": 1, ".pyi": 2}
        todo = []
        for n in names:
            where = module_of(n, tops, wheel)
            if where:
                todo.append((where[0], order["." + n.rsplit(".", 1)[-1]], where[1], n))
        world, bare = {w[0] for w in todo}, {}
        for name, _, is_package, n in sorted(todo):
            text = z.read(n).decode("utf-8-sig", "replace").replace("\r\n", "\n")
            module = Module(name, is_package, world)
            if n.endswith((".pyx", ".tp", ".in")):
                cython(module, rendered(text) if n.endswith((".tp", ".in")) else text)
                if n.endswith((".tp", ".in")):
                    bare[name.rpartition(".")[2]] = name
            else:
                try:
                    module.read(ast.parse(text), stub=n.endswith(".pyi"))
                except (SyntaxError, ValueError, RecursionError):
                    broken.append(n)
                    continue
            tables = module.summary()
            if name in modules:
                old = modules[name]
                for key in ("classes", "functions", "aliases"):
                    for k, v in tables[key].items():
                        old[key].setdefault(k, v)
                for key in ("constants", "moved"):
                    old.setdefault(key, {}).update(tables.get(key, {}))
            else:
                modules[name] = tables
                if n.endswith(".pyi"):
                    modules[name]["stub"] = True
    # Where a package builds a template outside its folder, the extension names itself without the package.
    for short, name in bare.items() if bare_templates else ():
        if short not in modules and short.startswith("_"):
            modules[short] = {**modules[name], "aliases": {}, "functions": {}}
    return {"file": meta["file"], "sha256": meta["sha256"], "compiled": meta["compiled"], "modules": modules, "broken": broken}


if __name__ == "__main__":
    s = archive(sys.argv[1])
    print(len(s["modules"]), "modules", sum(len(m["classes"]) for m in s["modules"].values()), "classes", len(s["broken"]), "broken", s["broken"][:5])
