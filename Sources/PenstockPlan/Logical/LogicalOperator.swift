public import PenstockCore

/// Height and width in pixels.
public struct ImageSize: Sendable, Hashable, Codable {
    /// Pixels from top to bottom.
    public var height: Int
    /// Pixels from left to right.
    public var width: Int

    /// A size in pixels.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }
}

/// Channels of decoded images.
public enum ImageMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Red, green, blue.
    case rgb
    /// One channel of brightness, as Pillow's mode L.
    case gray
}

/// Which images to read, and what to make of them.
public struct ReadImages: Sendable, Hashable, Codable {
    /// Files, folders, globs, and `@list.txt` files with one path a line.
    public var paths: [String]
    /// Channels, where images are not decoded for a classifier.
    public var mode = ImageMode.rgb
    /// Size that images are stretched to, where they are not decoded for a classifier; nil: their own.
    public var size: ImageSize?
    /// What happens to EXIF orientation, where images are not decoded for a classifier.
    public var orientation = OrientationPolicy.apply
    /// Keeps the column `path`.
    public var includePaths = true
    /// What happens to the list of files before they are read.
    public var listing = Listing()

    /// Images under these paths.
    public init(paths: [String]) { self.paths = paths }

    /// Read at most so many images; set by a rule, from `limit`.
    public var limit: Int? {
        get { listing.limit }
        set { listing.limit = newValue }
    }
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

/// Workers and batches that a program asked for, for a step whose other settings describe what it computes.
public struct PoolRequest: Sendable, Hashable, Codable {
    /// Rows of one task; nil: Penstock chooses.
    public var batch: BatchSize?
    /// Workers; nil: Penstock chooses.
    public var compute: Compute?
    /// Needs of a task and of a worker; nil: Penstock chooses.
    public var resources: Resources?

    /// What is nil is chosen by the planner.
    public init(batch: BatchSize? = nil, compute: Compute? = nil, resources: Resources? = nil) {
        self.batch = batch
        self.compute = compute
        self.resources = resources
    }
}

/// Where rows go.
public struct WriteTable: Sendable, Hashable, Codable {
    /// The folder that receives the parts.
    public var directory: String
    /// Format of the parts.
    public var format = OutputFormat.parquet
    /// What is done when the folder already has something in it.
    public var existing = ExistingOutput.refuse
    /// Columns whose values become folders, `column=value/`, and are left out of the files.
    public var partitionBy: [String] = []
    /// Rows of one file; nil: no limit.
    public var rowsPerFile: Int?
    /// Bytes of rows after which a row group of Parquet ends; nil: 128 MiB.
    public var rowGroupBytes: Bytes?
    /// Size at which a file is closed, as it lies on the disk; nil: the run's `block-bytes`.
    public var bytesPerFile: Bytes?

    /// Files in a folder.
    public init(directory: String, format: OutputFormat = .parquet, existing: ExistingOutput = .refuse) {
        self.directory = directory
        self.format = format
        self.existing = existing
    }
}

/// One step of what was asked for.
public indirect enum LogicalOperator: Sendable, Hashable, Codable {
    case readImages(ReadImages)
    case readTable(ReadTable)
    case readText(ReadText)
    case readBinaryFiles(ReadBinaryFiles)
    case range(RangeRows)
    case items(MemoryRows)
    /// A source of the user's.
    case readCustom(CustomStage)
    /// The rows of several sources, one source after the other.
    case union([LogicalPlan])
    case limit(Int)
    /// Rows in a random order.
    case randomizeOrder(UInt64)
    case repartition(Repartition)
    case columns(ColumnChange)
    case transform(CustomTransform)
    case predict(Classifier, PoolRequest)
    case infer(ModelJob, PoolRequest)
    case write(WriteTable)
    /// A sink of the user's.
    case writeCustom(CustomStage)
    /// Rows are handed to the caller.
    case collect
    /// Rows are counted or streamed to the caller in batches, and not kept.
    case deliver(BatchSize)

    /// A classification whose workers and batches the planner chooses.
    public static func predict(_ classifier: Classifier) -> LogicalOperator { .predict(classifier, PoolRequest()) }
}
