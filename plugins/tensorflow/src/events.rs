//! Event files of TensorBoard: records with a graph in some of them.
//!
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/io/record_writer.h>,
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto>.

use crate::walk::Walk;
use weighbridge_parse_proto::{Message, Value};
use weighbridge_sdk::{Failure, Input, ReadAt, Span, Stop, contains};

/// What the first record says: `file_version`, of Event.
const VERSION: &[u8] = b"\x1a\x0dbrain.Event:";

pub(crate) fn is_events(head: &[u8]) -> bool {
    head.len() > 12 && head[4..8] == [0; 4] && contains(&head[..head.len().min(64)], VERSION)
}

/// ```text
/// record := length:u64 _masked_crc:u32 data:[u8] _masked_crc:u32
/// ```
pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut walk = Walk::new(input);
    let mut at = 0;
    while at < input.size() {
        input.poll(1)?;
        let left = input.size() - at;
        let length = input.array(at)?.map(u64::from_le_bytes);
        let Some(length) = length.filter(|length| length.checked_add(16).is_some_and(|whole| whole <= left)) else {
            let found = format!("{left} bytes to the end");
            let expected = length.map_or("a length".to_owned(), |length| format!("a record of {length} bytes"));
            walk.report.broken("truncated", "record", &expected, &found, at)?;
            break;
        };
        walk.event(Span::new(at + 12, at + 12 + length))?;
        at += length + 16;
    }
    walk.report.finish()
}

impl Walk<'_, '_> {
    /// ```text
    /// Event { _wall_time = 1, _step = 2, _file_version = 3, graph_def = 4, summary = 5, _log_message = 6, _session_log = 7,
    ///         _tagged_run_metadata = 8, meta_graph_def = 9, _source_metadata = 10 }
    /// ```
    fn event(&mut self, span: Span) -> Result<(), Stop> {
        self.fields("Event", Message::new(span), |walk, message, field| match (field.number, field.value) {
            (4, Value::Bytes(span)) => walk.graph_in(message, span),
            (9, Value::Bytes(span)) => match walk.nested("MetaGraphDef", message, span)? {
                Some(graph) => walk.meta_graph(graph),
                None => Ok(()),
            },
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })
    }
}
