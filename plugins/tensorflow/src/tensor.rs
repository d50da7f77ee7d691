//! `TensorProto`: <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/tensor.proto>.

use crate::limits;
use crate::walk::Walk;
use weighbridge_parse_proto::{Error, Message, Value};
use weighbridge_sdk::{Fact, Span, Stop};

/// `DataType.DT_STRING`.
const STRING: u64 = 7;

/// `DataType`: bytes of an element, of types whose elements have a size.
pub(crate) fn element(dtype: u64) -> Option<u64> {
    Some(match dtype % 100 {
        4 | 6 | 10..=12 | 24..=28 => 1,
        5 | 14..=17 | 19 => 2,
        1 | 3 | 13 | 22 => 4,
        2 | 8 | 9 | 23 => 8,
        18 => 16,
        _ => return None,
    })
}

impl Walk<'_, '_> {
    /// ```text
    /// TensorProto { dtype = 1, tensor_shape = 2, _version_number = 3, tensor_content = 4, float_val = 5, double_val = 6, int_val = 7,
    ///               string_val = 8, scomplex_val = 9, int64_val = 10, bool_val = 11, dcomplex_val = 12, half_val = 13,
    ///               _resource_handle_val = 14, variant_val = 15, uint32_val = 16, uint64_val = 17, float8_val = 18 }
    /// ```
    pub fn tensor(&mut self, name: &str, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(tensor) = self.nested("TensorProto", message, span)? else { return Ok(()) };
        let (mut dtype, mut elements, mut content) = (0, Some(1), None);
        self.fields("TensorProto", tensor, |walk, message, field| {
            match (field.number, field.value) {
                (1, Value::Varint(number)) => dtype = number,
                (2, Value::Bytes(span)) => elements = walk.shape(message, span)?,
                (4, Value::Bytes(span)) if !span.is_empty() => content = Some(span),
                (8, Value::Bytes(span)) => walk.constant(name, span)?,
                (15, Value::Bytes(span)) => walk.variant(name, message, span)?,
                (5..=7 | 9..=13 | 16..=18, Value::Bytes(span)) => walk.report.account.payload(walk.report.input, span)?,
                (_, Value::Bytes(span)) => walk.left(span)?,
                _ => {}
            }
            Ok(())
        })?;
        let Some(content) = content else { return Ok(()) };
        if dtype == STRING {
            return match self.strings(content, elements, usize::MAX)? {
                Some(strings) => strings.into_iter().try_for_each(|span| self.constant(name, span)),
                None => self.constant(name, content),
            };
        }
        self.report.account.payload(self.report.input, content)?;
        let expected = elements.zip(element(dtype)).and_then(|(elements, element)| elements.checked_mul(element));
        if expected.is_some_and(|expected| expected != content.len()) {
            let (expected, found) = (format!("{} bytes", expected.unwrap_or(0)), format!("{} bytes", content.len()));
            let fact = Fact::anomaly("size-mismatch").text("detail", "content of another size than type and shape ask for");
            self.report.anomaly(fact.text("expected", &expected).text("found", &found).text_if("target", name), span)?;
        }
        Ok(())
    }

    /// ```text
    /// TensorShapeProto { dim = 2: Dim { size = 1, name = 2 }, _unknown_rank = 3 }
    /// ```
    /// How many elements; `None` where a dimension is negative or the product overflows.
    pub fn shape(&mut self, message: &Message, span: Span) -> Result<Option<u64>, Stop> {
        let Some(shape) = self.nested("TensorShapeProto", message, span)? else { return Ok(None) };
        let mut elements = Some(1u64);
        self.fields("TensorShapeProto", shape, |walk, message, field| {
            let (2, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            let Some(dim) = walk.nested("TensorShapeProto.Dim", message, span)? else { return Ok(()) };
            let mut size = 0;
            walk.fields("TensorShapeProto.Dim", dim, |_, _, field| {
                if let (1, Value::Varint(number)) = (field.number, field.value) {
                    size = number;
                }
                Ok(())
            })?;
            elements = elements.filter(|_| i64::try_from(size).is_ok()).and_then(|elements| elements.checked_mul(size));
            Ok(())
        })?;
        Ok(elements)
    }

    /// ```text
    /// VariantTensorDataProto { type_name = 1, metadata = 2, tensors = 3 }
    /// ```
    fn variant(&mut self, name: &str, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(variant) = self.nested("VariantTensorDataProto", message, span)? else { return Ok(()) };
        self.fields("VariantTensorDataProto", variant, |walk, message, field| match (field.number, field.value) {
            (2, Value::Bytes(span)) => walk.constant(name, span),
            (3, Value::Bytes(span)) => walk.tensor(name, message, span),
            _ => Ok(()),
        })
    }

    /// Strings as raw content: the length of each as a varint, then all of them. `None` where there are more than are read.
    fn strings(&mut self, content: Span, elements: Option<u64>, keep: usize) -> Result<Option<Vec<Span>>, Stop> {
        let Some(elements) = elements.filter(|elements| *elements <= limits::CONTENT) else { return Ok(None) };
        let mut lengths = Vec::new();
        let mut at = content.start;
        for _ in 0..elements {
            match self.reader.varint_at(&mut at, content.end) {
                Ok(length) if lengths.len() < keep => lengths.push(length),
                Ok(_) => {}
                Err(Error::Stop(stop)) => return Err(stop),
                Err(Error::Broken(_)) => break,
            }
        }
        let strings = lengths.into_iter().map(|length| {
            let start = at;
            at = at.saturating_add(length).min(content.end);
            Span::new(start, at)
        });
        Ok(Some(strings.collect()))
    }

    /// The first strings of a tensor, whichever way they are stored. What is broken in it is said elsewhere.
    pub fn texts(&mut self, message: &Message, span: Span) -> Result<Vec<String>, Stop> {
        let Ok(tensor) = message.nested(span) else { return Ok(Vec::new()) };
        let (mut dtype, mut elements, mut content) = (0, Some(1), None);
        let mut spans = Vec::new();
        self.again(tensor, |walk, message, field| {
            match (field.number, field.value) {
                (1, Value::Varint(number)) => dtype = number,
                (2, Value::Bytes(span)) => elements = walk.shape(message, span)?,
                (4, Value::Bytes(span)) if !span.is_empty() => content = Some(span),
                (8, Value::Bytes(span)) if spans.len() < limits::STRINGS => spans.push(span),
                _ => {}
            }
            Ok(())
        })?;
        if let (STRING, Some(content)) = (dtype, content) {
            spans = self.strings(content, elements, limits::STRINGS)?.unwrap_or_default();
        }
        let mut texts = Vec::new();
        for span in spans {
            texts.push(self.reader.text(span, limits::ARGUMENT)?);
        }
        Ok(texts)
    }
}
