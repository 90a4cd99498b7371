package import PenstockCore
import Synchronization

/// Reads the headers of images: `path, size` → the same with `format`, `width`, `height`, `orientation` and `error`.
///
/// Only the beginning of a file is read, and more of it where the header is not there yet. What cannot be read or is no image
/// has its reason in `error`, and keeps its row.
package struct InspectFilesTransform: BatchTransform {
    package let name = "inspect"
    /// Bytes that are read: first, and where that was too little.
    ///
    /// JPEGs may have megabytes of profiles before their size.
    private static let prefixes = [16 << 10, 1 << 20, 64 << 20]

    private let files: StoreAccess
    private let mostRemote: Int

    /// - `mostRemote`: files in stores that are opened, since each costs a request; the others are counted only.
    package init(files: StoreAccess, mostRemote: Int) {
        self.files = files
        self.mostRemote = mostRemote
    }

    /// Files in stores that may still be opened.
    package final class Budget: Sendable {
        private let left: Atomic<Int>
        init(_ count: Int) { left = Atomic(count) }
        func take() -> Bool { left.subtract(1, ordering: .relaxed).newValue >= 0 }
    }

    /// A worker's buffer, which grows to the largest prefix it needed.
    package final class State {
        let budget: Budget
        var bytes = [UInt8](repeating: 0, count: InspectFilesTransform.prefixes[0])
        init(_ budget: Budget) { self.budget = budget }
    }

    package func load(_ context: StageContext) throws(StageError) -> Budget {
        files.follow(context)
        return Budget(mostRemote)
    }

    package func makeState(_ shared: Budget, _ context: StageContext) throws(StageError) -> State { State(shared) }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount + Bytes(block.rowCount * 512) }

    private struct Look {
        var size: Int
        var format = ""
        var width = 0
        var height = 0
        var orientation = 0
        var error = ""
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        let sizes = try batch.block.int64s("size")
        var looks: [Look] = []
        for row in 0..<paths.count {
            var look = Look(size: Int(sizes[row]))
            let path = paths.string(row)
            if !path.contains("://") || state.budget.take() {
                do throws(StageError) { try read(path, &look, state) } catch {
                    if error.code == .cancelled { throw error }
                    look.error = error.message
                }
            }
            looks.append(look)
        }
        let block = Block([
            "path": Column(.string(paths)), "size": Column(int64: looks.map { Int64($0.size) }),
            "format": Column(strings: looks.map(\.format)), "width": Column(int32: looks.map { Int32($0.width) }),
            "height": Column(int32: looks.map { Int32($0.height) }),
            "orientation": Column(int32: looks.map { Int32($0.orientation) }),
            "error": Column(strings: looks.map(\.error)),
        ])
        return TransformOutput([block])
    }

    private func read(_ path: String, _ look: inout Look, _ state: State) throws(StageError) {
        let file = try OpenFile(path, known: look.size == 0 ? nil : look.size, files: files)
        look.size = file.size
        let steps = file.isRemote ? Self.prefixes[1...1] : Self.prefixes[...]
        for most in steps {
            if state.bytes.count < most { state.bytes = [UInt8](repeating: 0, count: most) }
            var attempts = 0
            let result = unsafe state.bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(StageError) -> ImageInfo in
                    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<most])
                    let count = try unsafe file.read(into: target, retries: 0, attempts: &attempts)
                    let filled = unsafe UnsafeRawBufferPointer(rebasing: target[..<count])
                    let bytes = unsafe filled.bindMemory(to: UInt8.self)
                    look.format = unsafe ImageInfo.formatName(bytes)
                    return try unsafe ImageInfo(bytes)
                }
            }
            do throws(StageError) {
                let info = try result.get()
                (look.width, look.height, look.orientation) = (info.width, info.height, info.orientation)
                return
            } catch {
                // A header that is cut off looks damaged; so it is read further, if there is more.
                if error.code != .damagedData || file.size <= most || most == steps.last { throw error }
            }
        }
    }
}
