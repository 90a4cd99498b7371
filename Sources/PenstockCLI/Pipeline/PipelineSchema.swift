/// The keys of pipeline files.
enum PipelineSchema {
    static let sections = ["read", "steps", "predict", "write", "options"]

    /// Formats to read; exactly one of them is given.
    static let sources = ["images", "packed", "parquet", "csv", "json", "text", "binary"]
    static let read =
        sources + [
            "columns", "include-paths", "size", "mode", "limit", "drop-empty-lines", "override-block-count",
        ]
    static let steps = ["select", "drop", "rename", "filter", "limit", "repartition", "randomize-order", "predict"]
    /// Keys of a prediction that make it a classification.
    static let classification = ["labels", "top-k"]
    /// Keys of a prediction by any model.
    static let anyModel = ["inputs", "outputs", "keep"]
    static let model = ["precision", "device", "backend"]
    static let preprocessing = ["preset", "resize", "crop", "mean", "std", "channels", "resize-quality", "exif"]
    static let predict = ["model"] + classification + anyModel + model + preprocessing
    /// Formats to write; exactly one of them is given.
    static let targets = ["parquet", "csv", "json"]
    static let write = targets + ["partition-by", "rows-per-file", "bytes-per-file", "existing"]
    /// Flags of `classify`, by their names.
    static let options = [
        "batch-size", "read-workers", "read-ahead", "decode-workers", "model-workers", "threads-per-worker", "cores",
        "memory", "block-bytes", "preserve-order", "max-bad-rows", "retries", "price-per-hour",
    ]

    private static let keys: [(section: String, keys: [String])] = [
        ("options", options), ("read", read), ("predict", predict), ("write", write),
    ]

    static var allKeys: [String] { keys.flatMap(\.keys) }

    /// Sections that have a key of this name.
    static func homes(of key: String) -> [String] { keys.filter { $0.keys.contains(key) }.map(\.section) }

    /// What a flag wants, for those whose value is a flag's.
    static func expected(_ key: String) -> String {
        switch key {
        case "batch-size", "read-workers", "decode-workers", "model-workers", "threads-per-worker", "cores":
            "a whole number or auto"
        case "memory", "block-bytes", "read-ahead": "a size such as 2GiB"
        case "preserve-order": "true or false"
        case "max-bad-rows": "a number of rows or a share such as 1%"
        case "retries", "top-k": "a whole number"
        case "price-per-hour": "a number"
        case "resize", "crop": "a whole number of pixels"
        case "mean", "std": "three numbers, such as [0.5, 0.5, 0.5]"
        case "channels": "rgb or bgr"
        case "resize-quality": "exact or fast"
        case "exif": "apply or ignore"
        case "precision": "auto, f32, bf16, f16 or int8"
        case "backend": "openvino"
        default: "one text"
        }
    }
}
