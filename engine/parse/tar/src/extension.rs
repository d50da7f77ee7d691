//! Extension headers: what stands before an entry's own header and overrides it.
//!
//! Python reads each extension, then what follows it, and applies the extension last: of two the first one counts. GNU tar applies each as it comes:
//! of two the last one counts, and a pax path stands over a long name.

use crate::header::Header;
use crate::pax::Records;

/// The extensions of one entry, in their order.
#[derive(Default)]
pub(crate) struct Extensions {
    list: Vec<Extension>,
}

pub(crate) enum Extension {
    /// GNU `L`.
    Name(Vec<u8>),
    /// GNU `K`.
    Target(Vec<u8>),
    /// pax `x`, Solaris `X`.
    Pax(Box<Records>),
}

/// A name or target, as the two readers take it.
pub(crate) struct Readings {
    pub python: Vec<u8>,
    pub gnu: Vec<u8>,
}

impl Extensions {
    pub fn add(&mut self, extension: Extension) {
        self.list.push(extension);
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    fn pax(&self) -> impl DoubleEndedIterator<Item = &Records> {
        self.list.iter().filter_map(|extension| match extension {
            Extension::Pax(records) => Some(records.as_ref()),
            _ => None,
        })
    }

    /// All pax records, the first header's over the later ones', as Python has it.
    pub fn records(&self) -> Records {
        let mut all = Records::default();
        self.pax().rev().for_each(|records| all.overlay(records.clone()));
        all
    }

    /// Whether there are two that differ of what there should be one.
    pub fn twice(&self) -> bool {
        let differ = |texts: Vec<&Vec<u8>>| texts.windows(2).any(|pair| pair[0] != pair[1]);
        let names = |pick: fn(&Extension) -> Option<&Vec<u8>>| self.list.iter().filter_map(pick).collect();
        differ(names(|e| if let Extension::Name(name) = e { Some(name) } else { None }))
            || differ(names(|e| if let Extension::Target(target) = e { Some(target) } else { None }))
            || differ(self.pax().filter_map(|records| records.path.as_ref()).collect())
            || self.pax().any(|records| records.twice)
    }

    /// The entry's name.
    pub fn name(&self, header: &Header<'_>, global: &Records) -> Readings {
        let global_name = global.name();
        let mut python = global_name.cloned().unwrap_or_else(|| header.python_name());
        for extension in self.list.iter().rev() {
            match extension {
                Extension::Name(name) => python.clone_from(name),
                Extension::Pax(records) => python = records.name().cloned().unwrap_or(python),
                Extension::Target(_) => {}
            }
        }
        let mut gnu = header.posix_name();
        for extension in &self.list {
            if let Extension::Name(name) = extension {
                gnu.clone_from(name);
            }
        }
        gnu = self.pax().filter_map(Records::name).next_back().or(global_name).cloned().unwrap_or(gnu);
        Readings { python, gnu }
    }

    /// The target of a link.
    pub fn target(&self, header: &Header<'_>, global: &Records) -> Readings {
        let mut python = global.link.clone().unwrap_or_else(|| header.linkname().to_vec());
        for extension in self.list.iter().rev() {
            match extension {
                Extension::Target(target) => python.clone_from(target),
                Extension::Pax(records) => python = records.link.clone().unwrap_or(python),
                Extension::Name(_) => {}
            }
        }
        let mut gnu = header.linkname().to_vec();
        for extension in &self.list {
            if let Extension::Target(target) = extension {
                gnu.clone_from(target);
            }
        }
        gnu = self.pax().filter_map(|records| records.link.as_ref()).next_back().or(global.link.as_ref()).cloned().unwrap_or(gnu);
        Readings { python, gnu }
    }
}
