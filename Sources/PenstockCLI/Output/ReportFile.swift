import Penstock

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes a report where the user asked for it.
enum ReportFile {
    static func write(_ json: String, to path: String) throws {
        do {
            try Data(json.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw PlanError("cannot write the report to \"\(path)\": \(error). Name a file in a folder that exists.")
        }
    }
}
