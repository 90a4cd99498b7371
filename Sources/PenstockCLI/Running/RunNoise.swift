import Penstock
import PenstockLedger

/// How much runs of the same job differ here, as far as the ledger knows.
enum RunNoise {
    /// Earlier runs that are looked at.
    private static let most = 20

    /// From the ledger's runs of the first one's job before both, else from the spread of their batches.
    static func of(_ first: NamedRun, _ second: NamedRun) throws -> JobNoise {
        let unknown = JobNoise(batchesOf: [first.report, second.report])
        guard UserFolders.data != nil else { return unknown }
        let last = [first.id, second.id].compactMap { $0 }.min() ?? Int64.max
        return JobNoise(groups: [try NamedRun.times(like: first.report, in: 0...last, atMost: most)], else: unknown)
    }
}
