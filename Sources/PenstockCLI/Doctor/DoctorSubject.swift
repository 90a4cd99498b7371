import Foundation
import Penstock

/// What the doctor looks at, by what was typed.
enum DoctorSubject {
    /// A pipeline file.
    case pipeline(String)
    /// The report of an earlier run.
    case report(RunReport)
    /// Images, to be classified.
    case images([String])

    init(_ paths: [String], hasModel: Bool) throws {
        let first = paths[0].lowercased()
        if first.hasSuffix(".yaml") || first.hasSuffix(".yml") {
            self = .pipeline(paths[0])
        } else if hasModel {
            self = .images(paths)
        } else {
            self = .report(try RunReport(contentsOf: paths[0]))
        }
    }
}
