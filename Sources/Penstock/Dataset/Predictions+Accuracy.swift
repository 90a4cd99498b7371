public import PenstockCore
import PenstockStages

/// How many predictions are right.
public struct Accuracy: Sendable, Equatable {
    /// Rows whose predicted class is the true one.
    public let correct: Int
    /// Rows whose file has a true class.
    public let known: Int

    /// 0…1; 0 when no row has a true class.
    public var share: Double { known == 0 ? 0 : Double(correct) / Double(known) }
}

extension Predictions {
    /// Compares predictions with true classes: a CSV file with columns `file` (its folders do not
    /// matter) and `index`.
    ///
    /// - Throws: `StageError` when the file cannot be read or lacks these columns.
    public func accuracy(against labels: String) throws(StageError) -> Accuracy {
        let truth = try Self.trueClasses(labels)
        var correct = 0
        var known = 0
        for block in try rows(atMost: .max) {
            let paths = try block.strings("path")
            let classes = try block.predictedClasses()
            for row in 0..<block.rowCount {
                guard let wanted = truth[Self.fileName(paths.string(row))] else { continue }
                known += 1
                if classes[row] == wanted { correct += 1 }
            }
        }
        return Accuracy(correct: correct, known: known)
    }

    /// A path without its folders.
    private static func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    private static func trueClasses(_ path: String) throws(StageError) -> [String: Int64] {
        let reader = try TableFileReader(path, format: .csv)
        var truth: [String: Int64] = [:]
        while let block = try reader.next() {
            let files = try block.strings("file")
            let indices = try block.int64s("index")
            for row in 0..<block.rowCount { truth[fileName(files.string(row))] = indices[row] }
        }
        return truth
    }
}

extension Block {
    /// `predicted_class`, whatever integer type the file's format gave it.
    fileprivate func predictedClasses() throws(StageError) -> [Int64] {
        if case .int64(let values)? = self["predicted_class"]?.values { return values.array }
        return try int32s("predicted_class").array.map(Int64.init)
    }
}
