"""Decides, from the summaries of all archives, which names are admitted, how, and which are dangerous.

An archive is judged by itself, with the newest archive of every other package as the world around it. A name is admitted
only where every pinned version that has it says the same.
"""
from analyse import EFFECTS, quiet, root_effect

STRONG = {"execute", "import", "deserialise"}
# What loading may run on an object that was made without its constructor: state, slots, items, hashing, disposal.
HOOKS = {
    "__setstate__", "__setstate_cython__", "__new__", "__cinit__", "__dealloc__", "__setattr__", "__delattr__", "__getattr__", "__getattribute__",
    "__del__", "__setitem__", "append", "extend", "add", "__hash__", "__eq__", "__set_name__", "__set__", "__get__",
}  # fmt: skip
# What an admitted callable may run on such an object when it is among its arguments.
SECOND = {"__iter__", "__next__", "__getitem__", "__len__", "__array__", "__index__", "__int__", "__float__", "__str__", "__repr__", "__bool__", "__contains__", "keys", "items", "update", "__instancecheck__", "__subclasscheck__"}
# Parts of module paths that say the same everywhere: vendored picklers of code, process pools, test helpers.
MACHINERY = {"cloudpickle", "loky", "_vendor", "vendor", "testing", "_testing", "_vendored", "pool", "_dask", "_memmapping_reducer"}
CONSTRUCTORS = ("__new__", "__init__", "__post_init__", "__cinit__", "__init_subclass__", "__attrs_post_init__")
ENUMS = {"enum." + n for n in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum")}
EXCEPTIONS = {"builtins." + n for n in dir(__import__("builtins")) if isinstance(getattr(__import__("builtins"), n), type) and issubclass(getattr(__import__("builtins"), n), BaseException)}
DEPTH = 2


class Archive:
    """One summary, with names resolved through imports and re-exports."""

    def __init__(self, package, version, summary, world, without=(), only=(), cleared=(), all_functions=True):
        self.without = without
        self.all_functions = all_functions
        self.only, self.cleared = only, cleared
        self.package, self.version, self.modules, self.world = package, version, summary["modules"], world
        self.compiled = summary.get("compiled", [])
        self.resolved, self.known, self.lines = {}, {}, {}
        self.forced = {}

    def force(self, names):
        """Marks what the names of the table of roots resolve to here: `torch.load` is `torch.serialization.load`."""
        for name, effect in names.items():
            kind, at, owner = self.resolve(name)
            if kind in ("function", "class", "method") and owner is self:
                self.forced[at] = effect

    def resolve(self, name, depth=0):
        """(kind, place, archive): kind is function, class, method or outside (place is then the final dotted name)."""
        if name in self.resolved:
            return self.resolved[name]
        self.resolved[name] = ("outside", name, None)
        self.resolved[name] = answer = self._resolve(name, depth)
        return answer

    def _resolve(self, name, depth):
        if depth > 12:
            return "outside", name, None
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:cut])
            tables = self.modules.get(module)
            if tables is None:
                continue
            rest = parts[cut:]
            joined = ".".join(rest)
            if joined in tables["functions"]:
                return "function", (module, joined), self
            if joined in tables["classes"]:
                return "class", (module, joined), self
            for k in range(len(rest) - 1, 0, -1):
                if ".".join(rest[:k]) in tables["classes"] and k == len(rest) - 1:
                    return "method", (module, ".".join(rest[:k]), rest[-1]), self
            if rest[0] in tables["aliases"]:
                target = ".".join([tables["aliases"][rest[0]], *rest[1:]])
                if target != name:
                    return self.resolve(target, depth + 1)
            for star in tables.get("stars", []):
                if star != module and self.exported(star, rest[0]):
                    found = self.resolve(".".join([star, *rest]), depth + 1)
                    if found[0] != "outside":
                        return found
            return "outside", name, None
        other = self.world.get(parts[0])
        if other is not None and other is not self and parts[0] not in self.tops():
            return other.resolve(name, depth + 1)
        return "outside", name, None

    def values(self):
        """Functions that some module of the archive hands on as a value."""
        names = {v for tables in self.modules.values() for v in tables.get("values", [])}
        return {at for kind, at, owner in map(self.resolve, names) if kind == "function" and owner is self}

    def exported(self, module, name):
        """Whether a star import of a module brings a name."""
        names = self.modules.get(module, {}).get("exports")
        return name in names if names is not None else not name.startswith("_")

    def machinery(self, module):
        """Whether a module is of a part that no saved object names: compilers, test helpers, build scripts."""
        below = lambda m: module == m or module.startswith(m + ".")
        if self.package == "stdlib":
            return module not in self.only
        if MACHINERY & set(module.split(".")):
            return True
        return any(map(below, self.without)) or bool(self.only) and not any(map(below, self.only))

    def tops(self):
        if not hasattr(self, "_tops"):
            self._tops = {m.split(".")[0] for m in self.modules}
        return self._tops

    def line(self, module, name):
        """The class and its bases, nearest first, as (archive, module, qualname) or a dotted name where it is not ours."""
        key = module, name
        if key in self.lines:
            return self.lines[key]
        self.lines[key] = [(self, module, name)]
        out, seen = [(self, module, name)], {(id(self), module, name)}
        for base in self.modules[module]["classes"][name]["bases"]:
            kind, at, owner = self.resolve(base)
            more = owner.line(*at) if kind == "class" else [at if kind == "outside" else base]
            for item in more:
                mark = (id(item[0]), *item[1:]) if isinstance(item, tuple) else item
                if mark not in seen:
                    seen.add(mark)
                    out.append(item)
        self.lines[key] = out
        return out

    def klass(self, module, name):
        return self.modules[module]["classes"][name]

    def method(self, module, name, wanted, skip_self=False):
        for item in self.line(module, name)[1 if skip_self else 0 :]:
            if isinstance(item, tuple):
                owner, m, c = item
                if wanted in owner.klass(m, c)["methods"]:
                    return owner, m, c
        return None

    def effects(self, at, depth=DEPTH):
        if ".".join(at) in self.cleared:
            return {}
        return self._effects(at, depth)

    def _effects(self, at, depth):
        """Effects of a function (module, name) or method (module, class, name), with what it calls to a depth: effect -> why."""
        key = at, depth
        if key in self.known:
            return self.known[key]
        self.known[key] = {}
        out = {}
        if at in self.forced:
            out[self.forced[at]] = "is listed as such"
        info = self.modules[at[0]]["functions"].get(at[1], {}) if len(at) == 2 else self.klass(at[0], at[1])["methods"].get(at[2], {})
        for effect in info.get("effects", []):
            out.setdefault(effect, "in its body")
        for call in info.get("calls", []):
            if len(out) == len(EFFECTS):
                break
            for effect, why in self.call_effects(call, at, depth).items():
                out.setdefault(effect, why)
        self.known[key] = out
        return out

    def call_effects(self, call, at, depth):
        if call[0] in ".^":
            if len(at) != 3 or depth == 0:
                return {}
            found = self.method(at[0], at[1], call[1:], skip_self=call[0] == "^")
            if not found:
                return {}
            owner, m, c = found
            below = owner.effects((m, c, call[1:]), depth - 1)
            return {e: f"through {c}.{call[1:]}" for e in below}
        kind, place, owner = self.resolve(call)
        if kind == "outside":
            effect = root_effect(place)
            return {effect: f"calls {place}"} if effect else {}
        if owner is self and self.package == "stdlib" and quiet(".".join(place)):
            return {}
        if place in owner.forced:
            return {owner.forced[place]: f"calls {'.'.join(place)}"}
        if depth == 0:
            return {}
        if owner is not self:  # one step into another package, and no further
            depth = 1
        if kind == "function" or kind == "method":
            if kind == "method":
                found = owner.method(*place)
                if not found:
                    return {}
                owner, m, c = found
                place = (m, c, place[2])
            below = owner.effects(place, depth - 1)
        else:
            below = owner.construction(*place, depth - 1)
        return {e: f"through {'.'.join(place)}" for e in below}

    def construction(self, module, name, depth=DEPTH):
        """Effects of calling a class."""
        out = {}
        if (module, name) in self.forced:
            out[self.forced[module, name]] = "is listed as such"
        for wanted in CONSTRUCTORS:
            found = self.method(module, name, wanted)
            if found:
                owner, m, c = found
                for effect in owner.effects((m, c, wanted), depth):
                    out.setdefault(effect, f"in {c}.{wanted}")
        for item in self.line(module, name):
            if isinstance(item, str) and (effect := root_effect(item)) in EFFECTS:
                out.setdefault(effect, f"is a {item}")
        meta = self.klass(module, name).get("metaclass")
        if meta:
            kind, at, owner = self.resolve(meta)
            if kind == "class":
                found = owner.method(*at, "__call__")
                if found:
                    o, m, c = found
                    for effect in o.effects((m, c, "__call__"), depth):
                        out.setdefault(effect, f"in {c}.__call__")
        return out

    def hooks(self, module, name):
        """Effects of what loading can run on an instance made without its constructor."""
        out = {}
        done = set()
        for item in self.line(module, name):
            if not isinstance(item, tuple):
                if (effect := root_effect(item)) in STRONG | {"write", "network"}:
                    out.setdefault(effect, f"is a {item}")
                continue
            owner, m, c = item
            for wanted in owner.klass(m, c)["methods"]:
                if wanted in done:
                    continue
                done.add(wanted)
                first = wanted in HOOKS or wanted.endswith((".setter", ".deleter"))
                if first or wanted in SECOND:
                    for effect in owner.effects((m, c, wanted), DEPTH if first else 1):
                        if first or effect in STRONG:
                            out.setdefault(effect, f"in {c}.{wanted}")
        return out

    def is_a(self, module, name, roots):
        return any((item if isinstance(item, str) else f"{item[1]}.{item[2]}") in roots for item in self.line(module, name)[1:])

    def pickled_as(self, module, name):
        """The (module, name) under which pickle writes a class or function."""
        moved = self.modules[module].get("moved", {})
        return (moved.get(name) or moved.get(name.split(".")[0]) or module), name

    def reduces(self):
        """What the objects of this archive are rebuilt with: {(archive, kind, place)}, and the names not found."""
        targets, unknown = {}, {}

        def add(name, by):
            kind, at, owner = self.resolve(name)
            if kind in ("function", "class"):
                targets.setdefault((id(owner), kind, at), (owner, kind, at, by))
            else:
                unknown.setdefault(at if isinstance(at, str) else name, by)

        for module, tables in self.modules.items():
            for name, info in tables["classes"].items():
                for target in info["reduces"]:
                    if target == ".":
                        targets.setdefault((id(self), "class", (module, name)), (self, "class", (module, name), f"{module}.{name}"))
                    else:
                        add(target, f"{module}.{name}")
            for name, info in tables["functions"].items():
                for target in info.get("returns", []):
                    if target != ".":
                        add(target, f"{module}.{name}")
            for target in tables.get("registered", []):
                if target[0] == "=":
                    add(target[1:], module)
                    continue
                kind, at, owner = self.resolve(target)
                if kind == "function":
                    for result in owner.modules[at[0]]["functions"][at[1]].get("returns", []):
                        if result != ".":
                            add(result, f"{module}: {target}")
        return targets, unknown

    def flags(self, at):
        return set(self.modules[at[0]]["functions"].get(at[1], {}).get("flags", [])) if len(at) == 2 else set()


