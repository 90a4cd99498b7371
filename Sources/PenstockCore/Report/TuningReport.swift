/// What a search for faster settings did and found.
public struct TuningReport: Codable, Sendable, Equatable {
    /// Settings that are faster than the defaults beyond the noise; empty: the defaults stay.
    public var settings: [String: String] = [:]
    /// One sentence: what was found, or why the defaults stay.
    public var conclusion = ""
    /// How many times faster than the defaults, in the final comparison; 1 when they stay.
    public var speedup = 1.0
    /// Half the width of the interval about `speedup` that holds the true one in about 95 % of cases.
    public var speedupHalfWidth = 0.0
    /// Images per second with the defaults, the median of the final comparison, or of the probe without one.
    public var defaultImagesPerSecond = 0.0
    /// Images per second with `settings`.
    public var imagesPerSecond = 0.0
    /// Share of the sample's images that get the same class as before, where settings were allowed to change answers.
    public var agreement: Double?
    /// Images of a run.
    public var sampleImages = 0
    /// Runs that were made, all together.
    public var runs = 0
    /// Seconds that the search took.
    public var seconds = 0.0
    /// What one run differs from the next by chance, as a share of 1.
    public var noise = 0.0
    /// What each stage costs, as the probe found.
    public var costs: [StageCostReport] = []
    /// The trials, in order.
    public var trials: [TuningTrial] = []
    /// Settings that were left alone, each with the reason.
    public var leftAlone: [String: String] = [:]
    /// The model that was run.
    public var model: ModelReport?
    /// Penstock and library versions.
    public var versions: [String: String] = [:]

    /// An empty report.
    public init() {}
}

/// Settings that were tried, and what came of it.
public struct TuningTrial: Codable, Sendable, Equatable {
    /// What differs from the defaults, as it is typed.
    public var settings: String
    /// What it was compared with, as it is typed; empty for the defaults.
    public var comparedWith: String
    /// How many times faster the cost model expected it to be.
    public var predicted: Double
    /// How many times faster it was, the median of the pairs; 0 when it could not run.
    public var measured = 0.0
    /// Rate of the median run.
    public var imagesPerSecond = 0.0
    /// Pairs of runs.
    public var pairs = 0
    /// Whether the search went on from here.
    public var isKept = false
    /// Why it was kept or dropped.
    public var reason = ""

    /// A trial that has not begun.
    public init(settings: String, comparedWith: String, predicted: Double) {
        self.settings = settings
        self.comparedWith = comparedWith
        self.predicted = predicted
    }
}

/// What a search tells while it goes on.
public enum TuningEvent: Sendable, Equatable {
    /// A run that the cost model is made from.
    case probe(settings: String, imagesPerSecond: Double, images: Int)
    /// A trial that has ended.
    case trial(TuningTrial)
    /// The final comparison begins.
    case confirming(settings: String, pairs: Int)
}

/// What a stage costs: seconds of a task = fixed + rows × per row.
public struct StageCostReport: Codable, Sendable, Equatable {
    /// Operator name.
    public var name: String
    /// Seconds that each task costs, whatever its rows.
    public var fixedSeconds: Double
    /// Seconds that each row adds, with all cores busy.
    public var secondsPerRow: Double
    /// Seconds of a core for each row, at the batch size of the defaults.
    public var coreSecondsPerRow: Double
    /// Cost with one core at work ÷ cost with all of them at work.
    public var aloneFactor: Double
    /// Whether it computes, and so takes time from the other stages; else it waits for storage.
    public var sharesCores: Bool

    /// A stage's costs.
    public init(
        name: String,
        fixedSeconds: Double,
        secondsPerRow: Double,
        coreSecondsPerRow: Double,
        aloneFactor: Double,
        sharesCores: Bool
    ) {
        self.name = name
        self.fixedSeconds = fixedSeconds
        self.secondsPerRow = secondsPerRow
        self.coreSecondsPerRow = coreSecondsPerRow
        self.aloneFactor = aloneFactor
        self.sharesCores = sharesCores
    }
}

/// What a cost model expects of settings that were not run.
public struct WhatIfReport: Codable, Sendable, Equatable {
    /// The settings, as they are typed.
    public var settings: String
    /// Images per second once the pipeline is full.
    public var imagesPerSecond: Double
    /// The rate lies between these in about 95 % of cases.
    public var low: Double
    /// The upper end.
    public var high: Double
    /// The same for the settings that hold without them.
    public var baseImagesPerSecond: Double
    /// Seconds from the start of the run to its end, for `images`.
    public var seconds: Double
    /// The time lies between these in about 95 % of cases.
    public var secondsLow: Double
    /// The upper end.
    public var secondsHigh: Double
    /// Images that `seconds` is about.
    public var images: Int
    /// What bounds the rate: a stage, or `cores`.
    public var limit: String
    /// What the model does not know here, each with what it assumes.
    public var unknowns: [String]

    /// An answer.
    public init(settings: String, imagesPerSecond: Double, halfWidth: Double, base: Double) {
        self.settings = settings
        self.imagesPerSecond = imagesPerSecond
        low = imagesPerSecond * (1 - halfWidth)
        high = imagesPerSecond * (1 + halfWidth)
        baseImagesPerSecond = base
        seconds = 0
        secondsLow = 0
        secondsHigh = 0
        images = 0
        limit = ""
        unknowns = []
    }
}
