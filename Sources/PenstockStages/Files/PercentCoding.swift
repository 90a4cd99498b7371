/// The `%41` notation of URIs.
///
/// - Source: RFC 3986, sections 2.1 and 3.3.
enum PercentCoding {
    /// Bytes that a path may hold as they are: unreserved ones, the other `pchar`s, and the slash.
    private static let plain = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/".utf8
    )
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// A path, encoded; slashes stay.
    static func encoded(_ path: String) -> String {
        if path.utf8.allSatisfy(plain.contains) { return path }
        var bytes: [UInt8] = []
        for byte in path.utf8 {
            bytes +=
                plain.contains(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path that was encoded; nil if a `%` is not followed by two digits, or the bytes are not UTF-8.
    static func decoded(_ text: Substring) -> String? {
        if !text.utf8.contains(UInt8(ascii: "%")) { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else if let high = rest.popFirst().flatMap(value), let low = rest.popFirst().flatMap(value) {
                bytes.append(high << 4 | low)
            } else {
                return nil
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        let upper = digit >= UInt8(ascii: "a") ? digit & 0xDF : digit
        return digits.firstIndex(of: upper).map(UInt8.init)
    }
}
