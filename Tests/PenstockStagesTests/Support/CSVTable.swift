/// Tables as RFC 4180 has them.
///
/// Quoted fields may hold commas, quotes (doubled) and line ends; lines end in LF or CR LF. Lines that begin with `#` before
/// the header are comments.
enum CSVTable {
    /// One dictionary for each row, keyed by the header.
    static func rows(_ text: String) -> [[String: String]] {
        var records = records(Array(text.utf8))
        while records.first?.first?.hasPrefix("#") == true { records.removeFirst() }
        guard let header = records.first else { return [] }
        return records.dropFirst().map { record in
            Dictionary(zip(header, record)) { first, _ in first }
        }
    }

    private static func records(_ bytes: [UInt8]) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && index < bytes.count && bytes[index] == byte:
                field.append(byte)
                index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                record.append(String(decoding: field, as: UTF8.self))
                field = []
            case UInt8(ascii: "\n") where !isQuoted:
                if field.last == UInt8(ascii: "\r") { field.removeLast() }
                records.append(record + [String(decoding: field, as: UTF8.self)])
                (record, field) = ([], [])
            default: field.append(byte)
            }
        }
        return records
    }
}
