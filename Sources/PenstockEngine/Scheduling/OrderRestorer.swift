import PenstockCore

/// Puts results of batches back into the order in which the batches were launched.
///
/// A batch may give its result in pieces: those of the batch in turn pass at once, those of later ones wait.
struct OrderRestorer: Sendable {
    private struct Entry: Sendable {
        let batch: TaskID
        var blocks: [BlockInfo] = []
        var isComplete = false
    }

    /// In launch order; those before `head` are done.
    private var entries: [Entry] = []
    private var head = 0
    /// Bytes that wait for an earlier batch's result.
    private(set) var waitingBytes = Bytes.zero
    /// Rows that wait for an earlier batch's result.
    private(set) var waitingRows = 0

    /// The batch whose result passes at once.
    var batchInTurn: TaskID? { head < entries.count ? entries[head].batch : nil }

    mutating func launch(_ batch: TaskID) { entries.append(Entry(batch: batch)) }

    /// Takes the result of a batch, or a piece of it, and returns the blocks that are in turn now.
    mutating func finish(_ batch: TaskID, _ blocks: [BlockInfo], isComplete: Bool = true) -> [BlockInfo] {
        guard batch == batchInTurn else {
            wait(batch, blocks, isComplete)
            return []
        }
        if !isComplete { return blocks }
        dropHead()
        var ready = blocks
        while head < entries.count {
            ready += entries[head].blocks
            discount(entries[head].blocks)
            entries[head].blocks = []
            guard entries[head].isComplete else { break }
            dropHead()
        }
        return ready
    }

    /// Forgets what waits of batches that were launched after this one; they will not come.
    mutating func remove(after batch: TaskID) -> [BlockInfo] {
        let keep = entries[head...].firstIndex { $0.batch > batch } ?? entries.count
        let dropped = entries[keep...].flatMap(\.blocks)
        entries.removeSubrange(keep...)
        discount(dropped)
        return dropped
    }

    /// Forgets everything that still waits.
    mutating func removeAll() -> [BlockInfo] {
        defer { self = OrderRestorer() }
        return entries[head...].flatMap(\.blocks)
    }

    /// Batches are numbered in launch order, so the one that is meant is found by halving.
    private mutating func wait(_ batch: TaskID, _ blocks: [BlockInfo], _ isComplete: Bool) {
        var low = head
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].batch < batch { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].batch == batch else {
            preconditionFailure("batch \(batch) was never launched, or is complete")
        }
        entries[low].blocks += blocks
        entries[low].isComplete = isComplete
        for block in blocks {
            waitingBytes += block.bytes
            waitingRows += block.rows
        }
    }

    private mutating func discount(_ blocks: [BlockInfo]) {
        for block in blocks {
            waitingBytes -= block.bytes
            waitingRows -= block.rows
        }
    }

    private mutating func dropHead() {
        head += 1
        guard head > 64, head * 2 > entries.count else { return }
        entries.removeFirst(head)
        head = 0
    }
}
