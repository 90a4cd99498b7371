import PenstockCore

extension Block {
    private static let classColumns = ["predicted_class", "class", "prediction"]
    private static let errorColumns = ["error", "error_message", "exception"]

    /// Rows that say by a class below 0, or by a text in a column for errors, that they have no answer.
    ///
    /// - Cost: a look at each value of two columns; nothing where there are none of these names.
    var rowsWithoutAnswer: Int {
        var isMarked = [Bool]()
        func mark(_ isFailure: (Int) -> Bool) {
            if isMarked.isEmpty { isMarked = [Bool](repeating: false, count: rowCount) }
            for row in 0..<rowCount where isFailure(row) { isMarked[row] = true }
        }
        for name in Self.classColumns {
            switch self[name]?.values {
            case .int32(let classes)?: mark { classes[$0] < 0 }
            case .int64(let classes)?: mark { classes[$0] < 0 }
            default: continue
            }
        }
        for name in Self.errorColumns {
            if case .string(let texts)? = self[name]?.values { mark { !texts.range($0).isEmpty } }
        }
        return isMarked.count { $0 }
    }
}
