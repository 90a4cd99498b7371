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
    /// What all findings change, together.
    package var changes: [String: String]
    /// What that should gain; nil where it was not tried together.
    package var gain: GainReport?
    /// Predictions beside what was measured, with `--fix`.
    package var measured: [PredictionRecord] = []
    /// What all changes together gained, with `--fix`.
    package var measuredTogether: Measured?

    /// A measured gain: the median of pairs of runs, and half of its 95 % interval.
    package struct Measured: Encodable {
        package var gain: Double
        package var halfWidth: Double

        package init(_ pairs: PairedComparison) {
            gain = pairs.ratio
            halfWidth = pairs.halfWidth
        }
    }

    /// The findings of a report that was read.
    package init(_ findings: [FindingReport]) {
        self.findings = findings
        changes = Doctor.together(findings).values
    }

    /// The findings of a job, without measurements so far.
    package init(_ examination: DatasetDoctor.Examination) {
        findings = examination.findings
        changes = examination.changes.values
        gain = examination.gain
        sampleRows = examination.sample?.rowsWritten
        imagesPerSecond = examination.sample?.imagesPerSecond
    }

    /// With stable, snake-case keys.
    package func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }
}
