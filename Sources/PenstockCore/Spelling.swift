/// Guesses what was meant by a name that does not exist.
package enum Spelling {
    /// The nearest of the known names, if one is near enough to be a slip.
    package static func nearest(to name: String, among names: [String]) -> String? {
        let best = names.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= max(1, name.count / 3) else { return nil }
        return best.name
    }

    /// Insertions, deletions and substitutions from one text to the other.
    ///
    /// - Source: Levenshtein, by the row-wise dynamic programme.
    static func distance(_ first: String, _ second: String) -> Int {
        let target = Array(second.prefix(256))
        var row = Array(0...target.count)
        for character in first.prefix(256) {
            var diagonal = row[0]
            row[0] += 1
            for column in target.indices {
                let cost = min(diagonal + (character == target[column] ? 0 : 1), row[column] + 1, row[column + 1] + 1)
                diagonal = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[target.count]
    }
}
