//! One tree: arrays, and links between nodes and leaves.

use crate::limits;

#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub at: u64,
    pub leaves: Option<i64>,
    pub categories: Option<i64>,
    left: Vec<i64>,
    right: Vec<i64>,
    /// Elements of each array.
    counts: Vec<(&'static str, u64)>,
    feature: i64,
    wild: Option<&'static str>,
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub what: &'static str,
    pub expected: String,
    pub found: String,
}

/// Arrays with one element for each inner node, and for each leaf.
const OF_NODES: [&str; 5] = ["split_feature", "threshold", "decision_type", "left_child", "right_child"];
const OF_LEAVES: [&str; 1] = ["leaf_value"];

impl Tree {
    pub fn new(at: u64) -> Self {
        Tree { at, feature: -1, ..Tree::default() }
    }

    /// The array's name, if its elements are wanted.
    pub fn wants(key: &str) -> Option<&'static str> {
        OF_NODES.iter().chain(&OF_LEAVES).find(|name| **name == key).copied()
    }

    pub fn element(&mut self, name: &'static str, word: &str) {
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((name, 1)),
        }
        if !matches!(name, "left_child" | "right_child" | "split_feature") {
            return;
        }
        let Ok(number) = word.parse::<i64>() else {
            self.wild = Some(name);
            return;
        };
        match name {
            "left_child" if self.left.len() < limits::NODES => self.left.push(number),
            "right_child" if self.right.len() < limits::NODES => self.right.push(number),
            "split_feature" => self.feature = self.feature.max(if number < 0 { i64::MAX } else { number }),
            _ => {}
        }
    }

    /// `features` is the largest index of a feature that the header allows.
    pub fn faults(&self, features: Option<i64>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |what, expected: String, found: String| faults.push(Fault { what, expected, found });
        let count = |name: &str| self.counts.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count);
        if let Some(name) = self.wild {
            fault("a number that is no integer of 64 bits", format!("integers in {name}"), "another".into());
        }
        let leaves = match self.leaves {
            Some(leaves) if leaves > 0 => leaves as u64,
            other => {
                fault("the number of leaves", "a positive number".into(), other.map_or("none".into(), |leaves| leaves.to_string()));
                return faults;
            }
        };
        // A tree of one leaf has no inner nodes, and some versions write no arrays for it.
        if leaves > 1 {
            for name in OF_NODES {
                if count(name) != leaves - 1 {
                    fault("an array of another length", format!("{} elements in {name}", leaves - 1), count(name).to_string());
                }
            }
        }
        if count("leaf_value") != leaves {
            fault("an array of another length", format!("{leaves} elements in leaf_value"), count("leaf_value").to_string());
        }
        let nodes = self.left.len() as i64;
        let whole = self.left.len() < limits::NODES;
        let mut reached = vec![false; self.left.len()];
        let mut twice = None;
        for (node, (&left, &right)) in self.left.iter().zip(&self.right).enumerate() {
            for child in [left, right] {
                let leaf = child.checked_neg().map_or(u64::MAX, |leaf| leaf.saturating_sub(1) as u64);
                if child < 0 && leaf >= leaves || child >= nodes && (whole || child < 0) {
                    fault(
                        "a child that is neither node nor leaf of the tree",
                        format!("from {} to {}", -(leaves as i64), nodes - 1),
                        format!("{child} at node {node}"),
                    );
                    return faults;
                }
                if child >= 0
                    && let Some(seen) = reached.get_mut(child as usize)
                    && (std::mem::replace(seen, true) || child == 0)
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
        if let Some(features) = features.filter(|features| self.feature > *features) {
            fault("a split by a feature that there is not", format!("at most {features}"), self.feature.to_string());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(leaves: i64, left: &[i64], right: &[i64]) -> Vec<&'static str> {
        let mut tree = Tree { leaves: Some(leaves), ..Tree::new(0) };
        for (name, numbers) in [
            ("left_child", left),
            ("right_child", right),
            ("split_feature", &vec![0; left.len()]),
            ("threshold", &vec![0; left.len()]),
            ("decision_type", &vec![2; left.len()]),
        ] {
            numbers.iter().for_each(|number| tree.element(Tree::wants(name).unwrap_or(""), &number.to_string()));
        }
        (0..leaves).for_each(|_| tree.element("leaf_value", "0.5"));
        tree.faults(Some(3)).iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn links_lead_to_nodes_and_leaves() {
        assert!(faults(4, &[1, 2, -1], &[-2, -3, -4]).is_empty());
        assert!(faults(1, &[], &[]).is_empty());
        assert_eq!(faults(2, &[5], &[-1]), ["a child that is neither node nor leaf of the tree"]);
        assert_eq!(faults(2, &[-1], &[-9]), ["a child that is neither node nor leaf of the tree"]);
        assert_eq!(faults(3, &[1, 0], &[-1, -2]).len(), 1);
        assert_eq!(faults(2, &[i64::MIN], &[-1]).len(), 1);
    }
}
