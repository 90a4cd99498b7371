package import PenstockAdvisor
package import PenstockCore

/// What `penstock doctor --json` writes.
package struct DoctorReport: Encodable {
    /// Most valuable first.
    package var findings: [FindingReport]
    /// Rows of the sample that was run; nil: a report was read, or nothing could run.
    package var sampleRows: Int?
    /// Rate of the sample as the job is.
    package var imagesPerSecond: Double?
    /// Predictions beside what was measured, with `--fix`.
    package var measured: [PredictionRecord] = []

    /// Findings without measurements so far.
    package init(_ findings: [FindingReport], sample: RunReport? = nil) {
        self.findings = findings
        sampleRows = sample?.rowsWritten
        imagesPerSecond = sample?.imagesPerSecond
    }

    /// With stable, snake-case keys.
    package func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }
}
