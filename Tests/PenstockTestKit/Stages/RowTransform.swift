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
    /// Rows of a piece of the output; nil gives everything at once.
    package var pieceRows: Int?
    /// Says after this row that no more are wanted.
    package var lastRow: Int64?
    private let probe: Probe
    private let fate: @Sendable (Int64) -> Fate

    /// A transform that keeps every row unless `fate` says otherwise.
    package init(_ name: String, probe: Probe, fate: @escaping @Sendable (Int64) -> Fate = { _ in .rows(1) }) {
        self.name = name
        self.probe = probe
        self.fate = fate
    }

    package struct State {
        let life: TrackedState
        /// Rows of the batch that are still to come.
        var rest: ArraySlice<Int64> = []
    }

    package func load(_ context: StageContext) throws(StageError) -> TrackedShared {
        try probe.pass(.load)
        return TrackedShared(probe)
    }

    package func makeState(_ shared: TrackedShared, _ context: StageContext) throws(StageError) -> State {
        try probe.pass(.makeState)
        return State(life: TrackedState(probe))
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        try probe.pass(.apply)
        state.rest = try batch.block.int64s("id").array[...]
        return piece(&state)
    }

    package func proceed(_ state: inout State) throws(StageError) -> TransformOutput {
        try probe.pass(.proceed)
        return piece(&state)
    }

    private func piece(_ state: inout State) -> TransformOutput {
        var kept: [Int64] = []
        var output = TransformOutput([])
        for id in state.rest.prefix(pieceRows ?? .max) {
            switch fate(id) {
            case .rows(let count): kept += Array(repeating: id, count: count)
            case .fail:
                let error = StageError(.damagedData, "row \(id) is bad")
                output.failures.append(RowFailure(path: "row-\(id)", stage: name, error: error))
            case .skip: output.skippedRowCount += 1
            }
            if id == lastRow { output.isLast = true }
        }
        state.rest = state.rest.dropFirst(pieceRows ?? .max)
        output.blocks = [.numbered(kept)]
        output.hasMore = !state.rest.isEmpty
        return output
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount * 4 }
}
