extension String {
    /// As a word that a shell takes as it is: in quotes where it has to be.
    package var quotedForShell: String {
        let plain = !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=+./:,@%".contains($0)) }
        return plain
            ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
