package import PenstockCore

/// Decides row by row what becomes of numbered rows.
package struct RowTransform: BatchTransform {
    /// What becomes of one row.
    package enum Fate: Sendable, Equatable {
        /// So many rows like it; 1 keeps it, 0 leaves it out without a word.
        case rows(Int)
        case fail
        case skip
    }

    package let name: String
    private let probe: Probe
    private let fate: @Sendable (Int64) -> Fate

    /// A transform that keeps every row unless `fate` says otherwise.
    package init(_ name: String, probe: Probe, fate: @escaping @Sendable (Int64) -> Fate = { _ in .rows(1) }) {
        self.name = name
        self.probe = probe
        self.fate = fate
    }

    package func load(_ context: StageContext) throws(StageError) -> TrackedShared {
        try probe.pass(.load)
        return TrackedShared(probe)
    }

    package func makeState(_ shared: TrackedShared, _ context: StageContext) throws(StageError) -> TrackedState {
        try probe.pass(.makeState)
        return TrackedState(probe)
    }

    package func apply(_ batch: Batch, _ state: inout TrackedState) throws(StageError) -> TransformOutput {
        try probe.pass(.apply)
        var kept: [Int64] = []
        var output = TransformOutput([])
        for id in try batch.block.int64s("id").array {
            switch fate(id) {
            case .rows(let count): kept += Array(repeating: id, count: count)
            case .fail:
                let error = StageError(.damagedData, "row \(id) is bad")
                output.failures.append(RowFailure(path: "row-\(id)", stage: name, error: error))
            case .skip: output.skippedRowCount += 1
            }
        }
        output.blocks = [.numbered(kept)]
        return output
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount * 4 }
}
