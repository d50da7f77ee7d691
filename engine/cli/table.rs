//! Tables on a terminal.

use crate::terminal::{BOLD, Look};
use crate::text::{escape, width, wrap};
use std::io::{self, Write};

/// Prints rows under a heading, each column as wide as its widest cell; the last one is wrapped.
pub fn print(out: &mut dyn Write, look: Look, heading: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| escape(cell).into_owned()).collect()).collect();
    let last = heading.len().saturating_sub(1);
    let widths: Vec<usize> = (0..last)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).chain([width(heading[at])]).max().unwrap_or(0))
        .collect();
    let before: usize = widths.iter().map(|width| width + 2).sum();
    let room = look.width.saturating_sub(before).max(24);
    let mut line = |cells: &[String], bold: bool| -> io::Result<()> {
        let mut text = String::new();
        for (cell, wide) in cells.iter().zip(&widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', wide + 2 - width(cell)));
        }
        let wrapped = wrap(cells.get(last).map_or("", String::as_str), room);
        text.push_str(wrapped.first().map_or("", String::as_str));
        let text = text.trim_end();
        writeln!(out, "{}", if bold { look.paint(BOLD, text) } else { text.to_owned() })?;
        for more in wrapped.iter().skip(1) {
            writeln!(out, "{:before$}{more}", "")?;
        }
        Ok(())
    };
    line(&heading.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>(), true)?;
    rows.iter().try_for_each(|row| line(row, false))
}
