/// Guesses what was meant by a name that does not exist.
package enum Spelling {
    /// The nearest of the known names, if one is near enough to be a slip.
    package static func nearest(to name: String, among names: [String]) -> String? {
        let best = names.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= max(1, name.count / 3) else { return nil }
        return best.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours from one text to the other.
    ///
    /// - Source: Damerau and Levenshtein, optimal string alignment, by the row-wise dynamic programme.
    static func distance(_ first: String, _ second: String) -> Int {
        let source = Array(first.prefix(256))
        let target = Array(second.prefix(256))
        var before: [Int] = []
        var row = Array(0...target.count)
        for (line, character) in source.enumerated() {
            var next = [line + 1]
            for column in target.indices {
                let isEqual = character == target[column]
                var cost = min(row[column] + (isEqual ? 0 : 1), next[column] + 1, row[column + 1] + 1)
                if line > 0, column > 0, character == target[column - 1], source[line - 1] == target[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            before = row
            row = next
        }
        return row[target.count]
    }
}
