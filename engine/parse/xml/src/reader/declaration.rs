//! The document type declaration.

use super::Reader;
use crate::doctype::{Doctype, Entity, ExternalId};
use crate::event::Code;
use crate::limits;
use weighbridge_parse_read::{ReadAt, Stop};

impl<R: ReadAt> Reader<R> {
    pub(super) fn doctype(&mut self, at: u64) -> Result<Doctype, Stop> {
        const EXPECTED: &str = "the end of a document type";
        let mut doctype = Doctype { at, ..Doctype::default() };
        self.blanks()?;
        doctype.name = self.name()?;
        self.blanks()?;
        doctype.external = self.external()?;
        self.blanks()?;
        if self.source.peek()? == Some(b'[') {
            self.source.take()?;
            self.subset(&mut doctype)?;
            self.blanks()?;
        }
        let mut junk = Vec::new();
        self.source.until(b">", &mut junk, 64)?;
        if !junk.is_empty() {
            self.issue(Code::Invalid, at, EXPECTED, String::from_utf8_lossy(&junk).into_owned());
        }
        if self.source.byte()?.is_none() {
            self.truncated(at, EXPECTED)?;
        }
        doctype.end = self.source.at;
        Ok(doctype)
    }

    /// `SYSTEM "…"` or `PUBLIC "…" "…"`.
    fn external(&mut self) -> Result<Option<ExternalId>, Stop> {
        if !self.source.peek()?.is_some_and(|byte| byte.is_ascii_alphabetic()) {
            return Ok(None);
        }
        let word = self.name()?;
        self.blanks()?;
        let quoted = |byte: Option<u8>| matches!(byte, Some(b'"' | b'\''));
        match word.as_str() {
            "SYSTEM" => Ok(Some(ExternalId { public: None, system: self.literal("a system literal")?.value })),
            "PUBLIC" => {
                let public = self.literal("a public identifier")?.value;
                self.blanks()?;
                let system = if quoted(self.source.peek()?) { self.literal("a system literal")?.value } else { String::new() };
                Ok(Some(ExternalId { public: Some(public), system }))
            }
            _ => {
                self.issue(Code::Invalid, self.source.at, "SYSTEM or PUBLIC", word);
                Ok(None)
            }
        }
    }

    /// Declarations up to `]`.
    fn subset(&mut self, doctype: &mut Doctype) -> Result<(), Stop> {
        let mut kept = 0;
        loop {
            self.blanks()?;
            let at = self.source.at;
            match self.source.byte()? {
                None => return self.truncated(doctype.at, "] after declarations"),
                Some(b']') => return Ok(()),
                Some(b'%') => {
                    let _name = self.name()?;
                    if self.source.peek()? == Some(b';') {
                        self.source.take()?;
                    }
                    doctype.parameters += 1;
                }
                Some(b'<') => self.declaration(at, doctype, &mut kept)?,
                Some(byte) => {
                    self.issue(Code::Invalid, at, "a declaration", String::from_utf8_lossy(&[byte]).into_owned());
                    let mut junk = Vec::new();
                    self.source.until(b"<]%", &mut junk, 0)?;
                }
            }
            if self.ended {
                return Ok(());
            }
        }
    }

    fn declaration(&mut self, at: u64, doctype: &mut Doctype, kept: &mut usize) -> Result<(), Stop> {
        match self.source.peek()? {
            Some(b'?') => {
                self.source.take()?;
                self.up_to(b"?>", "the end of a processing instruction")?;
                return Ok(());
            }
            Some(b'!') => self.source.take()?,
            _ => {
                self.issue(Code::Invalid, at, "! after < among declarations", String::new());
                return Ok(());
            }
        }
        if self.source.peek()? == Some(b'-') {
            self.source.take()?;
            if self.source.peek()? == Some(b'-') {
                self.source.take()?;
            }
            self.up_to(b"-->", "the end of a comment")?;
            return Ok(());
        }
        let word = self.name()?;
        if word != "ENTITY" {
            // Element types, attribute lists, notations, and conditional sections of external subsets.
            doctype.others += 1;
            return self.rest_of_declaration(at);
        }
        let mut entity = Entity { at, ..Entity::default() };
        self.blanks()?;
        if self.source.peek()? == Some(b'%') {
            self.source.take()?;
            self.blanks()?;
            entity.parameter = true;
        }
        entity.name = self.name()?;
        self.blanks()?;
        match self.source.peek()? {
            Some(b'"' | b'\'') => entity.value = Some(self.literal("an entity's value")?.value),
            _ => entity.external = self.external()?,
        }
        self.blanks()?;
        if self.source.peek()? == Some(b'N') {
            let _ndata = self.name()?;
            self.blanks()?;
            entity.notation = Some(self.name()?);
        }
        self.rest_of_declaration(at)?;
        *kept += entity.name.len() + entity.value.as_ref().map_or(0, String::len) + entity.external.as_ref().map_or(0, |id| id.system.len());
        if doctype.entities.len() < limits::ENTITIES && *kept <= limits::ENTITY_BYTES {
            doctype.entities.push(entity);
        } else {
            doctype.cut = true;
        }
        Ok(())
    }

    /// Passes over the rest, with `>` in quotes.
    fn rest_of_declaration(&mut self, at: u64) -> Result<(), Stop> {
        let mut junk = Vec::new();
        loop {
            self.source.until(b">\"'", &mut junk, 0)?;
            match self.source.byte()? {
                None => return self.truncated(at, "the end of a declaration"),
                Some(b'>') => return Ok(()),
                Some(quote) => {
                    self.source.until(&[quote], &mut junk, 0)?;
                    if self.source.byte()?.is_none() {
                        return self.truncated(at, "the end of a declaration");
                    }
                }
            }
        }
    }
}
