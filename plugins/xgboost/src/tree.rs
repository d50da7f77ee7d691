//! One tree: links from node to node, which the library follows as they are.
//!
//! ```text
//! left_children, right_children: [node or -1]   parents: [node or 2^31 - 1]   split_indices: [feature]
//! tree_param: { num_nodes, num_feature, size_leaf_vector, num_deleted }
//! ```

use crate::limits;

/// A tree while it is read.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub at: u64,
    left: Vec<i32>,
    right: Vec<i32>,
    counts: Vec<(&'static str, u64)>,
    /// The largest feature that a split asks for.
    feature: f64,
    /// Nodes that pruning left behind: their split is a mark.
    deleted: Vec<u32>,
    /// Numbers that are no integers of 32 bits.
    wild: Option<(&'static str, f64)>,
    nodes: Option<f64>,
    features: Option<f64>,
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub what: &'static str,
    pub expected: String,
    pub found: String,
}

/// `kDeletedNodeMarker`, without the bit that says where missing values go.
const DELETED: u32 = 0x7fff_ffff;

/// Arrays with one element for each node.
const PER_NODE: [&str; 5] = ["left_children", "right_children", "parents", "split_indices", "split_conditions"];

impl Tree {
    pub fn new(at: u64) -> Self {
        Tree { at, feature: -1.0, ..Tree::default() }
    }

    pub fn wants(key: &str) -> bool {
        PER_NODE.contains(&key) || matches!(key, "num_nodes" | "num_feature")
    }

    pub fn number(&mut self, key: &str, number: f64) {
        match key {
            "num_nodes" => self.nodes = Some(number),
            "num_feature" => self.features = Some(number),
            key => {
                let Some(name) = PER_NODE.iter().find(|name| **name == key) else { return };
                let index = self.counts.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count);
                match self.counts.iter_mut().find(|(known, _)| known == name) {
                    Some((_, count)) => *count += 1,
                    None => self.counts.push((name, 1)),
                }
                let wild = number.fract() != 0.0 || number < f64::from(i32::MIN) || number > f64::from(i32::MAX);
                match *name {
                    _ if *name != "split_conditions" && wild => self.wild = Some((name, number)),
                    "left_children" if self.left.len() < limits::NODES => self.left.push(number as i32),
                    "right_children" if self.right.len() < limits::NODES => self.right.push(number as i32),
                    "split_indices" if number == f64::from(DELETED) => self.delete(index),
                    "split_indices" => self.feature = self.feature.max(number).max(if number < 0.0 { f64::INFINITY } else { 0.0 }),
                    _ => {}
                }
            }
        }
    }

    /// A node of the binary format.
    pub fn node(&mut self, left: i32, right: i32, feature: u32) {
        if self.left.len() < limits::NODES {
            self.left.push(left);
            self.right.push(right);
        }
        if feature == DELETED {
            self.delete(self.left.len() as u64 - 1);
        } else if left != -1 {
            self.feature = self.feature.max(f64::from(feature));
        }
    }

    fn delete(&mut self, index: u64) {
        if let Ok(index) = u32::try_from(index)
            && self.deleted.len() < limits::NODES
        {
            self.deleted.push(index);
        }
    }

    /// Whether the library comes to a node that has a mark in place of a split.
    fn reaches_deleted(&self) -> bool {
        if self.deleted.is_empty() {
            return false;
        }
        let mut seen = vec![false; self.left.len()];
        let mut next = vec![0];
        while let Some(at) = next.pop() {
            let Some(left) = self.left.get(at).copied().filter(|left| *left != -1) else { continue };
            if !std::mem::replace(&mut seen[at], true) {
                let right = self.right.get(at).copied().unwrap_or(-1);
                next.extend([left, right].into_iter().filter_map(|child| usize::try_from(child).ok()));
            }
        }
        self.deleted.iter().any(|at| seen.get(*at as usize) == Some(&true))
    }

    pub fn sized(&mut self, nodes: f64, features: f64) {
        self.nodes = Some(nodes);
        self.features = Some(features).filter(|features| *features > 0.0);
    }

    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |what, expected: String, found: String| faults.push(Fault { what, expected, found });
        if let Some((name, number)) = self.wild {
            fault("a number that is no integer of 32 bits", format!("integers in {name}"), number.to_string());
        }
        let count = self.left.len();
        if let Some(nodes) = self.nodes.filter(|nodes| *nodes != count as f64 && count < limits::NODES) {
            fault("the number of nodes", format!("{nodes} nodes, as num_nodes says"), count.to_string());
        }
        for (name, have) in &self.counts {
            if *have != count as u64 && count < limits::NODES {
                fault("arrays of different lengths", format!("{count} elements in {name}"), have.to_string());
            }
        }
        if self.reaches_deleted() {
            fault("a split by a feature that there is not", "no node that was pruned".into(), DELETED.to_string());
        }
        // Of a tree too large to be held the links of the rest are not known.
        let whole = count < limits::NODES;
        let inside = |child: i32| child >= 0 && (!whole || (child as usize) < count);
        let mut reached = vec![false; count];
        let mut twice = None;
        for (node, (&left, &right)) in self.left.iter().zip(&self.right).enumerate() {
            for child in [left, right] {
                if child == -1 {
                    continue;
                }
                if !inside(child) {
                    fault("a child that is no node of the tree", format!("below {count}, or -1"), format!("{child} at node {node}"));
                    return faults;
                }
                if let Some(seen) = reached.get_mut(child as usize)
                    && (std::mem::replace(seen, true) || child as usize == node || child == 0)
                {
                    twice = twice.or(Some((child, node)));
                }
            }
        }
        if let Some((child, node)) = twice {
            fault(
                "a node that is reached twice: the tree has a circle, or two parents of one node",
                "one parent".into(),
                format!("{child} at node {node}"),
            );
        }
        if let Some(features) = self.features.filter(|features| self.feature >= *features && *features > 0.0) {
            fault("a split by a feature that there is not", format!("below {features}"), self.feature.to_string());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(left: &[i32], right: &[i32]) -> Vec<&'static str> {
        let mut tree = Tree::new(0);
        for (left, right) in left.iter().zip(right) {
            tree.number("left_children", f64::from(*left));
            tree.number("right_children", f64::from(*right));
        }
        tree.number("num_nodes", left.len() as f64);
        tree.faults().iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn links_are_followed() {
        assert!(tree(&[1, -1, -1], &[2, -1, -1]).is_empty());
        assert!(tree(&[-1], &[-1]).is_empty());
        assert_eq!(tree(&[1, -1, -1], &[3, -1, -1]), ["a child that is no node of the tree"]);
        assert_eq!(tree(&[1, -1, -1], &[-2, -1, -1]), ["a child that is no node of the tree"]);
        assert_eq!(tree(&[1, 2, 1], &[-1, -1, -1]).len(), 1);
        assert_eq!(tree(&[1, 0, -1], &[2, -1, -1]).len(), 1);
    }
}
