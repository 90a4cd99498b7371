package import PenstockCore

/// Passes the first rows on, then ends what comes before.
package struct LimitTransform: BatchTransform {
    package let name = "limit"
    private let count: Int

    package init(_ count: Int) { self.count = count }

    /// Rows that may still pass.
    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> Int { count }

    package func apply(_ batch: Batch, _ remaining: inout Int) throws(StageError) -> TransformOutput {
        let rows = min(remaining, batch.rowCount)
        remaining -= rows
        var output = TransformOutput(rows > 0 ? [batch.block.slice(0..<rows)] : [])
        output.isLast = remaining == 0
        return output
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

/// Passes rows on as they come; the batch size of its operator cuts and joins blocks.
package struct RebatchTransform: BatchTransform {
    package let name = "repartition"

    package init() {}

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    package func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        TransformOutput([batch.block])
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount }
}
