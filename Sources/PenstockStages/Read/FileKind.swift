package import PenstockPlan

/// What a source looks for in folders.
///
/// Files that the user names are taken whatever they are called.
package enum FileKind: String, Sendable, Hashable {
    case images, parquet, csv, jsonl, text, binary

    /// The kind of a table's files.
    package init(_ format: OutputFormat) {
        self =
            switch format {
            case .parquet: .parquet
            case .csv: .csv
            case .jsonl: .jsonl
            }
    }

    /// Whether a file in a folder is one of these, by its name.
    ///
    /// Images come under any name, and also under none; so only what surely is something else is left out.
    func accepts(_ name: Span<UInt8>) -> Bool {
        switch self {
        case .binary: true
        case .images: !Self.hasEnding(name, of: Self.besideImages)
        case .parquet: Self.hasEnding(name, of: Self.parquetEndings)
        case .csv: Self.hasEnding(name, of: Self.csvEndings)
        case .jsonl: Self.hasEnding(name, of: Self.jsonlEndings)
        case .text: Self.hasEnding(name, of: Self.textEndings)
        }
    }

    /// A named `.txt` file is a list of images, and for every other kind the file itself.
    var readsListsByName: Bool { self == .images }

    /// What the files are called in messages.
    var plural: String {
        switch self {
        case .parquet: "\(shortPlural) (.parquet)"
        case .csv: "\(shortPlural) (.csv, .tsv)"
        case .jsonl: "\(shortPlural) (.jsonl, .ndjson, .json)"
        case .text: "\(shortPlural) (.txt, .md, .log)"
        case .images, .binary: shortPlural
        }
    }

    /// The same without the endings.
    var shortPlural: String {
        switch self {
        case .images: "images"
        case .parquet: "Parquet files"
        case .csv: "CSV files"
        case .jsonl: "JSON-lines files"
        case .text: "text files"
        case .binary: "files"
        }
    }

    // MARK: Endings

    private static let longestEnding = 8

    /// Files that lie beside images and are none.
    private static let besideImages = packed([
        "csv", "tsv", "json", "jsonl", "ndjson", "txt", "md", "rst", "xml", "yaml", "yml", "toml", "html", "htm", "log",
        "ini",
        "cfg", "parquet", "arrow", "feather", "avro", "db", "sqlite", "xmp", "aae", "thm", "mp4", "mov", "avi", "mkv",
        "webm", "m4v", "mp3", "wav", "flac", "zip", "tar", "gz", "xz", "bz2", "7z", "rar", "py", "sh", "ipynb", "swift",
        "npy", "npz", "pt", "pth",
    ])
    private static let parquetEndings = packed(["parquet"])
    private static let csvEndings = packed(["csv", "tsv"])
    private static let jsonlEndings = packed(["jsonl", "ndjson", "json"])
    private static let textEndings = packed(["txt", "md", "log"])

    private static func packed(_ endings: [String]) -> Set<UInt64> {
        Set(endings.map { $0.utf8.reduce(0) { $0 << 8 | UInt64($1) } })
    }

    /// Looks up what follows the last dot, in lower case, packed into a number: a listing asks for every name in a folder.
    private static func hasEnding(_ name: Span<UInt8>, of endings: Set<UInt64>) -> Bool {
        var packed: UInt64 = 0
        var position = name.count - 1
        let first = max(name.count - 1 - longestEnding, 0)
        var shift: UInt64 = 0
        while position > first {
            let byte = name[position]
            if byte == UInt8(ascii: ".") { return shift > 0 && endings.contains(packed) }
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if shift < 64 { packed |= UInt64(isUpper ? byte | 0x20 : byte) << shift }
            shift += 8
            position -= 1
        }
        // A dot in front of everything hides a file and begins no ending.
        return name.count > 0 && first > 0 && name[first] == UInt8(ascii: ".") && endings.contains(packed)
    }
}
