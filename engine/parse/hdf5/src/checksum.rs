//! The checksum of metadata: Bob Jenkins' lookup3, hashlittle with an initial value of 0.
//!
//! <https://burtleburtle.net/bob/c/lookup3.c>

/// The checksum of bytes.
pub(crate) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let word = |bytes: &[u8], at: usize| (0..4).fold(0u32, |word, i| word | u32::from(bytes.get(at + i).copied().unwrap_or(0)) << (8 * i));
    let mut rest = bytes;
    while rest.len() > 12 {
        a = a.wrapping_add(word(rest, 0));
        b = b.wrapping_add(word(rest, 4));
        c = c.wrapping_add(word(rest, 8));
        for (shift, step) in [4, 6, 8, 16, 19, 4].into_iter().enumerate() {
            // The three change places after each step: (a, c, b), (b, a, c), (c, b, a), …
            let (x, y, z) = match shift % 3 {
                0 => (&mut a, &mut c, &mut b),
                1 => (&mut b, &mut a, &mut c),
                _ => (&mut c, &mut b, &mut a),
            };
            *x = x.wrapping_sub(*y);
            *x ^= y.rotate_left(step);
            *y = y.wrapping_add(*z);
        }
        rest = &rest[12..];
    }
    if rest.is_empty() {
        return c;
    }
    a = a.wrapping_add(word(rest, 0));
    b = b.wrapping_add(word(rest, 4));
    c = c.wrapping_add(word(rest, 8));
    for (at, step) in [14, 11, 25, 16, 4, 14, 24].into_iter().enumerate() {
        let (x, y) = match at % 3 {
            0 => (&mut c, b),
            1 => (&mut a, c),
            _ => (&mut b, a),
        };
        *x = (*x ^ y).wrapping_sub(y.rotate_left(step));
    }
    c
}

#[cfg(test)]
mod tests {
    use super::lookup3;

    #[test]
    fn known_values() {
        // From the self-test of lookup3.c.
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
