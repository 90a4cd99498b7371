package import PenstockCore
import PenstockPlan

/// Leaves out rows that an earlier run wrote or quarantined, so that a resumed run ends with the rows of an undisturbed one.
///
/// A path that was listed several times is left out as often as it was written.
package struct SkipWrittenTransform: BatchTransform {
    package let name = "resume"
    private let folder: OutputFolder

    package init(_ folder: OutputFolder) { self.folder = folder }

    /// How often each path is still to be left out.
    ///
    /// There is one worker.
    package final class State {
        var counts: [String: Int]

        init(_ counts: [String: Int]) { self.counts = counts }
    }

    package func load(_ context: StageContext) throws(StageError) -> [String: Int] {
        var counts: [String: Int] = [:]
        let files =
            try folder.parts().map { ($0, folder.format) } + folder.quarantineParts().map { ($0, OutputFormat.parquet) }
        for (file, format) in files {
            let reader = try folder.table(file, format: format)
            while let block = try reader.next() {
                let paths = try block.strings("path")
                for row in 0..<paths.count { counts[paths.string(row), default: 0] += 1 }
            }
        }
        return counts
    }

    package func makeState(_ shared: [String: Int], _ context: StageContext) throws(StageError) -> State {
        State(shared)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        let kept = (0..<paths.count).filter { row in
            let path = paths.string(row)
            guard let count = state.counts[path], count > 0 else { return true }
            state.counts[path] = count - 1
            return false
        }
        if kept.count == paths.count { return TransformOutput([batch.block]) }
        let rest = kept.isEmpty ? [] : [try batch.block.taking(kept)]
        return TransformOutput(rest, skippedRowCount: paths.count - kept.count)
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount }
}
