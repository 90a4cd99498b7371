import PenstockAdvisor
public import PenstockCore

/// How `Dataset.ceiling` measures.
public struct CeilingRequest: Sendable {
    /// Images to measure with, at most; fewer where their files are large.
    public var images = 256
    /// Seconds that the job and each of its parts are measured for, at least: the job has 24 batches for each worker of the model.
    ///
    /// Settings of the model, and what mostly waits, get a fifth. Loading and warming up come on top.
    public var seconds = 4.0
    /// How often each measurement is made, all taking turns.
    public var repeats = 3
    /// Measures the model in every combination of settings, instead of the planner's and its few rivals.
    public var sweepsModel = false
    /// A run to compare with.
    public var run: RunReport?
    /// Measures the job and its parts in turns of a part of a second; nil: one after the other, in this process.
    package var processes: (any CeilingProcesses)?
    /// Receives a line before each round.
    public var tell: @Sendable (String) -> Void = { _ in }

    /// The defaults: about two minutes for ResNet-50 on two cores.
    public init() {}
}

/// What each stage of a job does alone on this machine, and what they allow together.
public struct CeilingReport: Codable, Sendable, Equatable {
    /// A rate that was measured several times.
    public struct Rate: Codable, Sendable, Equatable {
        /// Images per second, the median.
        public var imagesPerSecond: Double
        /// (largest − smallest) ÷ median.
        public var spread: Double
        /// Every measurement, in their order.
        public var samples: [Double]

        init(_ samples: RateSamples) {
            imagesPerSecond = samples.median
            spread = samples.spread
            self.samples = samples.values
        }
    }

    /// One stage.
    public struct Stage: Codable, Sendable, Equatable {
        /// Stage name, as in run reports.
        public var name: String
        /// Alone, on all of its workers.
        public var rate: Rate
        /// Workers it was measured with, as the planner gives it.
        public var workers: Int
        /// Core milliseconds that an image takes from the other stages.
        public var coreMilliseconds: Double
        /// Whether its workers compute; else they mostly wait, and only their CPU time is taken from the others.
        public var sharesCores: Bool
        /// Share of the time per image that the ceiling gives it, 0…1.
        public var share: Double
    }

    /// What the decode stage consists of.
    public struct Decoding: Codable, Sendable, Equatable {
        /// The codec decoding whole frames, nothing else.
        public var bareDecode: Rate
        /// Core milliseconds of an image for it.
        public var bareCoreMilliseconds: Double
        /// Core milliseconds of the job's step, which decodes, resizes and crops at once, less those of the bare decode.
        ///
        /// Below 0 where the step decodes less than the frame.
        public var resizeCropCoreMilliseconds: Double
    }

    /// The model in one combination of settings.
    public struct ModelRate: Codable, Sendable, Equatable {
        /// Alone.
        public var rate: Rate
        /// Arithmetic of its floating-point layers.
        public var precision: String
        /// Inferences side by side.
        public var workers: Int
        /// Threads of each.
        public var threadsPerWorker: Int
        /// Images at once.
        public var batchSize: Int
        /// Whether the planner chooses this one.
        public var isPlanned: Bool
        /// Whether this one was measured again beside the job, and is the model of the ceiling.
        public var isInCeiling: Bool
    }

    /// A stage, alone and in a run.
    public struct StageInRun: Codable, Sendable, Equatable {
        /// Stage name, as in run reports.
        public var name: String
        /// Core milliseconds of an image when the stage runs alone.
        public var aloneCoreMilliseconds: Double
        /// Core milliseconds of an image in the run; nil where the run had no such stage.
        public var runCoreMilliseconds: Double?
        /// Time alone ÷ time in the run; nil without either.
        public var reached: Double?
    }

    /// The whole job, measured beside its parts, from its beginning to its commit, its model loaded before.
    public struct Job: Codable, Sendable, Equatable {
        /// All stages together.
        public var rate: Rate
        /// Its rate ÷ the ceiling, the median of the rounds.
        public var reached: Double
        /// Its rate ÷ the ceiling of the same round, in their order.
        public var shares: [Double]
        /// Whether the job and its parts took turns of a part of a second, or were measured one after the other.
        public var takesTurns: Bool
        /// The stages, in the order of the plan, over all rounds.
        public var stages: [StageInRun]
        /// Core milliseconds of an image in which no stage computed.
        public var idleCoreMilliseconds: Double
    }

    /// How much of the ceiling an earlier run reached.
    public struct Run: Codable, Sendable, Equatable {
        /// Images per second of the run.
        public var imagesPerSecond: Double
        /// Its rate ÷ the ceiling.
        public var reached: Double
        /// Arithmetic that the run's model used.
        public var precision: String
        /// The stages, in the order of the plan.
        public var stages: [StageInRun]
    }

    /// Images per second that the machine allows for this job, with the fastest model of `precision` that was measured.
    public var imagesPerSecond: Double
    /// The same with the model as the planner runs it.
    public var plannedImagesPerSecond: Double
    /// Cores that were used.
    public var cores: Int
    /// The stages, in the order of the plan; the model is the fastest one of `precision`.
    public var stages: [Stage]
    /// What the decode stage consists of.
    public var decoding: Decoding
    /// The model in each combination that was measured, for a short time, the planner's first.
    public var models: [ModelRate]
    /// The whole job.
    public var job: Job
    /// The run that was given.
    public var run: Run?
    /// Images that were measured with.
    public var images: Int
    /// Bytes of their files, on average.
    public var bytesPerImage: Double
    /// The model file.
    public var model: String
    /// Arithmetic of the model in the ceiling.
    public var precision: String
    /// Measurements of each rate.
    public var repeats: Int
    /// Seconds that the job and each part were measured for, at least.
    public var seconds: Double
    /// Penstock and library versions.
    public var versions: [String: String] = [:]

    /// The share of the ceiling that a run reached.
    public func reached(by report: RunReport) -> Double {
        imagesPerSecond > 0 ? report.imagesPerSecond / imagesPerSecond : 0
    }
}
