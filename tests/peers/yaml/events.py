#!/usr/bin/env python3
"""Writes events.jsonl: texts, and the events that PyYAML parses them to.

    events.py            write the table
    events.py --check    is the committed one the same?

PyYAML's parser alone is asked (`yaml.parse` with its own scanner, in Python): nothing is composed and nothing is constructed. The texts are those below, what
PyYAML's emitter makes of random events in random styles, and both with a few characters changed.
"""

import io
import json
import pathlib
import random
import sys

import yaml
from yaml import events as ev

TABLE = pathlib.Path(__file__).with_name("events.jsonl")
BY_HAND = [
    "", "# nothing\n", "a", "a: 1", "---\n", "--- a\n--- b\n...\n", "a: b\n...\nc", "%YAML 1.1\n---\na", "%YAML 2.0\n---\na", "%FOO bar\n---\na", "%TAG ! tag:x,1:\n--- !y z",
    "!!python/object/apply:os.system ['echo']", "a: !!python/name:os.system", "a: !<tag:yaml.org,2002:python/name:os.system> ''", "!<!x> a", "! a", "!x!y a", "!!p%79thon/x a", "!a%zz b",
    "%TAG !e! tag:yaml.org,2002:python/\n--- !e!object/apply:os.system [a]", "%TAG !! tag:x:\n--- !!y z\n--- !!y z", "[!!a , !b c, &d e, *d]", "{!!a b: !c d}", "? a\n? b\n: c", "? - a\n  - b\n: {c: d}", "{? a : b, c: , d, : e}",
    "[a: b, {c: d}, ? e : f, g: ]", "a: [b,\n  c]\n", "a:\n- b\n-\n- - c\n  - d\n- e: f\n  g: h\ni: j", "- a: b\n- - c\n -d", "a: |\n b\n  c\n\nd: >\n e\n f\n\n g\n  h\n i\n", "a: |+\n b\n\n\nc: d", "a: |-\n b\n\n", "a: |2\n   b\n  c\n",
    "a: >1-\n  b\n c\n", "a: | # comment\n b", "a: |x\n b", "--- |\n%a\n", "--- >\n a\n\n\n b\n", "'a''b\n  c\n\n  d'", '"a\\\n  b\\x41\\u00e9\\U0001f600\\n\\\\\\"\\/\\_\\N\\L\\P\\e\\0"', '"\\q"', '"\\x4"', "'a", '"a\n---\nb"', "a: 'b' c",
    "a: b: c", "a\nb: c", "a: b\n c: d", "a:\n  b\n c", "key: &a !!str v\nother: *a", "&a !t b: c", "*a : b", "&a\nb", "a: &b\n  c: d", "&a &b c", "!a !b c", "*a b", "& a", "a: &b*c", "<<: *x", "<<: [*x, *y]\na: b", "a #b", "a # b", "a:#b", "a :b", "::", "-", "- ", "?", ":", "-a", "?a", ":a", "- -", "a-b: c?d",
    "{a:b}", "{a: b}", "{'a':b}", "[a,b]", "[a b, c]", "[,]", "[a,,b]", "[a", "{a", "]", "}", "a]", "{a]", "[a}", "a: ]", "\ta: b", "a:\tb", "a: b\t# c", "a:\n\tb", "[\ta,\tb\t]", "- \ta", "@a", "`a", "%a", "a: %b", "a: @b", "a\0b", "\ufeffa: b", "a: \u00e9\u2028b", "a: b\r\nc: d\r\n", "a: b\rc: d",
    "x" * 1030 + ": a", "{" + "x" * 1030 + ": a}", "? " + "x" * 1030 + "\n: a", "[a\nb: c]", "'a\nb': c", "a: [\nb\n]\nc: d", "a: {\nb: c\n}\n", "a:\n  - b\n - c", "a:\n    b: c\n  d: e", "  a: b\n  c: d", "--- a: b", "---a", "--- - a\n    - b", "... a", "a: --- b", "[--- a]", "---\n---\n", "a: |\n  b\n c\n", "a: >\n\n\n  b\n", "a: >+\n",
    "anchors: &x {a: &y [1, *x]}\nb: *y", "a: !!binary |\n  R0lG\n", "- !!set {a, b}\n- !!omap [a: b]", "a: .inf\nb: ~\nc: 0o7\nd: 1_000", "!!map {a: b}", "!!seq\n- a", "- &a\n- *a\n- !b\n", "{&a b: *a , c: d}", "[*a, *b]", "{*a : b}", "{a: *b}", "{a: *b, c: d}", "a: '\t'\nb: \"\t\"", "a: b\\\nc: d", "a: \"b\n\n\n  c\"", "a: \" b \\\n  c \"",
]


