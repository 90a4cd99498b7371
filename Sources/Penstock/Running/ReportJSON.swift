import PenstockCore
import PenstockPlan

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reports and plans as JSON with stable, snake-case keys.
enum ReportJSON {
    /// The report, indented, keys sorted.
    static func encode(_ report: RunReport) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(report)) + Array("\n".utf8)
    }
}

extension RunReport {
    /// The report as it stands in `report.json`.
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
