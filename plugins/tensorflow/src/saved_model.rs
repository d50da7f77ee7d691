//! `SavedModel`, `MetaGraphDef`, and the graph of Python objects in it.
//!
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto>, meta_graph.proto, saved_object_graph.proto.

use crate::limits;
use crate::walk::Walk;
use weighbridge_parse_proto::{Message, Value};
use weighbridge_sdk::{Span, Stop};

impl Walk<'_, '_> {
    /// ```text
    /// SavedModel { saved_model_schema_version = 1, meta_graphs = 2 }
    /// ```
    pub fn saved_model(&mut self, model: Message) -> Result<(), Stop> {
        let mut graphs = 0;
        self.fields("SavedModel", model, |walk, message, field| match (field.number, field.value) {
            (2, Value::Bytes(span)) => {
                graphs += 1;
                match walk.nested("MetaGraphDef", message, span)? {
                    Some(graph) => walk.meta_graph(graph),
                    None => Ok(()),
                }
            }
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })?;
        if graphs == 0 {
            self.report.broken("invalid", "a SavedModel without a graph", "field 2", "none", model.span().end)?;
        }
        Ok(())
    }

    /// ```text
    /// MetaGraphDef { meta_info_def = 1, graph_def = 2, saver_def = 3, collection_def = 4, signature_def = 5, asset_file_def = 6,
    ///                object_graph_def = 7 }
    /// ```
    pub fn meta_graph(&mut self, graph: Message) -> Result<(), Stop> {
        self.fields("MetaGraphDef", graph, |walk, message, field| match (field.number, field.value) {
            (1, Value::Bytes(span)) => walk.meta_info(message, span),
            (2, Value::Bytes(span)) => walk.graph_in(message, span),
            (4, Value::Bytes(span)) => walk.collection(message, span),
            (6, Value::Bytes(span)) => walk.asset(message, span),
            (7, Value::Bytes(span)) => walk.objects(message, span),
            (_, Value::Bytes(span)) => walk.left(span),
            _ => Ok(()),
        })
    }

    /// ```text
    /// MetaInfoDef { _meta_graph_version = 1, _stripped_op_list = 2, any_info = 3, tags = 4, tensorflow_version = 5, _git_version = 6,
    ///               _stripped_default_attrs = 7, _function_aliases = 8 }
    /// ```
    fn meta_info(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(info) = self.nested("MetaInfoDef", message, span)? else { return Ok(()) };
        self.fields("MetaInfoDef", info, |walk, message, field| match (field.number, field.value) {
            (3, Value::Bytes(span)) => walk.any_value(message, span),
            (4, Value::Bytes(span)) => walk.metadata("tensorflow.tag", span),
            (5, Value::Bytes(span)) => walk.metadata("tensorflow.version", span),
            // The list of operators has their descriptions.
            _ => Ok(()),
        })
    }

    /// ```text
    /// Any { type_url = 1, value = 2 }
    /// ```
    fn any_value(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some((name, _, value)) = self.entry("Any", message, span)? else { return Ok(()) };
        self.collected(&name, value)
    }

    /// What stands beside the graph is mostly small messages of TensorFlow's own.
    fn collected(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        if span.len() >= limits::WORD { self.constant(name, span) } else { Ok(()) }
    }

    /// ```text
    /// map<string, CollectionDef> collection_def
    /// CollectionDef { _node_list = 1, bytes_list = 2, _int64_list = 3, _float_list = 4, any_list = 5 }: each { value = 1 }
    /// ```
    fn collection(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some((name, entry, value)) = self.entry("MetaGraphDef.collection_def", message, span)? else { return Ok(()) };
        let Some(collection) = self.nested("CollectionDef", &entry, value)? else { return Ok(()) };
        self.fields("CollectionDef", collection, |walk, message, field| {
            let (number @ (2 | 5), Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            let Some(list) = walk.nested("CollectionDef", message, span)? else { return Ok(()) };
            walk.fields("CollectionDef", list, |walk, message, field| match (field.number, field.value) {
                (1, Value::Bytes(span)) if number == 2 => walk.collected(&name, span),
                (1, Value::Bytes(span)) => walk.any_value(message, span),
                _ => Ok(()),
            })
        })
    }

    /// ```text
    /// AssetFileDef { _tensor_info = 1, filename = 2 }
    /// ```
    /// A file in the folder `assets`, with which the loader feeds a tensor.
    fn asset(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(asset) = self.nested("AssetFileDef", message, span)? else { return Ok(()) };
        self.fields("AssetFileDef", asset, |walk, _, field| {
            let (2, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            let name = walk.name(span)?;
            // The loader joins the two as paths are joined: an absolute one stands for itself.
            let target = if name.starts_with('/') { name } else { format!("assets/{name}") };
            walk.report.reference("external-data", &target, None, span)
        })
    }

    /// ```text
    /// SavedObjectGraph { nodes = 1, _concrete_functions = 2 }
    /// SavedObject { user_object = 4, …, registered_name = 13, … }
    /// SavedUserObject { identifier = 1, _version = 2, metadata = 3 }
    /// ```
    /// Before 2.5 Keras kept the configuration of its layers here; the loader still takes it from there where keras_metadata.pb is missing.
    fn objects(&mut self, message: &Message, span: Span) -> Result<(), Stop> {
        let Some(objects) = self.nested("SavedObjectGraph", message, span)? else { return Ok(()) };
        self.fields("SavedObjectGraph", objects, |walk, message, field| {
            let (1, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            let Some(object) = walk.nested("SavedObject", message, span)? else { return Ok(()) };
            walk.fields("SavedObject", object, |walk, message, field| {
                let (4, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
                let Some(user) = walk.nested("SavedUserObject", message, span)? else { return Ok(()) };
                let mut identifier = String::new();
                walk.fields("SavedUserObject", user, |walk, _, field| match (field.number, field.value) {
                    (1, Value::Bytes(span)) => {
                        identifier = walk.name(span)?;
                        Ok(())
                    }
                    (3, Value::Bytes(span)) if !span.is_empty() => walk.keras(&identifier, span),
                    _ => Ok(()),
                })
            })
        })
    }

    /// ```text
    /// SavedMetadata { nodes = 1 }
    /// SavedObject { _node_id = 2, node_path = 3, _identifier = 4, metadata = 5, _version = 6 }
    /// ```
    /// <https://github.com/keras-team/tf-keras/blob/master/tf_keras/protobuf/saved_metadata.proto>
    pub fn keras_metadata(&mut self, metadata: Message) -> Result<(), Stop> {
        let mut nodes = 0;
        self.fields("SavedMetadata", metadata, |walk, message, field| {
            let (1, Value::Bytes(span)) = (field.number, field.value) else { return Ok(()) };
            nodes += 1;
            let Some(node) = walk.nested("SavedObject", message, span)? else { return Ok(()) };
            let mut path = String::new();
            walk.fields("SavedObject", node, |walk, _, field| match (field.number, field.value) {
                (3, Value::Bytes(span)) => {
                    path = walk.name(span)?;
                    Ok(())
                }
                (5, Value::Bytes(span)) if !span.is_empty() => walk.keras(&path, span),
                _ => Ok(()),
            })
        })?;
        if nodes == 0 && !metadata.span().is_empty() {
            self.report.broken("invalid", "metadata of no layer", "field 1", "none", metadata.span().end)?;
        }
        Ok(())
    }

    /// The configuration of a layer, as JSON: a file of its own to whoever reads those.
    fn keras(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        self.report.child(name, span, crate::KERAS_CONFIG)
    }
}
