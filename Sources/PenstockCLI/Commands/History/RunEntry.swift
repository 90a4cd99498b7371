import PenstockLedger

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run as `penstock runs --json` prints it: a record without its report.
struct RunEntry: Encodable {
    private let id: Int64?
    private let date: Date
    private let command, output, model, modelHash, machine, versions, outcome, precision, limit, verdict: String
    private let rows: Int
    private let imagesPerSecond: Double

    private init(_ record: RunRecord) {
        id = record.id
        date = record.date
        command = record.command
        output = record.output
        model = record.model
        modelHash = record.modelHash
        machine = record.machine
        versions = record.versions
        outcome = record.outcome
        precision = record.precision
        limit = record.limit
        verdict = record.verdict
        rows = record.rows
        imagesPerSecond = record.rate
    }

    /// An array of objects with snake-case keys.
    static func json(_ records: [RunRecord]) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(records.map(RunEntry.init)), as: UTF8.self)
    }
}
