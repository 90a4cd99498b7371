package import PenstockCore
package import PenstockPlan

extension ImageSize {
    /// The size that a file's header says, before orientation; nil when the bytes are no image that Penstock knows.
    package init?(headerOf file: Buffer<UInt8>) {
        do throws(StageError) {
            let info = try unsafe file.withUnsafePointer { (base: UnsafePointer<UInt8>) throws(StageError) in
                try unsafe ImageInfo(UnsafeBufferPointer(start: base, count: file.count))
            }
            self.init(height: info.height, width: info.width)
        } catch {
            return nil
        }
    }
}
