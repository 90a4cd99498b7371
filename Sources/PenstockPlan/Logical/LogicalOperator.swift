public import PenstockCore

/// Which images to read.
public struct ReadImages: Sendable, Hashable, Codable {
    /// Files, folders, globs, and `@list.txt` files with one path a line.
    public var paths: [String]
    /// Read at most so many images; set by a rule, from `limit`.
    public var limit: Int?

    /// Images under these paths.
    public init(paths: [String]) { self.paths = paths }
}

/// A model that turns an image into class probabilities, and how to feed it.
public struct Classifier: Sendable, Hashable, Codable {
    /// ONNX or OpenVINO IR file.
    public var model: String
    /// File with one class name a line; line n names class n.
    public var labels: String?
    /// How many classes to write per image.
    public var topK = 1
    /// From a decoded image to the model's input.
    public var preprocessing = Preprocessing.torchvision
    /// Where `preprocessing` comes from, for `explain`: a preset's name, or `explicit`.
    public var preprocessingName = "torchvision"
    /// How exactly images are resized.
    public var resizeQuality = ResizeQuality.exact
    /// What happens to an image's EXIF orientation.
    public var orientation = OrientationPolicy.apply
    /// Arithmetic of the floating-point layers.
    public var precision = Precision.auto
    /// The device by the backend's name, such as `CPU` or `GPU.0`.
    public var device = "CPU"
    /// The library that runs the model.
    public var backend = BackendKind.openvino

    /// A classifier with defaults for everything but the model.
    public init(model: String, labels: String? = nil) {
        self.model = model
        self.labels = labels
    }

    /// Short form of `init(model:labels:)`.
    public static func classifier(_ model: String, labels: String? = nil) -> Classifier {
        Classifier(model: model, labels: labels)
    }
}

/// Where predictions go.
public struct WriteTable: Sendable, Hashable, Codable {
    /// The folder that receives the parts.
    public var directory: String
    /// Format of the parts.
    public var format = OutputFormat.parquet
    /// What is done when the folder already has something in it.
    public var existing = ExistingOutput.refuse

    /// Files in a folder.
    public init(directory: String, format: OutputFormat = .parquet, existing: ExistingOutput = .refuse) {
        self.directory = directory
        self.format = format
        self.existing = existing
    }
}

/// A transform of the user's.
///
/// The plan knows its name and its place; the code travels beside the plan.
public struct CustomTransform: Sendable, Hashable, Codable {
    /// Name in plans, reports and messages.
    public var name: String
    /// Position in the table of stages of the `Dataset`.
    public var position: Int
    /// Workers; nil: one per core.
    public var workers: Int?
    /// Rows of one task.
    public var batch: BatchSize

    /// Describes a transform; `workers` nil: one per core.
    package init(name: String, position: Int, workers: Int?, batch: BatchSize) {
        self.name = name
        self.position = position
        self.workers = workers
        self.batch = batch
    }
}

/// One step of what was asked for.
public enum LogicalOperator: Sendable, Hashable, Codable {
    case readImages(ReadImages)
    case limit(Int)
    case transform(CustomTransform)
    case predict(Classifier)
    case write(WriteTable)
    /// Rows are handed to the caller.
    case collect
}
