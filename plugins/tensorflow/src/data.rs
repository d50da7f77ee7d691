//! The data of a checkpoint: `<prefix>.data-00000-of-00001`. Tensors one behind the other; only the index says where each is.

use weighbridge_sdk::{Failure, Input, ReadAt, Region, Span};

/// Whether a file is called so. Nothing in it tells.
pub(crate) fn is_data(name: &str) -> bool {
    let Some((_, shard)) = name.rsplit_once(".data-") else { return false };
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    shard.split_once("-of-").is_some_and(|(index, of)| digits(index) && digits(of))
}

/// Which shard of how many an index means by a number.
pub(crate) fn shard(prefix: &str, index: u64, of: u64) -> String {
    format!("{prefix}.data-{index:05}-of-{of:05}")
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let whole = Span::new(input.start(), input.size());
    Ok(input.region(Region::Payload, whole.start, whole.len())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(is_data("variables.data-00000-of-00001") && is_data("model.ckpt-100.data-00001-of-00010"));
        assert!(!is_data("variables.data-0-of-1") && !is_data("variables.index") && !is_data("x.data-00000-of-0000a"));
        assert!(is_data(&shard("m", 3, 12)));
    }
}
