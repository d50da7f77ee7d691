//! Document type declarations: what they declare and where they lead. <https://www.w3.org/TR/xml/#dt-doctype>
//!
//! ```text
//! doctypedecl = '<!DOCTYPE' Name (ExternalID)? ('[' intSubset ']')? '>'
//! EntityDecl  = '<!ENTITY' ('%')? Name (EntityValue | ExternalID ('NDATA' Name)?) '>'
//! ExternalID  = 'SYSTEM' SystemLiteral | 'PUBLIC' PubidLiteral SystemLiteral
//! ```

use crate::limits;
use std::collections::HashMap;

/// A document type declaration.
#[derive(Debug, Default)]
pub struct Doctype {
    /// The root element that it is for.
    pub name: String,
    /// Declarations that are kept elsewhere.
    pub external: Option<ExternalId>,
    /// Entities, in order; at most [`limits::ENTITIES`].
    pub entities: Vec<Entity>,
    /// Whether there were more.
    pub cut: bool,
    /// Declarations of elements, attribute lists and notations.
    pub others: u64,
    /// References to parameter entities between the declarations: what they stand for is declarations too.
    pub parameters: u64,
    /// Where it begins.
    pub at: u64,
    /// Where it ends.
    pub end: u64,
}

/// An entity's declaration.
#[derive(Debug, Default, Clone)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Whether it is one for use in declarations.
    pub parameter: bool,
    /// What it stands for, where that is in the document.
    pub value: Option<String>,
    /// Where what it stands for is kept.
    pub external: Option<ExternalId>,
    /// The notation of what is not XML.
    pub notation: Option<String>,
    /// Where the declaration begins.
    pub at: u64,
}

/// Where something is kept.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ExternalId {
    /// A name that a catalogue may know.
    pub public: Option<String>,
    /// A path or address.
    pub system: String,
}

impl Doctype {
    /// How many bytes the largest entity comes to when all references in it are followed: what tells a bomb. An entity that leads back to itself is
    /// infinite.
    pub fn expansion(&self) -> u64 {
        let index: HashMap<&str, usize> = self.entities.iter().enumerate().rev().map(|(at, entity)| (entity.name.as_str(), at)).collect();
        // None: not looked at; Some(None): being looked at.
        let mut sizes: Vec<Option<Option<u64>>> = vec![None; self.entities.len()];
        (0..self.entities.len()).map(|at| self.size(at, &index, &mut sizes, 0)).max().unwrap_or(0)
    }

    fn size(&self, at: usize, index: &HashMap<&str, usize>, sizes: &mut Vec<Option<Option<u64>>>, depth: usize) -> u64 {
        match sizes[at] {
            Some(Some(size)) => return size,
            Some(None) => return u64::MAX,
            // Deeper than this no honest entity nests.
            None if depth > 256 => return u64::MAX,
            None => sizes[at] = Some(None),
        }
        let value = self.entities[at].value.as_deref().unwrap_or("");
        let mut total = value.len() as u64;
        for name in references(value) {
            if let Some(&inner) = index.get(name) {
                total = total.saturating_add(self.size(inner, index, sizes, depth + 1));
            }
        }
        sizes[at] = Some(Some(total));
        total
    }
}

/// Names in `&name;` and `%name;`.
fn references(value: &str) -> impl Iterator<Item = &str> {
    value.match_indices(['&', '%']).filter_map(|(at, _)| {
        let rest = &value[at + 1..];
        let end = rest.find(';').filter(|end| *end <= limits::NAME)?;
        Some(&rest[..end]).filter(|name| !name.starts_with('#') && !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(name: &str, value: &str) -> Entity {
        Entity { name: name.into(), value: Some(value.into()), ..Entity::default() }
    }

    #[test]
    fn laughs_are_counted_without_laughing() {
        let mut entities = vec![entity("a", "lol")];
        for (name, inner) in ["b", "c", "d", "e", "f", "g", "h", "i", "j"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h", "i"]) {
            entities.push(entity(name, &format!("&{inner};").repeat(10)));
        }
        let doctype = Doctype { entities, ..Doctype::default() };
        assert!(doctype.expansion() > 3_000_000_000);
        let circle = Doctype { entities: vec![entity("a", "&b;"), entity("b", "&a;")], ..Doctype::default() };
        assert_eq!(circle.expansion(), u64::MAX);
        assert_eq!(Doctype { entities: vec![entity("a", "plain & simple")], ..Doctype::default() }.expansion(), 14);
    }
}
