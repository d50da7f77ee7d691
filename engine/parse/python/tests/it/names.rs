//! What runs at import and what in functions, under whatever name.

use weighbridge_parse_python::{is_module, read};

#[track_caller]
fn import(source: &str, expected: &[&str]) {
    let module = read(source);
    for name in expected {
        assert!(module.import.list.iter().any(|found| found == name), "{name} of {source}: {:?}", module.import.list);
    }
}

#[track_caller]
fn never(source: &str, names: &[&str]) {
    let module = read(source);
    for name in names {
        assert!(!module.import.list.iter().any(|found| found == name), "{name} of {source}: {:?}", module.import.list);
    }
}

#[track_caller]
fn functions(source: &str, expected: &[&str]) {
    let module = read(source);
    for name in expected {
        assert!(module.functions.list.iter().any(|found| found == name), "{name} of {source}: {:?}", module.functions.list);
    }
    never(source, expected);
}

#[test]
fn names_are_followed() {
    for source in [
        "import os\nos.system('x')",
        "import os as o\no.system('x')",
        "import os.path as p, os as o; o.system('x')",
        "from os import system\nsystem('x')",
        "from os import (system as s,\n  path)\ns('x')",
        "from os import *\nsystem('x')",
        "__import__('os').system('x')",
        "__import__('o' 's').system('x')",
        "__import__('o' + 's', fromlist=['x']).system('x')",
        "import importlib\nimportlib.import_module('os').system('x')",
        "import os\ngetattr(os, 'sys' + 'tem')('x')",
        "getattr(__import__('o' + 's'), 'sys' 'tem')('x')",
        "import importlib as i\ngetattr(i.import_module('os'), 'system')('x')",
        "x = __import__('os')\nx.system('x')",
        "import os\nf = os.system\nf('x')",
        "import os\nprint(f'{os.system(\"x\")}')",
        "import os\nprint(f\"{'a' if os.system('x') else 1:>{3}} tail\")",
        "import os\nprint(f'\\{os.system(1)}')",
        "import os\nprint(rf'\\'{os.system(1)}')",
        "import os\nprint(f'\\N{BULLET}{os.system(1)}')",
        "import os\nx = [1, {2: (os.\\\n  system)('x')}]",
        "try: import os\nexcept ImportError: pass\nelse: os.system('x')",
        "if x:\n\timport os\n\tos.system('x')",
        "import os\nclass A:\n  x = os.system('x')",
        "import os\n@os.system('x')\ndef f(): pass",
        "import os\ndef f(a=os.system('x')): pass",
        "import os\ndef f():\n  os.system('x')\nf()",
        "import os\ndef g():\n  os.system('x')\ndef f():\n  g()\nx = map(f, [1])",
        "import os\nclass A:\n  def __init__(self):\n    os.system('x')\nA()",
        "import os\ndef run(f): f()\n@run\ndef f():\n  os.system('x')",
        "import os\n@(lambda f: f())\ndef f():\n  os.system('x')",
        "def f():\n  os.system('x')\nf()\nimport os",
        "import os\nmatch os.system('x'):\n  case 1: pass",
        "import os\nx = 1 if 2 else os.system('x')",
        "\u{feff}import os\r\nos.system('x')\r\n",
        "import \u{1d428}\u{1d42c}\n\u{ff4f}s.\u{17f}ystem('x')",
        "import os\nx = lambda: os.system('x')",
        "import os\nif 1: os = None\nos.system('x')",
        "import os\nassert (y := os.system('x'))",
        "import sys\nsys.modules['o' + 's'].system('x')",
        "import sys\nsys.modules.get('os').__dict__['system']('x')",
        "import sys\ngetattr(sys.modules['os'], 'system')('x')",
        "from sys import modules as m\nm['os'].system('x')",
        "import os\nos.__dict__['system']('x')",
        "import os\nos.__dict__.get('system')('x')",
        "import os\nvars(os)['system']('x')",
        "import os\nos.__getattribute__('system')('x')",
        "import os\nglobals()['os'].system('x')",
        "import os\nglobals().get('os').system('x')",
        "__builtins__['__import__']('os').system('x')",
        "__builtins__.__import__('os').system('x')",
        "__builtins__.__dict__['__import__']('os').system('x')",
        "vars(__builtins__)['__imp' 'ort__']('os').system('x')",
        "globals()['__builtins__'].__dict__['__import__']('os').system('x')",
        "getattr(globals()['__builtins__'], '__import__')('os').system('x')",
        "import sys\ngetattr(getattr(sys, 'modules')['os'], 'system')('x')",
        "m = 'so'\n__import__(m[::-1]).system('x')",
        "m, f = 1, 2\nm = 'o'\nf = 'metsys'\ngetattr(__import__(m + 's'), f[::-1])('x')",
        "import builtins\nbuiltins.__dict__['__import__']('os').system('x')",
    ] {
        import(source, &["os.system"]);
    }
    import("eval('1')", &["builtins.eval"]);
    import("exec \"print 1\"", &["builtins.exec"]);
    import("map(eval, [])", &["builtins.eval"]);
    import("e = eval\ne('1')", &["builtins.eval"]);
    for source in [
        "globals()['__builtins__']['eval']('1')",
        "locals()['__builtins__'].eval('1')",
        "vars()['eval']('1')",
        "vars(__builtins__)['ev' + 'al']('1')",
        "__builtins__.get('eval')('1')",
        "import builtins as b\nb.__dict__['eval']('1')",
    ] {
        import(source, &["builtins.eval"]);
    }
    import("import ctypes\nctypes.cdll['./x.so'].go()", &["ctypes.cdll.LoadLibrary.go"]);
    // A text that is another's, or known to nobody, names nothing.
    never("import os\ndef f(m):\n  getattr(os, m)()\nm = 'system'\nf('path')", &["os.system"]);
    never("import os\nx = {'os': 1}['os']\nos.environ['system']", &["os.system", "os.environ.system"]);
    import("().__class__.__bases__[0].__subclasses__()", &[".__class__.__bases__", ".__subclasses__"]);
    import("from .utils import helper\nfrom . import x", &[".utils.helper", ".x"]);
    import("import torch.nn as nn\nclass N(nn.Module): pass", &["torch.nn", "torch.nn.Module"]);
}

