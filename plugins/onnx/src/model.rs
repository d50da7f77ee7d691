//! `ModelProto`, `GraphProto`, `NodeProto`, `AttributeProto`, `FunctionProto`, `TensorProto`.
//!
//! The names of fields are those of <https://github.com/onnx/onnx/blob/main/onnx/onnx-ml.proto>.

use crate::report::Report;
use crate::tensor::{self, Tensor};
use crate::{interface, limits};
use std::collections::HashSet;
use weighbridge_parse_proto::{Broken, Error, Field, Message, Reader, Value};
use weighbridge_sdk::{Failure, Input, ReadAt, Span, Stop};

/// Domains of the specification itself: their operators compute, and their arguments say nothing.
pub(crate) const STANDARD: [&str; 6] = ["", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training"];

/// Elements of a tensor: number and name of the field.
const DATA: [(u32, &str); 6] =
    [(4, "float_data"), (5, "int32_data"), (6, "string_data"), (7, "int64_data"), (10, "double_data"), (11, "uint64_data")];

pub(crate) fn scan(input: &Input<'_>, single: bool) -> Result<(), Failure> {
    let mut walk = Walk { reader: Reader::new(input), report: Report::new(input), functions: HashSet::new(), graphs: 0 };
    let whole = walk.reader.whole();
    if single {
        walk.tensor(&whole)?;
    } else {
        input.columns("interface", &["graph", "kind", "name", "type"])?;
        input.columns("nodes", &["domain", "operator", "name"])?;
        walk.functions(whole)?;
        walk.model(whole)?;
        if walk.graphs == 0 {
            walk.report.broken("invalid", "a model without a graph", "field 7", "none", input.size())?;
        }
    }
    walk.report.finish()
}

struct Walk<'i, 'h> {
    reader: Reader<&'i Input<'h>>,
    report: Report<'i, 'h>,
    /// Domain and name of the functions that the model defines.
    functions: HashSet<(String, String)>,
    graphs: u64,
}

impl Walk<'_, '_> {
    /// Calls `each` for every field of a message. Where it is broken, that is said, and the walk goes on behind it.
    fn fields(&mut self, what: &str, mut message: Message, mut each: impl FnMut(&mut Self, &Message, Field) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            match self.reader.next(&mut message) {
                Ok(Some(field)) => each(self, &message, field)?,
                Ok(None) => return Ok(()),
                Err(error) => return self.stopped(what, error),
            }
        }
    }

    fn stopped(&mut self, what: &str, error: Error) -> Result<(), Stop> {
        match error {
            Error::Stop(stop) => Err(stop),
            Error::Broken(broken) => self.broken(what, broken),
        }
    }

    fn broken(&mut self, what: &str, broken: Broken) -> Result<(), Stop> {
        self.report.broken(broken.fault.code(), what, &broken.fault.expected(), &broken.fault.found(), broken.at)
    }

    /// The message in a field, or an anomaly where it lies too deep.
    fn nested(&mut self, what: &str, message: &Message, span: Span) -> Result<Option<Message>, Stop> {
        match message.nested(span) {
            Ok(message) => Ok(Some(message)),
            Err(broken) => self.broken(what, broken).map(|()| None),
        }
    }

    fn name(&mut self, span: Span) -> Result<String, Stop> {
        self.reader.text(span, limits::NAME)
    }

    /// Bytes that nothing here reads on: structure where they are few.
    fn left(&mut self, span: Span) -> Result<(), Stop> {
        if span.len() >= limits::PAYLOAD {
            self.report.account.payload(self.report.input, span)?;
        }
        Ok(())
    }

    fn metadata(&mut self, key: &str, span: Span) -> Result<(), Stop> {
        let value = self.reader.text(span, limits::VALUE)?;
        self.report.metadata(key, &value, span.len(), span)?;
        self.left(span)
    }

    fn doc(&mut self, span: Span) -> Result<(), Stop> {
        let value = self.reader.text(span, limits::VALUE)?;
        self.report.text(&value, span.len(), span)?;
        self.left(span)
    }

    /// ```text
    /// StringStringEntryProto { key = 1, value = 2 }
    /// ```
    fn entry(&mut self, message: &Message, span: Span) -> Result<Option<(String, Span)>, Stop> {
        let Some(entry) = self.nested("StringStringEntryProto", message, span)? else { return Ok(None) };
        let (mut key, mut value) = (String::new(), Span::default());
        self.fields("StringStringEntryProto", entry, |walk, _, field| {
            match (field.number, field.value) {
                (1, Value::Bytes(span)) => key = walk.name(span)?,
                (2, Value::Bytes(span)) => value = span,
                _ => {}
            }
            Ok(())
        })?;
        Ok(Some((key, value)))
    }

    fn property(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        if let Some((key, value)) = self.entry(message, span)? {
            self.metadata(&key, value)?;
            // Tools keep whole files in here.
            self.report.constant(&key, value)?;
        }
        Ok(())
    }

    /// Domain and name of a function, wherever they stand in it.
    fn function_name(&mut self, mut function: Message) -> Result<(String, String), Stop> {
        let (mut domain, mut name) = (String::new(), String::new());
        while let Ok(Some(field)) = self.reader.next(&mut function) {
            match (field.number, field.value) {
                (1, Value::Bytes(span)) => name = self.name(span)?,
                (10, Value::Bytes(span)) => domain = self.name(span)?,
                _ => {}
            }
        }
        Ok((domain, name))
    }

    /// Which functions there are, since their nodes may come before them.
    fn functions(&mut self, mut model: Message) -> Result<(), Stop> {
        loop {
            match self.reader.next(&mut model) {
                Ok(Some(Field { number: 25, value: Value::Bytes(span), .. })) if self.functions.len() < limits::FUNCTIONS => {
                    let name = self.function_name(Message::new(span))?;
                    self.functions.insert(name);
                }
                Ok(Some(_)) => {}
                Err(Error::Stop(stop)) => return Err(stop),
                // What is broken is said by the walk that follows.
                Ok(None) | Err(Error::Broken(_)) => return Ok(()),
            }
        }
    }

    /// ```text
    /// ModelProto { ir_version = 1, producer_name = 2, producer_version = 3, domain = 4, model_version = 5, doc_string = 6, graph = 7,
    ///              opset_import = 8, metadata_props = 14, training_info = 20, functions = 25, configuration = 26 }
    /// ```
    fn model(&mut self, model: Message) -> Result<(), Stop> {
        self.fields("ModelProto", model, |walk, message, field| match (field.number, field.value) {
            (1, Value::Varint(version)) => walk.report.metadata("onnx.ir_version", &version.to_string(), 0, field.span()),
            (2, Value::Bytes(span)) => walk.metadata("onnx.producer_name", span),
            (3, Value::Bytes(span)) => walk.metadata("onnx.producer_version", span),
            (4, Value::Bytes(span)) => walk.metadata("onnx.domain", span),
            (6, Value::Bytes(span)) => walk.doc(span),
            (7, Value::Bytes(span)) => walk.graph(message, span),
            (8, Value::Bytes(span)) => walk.opset(message, span),
            (14, Value::Bytes(span)) => walk.property(message, span),
            (20, Value::Bytes(span)) => walk.training(message, span),
            (25, Value::Bytes(span)) => walk.function(message, span),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })
    }

    /// ```text
    /// OperatorSetIdProto { domain = 1, version = 2 }
    /// ```
    fn opset(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(opset) = self.nested("OperatorSetIdProto", message, span)? else { return Ok(()) };
        let (mut domain, mut version) = ("ai.onnx".to_owned(), 0);
        self.fields("OperatorSetIdProto", opset, |walk, _, field| {
            match (field.number, field.value) {
                (1, Value::Bytes(span)) if !span.is_empty() => domain = walk.name(span)?,
                (2, Value::Varint(number)) => version = number,
                _ => {}
            }
            Ok(())
        })?;
        self.report.metadata("onnx.opset", &format!("{domain} {version}"), 0, span)
    }

    /// ```text
    /// TrainingInfoProto { initialization = 1, algorithm = 2, initialization_binding = 3, update_binding = 4 }
    /// ```
    fn training(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(training) = self.nested("TrainingInfoProto", message, span)? else { return Ok(()) };
        self.fields("TrainingInfoProto", training, |walk, message, field| match (field.number, field.value) {
            (1 | 2, Value::Bytes(span)) => walk.graph(message, span),
            _ => Ok(()),
        })
    }

    /// ```text
    /// GraphProto { node = 1, name = 2, initializer = 5, doc_string = 10, input = 11, output = 12, value_info = 13,
    ///              quantization_annotation = 14, sparse_initializer = 15, metadata_props = 16 }
    /// ```
    fn graph(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        self.graphs += 1;
        let Some(graph) = self.nested("GraphProto", message, span)? else { return Ok(()) };
        self.fields("GraphProto", graph, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => walk.node(message, span),
            (5, Value::Bytes(span)) => walk.tensor_in(message, span),
            (10, Value::Bytes(span)) => walk.doc(span),
            (11 | 12, Value::Bytes(span)) => {
                interface::list(&mut walk.reader, walk.report.input, &walk.report.graph, field.number == 11, message, span)?;
                walk.left(span)
            }
            (15, Value::Bytes(span)) => walk.sparse(message, span),
            (16, Value::Bytes(span)) => walk.property(message, span),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })
    }

    /// ```text
    /// FunctionProto { name = 1, _since_version = 2, _status = 3, input = 4, output = 5, attribute = 6, node = 7, doc_string = 8,
    ///                 opset_import = 9, domain = 10, attribute_proto = 11, value_info = 12, overload = 13, metadata_props = 14 }
    /// ```
    fn function(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(function) = self.nested("FunctionProto", message, span)? else { return Ok(()) };
        let name = self.function_name(function)?;
        let around = std::mem::replace(&mut self.report.graph, format!("function {}", name.1));
        let read = self.function_fields(function);
        self.report.graph = around;
        read
    }

    fn function_fields(&mut self, function: Message) -> Result<(), Stop> {
        self.fields("FunctionProto", function, |walk, message, field| match (field.number, field.value) {
            (7, Value::Bytes(span)) => walk.node(message, span),
            (8, Value::Bytes(span)) => walk.doc(span),
            (9, Value::Bytes(span)) => walk.opset(message, span),
            (11, Value::Bytes(span)) => walk.attribute(message, span).map(drop),
            (14, Value::Bytes(span)) => walk.property(message, span),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })
    }

    /// ```text
    /// NodeProto { input = 1, output = 2, name = 3, op_type = 4, attribute = 5, doc_string = 6, domain = 7, overload = 8,
    ///             metadata_props = 9, device_configurations = 10 }
    /// ```
    fn node(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(node) = self.nested("NodeProto", message, span)? else { return Ok(()) };
        let (mut name, mut op, mut domain) = (String::new(), String::new(), String::new());
        let mut args = Vec::new();
        self.fields("NodeProto", node, |walk, message, field| {
            match (field.number, field.value) {
                (3, Value::Bytes(span)) => name = walk.name(span)?,
                (4, Value::Bytes(span)) => op = walk.name(span)?,
                (5, Value::Bytes(span)) => {
                    let arg = walk.attribute(message, span)?;
                    args.extend(arg.filter(|_| args.len() < limits::ARGUMENTS));
                }
                (6, Value::Bytes(span)) => walk.doc(span)?,
                (7, Value::Bytes(span)) => domain = walk.name(span)?,
                // Exporters note on every node where in the source it comes from.
                (9, Value::Bytes(span)) => walk.left(span)?,
                (_, Value::Bytes(span)) => walk.left(span)?,
                _ => {}
            }
            Ok(())
        })?;
        if STANDARD.contains(&domain.as_str()) {
            args.clear();
        }
        self.report.input.row("nodes", span.start, span.len(), message.depth().into(), &[&domain, &op, &name])?;
        let local = self.functions.contains(&(domain.clone(), op.clone()));
        self.report.operator(&domain, &op, args, local, span)
    }

    /// ```text
    /// AttributeProto { name = 1, f = 2, i = 3, s = 4, t = 5, g = 6, floats = 7, ints = 8, strings = 9, tensors = 10, graphs = 11,
    ///                  doc_string = 13, tp = 14, type_protos = 15, type = 20, ref_attr_name = 21, sparse_tensor = 22, sparse_tensors = 23 }
    /// ```
    /// Which value counts is the type's to say, or the first that is there: all are looked at. The answer is name and text, where it has some.
    fn attribute(&mut self, message: &Message, span: Span) -> Result<Option<String>, Stop> {
        let Some(attribute) = self.nested("AttributeProto", message, span)? else { return Ok(None) };
        let mut name = String::new();
        let mut text: Option<String> = None;
        self.fields("AttributeProto", attribute, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => {
                name = walk.name(span)?;
                Ok(())
            }
            (4 | 9, Value::Bytes(span)) => {
                if text.is_none() {
                    text = Some(walk.reader.text(span, limits::ARGUMENT)?);
                }
                walk.report.constant(&name, span)?;
                walk.left(span)
            }
            (5 | 10, Value::Bytes(span)) => walk.tensor_in(message, span),
            (6 | 11, Value::Bytes(span)) => {
                let around = walk.report.graph.clone();
                // Deep nesting makes no long names.
                if around.len() < limits::NAME {
                    walk.report.graph = format!("{around}/{name}");
                }
                let read = walk.graph(message, span);
                walk.report.graph = around;
                read
            }
            (13, Value::Bytes(span)) => walk.doc(span),
            (22 | 23, Value::Bytes(span)) => walk.sparse(message, span),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })?;
        Ok(text.map(|text| format!("{name}={text}")))
    }

    /// ```text
    /// SparseTensorProto { values = 1, indices = 2, dims = 3 }
    /// ```
    fn sparse(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(sparse) = self.nested("SparseTensorProto", message, span)? else { return Ok(()) };
        self.fields("SparseTensorProto", sparse, |walk, message, field| match (field.number, field.value) {
            (1 | 2, Value::Bytes(span)) => walk.tensor_in(message, span),
            _ => Ok(()),
        })
    }

    fn tensor_in(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        match self.nested("TensorProto", message, span)? {
            Some(tensor) => self.tensor(&tensor),
            None => Ok(()),
        }
    }

    /// ```text
    /// TensorProto { dims = 1, data_type = 2, segment = 3, float_data = 4, int32_data = 5, string_data = 6, int64_data = 7, name = 8,
    ///               raw_data = 9, double_data = 10, uint64_data = 11, doc_string = 12, external_data = 13, data_location = 14,
    ///               metadata_props = 16 }
    /// ```
    fn tensor(&mut self, message: &Message) -> Result<(), Stop> {
        let mut tensor = Tensor { at: message.span(), ..Tensor::default() };
        self.fields("TensorProto", *message, |walk, message, field| {
            match (field.number, field.value) {
                (1, _) => {
                    let dims = walk.reader.varints(&field, |dim| {
                        tensor::push_dim(&mut tensor, dim as i64);
                        !tensor.more_dims
                    });
                    if let Err(error) = dims {
                        walk.stopped("TensorProto.dims", error)?;
                    }
                }
                (2, Value::Varint(data_type)) => tensor.data_type = data_type,
                (3, Value::Bytes(_)) => tensor.segment = true,
                (8, Value::Bytes(span)) => tensor.name = walk.name(span)?,
                (9, Value::Bytes(span)) => {
                    tensor.raw = Some(span);
                    tensor.holds("raw_data");
                    walk.report.account.payload(walk.report.input, span)?;
                }
                (12, Value::Bytes(span)) => walk.doc(span)?,
                (13, Value::Bytes(span)) => {
                    if let Some((key, value)) = walk.entry(message, span)?
                        && tensor.location.len() < limits::LOCATIONS
                    {
                        let text = walk.reader.text(value, limits::NAME)?;
                        tensor.location.push((key, text, span));
                    }
                }
                (14, Value::Varint(location)) => tensor.external = location == 1,
                (number, value) => walk.elements(&mut tensor, number, value)?,
            }
            Ok(())
        })?;
        if let Some(raw) = tensor.raw.filter(|_| tensor::is_bytes(tensor.data_type)) {
            self.report.constant(&tensor.name, raw)?;
        }
        tensor.report(&mut self.report)
    }

    /// Elements of a tensor that are not raw, packed or one by one, and what a tensor does not have.
    fn elements(&mut self, tensor: &mut Tensor, number: u32, value: Value) -> Result<(), Stop> {
        let field = DATA.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
        if let Some(field) = field {
            // An empty one is no second set of weights.
            if value != Value::Bytes(Span::default()) && !matches!(value, Value::Bytes(span) if span.is_empty() && field != "string_data") {
                tensor.holds(field);
            }
        }
        let Value::Bytes(span) = value else { return Ok(()) };
        if field == Some("string_data") {
            self.report.constant(&tensor.name, span)?;
        } else if field.is_some() {
            return self.report.account.payload(self.report.input, span);
        }
        self.left(span)
    }
}
