import Foundation
import Penstock
import Yams

/// Reads YAML into nodes; nothing that a file can hold takes much memory, time or stack.
enum PipelineText {
    /// Bytes that a file may have.
    static let maximumBytes = 256 << 10
    /// Values within values; the format needs six.
    static let maximumDepth = 16

    /// The root of a file.
    static func read(_ path: String) throws(PlanError) -> PipelineNode {
        let bytes: Data
        do {
            let target = URL(filePath: path).resolvingSymlinksInPath().path
            let attributes = try FileManager.default.attributesOfItem(atPath: target)
            let type = attributes[.type] as? FileAttributeType
            // Devices and pipes can go on for ever.
            guard type == .typeRegular else {
                throw PlanError(
                    "\"\(path)\" is \(type == .typeDirectory ? "a folder" : "no plain file"); name a pipeline file."
                )
            }
            if let size = attributes[.size] as? NSNumber, size.intValue > maximumBytes {
                throw tooLarge(path, size.intValue)
            }
            bytes = try Data(contentsOf: URL(filePath: target))
        } catch let error as PlanError {
            throw error
        } catch {
            throw PlanError("there is no pipeline file \"\(path)\" that can be read.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PlanError("\(path): the file is not UTF-8 text, so it is no pipeline file.", isUsage: true)
        }
        return try parse(text) { .line($0, file: path) }
    }

    private static func tooLarge(_ path: String, _ size: Int) -> PlanError {
        PlanError(
            "\(path): \(Bytes(size)) is too large for a pipeline file; it has at most \(Bytes(maximumBytes)). Put long lists of paths into a text file and name it as @list.txt.",
            isUsage: true
        )
    }

    /// The root of a text.
    ///
    /// - `place`: what a line is called.
    static func parse(_ text: String, _ place: (Int) -> PipelineNode.Place) throws(PlanError) -> PipelineNode {
        try refuseAnchors(text, place)
        let root: Node?
        do {
            root = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw self.error(error, place)
        } catch {
            throw place(1).error("the text cannot be read as YAML: \(error)")
        }
        guard let root else { return PipelineNode(place: place(1), content: .null) }
        return try node(root, depth: 0, place)
    }

    /// Anchors are what makes small texts unfold into endless ones; pipeline files do without.
    ///
    /// Looks at more than anchors: an `&` at the beginning of a word that is quoted or in a comment is refused, too. That is
    /// rare, and nothing that the YAML library would take for an anchor passes: its names begin with these characters.
    private static func refuseAnchors(_ text: String, _ place: (Int) -> PipelineNode.Place) throws(PlanError) {
        var line = 1
        var before = UInt8(ascii: "\n")
        var isOpen = false
        for byte in text.utf8 {
            if isOpen, isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") {
                throw place(line).error(
                    "\"&\" at the beginning of a word: anchors are not used in pipeline files. In a text, write a blank behind it or a letter before it; or name the path by a pattern with ?."
                )
            }
            isOpen = byte == UInt8(ascii: "&") && !isAlphanumeric(before)
            if byte == UInt8(ascii: "\n") { line += 1 }
            before = byte
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func node(
        _ node: Node,
        depth: Int,
        _ place: (Int) -> PipelineNode.Place
    ) throws(PlanError) -> PipelineNode {
        let here = place(node.mark?.line ?? 1)
        guard depth < maximumDepth else { throw here.error("more than \(maximumDepth) levels within each other.") }
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return PipelineNode(place: here, content: isNull ? .null : .scalar(scalar.string))
        case .sequence(let sequence):
            var items: [PipelineNode] = []
            for item in sequence { items.append(try self.node(item, depth: depth + 1, place)) }
            return PipelineNode(place: here, content: .list(items))
        case .mapping(let mapping):
            var entries: [PipelineNode.Entry] = []
            for (key, value) in mapping {
                let keyPlace = place(key.mark?.line ?? 1)
                guard case .scalar(let name) = key else {
                    throw keyPlace.error("a key is a word, not a list or a map.")
                }
                let value = try self.node(value, depth: depth + 1, place)
                entries.append(PipelineNode.Entry(key: name.string, keyPlace: keyPlace, value: value))
            }
            return PipelineNode(place: here, content: .map(entries))
        case .alias(let alias):
            throw place(alias.mark?.line ?? 1).error("aliases are not used in pipeline files.")
        }
    }

    private static func error(_ error: YamlError, _ place: (Int) -> PipelineNode.Place) -> PlanError {
        switch error {
        case .scanner(_, let problem, let mark, _) where problem.contains("cannot start any token"):
            place(mark.line).error(
                "not YAML: \(problem), at column \(mark.column). Indent with blanks, not tabs, and put values that begin with %, @ or ` into quotes."
            )
        case .scanner(_, let problem, let mark, _) where problem.contains("nesting"),
            .parser(_, let problem, let mark, _) where problem.contains("nesting"):
            place(mark.line).error("more than \(maximumDepth) levels within each other.")
        case .scanner(_, let problem, let mark, _) where problem.contains("alphabetic or numeric"):
            // So it ends where a * is taken for an alias.
            place(mark.line).error("not YAML: \(problem). Patterns with * stand in quotes: \"photos/*.jpg\".")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            place(mark.line).error("not YAML: \(problem), at column \(mark.column).")
        case .composer(_, let problem, let mark, _) where problem.contains("alias"):
            place(mark.line).error("not YAML: \(problem). Patterns with * stand in quotes: \"photos/*.jpg\".")
        case .composer(_, let problem, let mark, _): place(mark.line).error("not YAML: \(problem).")
        case .duplicatedKeysInMapping(let keys, let context):
            place(context.mark.line).error(
                "a key stands twice in the map that begins here: \(keys.map { "\"\($0)\"" }.joined(separator: ", "))."
            )
        case .reader(let problem, _, _, _): place(1).error("not YAML: \(problem).")
        default: place(1).error("not YAML: \(error).")
        }
    }
}
