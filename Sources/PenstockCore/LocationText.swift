extension String {
    /// A path as messages and plans may show it: of a place in a store (`s3://KEY:SECRET@bucket/…?region=…`) neither keys
    /// nor options, which can hold secrets, too; anything else as it is.
    public var withoutKeys: String {
        guard let colons = firstRange(of: "://"), colons.lowerBound > startIndex,
            self[..<colons.lowerBound].allSatisfy({ $0.isLetter || $0.isNumber || "@+-.".contains($0) })
        else { return self }
        var rest = self[colons.upperBound...]
        if let end = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) { rest = rest[..<end] }
        let authority = rest.prefix { $0 != "/" }
        // A secret with a slash, which should have been %2F, ends the authority early; none of it may show.
        let keys = authority.contains("@") ? authority : authority.contains(":") ? rest : ""
        let isContainer = self[..<colons.lowerBound].hasSuffix("abfs") || self[..<colons.lowerBound].hasSuffix("abfss")
        if let at = keys.lastIndex(of: "@"), !isContainer || keys[..<at].contains(":") {
            rest = rest[rest.index(after: at)...]
        }
        return String(self[..<colons.upperBound]) + rest
    }
}
