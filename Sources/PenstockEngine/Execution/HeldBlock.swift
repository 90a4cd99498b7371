import PenstockCore

/// A block with the memory it is charged for; the bytes return to the ledger with the last reference.
final class HeldBlock: Sendable {
    let block: Block
    let byteCount: Bytes
    private let reservation: Reservation?
    /// The block that this one shares its memory with, and whose end it holds up.
    private let whole: HeldBlock?

    init(_ block: Block, reservation: consuming Reservation) {
        self.block = block
        byteCount = reservation.bytes
        self.reservation = .some(reservation)
        whole = nil
    }

    private init(_ rows: Range<Int>, of whole: HeldBlock) {
        block = whole.block.slice(rows)
        byteCount = block.byteCount
        reservation = nil
        self.whole = whole
    }

    /// The block itself, or slices of at most so many bytes, as far as rows can be parted; nothing is copied.
    func pieces(of most: Bytes) -> [HeldBlock] {
        if byteCount <= most || block.rowCount <= 1 { return [self] }
        return pieces(0..<block.rowCount, most)
    }

    /// Rows differ in size, so that a slice may have to be cut again.
    private func pieces(_ rows: Range<Int>, _ most: Bytes) -> [HeldBlock] {
        let bytes = block.slice(rows).byteCount
        if bytes <= most || rows.count <= 1 { return [HeldBlock(rows, of: self)] }
        let count = min(rows.count, (bytes.count - 1) / max(most.count, 1) + 1)
        var pieces: [HeldBlock] = []
        var start = rows.lowerBound
        for index in 0..<count {
            let end = start + rows.count / count + (index < rows.count % count ? 1 : 0)
            pieces += self.pieces(start..<end, most)
            start = end
        }
        return pieces
    }
}
