//! Sizes, times and errors, as people write and read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use weighbridge_core::suppress::Date;

/// A size in bytes: a number, and K, M, G or T for powers of 1,024 (KB and KiB mean the same).
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_lowercase();
    let shift = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" if unit != "i" && unit != "ib" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(format!("`{unit}` is not a unit of size: write for example 500K, 20M or 4G")),
    };
    let wrong = || "a size is a number and a unit: write for example 500K, 20M or 4G".to_owned();
    let digits = digits.trim();
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(1 << shift).ok_or_else(|| "larger than any file can be".into());
    }
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number * f64::from(1_u32 << (shift / 2)) * f64::from(1_u32 << (shift / 2));
    // 2^63: beyond that a float is no longer a size of a file.
    if !(0.0..9.2e18).contains(&bytes) {
        return Err(wrong());
    }
    Ok(bytes as u64)
}

/// An offset: a number in decimal, or in hexadecimal after 0x.
pub fn parse_offset(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map_err(|_| "an offset is a number: write for example 500 or 0x1f4".into())
}

/// A time: a number of seconds, or a number and ms, s, m or h.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "ms" => 0.001,
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        unit => return Err(format!("`{unit}` is not a unit of time: write for example 30s, 5m or 2h")),
    };
    let number: f64 = digits.trim().parse().map_err(|_| "a time is a number and a unit: write for example 30s, 5m or 2h".to_owned())?;
    Duration::try_from_secs_f64(number * seconds).ok().filter(|time| !time.is_zero()).ok_or_else(|| "a time has to be more than nothing".into())
}

/// A size for people: three significant digits.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match (unit, bytes) {
        (0, 1) => "1 byte".into(),
        (0, _) => format!("{bytes} bytes"),
        _ if value < 9.995 => format!("{value:.2} {}", UNITS[unit]),
        _ if value < 99.95 => format!("{value:.1} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A time span for people.
pub fn seconds(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 100.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

/// Why something failed, without the number that the operating system gives it.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// A number and its noun.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Some names, and how many more there are.
pub fn some(names: &[String]) -> String {
    const SOME: usize = 3;
    match names.len().saturating_sub(SOME) {
        0 => names.join(", "),
        more => format!("{} and {} more", names[..SOME].join(", "), grouped(more as u64)),
    }
}

/// A number with commas between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A point in time as RFC 3339 has it, in UTC.
pub fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let rest = seconds % 86_400;
    format!("{}T{:02}:{:02}:{:02}Z", Date::of(time), rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [("0", 0), ("12", 12), ("1k", 1024), ("20M", 20 << 20), ("4GiB", 4 << 30), ("1.5 K", 1536), ("2T", 2 << 40), ("7b", 7)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "-1", "1X", "1e400", "99999999999999999999", "20000000T", "NaN", "5ib"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn offsets_are_read() {
        assert_eq!([parse_offset("500"), parse_offset("0x1F4"), parse_offset("0")], [Ok(500), Ok(500), Ok(0)]);
        for text in ["", "-1", "0x", "1f4", "0xzz", "99999999999999999999"] {
            assert!(parse_offset(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(parse_duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        for text in ["", "0", "-3", "5x", "m", "1e300h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!([size(1), size(999), size(1_000), size(1_536), size(123 << 20)], ["1 byte", "999 bytes", "0.98 KiB", "1.50 KiB", "123 MiB"]);
        assert_eq!([grouped(7), grouped(1_000), grouped(1_234_567)], ["7", "1,000", "1,234,567"]);
        assert_eq!([seconds(0.0123), seconds(2.34), seconds(125.0)], ["12 ms", "2.3 s", "2 min 5 s"]);
    }

    #[test]
    fn times_are_of_the_calendar() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_735_689_599), "2024-12-31T23:59:59Z");
    }
}
