import PenstockEngine

/// Where each row of a simulated run is: in a block, in a task, or at its end.
package struct RowLedger: Sendable {
    package private(set) var readCount = 0
    package private(set) var written: [Int] = []
    package internal(set) var failed: [Int] = []
    package internal(set) var skipped: [Int] = []
    /// Rows of blocks that still have some.
    private var blocks: [Int: [Int]] = [:]
    private var inputs: [TaskID: [Int]] = [:]
    private var nextBlock = 0

    /// Blocks that were neither read to their end nor dropped.
    package var blockCount: Int { blocks.count }

    /// So many new rows of the source, numbered on.
    mutating func read(_ count: Int) -> [Int] {
        defer { readCount += count }
        return Array(readCount..<readCount + count)
    }

    /// Gives a block its number.
    mutating func add(_ rows: [Int]) -> Int {
        defer { nextBlock += 1 }
        blocks[nextBlock] = rows
        return nextBlock
    }

    mutating func takeInput(of launch: Launch) {
        inputs[launch.task] = launch.input.flatMap { slice in
            guard let rows = blocks[slice.block.id] else { preconditionFailure("block \(slice.block.id) is gone") }
            if slice.range.upperBound == rows.count { blocks[slice.block.id] = nil }
            return Array(rows[slice.range])
        }
    }

    @discardableResult
    mutating func forgetInput(of launch: Launch) -> [Int] { inputs.removeValue(forKey: launch.task) ?? [] }

    mutating func write(_ launch: Launch) { written += forgetInput(of: launch) }

    mutating func drop(_ dropped: [BlockInfo]) {
        for block in dropped { blocks[block.id] = nil }
    }
}
