package import PenstockCore

/// Rows numbered from 0, in blocks of one size: columns `path` (`row-17`) and `id`.
package struct NumberSource: BlockSource {
    package let name = "numbers"
    private let rowCount: Int
    private let blockRows: Int
    private let probe: Probe

    /// A source of `rowCount` rows.
    package init(rowCount: Int, blockRows: Int, probe: Probe) {
        self.rowCount = rowCount
        self.blockRows = blockRows
        self.probe = probe
    }

    package struct Cursor {
        var next = 0
        let state: TrackedState
    }

    package func start(_ context: StageContext) throws(StageError) -> Cursor {
        try probe.pass(.sourceStart)
        return Cursor(state: TrackedState(probe))
    }

    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        try probe.pass(.sourceNext)
        guard cursor.next < rowCount else { return nil }
        let end = min(cursor.next + blockRows, rowCount)
        defer { cursor.next = end }
        return .numbered((cursor.next..<end).map(Int64.init))
    }
}

extension Block {
    /// Rows with these numbers: columns `path` and `id`.
    package static func numbered(_ ids: [Int64]) -> Block {
        Block(["path": Column(strings: ids.map { "row-\($0)" }), "id": Column(int64: ids)])
    }
}
