//! The format of ONNX Runtime: a FlatBuffer of the same model.
//!
//! The numbers of fields are their places in <https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/flatbuffers/schema/ort.fbs>.

use crate::limits;
use crate::report::Report;
use crate::tensor::{self, Tensor};
use weighbridge_parse_flatbuf::{Buffer, Error, Table, unless_broken};
use weighbridge_sdk::{Failure, Input, Span, Stop};

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut walk = Walk { buffer: Buffer::new(input), report: Report::new(input), payload: Vec::new() };
    input.columns("nodes", &["domain", "operator", "name"])?;
    let root = walk.buffer.root();
    if let Some(root) = walk.ok("InferenceSession", root)? {
        walk.session(&root)?;
    }
    walk.account()?;
    walk.report.finish()
}

struct Walk<'i, 'h> {
    buffer: Buffer<&'i Input<'h>>,
    report: Report<'i, 'h>,
    /// Data of tensors, which lie in no order.
    payload: Vec<Span>,
}

impl Walk<'_, '_> {
    /// What was read, or nothing and an anomaly.
    fn ok<T>(&mut self, what: &str, result: Result<T, Error>) -> Result<Option<T>, Stop> {
        unless_broken(result, |broken| {
            let fault = broken.fault;
            self.report.broken(fault.code(), what, &fault.expected(), &fault.found(), broken.at)
        })
    }

    fn account(&mut self) -> Result<(), Stop> {
        self.payload.sort_unstable_by_key(|span| (span.start, span.end));
        for span in std::mem::take(&mut self.payload) {
            self.report.account.payload(self.report.input, span)?;
        }
        Ok(())
    }

    fn table(&mut self, what: &str, table: &Table, number: u16) -> Result<Option<Table>, Stop> {
        let result = self.buffer.table(table, number);
        Ok(self.ok(what, result)?.flatten())
    }