class Verdicts:
    """Admissions and dangers of one package over its versions."""

    def __init__(self, package):
        self.package = package
        self.allow, self.reason = {}, {}
        self.refused, self.danger, self.functions, self.classes = {}, {}, set(), set()
        self.aliases, self.unresolved = {}, {}

    def admit(self, key, call, reason):
        rank = (False, "new", True)
        if key not in self.allow or rank.index(call) > rank.index(self.allow[key]):
            self.allow[key], self.reason[key] = call, reason

    def refuse(self, key, effects, what, version):
        for effect, why in effects.items():
            self.refused.setdefault(key, {}).setdefault(effect, (what, why, version))


def judge(archive, out):
    """Adds what one archive says to the verdicts of its package."""
    version = archive.version
    values = archive.values()
    for module, tables in archive.modules.items():
        for name, info in tables["functions"].items():
            if info.get("stub") or ".<" in name:
                continue
            key = archive.pickled_as(module, name)
            out.functions.add(key)
            effects = archive.effects((module, name))
            if effects:
                out.refuse(key, effects, "function", version)
                if archive.machinery(module):
                    effects = {e: w for e, w in effects.items() if e in STRONG}
                near = archive.effects((module, name), 1)
                direct = archive.effects((module, name), 0)
                for effect in near:
                    if not archive.machinery(module) or effect in direct and effect in STRONG:
                        out.danger.setdefault(key, {}).setdefault(effect, "function" if effect in direct else "function-near")
            elif not archive.machinery(module) and ((module, name) in values or archive.all_functions and not name.startswith("_")):
                out.admit(key, False, "function")
        for name, info in tables["classes"].items():
            key = archive.pickled_as(module, name)
            if name.endswith("_TemplateBody"):
                continue
            out.classes.add(key)
            if info.get("stub"):
                if not archive.is_a(module, name, EXCEPTIONS | ENUMS):
                    continue
            hooks = archive.hooks(module, name)
            building = archive.construction(module, name)
            if hooks:
                out.refuse(key, hooks, "class", version)
                for effect in set(hooks) & STRONG:
                    out.danger.setdefault(key, {}).setdefault(effect, "class")
            elif not archive.machinery(module):
                out.admit(key, "new", "class")
            near = archive.construction(module, name, 1)
            for effect in near:
                out.danger.setdefault(key, {}).setdefault(effect, "constructor")
            if not building and not hooks and not archive.machinery(module):
                if archive.is_a(module, name, ENUMS):
                    out.admit(key, True, "enum")
                elif archive.is_a(module, name, EXCEPTIONS):
                    out.admit(key, True, "exception")
            if info.get("cython") and not hooks and not archive.machinery(module):
                own = any(isinstance(i, tuple) and i[0].klass(i[1], i[2]).get("own_reduce") for i in archive.line(module, name))
                if not own:
                    out.admit((key[0], "__pyx_unpickle_" + name), True, "cython")
            for method, body in info["methods"].items():
                if method in HOOKS or method.startswith("__") or "." in method:
                    continue
                for effect in archive.effects((module, name, method), 0):
                    if not method.startswith("_") and (effect == "execute" or effect == "deserialise" and not archive.machinery(module)):
                        out.danger.setdefault((key[0], f"{key[1]}.{method}"), {}).setdefault(effect, "method")
    for module, tables in archive.modules.items():  # an old name, kept so that old pickles load
        for name in tables.get("renamed", []):
            kind, at, owner = archive.resolve(tables["aliases"].get(name, module + "." + name))
            if kind == "class" and owner is archive and name not in tables["classes"]:
                key = owner.pickled_as(*at)
                if out.allow.get(key) and key not in out.refused:
                    out.admit((module, name), "new", "class")
    targets, unknown = archive.reduces()
    for owner, kind, at, by in targets.values():
        if owner is not archive:
            continue
        key = owner.pickled_as(*at)
        if owner.machinery(at[0]):
            continue
        if kind == "function":
            flags = owner.flags(at)
            effects = owner.effects(at)
            if effects:
                out.refuse(key, effects, "rebuilds " + by, version)
            elif "makes-class" in flags:
                out.refuse(key, {"execute": "makes a class of what it is given"}, "rebuilds " + by, version)
            elif "calls-getattr" in flags:
                out.refuse(key, {"import": "calls an attribute named by its argument"}, "rebuilds " + by, version)
            elif owner.modules[at[0]]["functions"][at[1]].get("stub"):
                out.unresolved.setdefault(".".join(key), by)
            else:
                out.admit(key, True, "rebuild-calls" if "calls-argument" in flags else "rebuild")
        elif not owner.klass(*at).get("stub"):
            effects = {**owner.construction(*at), **owner.hooks(*at)}
            if owner.is_a(*at, {"builtins.type", "abc.ABCMeta"}):
                effects = {"execute": "a class of classes"}
            if effects:
                out.refuse((key[0], key[1] + "()"), effects, "rebuilds " + by, version)
            else:
                out.admit(key, True, "rebuild")
    for name, by in unknown.items():
        out.unresolved.setdefault(name, by)
    # A class whose parent reduces to "its own class" is rebuilt by a call as well.
    for module, tables in archive.modules.items():
        for name in tables["classes"]:
            key = archive.pickled_as(module, name)
            for item in archive.line(module, name):
                if isinstance(item, tuple) and item[0].klass(item[1], item[2]).get("own_reduce"):
                    if "." in item[0].klass(item[1], item[2])["reduces"] and key in out.allow and not archive.construction(module, name):
                        out.admit(key, True, "rebuild")
                    break


def reexports(archive, out):
    """Other importable paths of dangerous names: alias -> target."""
    for module, tables in archive.modules.items():
        names = dict(tables["aliases"])
        for star in tables.get("stars", []):
            other = archive.modules.get(star)
            if other and star != module:
                for n in [*other["functions"], *other["classes"], *other["aliases"]]:
                    if "." not in n and archive.exported(star, n):
                        names.setdefault(n, f"{star}.{n}")
        for name, target in names.items():
            kind, at, owner = archive.resolve(target)
            if kind in ("function", "class") and (at[0], at[1]) != (module, name):
                out.aliases[f"{module}.{name}"] = owner.pickled_as(*at)
