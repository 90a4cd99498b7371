package import PenstockCore

/// What makes two runs the same job, from their reports: model, machine, settings, and the rows and bytes that went in.
package struct JobTraits: Sendable, Equatable {
    /// Settings that say nothing about speed.
    private static let indifferent: Set<String> = ["existing-output", "price-per-hour"]
    /// Inputs of the same files differ by the length of their paths only.
    private static let bytesTolerance = 0.05

    /// SHA-256 of the model; empty without one.
    package let modelHash: String
    /// Processor, cores and memory; empty when the report does not say.
    package let machine: String
    /// Rows that the source gave.
    package let rows: Int
    /// Bytes that were read.
    package let inputBytes: Int
    /// The values of all settings.
    package let settings: [String: String]

    /// The traits of the run that a report is about.
    package init(_ report: RunReport) {
        modelHash = report.model?.hash ?? ""
        machine = report.machine?.text ?? ""
        rows = report.rowsRead
        inputBytes = (report.stages.first { $0.name == "read" } ?? report.stages.first)?.bytesOut ?? 0
        settings = report.settings.filter { !Self.indifferent.contains($0.key) }.mapValues(\.value)
    }

    /// Equal for runs of the same job, but for the bytes of their input.
    package var key: String {
        let values = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (["model=\(modelHash)", "machine=\(machine)", "rows=\(rows)"] + values).joined(separator: "\n")
    }

    /// Why times of the two cannot be held against each other; empty when they can.
    package func obstacles(to other: JobTraits) -> [String] {
        var found: [String] = []
        if modelHash != other.modelHash {
            found.append("the models differ (\(Self.short(modelHash)) and \(Self.short(other.modelHash)))")
        }
        if !machine.isEmpty, !other.machine.isEmpty, machine != other.machine {
            found.append("the machines differ (\(machine) and \(other.machine))")
        }
        if rows != other.rows { found.append("the numbers of rows differ (\(rows) and \(other.rows))") }
        if rows == other.rows, !isOfSameSize(other) {
            found.append("the inputs differ (\(Bytes(inputBytes)) and \(Bytes(other.inputBytes)))")
        }
        return found
    }

    /// Whether both read about as many bytes.
    package func isOfSameSize(_ other: JobTraits) -> Bool {
        let most = Double(max(inputBytes, other.inputBytes))
        return most == 0 || Double(abs(inputBytes - other.inputBytes)) <= Self.bytesTolerance * most
    }

    private static func short(_ hash: String) -> String { hash.isEmpty ? "none" : String(hash.prefix(12)) }
}
