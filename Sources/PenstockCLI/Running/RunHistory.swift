import Foundation
import Penstock
import PenstockLedger

/// The user's ledger of runs.
enum RunHistory {
    /// Adds a run.
    ///
    /// - Returns: a warning, where that cannot be done; a run never fails because of its entry.
    static func keep(_ report: RunReport, output: String) -> String? {
        guard let folder = UserFolders.data else { return nil }
        do {
            let record = RunRecord(
                report,
                json: try report.json(),
                command: commandLine,
                output: absolute(output),
                date: Date()
            )
            try RunLedger(folder: folder).add(record)
            return nil
        } catch {
            let reason = (error as? StageError)?.message ?? "\(error)"
            return "penstock: warning: this run is not in the ledger: \(reason) (--no-ledger keeps none)\n"
        }
    }

    /// The ledger for commands that read it.
    static func ledger() throws -> RunLedger {
        guard let folder = UserFolders.data else {
            throw PlanError("there is no home folder, so no ledger of runs. Name a folder with PENSTOCK_DATA.")
        }
        return try RunLedger(folder: folder)
    }

    /// The words of the command line as a shell takes them, without keys of stores.
    private static var commandLine: String {
        (["penstock"] + CommandLine.arguments.dropFirst().map(\.withoutKeys.quotedForShell)).joined(separator: " ")
    }

    private static func absolute(_ output: String) -> String {
        output.contains("://") ? output.withoutKeys : URL(filePath: output).standardizedFileURL.path
    }
}
