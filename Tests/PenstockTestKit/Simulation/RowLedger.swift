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
    /// Rows of batches whose workers are to go on with them.
    private var open: [Worker: [Int]] = [:]
    private var nextBlock = 0

    /// Blocks that were neither read to their end nor dropped.
    package var blockCount: Int { blocks.count }
    /// Batches that were neither finished nor given up.
    package var openCount: Int { open.count }

    private struct Worker: Hashable {
        let op: Int
        let number: Int
    }

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
        if launch.isContinuation {
            guard let rows = open.removeValue(forKey: Worker(op: launch.op, number: launch.worker)) else {
                preconditionFailure("worker \(launch.worker) of operator \(launch.op) goes on without a batch")
            }
            inputs[launch.task] = rows
            return
        }
        inputs[launch.task] = launch.input.flatMap { slice in
            guard let rows = blocks[slice.block.id] else { preconditionFailure("block \(slice.block.id) is gone") }
            if slice.range.upperBound == rows.count { blocks[slice.block.id] = nil }
            return Array(rows[slice.range])
        }
    }

    @discardableResult
    mutating func forgetInput(of launch: Launch) -> [Int] { inputs.removeValue(forKey: launch.task) ?? [] }

    /// What is left of a batch after a piece of it.
    mutating func keep(_ rows: [Int], of launch: Launch) { open[Worker(op: launch.op, number: launch.worker)] = rows }

    mutating func abandon(_ op: Int, _ worker: Int) { open[Worker(op: op, number: worker)] = nil }

    mutating func write(_ launch: Launch) { written += forgetInput(of: launch) }

    mutating func drop(_ dropped: [BlockInfo]) {
        for block in dropped { blocks[block.id] = nil }
    }
}
