//! What is called and what is only named, what classes run at import, and what is kept out of sight.

use weighbridge_parse_python::read;

#[test]
fn imports_and_bases_are_no_calls() {
    for (source, name, called) in [
        ("import subprocess", "subprocess", false),
        ("from os import system", "os.system", false),
        ("import socket\nclass S(socket.socket): pass", "socket.socket", false),
        ("import os\nrun = os.system", "os.system", false),
        ("import os\nrun = os.system\nrun('x')", "os.system", true),
        ("import os\nlist(map(os.system, ['x']))", "os.system", true),
        ("from os import *\nsystem('x')", "os.system", true),
        ("exec('import os; os.system(1)')", "os.system", true),
        ("exec('exec(\"__import__(\\\\\"os\\\\\").system(1)\")')", "os.system", true),
    ] {
        assert_eq!(read(source).calls[0].iter().any(|found| found == name), called, "{source}: {:?}", read(source).calls);
    }
}

#[test]
fn of_a_class_runs_what_is_called() {
    let class =
        "import os\nclass A:\n    def __init__(self): os.mkdir('x')\n    def run(self): os.system('x')\n    def __init_subclass__(cls): os.fork()\n";
    for (more, calls) in [
        ("", vec![]),
        ("class B(A): pass\n", vec!["os.fork"]),
        ("A()\n", vec!["os.mkdir", "os.fork"]),
        ("A().run()\n", vec!["os.mkdir", "os.system", "os.fork"]),
        ("class B(A): pass\nb = B()\nb.run()\n", vec!["os.mkdir", "os.system", "os.fork"]),
        ("class B(metaclass=A): pass\n", vec!["os.mkdir", "os.fork"]),
    ] {
        let found = read(&format!("{class}{more}")).calls;
        let mut found: Vec<&str> = found[0].iter().map(String::as_str).filter(|name| name.starts_with("os.")).collect();
        let mut calls = calls;
        found.sort_unstable();
        calls.sort_unstable();
        assert_eq!(found, calls, "{more}");
    }
}

#[test]
fn what_is_decoded_and_run_is_seen() {
    for (source, expected) in [
        ("import base64\nexec(base64.b64decode('x'))", &["runs-decoded"][..]),
        ("from base64 import b64decode as d\nx = d('y')\nz = x.decode()\nexec(z)", &["runs-decoded"]),
        ("exec(''.join(map(chr, [1])))", &["runs-decoded"]),
        ("exec('x'[::-1])", &["runs-decoded"]),
        ("exec(bytes.fromhex('00'))", &["runs-decoded"]),
        ("import urllib.request as u\nexec(u.urlopen('x').read())", &["runs-fetched"]),
        ("import base64\n__import__(base64.b64decode('x').decode())", &["computes-name"]),
        ("import pickle, zlib\npickle.loads(zlib.decompress(b'x'))", &["unpickles-decoded"]),
        ("import base64\n(lambda f: f(base64.b64decode('x')))(exec)", &["runs-decoded"]),
        ("import base64\nx = base64.b64decode('y')", &[]),
        ("exec(open('version.py').read())", &[]),
        ("import base64\nimage = base64.b64decode('x')\nexec('a = 1')", &[]),
        ("getattr(x, name)", &[]),
    ] {
        assert_eq!(read(source).features[0], expected, "{source}");
    }
    let module = read("import base64\ndef f():\n    exec(base64.b64decode('x'))\n");
    assert_eq!((module.features[0].len(), module.features[1].as_slice()), (0, &["runs-decoded"][..]));
}

#[test]
fn what_a_nameless_function_is_handed_is_what_it_runs() {
    for source in
        ["(lambda code: exec(code))(__import__('base64').b64decode('cHJpbnQoMSk='))", "import base64\nf = lambda c=base64.b64decode('eA=='): exec(c)"]
    {
        assert!(read(source).features[0].contains(&"runs-decoded"), "{source}");
    }
    assert!(read("import base64\nf = lambda c: base64.b64decode(c)\nexec('x = 1')").features[0].is_empty());
}

#[test]
fn trust_in_what_comes_with_a_model_is_seen() {
    for (source, expected) in [
        ("from transformers import AutoModel\nAutoModel.from_pretrained('x/y', trust_remote_code=True)", [true, false]),
        ("k = {'trust_remote_code': True}\nload(**k)", [true, false]),
        ("def f():\n  load('x', trust_remote_code=True)", [false, true]),
        ("def f(trust_remote_code=True): pass", [false, false]),
        ("load('x', trust_remote_code=False)\ntrust_remote_code = True", [false, false]),
    ] {
        let found = read(source).features.map(|features| features.contains(&"trusts-remote-code"));
        assert_eq!(found, expected, "{source}");
    }
}
