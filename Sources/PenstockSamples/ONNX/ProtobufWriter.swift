/// Writes Protocol Buffers' wire format, field by field.
///
/// - Order: fields appear as they are written; nothing is sorted or left out, so equal calls give equal bytes.
/// - Source: protobuf.dev/programming-guides/encoding.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private enum WireType: UInt64 {
        case varint = 0
        case lengthDelimited = 2
        case fixed32 = 5
    }

    /// A field of type `int32`, `int64` or an enumeration.
    mutating func write(_ value: Int, field: Int) {
        writeTag(field, .varint)
        writeVarint(UInt64(bitPattern: Int64(value)))
    }

    /// A field of type `float`.
    mutating func write(_ value: Float, field: Int) {
        writeTag(field, .fixed32)
        appendLittleEndian(value.bitPattern)
    }

    /// A field of type `string`, in UTF-8.
    mutating func write(_ value: String, field: Int) {
        writeHeader(field: field, byteCount: value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    /// A field that is a message.
    mutating func write(_ message: ProtobufWriter, field: Int) {
        writeHeader(field: field, byteCount: message.bytes.count)
        bytes.append(contentsOf: message.bytes)
    }

    /// Tag and length of a string, bytes or message field whose content the caller writes elsewhere.
    mutating func writeHeader(field: Int, byteCount: Int) {
        writeTag(field, .lengthDelimited)
        writeVarint(UInt64(byteCount))
    }

    private mutating func writeTag(_ field: Int, _ type: WireType) {
        writeVarint(UInt64(field) << 3 | type.rawValue)
    }

    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    private mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func appendLittleEndian(_ value: UInt32) {
        for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}

extension ProtobufWriter {
    /// This writer's bytes and then the other's, as fields of the same message.
    func followed(by other: ProtobufWriter) -> ProtobufWriter {
        var joined = self
        joined.bytes.append(contentsOf: other.bytes)
        return joined
    }
}
