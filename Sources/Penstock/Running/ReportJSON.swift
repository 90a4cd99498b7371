public import PenstockCore
import PenstockPlan
import PenstockStages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reports and plans as JSON with stable, snake-case keys.
enum ReportJSON {
    /// The value, indented, keys sorted.
    static func encode(_ report: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(report)) + Array("\n".utf8)
    }
}

extension RunReport {
    /// The report as it stands in `report.json`.
    public func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }

    /// The report of an earlier run, from the folder that it wrote to, or from a report file (`.json`) of its own.
    ///
    /// - Throws: `StageError` when there is none, or it cannot be read.
    public init(contentsOf place: String) throws(StageError) {
        let isFile = place.hasSuffix(".json")
        let path = isFile ? place : OutputFolder(place, format: .parquet).report
        let data = isFile ? try Self.contents(ofFile: path) : try Self.contents(ofFolder: place)
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            self = try decoder.decode(RunReport.self, from: data)
        } catch {
            throw StageError(.damagedData, "\(path) is not a report of this version: \(error).")
        }
    }

    private static func contents(ofFolder directory: String) throws(StageError) -> Data {
        let folder = OutputFolder(directory, format: .parquet)
        do throws(StageError) { return Data(try folder.reportBytes()) } catch {
            if error.code != .notFound { throw error }
            throw StageError(
                .notFound,
                "\"\(folder.path)\" holds no report (\(folder.report)). Name a folder that penstock classify wrote to."
            )
        }
    }

    private static func contents(ofFile path: String) throws(StageError) -> Data {
        if let data = FileManager.default.contents(atPath: path) { return data }
        throw StageError(
            .notFound,
            "there is no report \"\(path)\" that can be read. Name a file that --report wrote, or a folder of predictions."
        )
    }
}

extension CeilingReport {
    /// The figures with the same stable, snake-case keys as reports.
    public func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }
}

extension TuningReport {
    /// The report with the same stable, snake-case keys as reports.
    public func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }
}

extension [WhatIfReport] {
    /// The answers with the same stable, snake-case keys as reports.
    public func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }
}

/// A short fingerprint of what decides predictions, for metadata: equal settings give equal hashes on every machine.
///
/// - Source: FNV-1a, 64 bits.
func settingsHash(_ plan: PhysicalPlan) -> String {
    let text = plan.allSettings.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: "\n")
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
}
