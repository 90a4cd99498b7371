package import PenstockCore

/// Where files are: a local path, taken byte for byte, or a place in a store, written `scheme://…`.
///
/// A location may hold keys (`s3://KEY:SECRET@bucket/…`) and options (`?region=…`). Its `description` shows neither, and
/// is what messages, reports and tables carry. A relative path that looks like a URI is written `./scheme://…`.
package struct Location: Sendable, Hashable {
    private static let remoteSchemes: Set<String> = ["s3", "gs", "gcs", "abfs", "abfss"]

    /// The scheme in lower case; nil for a local path, also one that was written `file:///…`.
    package let scheme: String?
    /// Keys, bucket or account, as written; empty for a local path.
    private let authority: String
    /// A local path, or what follows the authority, percent-encoded.
    private let rawPath: String
    /// Options with their `?`, as written.
    private let options: String

    /// Reads what a user wrote.
    ///
    /// - Throws: `.unsupportedFormat` for a scheme that is not read, or a URI that is none.
    package init(_ text: String) throws(StageError) {
        guard let scheme = Self.scheme(of: text) else {
            self.init(scheme: nil, authority: "", rawPath: text, options: "")
            return
        }
        let rest = text.dropFirst(scheme.utf8.count + 3)
        let pathStart = rest.firstIndex(where: { "/?#".contains($0) }) ?? rest.endIndex
        let pathEnd = rest[pathStart...].firstIndex(where: { "?#".contains($0) }) ?? rest.endIndex
        let optionsEnd = rest[pathEnd...].firstIndex(of: "#") ?? rest.endIndex
        let parts = Location(
            scheme: scheme.lowercased(),
            authority: String(rest[..<pathStart]),
            rawPath: String(rest[pathStart..<pathEnd]),
            options: String(rest[pathEnd..<optionsEnd])
        )
        guard !parts.hasBareSecret else {
            throw StageError(
                .unsupportedFormat,
                "a \(scheme):// location has a \":\" but no \"@\" before its first slash. "
                    + "In scheme://KEY:SECRET@bucket a slash of the secret is written %2F, and a plus %2B."
            )
        }
        if parts.scheme == "file" {
            self.init(scheme: nil, authority: "", rawPath: try parts.filePath(), options: "")
        } else if let scheme = parts.scheme, Self.remoteSchemes.contains(scheme), !parts.authority.isEmpty,
            let path = PercentCoding.decoded(parts.rawPath[...]), !path.utf8.contains(0)
        {
            self = parts
        } else {
            throw StageError(
                .unsupportedFormat,
                "\"\(parts)\" is not a place that files are read from or written to. "
                    + "Use a local path, file:///path, s3://bucket/path, gs://bucket/path or abfs://account/container/path."
            )
        }
    }

    /// A local path, whatever it looks like.
    package init(path: String) { self.init(scheme: nil, authority: "", rawPath: path, options: "") }

    private init(scheme: String?, authority: String, rawPath: String, options: String) {
        self.scheme = scheme
        self.authority = authority
        self.rawPath = rawPath
        self.options = options
    }

    /// Whether the files are in a store.
    package var isRemote: Bool { scheme != nil }

    /// The path of a local location, byte for byte; nil for a remote one.
    package var localPath: String? { isRemote ? nil : rawPath }

    /// Keys and options included: for the store alone, never for people.
    package var withSecrets: String { scheme.map { "\($0)://\(authority)\(rawPath)\(options)" } ?? rawPath }

    /// Whether keys or options were written, which `description` does not show.
    package var hasSecrets: Bool { withSecrets != description }

    /// The whole store that the place is in, with keys and options.
    ///
    /// Of Azure's locations, whose paths mean different things, it is the place itself.
    package var storeRoot: Location {
        guard let scheme, !scheme.hasPrefix("abfs") else { return self }
        return Location(scheme: scheme, authority: authority, rawPath: "", options: options)
    }

    /// The parts of a remote path, encoded as they were written.
    package var encodedParts: [String] { rawPath.split(separator: "/").map(String.init) }

    /// The place that the first parts of the path lead to.
    package func prefix(parts count: Int) -> Location {
        let path = encodedParts.prefix(count).map { "/" + $0 }.joined()
        return Location(scheme: scheme, authority: authority, rawPath: path, options: options)
    }

    /// The last part of the path; empty at the root of a bucket.
    package var name: String {
        let path = rawPath.utf8.lastIndex(where: { $0 != UInt8(ascii: "/") }).map { rawPath[...$0] } ?? ""
        let last = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path
        return isRemote ? PercentCoding.decoded(last) ?? String(last) : String(last)
    }

    /// What follows the last dot of the name, in lower case; empty if nothing does, or for a name such as `.hidden`.
    package var pathExtension: String {
        let name = name
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    /// The place that `relative`, a plain path that is not encoded, leads to from here.
    package func appending(_ relative: String) -> Location {
        guard !relative.isEmpty else { return self }
        let addition = isRemote ? PercentCoding.encoded(relative) : relative
        let separator = rawPath.hasSuffix("/") || (rawPath.isEmpty && !isRemote) ? "" : "/"
        return Location(scheme: scheme, authority: authority, rawPath: rawPath + separator + addition, options: options)
    }

    /// The path of another place below this one, not encoded, or nil if it is not below.
    ///
    /// Keys and options do not matter.
    package func relativePath(of other: Location) -> String? {
        guard scheme == other.scheme, publicAuthority == other.publicAuthority else { return nil }
        let mine = decodedPath
        let theirs = other.decodedPath
        let prefix = mine.isEmpty || mine.hasSuffix("/") ? mine : mine + "/"
        if theirs == mine { return "" }
        guard theirs.utf8.starts(with: prefix.utf8) else { return nil }
        let rest = theirs.utf8.dropFirst(prefix.utf8.count)
        // The root of a store may be written with its slash and without.
        return String(decoding: mine.isEmpty && isRemote ? rest.drop { $0 == UInt8(ascii: "/") } : rest, as: UTF8.self)
    }

    private var decodedPath: String { isRemote ? PercentCoding.decoded(rawPath[...]) ?? rawPath : rawPath }

    /// The authority without keys.
    ///
    /// In Azure's URIs the word before the `@` can be the container, which is no secret.
    private var publicAuthority: String {
        guard let at = authority.lastIndex(of: "@") else { return authority }
        let host = authority[authority.index(after: at)...]
        let user = authority[..<at]
        guard let scheme, scheme.hasPrefix("abfs"), !user.contains(":") else { return String(host) }
        return "\(user)@\(host)"
    }

    /// Whether keys were written so that a slash cuts them in two.
    ///
    /// Half a secret must not get into a message.
    private var hasBareSecret: Bool {
        isRemote && authority.contains(":") && !authority.contains("@")
            && (scheme?.hasPrefix("abfs") == false || rawPath.contains("@"))
    }

    private func filePath() throws(StageError) -> String {
        guard authority.isEmpty || authority == "localhost", options.isEmpty,
            let path = PercentCoding.decoded(rawPath[...]), path.hasPrefix("/"), !path.utf8.contains(0)
        else {
            throw StageError(
                .unsupportedFormat,
                "\"\(self)\" is not a local file; write file:///path, or the plain path."
            )
        }
        return path
    }

    /// The word before `://`, if the text begins with one.
    private static func scheme(of text: String) -> Substring? {
        guard let first = text.utf8.first, isLetter(first) else { return nil }
        let end = text.utf8.firstIndex(where: { !isLetter($0) && !isDigit($0) && !"+-.".utf8.contains($0) })
        guard let end, text[end...].utf8.starts(with: "://".utf8) else { return nil }
        return text[..<end]
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension Location: CustomStringConvertible {
    /// The location without keys and options; reading it back gives the same place.
    package var description: String { scheme.map { "\($0)://\(publicAuthority)\(rawPath)" } ?? rawPath }
}
