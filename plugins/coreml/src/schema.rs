//! Which fields of which message are messages again, and what is wanted of the others.
//!
//! Numbers as in `Model.proto`, `NeuralNetwork.proto`, `MIL.proto`, `CustomModel.proto`, `LinkedModel.proto`, `Parameters.proto`.

/// A message of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Model,
    Description,
    Feature,
    Metadata,
    /// An entry of a map of strings.
    Pair,
    Pipeline,
    /// A classifier or regressor around a pipeline.
    PipelineOf,
    Serialized,
    Network,
    Layer,
    CustomLayer,
    CustomModel,
    /// An entry of a custom layer's or model's parameters.
    Parameter,
    ParameterValue,
    Branch,
    Loop,
    Linked,
    LinkedFile,
    Program,
    /// An entry of a map of functions, blocks or attributes: the key, and the value of that kind.
    FunctionEntry,
    Function,
    BlockEntry,
    Block,
    Operation,
    ArgumentEntry,
    Argument,
    Binding,
    ValueEntry,
    Value,
    Immediate,
    Tensor,
    Strings,
    BlobFile,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A message of that kind.
    Message(Kind),
    /// Text that people write.
    Text,
    /// The class that an application makes an object of.
    ClassOfLayer,
    ClassOfModel,
    /// A file beside the model.
    LinkedName,
    SearchPath,
    Blob,
    /// The name of an operation.
    OperationType,
    /// Bytes that may be anything.
    Bytes,
    /// Not looked into.
    Other,
}

/// The type of a model, by the field that it stands in.
pub(crate) fn type_of(number: u32) -> Option<&'static str> {
    Some(match number {
        200 => "pipelineClassifier",
        201 => "pipelineRegressor",
        202 => "pipeline",
        300 => "glmRegressor",
        301 => "supportVectorRegressor",
        302 => "treeEnsembleRegressor",
        303 => "neuralNetworkRegressor",
        304 => "bayesianProbitRegressor",
        400 => "glmClassifier",
        401 => "supportVectorClassifier",
        402 => "treeEnsembleClassifier",
        403 => "neuralNetworkClassifier",
        404 => "kNearestNeighborsClassifier",
        500 => "neuralNetwork",
        501 => "itemSimilarityRecommender",
        502 => "mlProgram",
        555 => "customModel",
        556 => "linkedModel",
        560 => "classConfidenceThresholding",
        600 => "oneHotEncoder",
        601 => "imputer",
        602 => "featureVectorizer",
        603 => "dictVectorizer",
        604 => "scaler",
        606 => "categoricalMapping",
        607 => "normalizer",
        609 => "arrayFeatureExtractor",
        610 => "nonMaximumSuppression",
        900 => "identity",
        2000 => "textClassifier",
        2001 => "wordTagger",
        2002 => "visionFeaturePrint",
        2003 => "soundAnalysisPreprocessing",
        2004 => "gazetteer",
        2005 => "wordEmbedding",
        2006 => "audioFeaturePrint",
        3000 => "serializedModel",
        _ => return None,
    })
}

impl Kind {
    /// What the field of that number is.
    pub fn field(self, number: u32) -> Role {
        use Kind::*;
        use Role::Message as M;
        match (self, number) {
            (Model, 2) => M(Description),
            (Model, 200 | 201) => M(PipelineOf),
            (Model, 202) | (PipelineOf, 1) => M(Pipeline),
            (Model, 303 | 403 | 500) => M(Network),
            (Model, 502) => M(Program),
            (Model, 555) => M(CustomModel),
            (Model, 556) => M(Linked),
            (Model, 3000) => M(Serialized),
            (Description, 1 | 10 | 13 | 50) => M(Feature),
            (Description, 100) => M(Metadata),
            (Feature, 1 | 2) => Role::Text,
            (Metadata, 1..=4) => Role::Text,
            (Metadata, 100) => M(Pair),
            (Pair, 1 | 2) => Role::Text,
            (Pipeline, 1) => M(Model),
            (Pipeline, 2) => Role::Text,
            (Serialized, 1) => Role::Text,
            (Serialized, 2) => Role::Bytes,
            (Network, 1) => M(Layer),
            (Layer, 1) => Role::Text,
            (Layer, 500) => M(CustomLayer),
            (Layer, 605) => M(Branch),
            (Layer, 615) => M(Loop),
            (Branch, 1 | 2) | (Loop, 3 | 4) => M(Network),
            (Loop, 2) => Role::Text,
            (CustomLayer, 10) => Role::ClassOfLayer,
            (CustomModel, 10) => Role::ClassOfModel,
            (CustomLayer | CustomModel, 30) => M(Parameter),
            (CustomLayer | CustomModel, 40) => Role::Text,
            (Parameter, 1) => Role::Text,
            (Parameter, 2) => M(ParameterValue),
            (ParameterValue, 20) => Role::Text,
            (ParameterValue, 60) => Role::Bytes,
            (Linked, 1) => M(LinkedFile),
            // Both are parameters with a default.
            (LinkedFile, 1) => Role::LinkedName,
            (LinkedFile, 2) => Role::SearchPath,
            (Program, 2) => M(FunctionEntry),
            (Program, 3) => Role::Text,
            (Program, 4) | (Function, 4) | (Block, 4) | (Operation, 5) => M(ValueEntry),
            (FunctionEntry, 2) => M(Function),
            (Function, 3) => M(BlockEntry),
            (BlockEntry, 2) | (Operation, 4) => M(Block),
            (Block, 3) => M(Operation),
            (Operation, 1) => Role::OperationType,
            (Operation, 2) => M(ArgumentEntry),
            (ArgumentEntry, 2) => M(Argument),
            (Argument, 1) => M(Binding),
            (Binding, 2) | (ValueEntry, 2) => M(Value),
            (Value, 1) => Role::Text,
            (Value, 3) => M(Immediate),
            (Value, 5) => M(BlobFile),
            (Immediate, 1) => M(Tensor),
            (Tensor, 4) => M(Strings),
            (Strings, 1) => Role::Text,
            (BlobFile, 1) => Role::Blob,
            _ => Role::Other,
        }
    }
}
