package import PenstockCore
package import PenstockPlan

extension CostModel {
    /// Answers what settings would do, with an interval and with what the model does not know.
    ///
    /// - `images`: those of the job that `seconds` is about.
    package func whatIf(_ changes: SettingChanges, images: Int) -> WhatIfReport {
        let settings = settings(changes)
        let prediction = prediction(settings)
        var report = WhatIfReport(
            settings: changes.description,
            imagesPerSecond: prediction.rate,
            halfWidth: prediction.halfWidth,
            base: self.prediction().rate
        )
        report.limit = prediction.limit
        report.images = images
        report.seconds = seconds(images: images, settings)
        let working = prediction.rate > 0 ? Double(images) / prediction.rate : 0
        report.secondsLow = report.seconds - working + working / (1 + prediction.halfWidth)
        report.secondsHigh = report.seconds - working + working / (1 - prediction.halfWidth)
        report.unknowns = prediction.unknowns.map(\.text)
        if let batch = prediction.batchOutside {
            report.unknowns.append(
                "batch-size \(batch) lies outside of \(batches.lowerBound)…\(batches.upperBound), which was measured"
            )
        }
        for name in Self.unmodelled where changes.values[name] != nil {
            report.unknowns.append("\(name) is not part of the model: taken to change nothing")
        }
        return report
    }

    /// Settings that a change can name and that the model takes to change nothing.
    static let unmodelled = ["block-bytes", "format", "memory"]
}