def random_node(rng, depth):
    tag = rng.choice([None, None, None, "tag:yaml.org,2002:python/name:os.system", "!local", "tag:x.invalid,1:y z"])
    anchor = rng.choice([None, None, None, "a", "b-1"])
    kind = rng.random()
    if depth > 3 or kind < 0.55:
        words = ["a", "b c", "", "1", "- x", "x: y", "# z", " lead", "trail ", "two\nlines", "para\n\ngraph\n", "é", "😀", "'", '"', "\\", "\t", "{", "null", "x" * 90 + " " + "y" * 30, "\u2028", "%d", "@", "!t", "&a", "*b"]
        yield ev.ScalarEvent(anchor, tag, (tag is None, tag is None), rng.choice(words), style=rng.choice([None, None, "'", '"', "|", ">"]))
    elif kind < 0.62:
        yield ev.AliasEvent(rng.choice("ab"))
    elif kind < 0.8:
        yield ev.SequenceStartEvent(anchor, tag, tag is None, flow_style=rng.random() < 0.4)
        for _ in range(rng.randrange(4)):
            yield from random_node(rng, depth + 1)
        yield ev.SequenceEndEvent()
    else:
        yield ev.MappingStartEvent(anchor, tag, tag is None, flow_style=rng.random() < 0.4)
        for _ in range(rng.randrange(4)):
            yield from random_node(rng, depth + 2)
            yield from random_node(rng, depth + 1)
        yield ev.MappingEndEvent()


def emitted(rng):
    tags = rng.choice([None, {"!p!": "tag:yaml.org,2002:python/"}])
    events = [ev.StreamStartEvent()]
    for _ in range(rng.choice([1, 1, 1, 2])):
        events += [ev.DocumentStartEvent(explicit=rng.random() < 0.3 or bool(tags), tags=tags), *random_node(rng, 0), ev.DocumentEndEvent(explicit=rng.random() < 0.2)]
    return yaml.emit([*events, ev.StreamEndEvent()], allow_unicode=rng.random() < 0.5, indent=rng.choice([None, 4]), width=rng.choice([None, 20]))


def changed(rng, text):
    marks = "\n\n  -:?,[]{}#&*!|>'\"%@`\\ab\t"
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(["", rng.choice(marks), rng.choice(marks)]) + text[at + rng.choice([0, 1, 1]) :]
    return text


def told(text):
    """The events, in the notation of YAML's test suite, and whether PyYAML refuses what follows."""
    out = []
    try:
        for event in yaml.parse(io.StringIO(text), Loader=yaml.SafeLoader):
            what = {ev.DocumentStartEvent: "+DOC", ev.DocumentEndEvent: "-DOC", ev.SequenceStartEvent: "+SEQ", ev.SequenceEndEvent: "-SEQ", ev.MappingStartEvent: "+MAP", ev.MappingEndEvent: "-MAP", ev.ScalarEvent: "=VAL", ev.AliasEvent: "=ALI"}.get(type(event))
            if what is None:
                continue
            style = {None: ":", "": ":"}.get(getattr(event, "style", None), getattr(event, "style", None))
            out.append([what, getattr(event, "anchor", None), getattr(event, "tag", None), (style or ":") + event.value if what == "=VAL" else None])
    except yaml.YAMLError:
        return out, True
    return out, False


def table():
    rng = random.Random(20)
    texts = list(BY_HAND)
    texts += [emitted(rng) for _ in range(350)]
    texts += [changed(rng, rng.choice(texts)) for _ in range(900)]
    lines = []
    for text in dict.fromkeys(texts):
        events, refused = told(text)
        lines.append(json.dumps({"text": text, "events": events, "refused": refused}))
    return "\n".join(lines) + "\n"


def main(argv):
    if argv == ["--check"]:
        return 0 if TABLE.read_text() == table() else 1
    if argv:
        raise SystemExit(__doc__)
    TABLE.write_text(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
