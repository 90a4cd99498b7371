/// What happens to the list of files before they are read.
///
/// Without shuffling and without a number of blocks files are listed as they are wanted, so that reading starts at once.
/// Either of the two needs the whole list first.
public struct Listing: Sendable, Hashable, Codable {
    /// At most so many rows, for sources that make one row of each file.
    ///
    /// Sources with many rows a file use it where they can stop early.
    public var limit: Int?
    /// Shuffles the files, the same way for the same seed and files.
    ///
    /// For Parquet the row groups of the files that are split together are shuffled, too.
    public var shuffleSeed: UInt64?
    /// Whether the limit takes the first files of the list, which are then shuffled; otherwise it takes the first files of
    /// the shuffled list.
    public var limitFirst = true
    /// Divide the files evenly into so many blocks; fewer when there are fewer files.
    public var blockCount: Int?
    /// Files in a block; nil: the planner chooses.
    ///
    /// `blockCount` goes before it.
    public var blockRows: Int?

    /// Everything, in order, in blocks that the planner chooses.
    public init(
        limit: Int? = nil,
        shuffleSeed: UInt64? = nil,
        limitFirst: Bool = true,
        blockCount: Int? = nil,
        blockRows: Int? = nil
    ) {
        self.limit = limit
        self.shuffleSeed = shuffleSeed
        self.limitFirst = limitFirst
        self.blockCount = blockCount
        self.blockRows = blockRows
    }
}

/// Which tables to read: Parquet, CSV or JSON lines.
public struct ReadTable: Sendable, Hashable, Codable {
    /// Files, folders, globs, and `@list` files with one path a line.
    public var paths: [String]
    /// Format of all files; in folders only files whose name has its ending are taken.
    public var format: OutputFormat
    /// Columns to read, in this order; nil: all of them.
    public var columns: [String]?
    /// Adds the column `path`: the file that the row was read from.
    public var includePaths = false
    /// The rows are files of images, in the columns `path` and `bytes`: a classifier that comes next decodes them.
    public var holdsImages = false
    /// What happens to the list of files before they are read.
    public var listing = Listing()

    /// Tables under these paths.
    public init(paths: [String], format: OutputFormat, columns: [String]? = nil) {
        self.paths = paths
        self.format = format
        self.columns = columns
    }
}

/// Which texts to read: one row a line, in the column `text`.
public struct ReadText: Sendable, Hashable, Codable {
    /// Files, folders, globs, and `@list` files with one path a line.
    public var paths: [String]
    /// Leaves out lines that are empty or hold only blanks and tabs.
    public var dropsEmptyLines = true
    /// Adds the column `path`: the file that the line was read from.
    public var includePaths = false
    /// What happens to the list of files before they are read.
    public var listing = Listing()

    /// Texts under these paths.
    public init(paths: [String]) { self.paths = paths }
}

/// Which files to read whole: one row a file, in the column `bytes`.
public struct ReadBinaryFiles: Sendable, Hashable, Codable {
    /// Files, folders, globs, and `@list` files with one path a line.
    public var paths: [String]
    /// Keeps the column `path`: the file that the bytes were read from.
    public var includePaths = true
    /// Takes the files that `readImages` takes: in folders not those whose names say that they are no images.
    public var onlyImages = false
    /// What happens to the list of files before they are read.
    public var listing = Listing()

    /// Files under these paths.
    public init(paths: [String]) { self.paths = paths }
}
