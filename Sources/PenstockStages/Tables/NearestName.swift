/// What was perhaps meant by a name that is not there.
enum NearestName {
    /// The name with the fewest edits, if they are few enough for a slip.
    static func of(_ name: String, among names: [String]) -> String? {
        let wanted = Array(name.lowercased())
        let most = max(1, wanted.count / 3)
        let scored = names.prefix(1000).map { (name: $0, edits: edits(wanted, Array($0.lowercased()))) }
        return scored.filter { $0.edits <= most }.min { $0.edits < $1.edits }?.name
    }

    /// Letters to insert, remove, replace, or swap with their neighbour.
    ///
    /// - Source: optimal string alignment, after Damerau, "A technique for computer detection and correction of spelling
    ///   errors", 1964.
    private static func edits(_ left: [Character], _ right: [Character]) -> Int {
        var older: [Int] = []
        var last = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var row = [index + 1]
            for other in right.indices {
                let replaced = last[other] + (letter == right[other] ? 0 : 1)
                var fewest = min(replaced, last[other + 1] + 1, row[other] + 1)
                if index > 0, other > 0, letter == right[other - 1], left[index - 1] == right[other] {
                    fewest = min(fewest, older[other - 1] + 1)
                }
                row.append(fewest)
            }
            (older, last) = (last, row)
        }
        return last[right.count]
    }
}
