/// Something that the cost model assumes until a run has shown it.
package enum CostAssumption: Hashable, Sendable {
    /// What a thread adds to an inference, as a share of what the first one does.
    case threads
    /// What each thread beyond the cores costs, as a share of the rate.
    case oversubscription
    /// Seconds of the model in a precision ÷ those in the probe's.
    case precision(String)
    /// Seconds of decoding in a resize quality ÷ those in the probe's.
    case resizeQuality(String)
    /// What a reader beyond those of the probe adds, as a share of what each of those does.
    case readers

    /// What is assumed where nothing was measured.
    package var prior: Double {
        switch self {
        case .threads: 0.8
        case .oversubscription: 0.05
        case .precision(let name): name == "f32" ? 2 : 1
        case .resizeQuality(let name): name == "fast" ? 0.7 : 1
        case .readers: 0.9
        }
    }

    /// How far off the rate may be for it, as a share of 1.
    package var uncertainty: Double {
        switch self {
        case .threads: 0.12
        case .oversubscription: 0.08
        case .precision, .resizeQuality: 0.4
        case .readers: 0.25
        }
    }

    /// Values that a run may show.
    package var range: ClosedRange<Double> {
        switch self {
        case .threads: 0...1.5
        case .oversubscription: 0...0.9
        case .precision, .resizeQuality: 0.05...10
        case .readers: 0...1
        }
    }

    /// What is said of it when nothing was measured.
    package var text: String {
        switch self {
        case .threads: "a second thread of an inference was not measured: taken to add \(percent(prior)) of the first"
        case .oversubscription: "more threads than cores were not measured: taken to cost \(percent(prior)) for each"
        case .precision(let name):
            "precision \(name) was not measured: the model is taken to need \(times(prior)) the probe's time"
        case .resizeQuality(let name):
            "resize quality \(name) was not measured: decoding is taken to need \(times(prior)) the probe's time"
        case .readers: "more readers than the probe's were not measured: each is taken to add \(percent(prior)) of one"
        }
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
    private func times(_ factor: Double) -> String { "\(Double(Int((factor * 10).rounded())) / 10) ×" }
}
