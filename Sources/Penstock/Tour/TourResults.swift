import PenstockAdvisor
package import PenstockCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything that a tour measured: what reports are made of.
package struct TourResults: Codable, Sendable {
    /// Machine, model, data and settings.
    package var setup = TourSetup()
    /// All mistakes together.
    package var bad = TourMeasurement()
    /// Penstock's own pipeline.
    package var good = TourMeasurement()
    /// How the answers of the bad pipeline differ from those of the good one.
    package var badAnswers = TourAnswers()
    /// Logical and physical plan of the good pipeline with every setting.
    package var plan = ""
    /// Seconds that it took to describe the pipeline, which reads nothing.
    package var planSeconds = 0.0
    /// The fixes, one after the other; the first entry has all mistakes.
    package var fixes: [TourFix] = []
    /// Each mistake alone.
    package var alone: [TourMistake] = []
    /// Mistakes that cannot be made, and what Penstock says instead.
    package var refusals: [TourRefusal] = []
    /// What the whole tour took.
    package var seconds = 0.0

    /// Nothing measured yet.
    package init() {}

    /// How many times faster the good pipeline is than the bad one.
    package var speedup: Double { bad.rate > 0 ? good.rate / bad.rate : 0 }

    /// Every figure with stable, snake-case keys; single predictions are left out.
    package func json() throws -> String {
        var results = self
        results.bad.predictions = [:]
        results.good.predictions = [:]
        return String(decoding: try ReportJSON.encode(results), as: UTF8.self)
    }
}

extension TourResults {
    /// The results of an earlier tour, as `json()` wrote them.
    ///
    /// - Throws: a usage error when the file cannot be read or holds something else.
    package init(contentsOf path: String) throws(PlanError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw PlanError("cannot read \"\(path)\". Name a file that penstock tour --json wrote.", isUsage: true)
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { self = try decoder.decode(TourResults.self, from: data) } catch {
            throw PlanError("\"\(path)\" holds no results of a tour: \(error).", isUsage: true)
        }
    }
}

/// On what and how a tour was measured.
package struct TourSetup: Codable, Sendable {
    /// When it began, ISO 8601.
    package var date = ""
    /// The processor's name.
    package var processor = ""
    /// Cores that could be used.
    package var cores = 0
    /// Memory of the machine or container.
    package var memory = 0
    /// The operating system.
    package var system = ""
    /// Versions of what ran.
    package var versions: [String: String] = [:]
    /// The model as it was named, and its size.
    package var model = ""
    /// SHA-256 of the model.
    package var modelHash = ""
    /// Arithmetic of the good pipeline, and how it was found.
    package var precision = ""
    /// What the images are.
    package var data = ""
    /// Images of a full run.
    package var images = 0
    /// Images of the good pipeline's runs that are compared with the bad one's.
    package var longImages = 0
    /// Pairs of runs for each mistake.
    package var rounds = 0
    /// Rounds of the waterfall.
    package var fixRounds = 0
    /// The command as it was typed.
    package var command = ""

    /// Nothing known yet.
    package init() {}
}

/// One fix of the waterfall.
package struct TourFix: Codable, Sendable {
    /// What was fixed; empty for the pipeline with all mistakes.
    package var fixed: [Mistake] = []
    /// What was done, in a few words.
    package var title = ""
    /// Images per second afterwards: the median of the rounds.
    package var rate = 0.0
    /// Images of a run.
    package var images = 0
    /// Rate ÷ rate before.
    package var gain = 1.0
    /// Whether the gain is larger than the noise.
    package var isCertain = false

    /// Nothing measured yet.
    package init() {}
}

/// A quantity with a mistake ÷ the same without it, and how sure that is.
package struct TourRatio: Codable, Sendable, Equatable {
    /// The median of the pairs' ratios.
    package var value = 1.0
    /// The smaller end of the interval that holds it in about 95 % of cases; nil: too few pairs to tell.
    package var low: Double?
    /// The larger end.
    package var high: Double?
    /// Whether it differs from 1 by more than the noise, and by 2 % at least.
    package var isCertain = false

    /// The same with and without.
    package init() {}

    /// The ratio of pairs measured one after the other.
    init(_ comparison: PairedComparison) {
        value = comparison.ratio
        low = comparison.interval?.lowerBound
        high = comparison.interval?.upperBound
        isCertain = comparison.isDifferent(atLeast: 0.02)
    }
}

/// What one mistake does by itself.
package struct TourMistake: Codable, Sendable {
    /// The mistakes made, one as a rule; none for the control.
    package var mistakes: [Mistake] = []
    /// Its number in the document; nil: it has none.
    package var number: Int?
    /// Its ids in the inventory of the document.
    package var ids: [String] = []
    /// What is wrong.
    package var title = ""
    /// What the document says about it.
    package var claim = ""
    /// What was really done.
    package var here = ""
    /// Images of its runs.
    package var images = 0
    /// Pairs measured.
    package var pairs = 0
    /// Images per second: the median.
    package var rate = 0.0
    /// Images per second of the good runs beside it: the median.
    package var goodRate = 0.0
    /// Seconds with it ÷ without.
    package var time = TourRatio()
    /// Peak memory with it ÷ without.
    package var memory = TourRatio()
    /// CPU seconds of an image with it ÷ without.
    package var cpu = TourRatio()
    /// Peak memory: the median.
    package var peakBytes = 0
    /// Share of time that the model waited for input, without and with it.
    package var starvedBefore = 0.0
    package var starvedAfter = 0.0
    /// Bytes written for an image ÷ those of the good pipeline.
    package var outputRatio = 1.0
    /// What happened to the answers.
    package var answers = TourAnswers()

    /// Nothing measured yet.
    package init() {}
}

/// How the rows of a run differ from those of the good pipeline, image by image.
package struct TourAnswers: Codable, Sendable, Equatable {
    /// Images that both have.
    package var compared = 0
    /// Images with another class.
    package var different = 0
    /// The largest difference of confidence among those with the same class.
    package var largestDifference = 0.0
    /// Rows that look like predictions and stand for errors.
    package var sentinels = 0

    /// Nothing compared yet.
    package init() {}

    /// Compares a run with a good one.
    package init(_ run: TourMeasurement, good: TourMeasurement) {
        for (name, row) in run.predictions {
            guard row.predicted >= 0 else {
                sentinels += 1
                continue
            }
            guard let expected = good.predictions[name] else { continue }
            compared += 1
            if row.predicted != expected.predicted {
                different += 1
            } else {
                largestDifference = max(largestDifference, abs(row.confidence - expected.confidence))
            }
        }
    }

    /// Same classes, and confidences within what a text format rounds away.
    package var isSame: Bool { different == 0 && sentinels == 0 && largestDifference < 1e-6 }
}

/// A mistake that Penstock does not let happen.
package struct TourRefusal: Codable, Sendable {
    /// Its number in the document; nil: it has none.
    package var number: Int?
    /// Its ids in the inventory of the document.
    package var ids: [String]
    /// What is wrong.
    package var title: String
    /// What was tried, as code.
    package var attempt: String
    /// What Penstock said, word by word.
    package var message: String

    /// Something that was tried and refused.
    package init(_ number: Int?, _ ids: [String], title: String, attempt: String, message: String) {
        self.number = number
        self.ids = ids
        self.title = title
        self.attempt = attempt
        self.message = message
    }
}
