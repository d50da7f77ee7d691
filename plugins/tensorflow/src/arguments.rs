//! Operators whose arguments say something: names of files, addresses, functions. Of others the name alone is told.

/// Sorted. From the registry of TensorFlow and what was in `contrib`; whatever takes the name of a file or an address, or calls something outside the graph.
const TOLD: &[&str] = &[
    "AudioSummaryV2",
    "BigQueryReader",
    "CSVDataset",
    "CSVDatasetV2",
    "CacheDataset",
    "CacheDatasetV2",
    "CloudBigtable",
    "CollectiveInitializeCommunicator",
    "CreateSummaryDbWriter",
    "CreateSummaryFileWriter",
    "CreateTRTResourceHandle",
    "DataServiceDataset",
    "DataServiceDatasetV2",
    "DataServiceDatasetV3",
    "DataServiceDatasetV4",
    "DatasetFromGraph",
    "DatasetToTFRecord",
    "DebugGradientIdentity",
    "DebugIdentity",
    "DebugIdentityV2",
    "DebugIdentityV3",
    "DebugNanCount",
    "DebugNumericSummary",
    "DebugNumericSummaryV2",
    "DecodeProtoV2",
    "DeleteOldDirs",
    "DistributedSave",
    "EagerPyFunc",
    "EncodeProto",
    "ExperimentalCSVDataset",
    "ExperimentalDatasetToTFRecord",
    "ExperimentalLMDBDataset",
    "ExperimentalMatchingFilesDataset",
    "ExperimentalSqlDataset",
    "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2",
    "FixedLengthRecordReader",
    "FixedLengthRecordReaderV2",
    "GenerateBigQueryReaderPartitions",
    "GenerateVocabRemapping",
    "IgniteDataset",
    "ImmutableConst",
    "InitializeTRTResource",
    "InitializeTableFromTextFile",
    "InitializeTableFromTextFileV2",
    "KafkaDataset",
    "KinesisDataset",
    "LMDBDataset",
    "LMDBReader",
    "LoadAndRemapMatrix",
    "LoadDataset",
    "MatchingFiles",
    "MatchingFilesDataset",
    "MergeV2Checkpoints",
    "PrintV2",
    "PyFunc",
    "PyFuncStateless",
    "ReadFile",
    "ReaderEnqueue",
    "RecordInput",
    "RegisterDataset",
    "RegisterDatasetV2",
    "RemoteCall",
    "RemoteFusedGraphExecute",
    "Restore",
    "RestoreSlice",
    "RestoreV2",
    "Rpc",
    "RpcCall",
    "RpcClient",
    "RpcServer",
    "RpcServerRegister",
    "Save",
    "SaveDataset",
    "SaveDatasetV2",
    "SaveSlices",
    "SaveV2",
    "SerializeTRTResource",
    "SimpleMLLoadModelFromPath",
    "SimpleMLLoadModelFromPathWithHandle",
    "Skipgram",
    "SnapshotDataset",
    "SnapshotDatasetReader",
    "SnapshotDatasetV2",
    "SnapshotNestedDatasetReader",
    "SqlDataset",
    "TFRecordDataset",
    "TFRecordDatasetV2",
    "TFRecordReader",
    "TFRecordReaderV2",
    "TextLineDataset",
    "TextLineReader",
    "TextLineReaderV2",
    "TryRpc",
    "WholeFileReader",
    "WholeFileReaderV2",
    "WriteFile",
    "WriteRawProtoSummary",
    "XlaCustomCall",
    "XlaCustomCallV2",
];

/// Attributes that say how an operator computes, and not on what.
const UNTOLD: &[&str] = &["container", "shared_name", "_class", "config", "config_proto", "executor_type", "_output_shapes", "metadata"];

pub(crate) fn are_told(op: &str) -> bool {
    TOLD.binary_search(&op).is_ok()
}

pub(crate) fn is_told(attribute: &str) -> bool {
    !UNTOLD.contains(&attribute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TOLD.is_sorted());
        assert!(are_told("ReadFile") && are_told("AudioSummaryV2") && are_told("XlaCustomCallV2") && !are_told("MatMul"));
    }
}