#[test]
fn what_runs_later_is_told_apart() {
    for source in [
        "import os\ndef f():\n  os.system('x')",
        "import os\ndef f(): os.system('x')",
        "import os\nasync def f():\n  os.system('x')",
        "import os\nclass A:\n  def f(self):\n    if 1:\n      os.system('x')",
        "import os\ndef f():\n  def g():\n    os.system('x')\n  g()",
        "import os\nif __name__ == '__main__':\n  os.system('x')",
        "import os\nimport functools\n@functools.wraps\ndef f():\n  os.system('x')",
        "import os\ndef f(a, b):\n\n# comment\n  '''doc'''\n\n  os.system('x')\nx = 1",
    ] {
        functions(source, &["os.system"]);
    }
    import("import os\ndef f():\n  pass\nos.system('x')", &["os.system"]);
    import("import os\nif __name__ == '__main__':\n  pass\nelse:\n  os.system('x')", &["os.system"]);
}

#[test]
fn its_own_names_and_texts_are_no_calls() {
    never("# import os\n'''\nos.system('x')\n'''\nx = 'os.system(1)'", &["os", "os.system"]);
    never("def eval(x): pass\neval(1)", &["builtins.eval"]);
    never("def f(input):\n  return input.view(1)\nf(1)", &["builtins.input", "builtins.input.view"]);
    never("class A:\n  def f(self): pass\nA().f()", &["A", "f"]);
    never("f(eval=1)", &["builtins.eval"]);
    let module = read("import os\n\nos.system('echo weighbridge')\n'doc'\n");
    assert_eq!(module.strings, [(21, "echo weighbridge".to_owned())]);
    assert_eq!(module.excerpt, "import os\nos.system('echo weighbridge')\n");
    assert_eq!(module.faults, 0);
}

#[test]
fn torchscript_is_recognised() {
    let source = "class Net(Module):\n  __parameters__ = [\"weight\", ]\n  __buffers__ = []\n  weight : Tensor\n  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n    _0 = torch.add(torch.mm(x, self.weight), ops.prim.NumToTensor(1), alpha=1)\n    return _0\n";
    let module = read(source);
    assert!(module.torchscript);
    assert!(module.functions.list.iter().any(|name| name == "torch.mm"), "{:?}", module.functions.list);
    assert!(read("def relu(input: Tensor,\n    inplace: bool=False) -> Tensor:\n  return torch.relu(input)\n").torchscript);
    assert!(!read("import os\nclass Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n").torchscript);
    assert!(!read("import torch\nx = torch.zeros(1)\n").torchscript);
}

#[test]
fn names_that_import_and_functions_share_are_counted_once() {
    let module = read("training : bool\ndef forward(x):\n    return bool(torch.len(x))\n");
    assert_eq!(module.import.list, ["builtins.bool"]);
    assert!(!module.functions.list.contains(&"builtins.bool".to_owned()));
    assert_eq!(module.functions.total, module.functions.list.len() as u64);
}

#[test]
fn modules_are_told_from_other_text() {
    for source in [
        "import os\nimport sys\n",
        "import os\nos.system('x')\n",
        "from a.b import c\n\ndef f(x):\n    return x\n",
        "\"\"\"Doc.\"\"\"\n\nimport torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    pass\n",
        "#!/usr/bin/env python\nimport os\nprint 'x'\nexec \"y\"\n",
        "class A(object):\n    pass\n\ndef f():\n    pass\n",
        "import os\nx = f'{os!r:>{3}} a' 'b'\ny = [1 if a else b for a in c]\nf(x)\n",
    ] {
        assert!(is_module(source, true), "{source}");
        assert!(!is_module(&format!("Some words before it.\n{source}"), true), "{source}");
    }
    assert!(is_module("import os\nimport sys\nx = '''cut of", false));
    for source in [
        "",
        "# Title\n\n```python\nimport os\nimport sys\n```\n",
        "import the model\nimport the data\n",
        "import java.util.List;\npublic class Foo { }\n",
        "import x from 'y';\nimport z from 'w';\n",
        "import Data.List\nimport qualified Data.Map as M\n",
        "{\"a\": 1}",
        "from: someone\nto: nobody\n",
        "import is important\nclass matters\n",
        "package main\nimport (\n\"fmt\"\n)\n",
        "name: x\nimport:\n  - y\n",
        "cos\nsystem\n(S'echo weighbridge'\ntR.",
        "import os",
        "torch==2.0\nnumpy\n",
    ] {
        assert!(!is_module(source, true), "{source}");
    }
}
