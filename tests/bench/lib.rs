//! The inputs of the benchmarks, made in memory: the same bytes on every machine.

/// A pickle of protocol 4 that is nothing but opcodes: a list of `records` tuples of small numbers and short texts, memoised as
/// CPython's pickler does. Ten opcodes in 25 bytes for each.
pub fn dense(records: u32) -> Vec<u8> {
    let mut out = b"\x80\x04]\x94(".to_vec();
    for n in 0..records {
        out.extend(b"(K\x01M\x02\x03J");
        out.extend(n.to_le_bytes());
        out.extend(b"\x8c\x07");
        out.extend(format!("{:07}", n % 10_000_000).bytes());
        out.extend(b"\x94\x88Nt\x94");
        // Picklers write in batches of a thousand.
        if n % 1_000 == 999 {
            out.extend(b"e(");
        }
    }
    out.extend(b"e.");
    out
}

/// A pickle of `objects` instances of one class, each with its state: what a tree model is made of.
/// Eleven opcodes in 17 bytes for each.
pub fn objects(objects: u32) -> Vec<u8> {
    let mut out = b"\x80\x04]\x94(".to_vec();
    out.extend(b"\x8c\x0apkg.models\x94\x8c\x04Node\x94\x93\x94\x8c\x01n\x940");
    for n in 0..objects {
        out.extend(b"h\x03)\x81\x94}\x94(h\x04J");
        out.extend(n.to_le_bytes());
        out.extend(b"ub");
    }
    out.extend(b"e.");
    out
}

/// A small checkpoint's pickle: a state dict of `tensors` tensors in storages beside it.
pub fn state_dict(tensors: u32) -> Vec<u8> {
    let short = |out: &mut Vec<u8>, text: &str| {
        out.extend(b"X");
        out.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        out.extend(text.bytes());
    };
    let mut out = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(".to_vec();
    for n in 0..tensors {
        short(&mut out, &format!("layer.{n}.weight"));
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        short(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        short(&mut out, &n.to_string());
        short(&mut out, "cpu");
        out.extend(b"K\x10tQK\x00K\x04K\x04\x86K\x04K\x01\x86\x89ccollections\nOrderedDict\n)RtR");
    }
    out.extend(b"u.");
    out
}

/// A ZIP archive of stored members, with nothing in it that is not as it should be.
pub fn archive(members: &[(String, Vec<u8>)], crc: fn(&[u8]) -> u32) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::<u8>::new(), Vec::<u8>::new());
    for (name, data) in members {
        let offset = (out.len() as u32).to_le_bytes();
        let size = (data.len() as u32).to_le_bytes();
        let mut common = b"\x14\0\0\0\0\0\0\0\x21\0".to_vec();
        for part in [&crc(data).to_le_bytes(), &size, &size] {
            common.extend(part);
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(b"\0\0");
        for part in [b"PK\x03\x04", &common[..], name.as_bytes(), data] {
            out.extend(part);
        }
        for part in [b"PK\x01\x02\x14\0", &common[..], &[0; 10], &offset, name.as_bytes()] {
            directory.extend(part);
        }
    }
    let (count, at, size) = ((members.len() as u16).to_le_bytes(), out.len() as u32, directory.len() as u32);
    out.extend(directory);
    for part in [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size.to_le_bytes(), &at.to_le_bytes(), b"\0\0"] {
        out.extend(part);
    }
    out
}

/// A checkpoint as PyTorch writes it: a pickle and `tensors` storages of 64 bytes.
pub fn checkpoint(tensors: u32, crc: fn(&[u8]) -> u32) -> Vec<u8> {
    let mut members = vec![("model/data.pkl".to_owned(), state_dict(tensors))];
    members.extend((0..tensors).map(|n| (format!("model/data/{n}"), vec![0; 64])));
    members.push(("model/version".to_owned(), b"3\n".to_vec()));
    archive(&members, crc)
}

/// A pack of so many allow entries and rules, as a large organisation might have it: every entry has names and a reason, every rule its texts and two examples.
pub fn large_pack(entries: usize, rules: usize) -> String {
    let mut pack = "[pack]\nid = \"large\"\nversion = \"1.0.0\"\ntitle = \"Large\"\nmode = \"allowlist\"\nvocabulary = 1\n".to_owned();
    for n in 0..rules {
        let module = format!("pkg{}.mod{n}", n % 97);
        pack += &format!(
            "\n[[rule]]\nid = \"rule-{n}\"\ntitle = \"Calls function {n}\"\nseverity = \"high\"\nthreat = \"suspicious_global\"\n\
             match = {{ globals = {{ \"{module}\" = [\"run{n}\", \"exec{n}\"] }} }}\nwhy = \"It runs what {n} says.\"\nremedy = \"Do not load the file.\"\n\
             references = [\"https://example.com/{n}\"]\n[[rule.examples]]\nfact = {{ kind = \"global\", module = \"{module}\", name = \"run{n}\" }}\n\
             [[rule.examples]]\nfact = {{ kind = \"global\", module = \"{module}\", name = \"other\" }}\nmatches = false\n"
        );
    }
    for n in 0..entries {
        pack += &format!(
            "\n[[allow]]\nmodule = \"lib{}.models.m{n}\"\nnames = [\"Net{n}\", \"Head\"]\ncall = \"new\"\nlibrary = \"lib\"\nreason = \"ours, reviewed\"\n",
            n % 211
        );
    }
    pack
}
