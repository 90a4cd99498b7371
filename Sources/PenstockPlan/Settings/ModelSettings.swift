/// Arithmetic of a model's floating-point layers.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// The fastest that the device supports and that agrees with f32 on the first images.
    case auto
    case f32, bf16, f16
    /// The model must be quantised already; its other layers run in the device's fastest precision.
    case int8
}

/// The library that runs the model.
public enum BackendKind: String, Sendable, Hashable, Codable, CaseIterable {
    case openvino
}

/// Files that a sink writes.
public enum OutputFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case parquet, csv, jsonl
}

/// What is done with an output folder that already has something in it.
public enum ExistingOutput: String, Sendable, Hashable, Codable {
    /// Nothing runs.
    case refuse
    /// Rows that are already written are left out.
    case resume
    /// What an earlier run wrote is removed first.
    case overwrite
}
