package import PenstockCore

/// Draws rows at random from a buffer of at least `size` rows, so that neighbours in the source get apart.
///
/// Rows are mixed in portions of `size`, wherever blocks begin and end: the same rows with the same seed come in the same
/// order, however they were cut. Rows are copied about three times on their way through; the buffer holds at most three
/// times its size, one batch and one block.
package struct ShuffleBuffer {
    private let size: Int
    private var random: SeededNumbers
    /// Shuffled rows that may be drawn from the front.
    private var shuffled: Block?
    private var taken = 0
    /// Rows that came since.
    private var added: [Block] = []
    private var addedRows = 0

    package init(size: Int, seed: UInt64) {
        self.size = size
        random = SeededNumbers(seed: seed)
    }

    private var waiting: Int { (shuffled?.rowCount ?? 0) - taken }

    /// Takes rows in, and gives batches while the buffer stays filled.
    package mutating func add(_ block: Block, batchSize: Int) throws(StageError) -> [Block] {
        var batches: [Block] = []
        var rest = block
        while addedRows + rest.rowCount >= size {
            let missing = size - addedRows
            added.append(rest.slice(0..<missing))
            rest = rest.slice(missing..<rest.rowCount)
            try mix()
            while waiting - batchSize >= size { batches.append(draw(batchSize)) }
        }
        if rest.rowCount > 0 {
            added.append(rest)
            addedRows += rest.rowCount
        }
        return batches
    }

    /// Everything that is left.
    package mutating func rest(batchSize: Int) throws(StageError) -> [Block] {
        try mix()
        var batches: [Block] = []
        while waiting > 0 { batches.append(draw(min(batchSize, waiting))) }
        return batches
    }

    private mutating func draw(_ count: Int) -> Block {
        guard let shuffled else { preconditionFailure("rows are drawn from an empty buffer") }
        defer { taken += count }
        return shuffled.slice(taken..<taken + count)
    }

    /// Joins what is left with what came, and shuffles all of it.
    private mutating func mix() throws(StageError) {
        var blocks = added
        if let shuffled, waiting > 0 { blocks.insert(shuffled.slice(taken..<shuffled.rowCount), at: 0) }
        added = []
        addedRows = 0
        taken = 0
        shuffled = nil
        guard !blocks.isEmpty else { return }
        let all = try Block.concatenate(blocks)
        var order = Array(0..<all.rowCount)
        order.shuffle(with: &random)
        shuffled = try all.taking(order)
    }
}
