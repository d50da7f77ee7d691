use crate::{Code, Event, Reader, Stop};

fn events(document: &[u8]) -> Result<Vec<String>, Stop> {
    let mut reader = Reader::new(document);
    let mut found = Vec::new();
    while let Some(event) = reader.next()? {
        found.push(match event {
            Event::Start(element) => {
                let attributes: Vec<String> = element.attributes.iter().map(|a| format!(" {}={}", a.name, a.value.value)).collect();
                format!("<{}{}{}>", element.name, attributes.concat(), if element.empty { "/" } else { "" })
            }
            Event::End { name, .. } => format!("</{name}>"),
            Event::Text(text) => text.value,
            Event::Comment(text) => format!("#{}", text.value),
            Event::Instruction { target, text } => format!("?{target}{}", text.value),
            Event::Doctype(doctype) => {
                let entities: Vec<String> = doctype
                    .entities
                    .iter()
                    .map(|e| {
                        let mark = if e.parameter { "%" } else { "" };
                        let id = e.external.as_ref().map_or(String::new(), |id| format!("@{}", id.system));
                        format!(" {mark}{}={}{id}", e.name, e.value.as_deref().unwrap_or(""))
                    })
                    .collect();
                let external = doctype.external.map_or(String::new(), |id| format!(" @{}", id.system));
                format!("!{}{external}{} +{} %{}", doctype.name, entities.concat(), doctype.others, doctype.parameters)
            }
            Event::Issue(issue) => format!("({:?} {})", issue.code, issue.expected),
        });
    }
    Ok(found)
}

#[test]
fn reads_a_document() -> Result<(), Stop> {
    let document = b"\xef\xbb\xbf<?xml version='1.0' encoding=\"UTF-8\"?>\n<a x='1 &lt; 2' y=\"&#65;&#x42;&e;\"><!-- c--d --><b/>t &amp; u<![CDATA[<x>]]]]></a>\n";
    assert_eq!(events(document)?, ["?xml version='1.0' encoding=\"UTF-8\"", "<a x=1 < 2 y=AB&e;>", "# c--d ", "<b/>", "t & u", "<x>]]", "</a>"]);
    Ok(())
}

#[test]
fn reads_declarations_without_following_them() -> Result<(), Stop> {
    let document = b"<!DOCTYPE m PUBLIC '-//x' \"http://h.invalid/m.dtd\" [\n<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;\n<!ELEMENT a (b, '>')><!-- > ] --><?x ]?>\
        <!ENTITY a \"1&b;\"><!ENTITY i SYSTEM 'x.gif' NDATA gif>]><m>&a;</m>";
    assert_eq!(events(document)?, ["!m @http://h.invalid/m.dtd %p=@file:///etc/passwd a=1&b; i=@x.gif +1 %1", "<m>", "&a;", "</m>"]);
    Ok(())
}

#[test]
fn reads_utf_16() -> Result<(), Stop> {
    for big in [false, true] {
        let text = "\u{feff}<!DOCTYPE a [<!ENTITY x SYSTEM 'f'>]><a b='\u{1f600}é'/>";
        let document: Vec<u8> = text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        assert_eq!(events(&document)?, ["!a x=@f +0 %0", "<a b=\u{1f600}é/>"]);
        // Without the mark.
        assert_eq!(events(&document[2..])?, ["!a x=@f +0 %0", "<a b=\u{1f600}é/>"]);
    }
    Ok(())
}

#[test]
fn says_what_breaks_the_grammar_and_goes_on() -> Result<(), Stop> {
    assert_eq!(events(b"<a><b></a>")?, ["<a>", "<b>", "(Invalid the end tag of the innermost element)", "</a>"]);
    assert_eq!(events(b"<a x=1 y/>")?, ["(Invalid an attribute's value)", "(Invalid = after an attribute's name)", "<a x=1 y=/>"]);
    assert_eq!(
        events(b"<a><b <c/></a>")?,
        ["<a>", "(Invalid the end of a start tag)", "<b>", "<c/>", "(Invalid the end tag of the innermost element)", "</a>"]
    );
    assert_eq!(events(b"<a/><b/>x")?, ["<a/>", "(Duplicate one root element)", "<b/>", "(Invalid markup outside the root element)", "x"]);
    assert_eq!(events(b"<a x='1' x='2'/>")?, ["(Duplicate an attribute of another name)", "<a x=1 x=2/>"]);
    assert_eq!(events(b"")?, ["(Truncated an element)"]);
    assert_eq!(events(b"<?xml version='1.0' encoding='UTF-7'?><a/>")?[0], "(Encoding an encoding in which ASCII is ASCII, or UTF-16 with its mark)");
    Ok(())
}

#[test]
fn every_prefix_ends_with_an_issue() -> Result<(), Stop> {
    let document = b"<!DOCTYPE m [<!ENTITY a 'b'><!-- c -->]><?p q?><m a='b'>t<!-- c --><![CDATA[d]]><n/></m>";
    for end in 0..document.len() {
        let mut reader = Reader::new(&document[..end]);
        let mut issue = None;
        while let Some(event) = reader.next()? {
            if let Event::Issue(found) = event {
                assert!(found.at <= end as u64);
                issue = Some(found.code);
            }
        }
        assert!(issue.is_some(), "{}", String::from_utf8_lossy(&document[..end]));
    }
    Ok(())
}

#[test]
fn long_texts_are_cut_and_deep_elements_followed() -> Result<(), Stop> {
    let mut document = b"<a>".repeat(200_000);
    document.extend(b"x".repeat(1 << 20));
    let mut reader = Reader::new(&document);
    let (mut depth, mut text, mut last) = (0, None, None);
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(element) => depth = element.depth,
            Event::Text(found) => text = Some(found),
            Event::Issue(issue) => last = Some(issue.code),
            _ => {}
        }
    }
    assert_eq!((depth, last), (199_999, Some(Code::Truncated)));
    assert!(text.is_some_and(|text| text.cut && text.length == 1 << 20));
    let comment = [b"<a><!--".to_vec(), b"-".repeat(1 << 18), b"-->t</a>".to_vec()].concat();
    assert_eq!(events(&comment)?.len(), 4);
    Ok(())
}
