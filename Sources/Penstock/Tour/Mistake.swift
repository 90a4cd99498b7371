/// A classic mistake of batch inference that Penstock can be made to commit, each with a switch of its own.
///
/// - Source: the numbered mistakes of the tutorial "Batch Inference Performance Optimization with Ray Data" and the ids of
///   the inventory made of it.
package enum Mistake: String, CaseIterable, Codable, Sendable {
    case noBlockSizing = "no-block-sizing"
    case nothingKept = "nothing-kept"
    case modelLoadedInCall = "model-loaded-in-call"
    case acceleratorUnused = "accelerator-unused"
    case transformRebuilt = "transform-rebuilt"
    case imagesOneByOne = "images-one-by-one"
    case imageConversions = "image-conversions"
    case passPerImage = "pass-per-image"
    case timePerRow = "time-per-row"
    case loggingInHotPath = "logging-in-hot-path"
    case errorsSwallowed = "errors-swallowed"
    case batchOfTwo = "batch-of-two"
    case eightWorkers = "eight-workers"
    case noLimits = "no-limits"
    case collectsEverything = "collects-everything"
    case jsonOutput = "json-output"

    /// Ids in the inventory of the document; the first is the numbered mistake itself.
    package var ids: [String] { text.ids }
    /// Number of the mistake in the document; nil for the one that it does not number.
    package var number: Int? { text.number }
    /// What is done wrong, in a few words.
    package var title: String { text.title }
    /// What the document says that it costs.
    package var claim: String { text.claim }
    /// What is really done here.
    package var here: String { text.here }
    /// The fix, in a few words.
    package var fix: String { text.fix }

    /// Whether predictions may differ from those of the good pipeline: another precision, or rows that are no predictions.
    package var changesAnswers: Bool { self == .acceleratorUnused || self == .errorsSwallowed }
}

/// Everything that is said about a mistake.
private struct MistakeText {
    let ids: [String]
    let number: Int?
    let title: String
    let claim: String
    let here: String
    let fix: String

    init(_ ids: [String], _ number: Int?, _ title: String, claim: String, here: String, fix: String) {
        self.ids = ids
        self.number = number
        self.title = title
        self.claim = claim
        self.here = here
        self.fix = fix
    }
}

extension Mistake {
    private var text: MistakeText {
        switch self {
        case .nothingKept, .modelLoadedInCall, .transformRebuilt: stateText
        case .imagesOneByOne, .imageConversions, .passPerImage: batchText
        case .timePerRow, .loggingInHotPath, .errorsSwallowed: rowText
        case .acceleratorUnused, .batchOfTwo, .eightWorkers, .noLimits: resourceText
        case .noBlockSizing, .collectsEverything, .jsonOutput: dataText
        }
    }

    private var stateText: MistakeText {
        switch self {
        case .nothingKept:
            MistakeText(
                ["S63"],
                2,
                "Nothing kept between calls",
                claim: "the load moves into the hot path",
                here: "the model is shared, but decoder and inference request are made anew for every call",
                fix: "keep them in the worker's state"
            )
        case .modelLoadedInCall:
            MistakeText(
                ["S64", "S78"],
                3,
                "Model loaded in every call",
                claim: "the model is reloaded for every batch",
                here: "the model file is read and compiled for every batch, as stateless tasks would (mistake 16)",
                fix: "load the model once for all workers"
            )
        default:
            MistakeText(
                ["S66"],
                5,
                "Transform made in every call",
                claim: "wasted memory and time",
                here: "the decoder with its working memory is made anew for every batch",
                fix: "one decoder for each worker"
            )
        }
    }

    private var batchText: MistakeText {
        switch self {
        case .imagesOneByOne:
            MistakeText(
                ["S67"],
                6,
                "Images prepared one by one",
                claim: "no vectorisation",
                here: "each image is decoded into memory of its own and copied into the batch afterwards",
                fix: "decode straight into the batch"
            )
        case .imageConversions:
            MistakeText(
                ["S68"],
                7,
                "Conversions of each image",
                claim: "conversion overhead",
                here:
                    "each image becomes an array, then planes of floats of 0…1, then bytes again, before the model sees it",
                fix: "give the model bytes; it normalises them itself"
            )
        default:
            MistakeText(
                ["S69"],
                8,
                "One forward pass per image",
                claim: "the accelerator is under-used",
                here: "the model is called once for each image of the batch",
                fix: "one call for each batch"
            )
        }
    }

    private var rowText: MistakeText {
        switch self {
        case .timePerRow:
            MistakeText(
                ["S70"],
                nil,
                "Time stored for each row",
                claim: "unnecessary overhead",
                here: "a clock is read and a column written for each row",
                fix: "leave it out; the report has the times"
            )
        case .loggingInHotPath:
            MistakeText(
                ["S71"],
                9,
                "Logging in the hot path",
                claim: "overhead",
                here: "a line is written to stderr, unbuffered, for the first and every tenth image of a batch",
                fix: "no logging; the run's progress is shown by the engine"
            )
        default:
            MistakeText(
                ["S72"],
                10,
                "Errors swallowed",
                claim: "slow, and hides errors",
                here: "an image that cannot be read becomes a row with class -1 and confidence 0",
                fix: "bad rows go to quarantine, with their reason"
            )
        }
    }

    private var resourceText: MistakeText {
        switch self {
        case .acceleratorUnused:
            MistakeText(
                ["S65", "S77"],
                4,
                "Fast arithmetic not used",
                claim: "much slower",
                here: "the model computes in f32 although a faster precision that agrees with it is there",
                fix: "the fastest precision that agrees with f32"
            )
        case .batchOfTwo:
            MistakeText(
                ["S75"],
                13,
                "Batches of two",
                claim: "the accelerator starves",
                here: "blocks and batches of two images",
                fix: "batches as large as measuring finds them useful"
            )
        case .eightWorkers:
            MistakeText(
                ["S76"],
                14,
                "Eight workers",
                claim: "contention",
                here: "eight model workers, however many cores there are",
                fix: "as many model workers as cores"
            )
        default:
            MistakeText(
                ["S79"],
                17,
                "No limits",
                claim: "can overwhelm the cluster",
                here: "files may be read ahead into all of the machine's memory; the queues behind them stay bounded",
                fix: "bounded queues"
            )
        }
    }

    private var dataText: MistakeText {
        switch self {
        case .noBlockSizing:
            MistakeText(
                ["S62"],
                1,
                "No block sizing",
                claim: "inefficient task distribution",
                here: "all images in one block, so that no two stages and no two workers have work at once",
                fix: "blocks of a few batches"
            )
        case .collectsEverything:
            MistakeText(
                ["S81"],
                19,
                "Everything collected in memory",
                claim: "everything in the driver's memory",
                here: "all predictions are collected, and written when the last one is there",
                fix: "predictions are written while others are computed"
            )
        default:
            MistakeText(
                ["S82"],
                20,
                "JSON output",
                claim: "slow serialisation",
                here: "JSON lines instead of Parquet",
                fix: "Parquet"
            )
        }
    }
}
