package import PenstockCore
package import PenstockEngine

extension BlockInfo {
    /// A block of so many rows, 10 bytes each, whose next output takes as much.
    package static func fixture(id: Int = 0, rows: Int, bytes: Bytes? = nil) -> BlockInfo {
        let bytes = bytes ?? Bytes(rows * 10)
        return BlockInfo(id: id, rows: rows, bytes: bytes, outputBytes: bytes)
    }
}