    /// Calls `each` for every table of a vector of tables.
    fn tables(&mut self, what: &str, table: &Table, number: u16, mut each: impl FnMut(&mut Self, &Table) -> Result<(), Stop>) -> Result<(), Stop> {
        let result = self.buffer.vector(table, number, 4);
        let Some(vector) = self.ok(what, result)?.flatten() else { return Ok(()) };
        for index in 0..vector.len() {
            let result = self.buffer.table_at(vector.span.start + 4 * index);
            match self.ok(what, result)? {
                Some(table) => each(self, &table)?,
                // The rest of such a vector is as broken.
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn string(&mut self, what: &str, table: &Table, number: u16) -> Result<Option<(String, Span)>, Stop> {
        let result = self.buffer.string(table, number);
        let Some(span) = self.ok(what, result)?.flatten() else { return Ok(None) };
        Ok(Some((self.buffer.text(span, limits::VALUE)?, span)))
    }

    fn metadata(&mut self, key: &str, table: &Table, number: u16) -> Result<(), Stop> {
        match self.string(key, table, number)? {
            Some((value, span)) => self.report.metadata(key, &value, span.len(), span),
            None => Ok(()),
        }
    }

    /// ```text
    /// InferenceSession { ort_version, model, _session_state, _kernel_type_str_resolver }
    /// Model { ir_version, opset_import, producer_name, producer_version, domain, model_version, doc_string, graph, graph_doc_string,
    ///         metadata_props }
    /// ```
    fn session(&mut self, session: &Table) -> Result<(), Stop> {
        self.metadata("ort.version", session, 0)?;
        let Some(model) = self.table("Model", session, 1)? else {
            return self.report.broken("invalid", "a session without a model", "a table", "none", session.at);
        };
        self.tables("OperatorSetId", &model, 1, |walk, opset| {
            let domain = walk.string("OperatorSetId.domain", opset, 0)?;
            let version = walk.buffer.number(opset, 1, 0, i64::from_le_bytes);
            let version = walk.ok("OperatorSetId.version", version)?.unwrap_or(0);
            let domain = domain.map(|(domain, _)| domain).filter(|domain| !domain.is_empty());
            let text = format!("{} {version}", domain.as_deref().unwrap_or("ai.onnx"));
            walk.report.metadata("onnx.opset", &text, 0, Span::new(opset.at, opset.at))
        })?;
        for (number, key) in [(2, "onnx.producer_name"), (3, "onnx.producer_version"), (4, "onnx.domain")] {
            self.metadata(key, &model, number)?;
        }
        for number in [6, 8] {
            if let Some((text, span)) = self.string("doc_string", &model, number)? {
                self.report.text(&text, span.len(), span)?;
            }
        }
        self.tables("StringStringEntry", &model, 9, |walk, entry| {
            let (Some((key, _)), Some((value, span))) = (walk.string("key", entry, 0)?, walk.string("value", entry, 1)?) else { return Ok(()) };
            walk.report.metadata(&key, &value, span.len(), span)?;
            walk.report.constant(&key, span)
        })?;
        match self.table("Graph", &model, 7)? {
            Some(graph) => self.graph(&graph, 0),
            None => self.report.broken("invalid", "a model without a graph", "a table", "none", model.at),
        }
    }

    /// ```text
    /// Graph { initializers, _node_args, nodes, _max_node_index, _node_edges, _inputs, _outputs, sparse_initializers, _runtime_optimizations }
    /// SparseTensor { values, indices, _dims }
    /// ```
    fn graph(&mut self, graph: &Table, depth: u32) -> Result<(), Stop> {
        if depth >= limits::DEPTH {
            let limit = format!("at most {} graphs within each other", limits::DEPTH);
            return self.report.broken("limit-depth", "Graph", &limit, "more", graph.at);
        }
        self.tables("Tensor", graph, 0, |walk, tensor| walk.tensor(tensor))?;
        self.tables("Node", graph, 2, |walk, node| walk.node(node, depth))?;
        self.tables("SparseTensor", graph, 7, |walk, sparse| {
            for number in [0, 1] {
                if let Some(tensor) = walk.table("Tensor", sparse, number)? {
                    walk.tensor(&tensor)?;
                }
            }
            Ok(())
        })
    }

    /// ```text
    /// Node { name, doc_string, domain, _since_version, _index, op_type, _type, execution_provider_type, _inputs, _outputs, attributes,
    ///        _input_arg_counts, _implicit_inputs }
    /// ```
    fn node(&mut self, node: &Table, depth: u32) -> Result<(), Stop> {
        let text = |found: Option<(String, Span)>| found.map(|(text, _)| text).unwrap_or_default();
        let name = text(self.string("Node.name", node, 0)?);
        let domain = text(self.string("Node.domain", node, 2)?);
        let op = text(self.string("Node.op_type", node, 5)?);
        let mut args = Vec::new();
        self.tables("Attribute", node, 10, |walk, attribute| walk.attribute(attribute, depth, &mut args))?;
        if crate::model::STANDARD.contains(&domain.as_str()) {
            args.clear();
        }
        let at = Span::new(node.at, node.at + u64::from(node.size));
        self.report.input.row("nodes", at.start, at.len(), depth.into(), &[&domain, &op, &name])?;
        self.report.graph = if depth == 0 { "graph".into() } else { format!("graph, {depth} deep") };
        self.report.operator(&domain, &op, args, false, at)
    }

    /// ```text
    /// Attribute { name, doc_string, type, f, i, s, t, g, floats, ints, strings, tensors, graphs }
    /// ```
    fn attribute(&mut self, attribute: &Table, depth: u32, args: &mut Vec<String>) -> Result<(), Stop> {
        let name = self.string("Attribute.name", attribute, 0)?.map(|(name, _)| name).unwrap_or_default();
        if let Some((text, span)) = self.string("Attribute.s", attribute, 5)? {
            if args.len() < limits::ARGUMENTS {
                args.push(format!("{name}={}", &text[..text.floor_char_boundary(limits::ARGUMENT.min(text.len()))]));
            }
            self.report.constant(&name, span)?;
        }
        if let Some(tensor) = self.table("Tensor", attribute, 6)? {
            self.tensor(&tensor)?;
        }
        if let Some(graph) = self.table("Graph", attribute, 7)? {
            self.graph(&graph, depth + 1)?;
        }
        self.tables("Tensor", attribute, 11, |walk, tensor| walk.tensor(tensor))?;
        self.tables("Graph", attribute, 12, |walk, graph| walk.graph(graph, depth + 1))
    }

    /// ```text
    /// Tensor { name, doc_string, dims, data_type, raw_data, string_data, _external_data_offset }
    /// ```
    fn tensor(&mut self, table: &Table) -> Result<(), Stop> {
        let mut tensor = Tensor { at: Span::new(table.at, table.at + u64::from(table.size)), ..Tensor::default() };
        tensor.name = self.string("Tensor.name", table, 0)?.map(|(name, _)| name).unwrap_or_default();
        let data_type = self.buffer.number(table, 3, 0, i32::from_le_bytes);
        tensor.data_type = self.ok("Tensor.data_type", data_type)?.and_then(|number| u64::try_from(number).ok()).unwrap_or(u64::MAX);
        let dims = self.buffer.vector(table, 2, 8);
        if let Some(dims) = self.ok("Tensor.dims", dims)?.flatten() {
            for index in 0..dims.len().min(limits::DIMENSIONS as u64 + 1) {
                let dim = self.buffer.fixed(dims.span.start + 8 * index);
                if let Some(dim) = self.ok("Tensor.dims", dim)? {
                    tensor::push_dim(&mut tensor, i64::from_le_bytes(dim));
                }
            }
        }
        let raw = self.buffer.vector(table, 4, 1);
        if let Some(raw) = self.ok("Tensor.raw_data", raw)?.flatten() {
            tensor.raw = Some(raw.span);
            tensor.holds("raw_data");
            if self.payload.len() < limits::TENSORS {
                self.payload.push(raw.span);
            }
            if tensor::is_bytes(tensor.data_type) {
                self.report.constant(&tensor.name, raw.span)?;
            }
        }
        self.strings(table, &mut tensor)?;
        tensor.report(&mut self.report)
    }

    fn strings(&mut self, table: &Table, tensor: &mut Tensor) -> Result<(), Stop> {
        let strings = self.buffer.vector(table, 5, 4);
        let Some(strings) = self.ok("Tensor.string_data", strings)?.flatten() else { return Ok(()) };
        if !strings.is_empty() {
            tensor.holds("string_data");
        }
        for index in 0..strings.len() {
            let string = self.buffer.vector_at(strings.span.start + 4 * index, 1);
            match self.ok("Tensor.string_data", string)? {
                Some(string) => self.report.constant(&tensor.name, string.span)?,
                None => break,
            }
        }
        Ok(())
    }
}
