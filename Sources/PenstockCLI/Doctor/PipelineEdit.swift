import Foundation
import Penstock

/// Changes settings in the text of a pipeline file; comments and everything else stay as they are.
struct PipelineEdit {
    private var lines: [String]

    init(_ text: String) { lines = text.components(separatedBy: "\n") }

    /// The text with the changes made so far.
    var text: String { lines.joined(separator: "\n") }

    /// Sets a value, or with `auto` takes the key out, as a line of comment where it had one for itself.
    mutating func set(_ name: String, _ value: String) {
        if name == "format" { return setFormat(value) }
        guard let found = place(of: name) else {
            if value != "auto" { insert(name, value) }
            return
        }
        let line = lines[found.line]
        let isAlone = line[..<found.key.lowerBound].allSatisfy { $0 == " " }
        if value != "auto" {
            lines[found.line] = line.replacingCharacters(in: found.value, with: value)
        } else if isAlone {
            let indent = line.prefix { $0 == " " }
            lines[found.line] = "\(indent)# \(line.dropFirst(indent.count))"
        } else {
            lines[found.line] = Self.without(found, line)
        }
    }

    /// The format of files is the key of the folder that they go to.
    private mutating func setFormat(_ value: String) {
        let key = value == "jsonl" ? "json" : value
        let section = lines.firstIndex { $0.hasPrefix("write:") } ?? lines.endIndex
        for old in PipelineSchema.targets {
            for index in lines.indices where index >= section {
                guard let found = Self.find(old, in: lines[index]) else { continue }
                lines[index] = lines[index].replacingCharacters(in: found.key, with: key)
                return
            }
        }
    }

    private struct Place {
        let line: Int
        let key: Range<String.Index>
        let value: Range<String.Index>
    }

    private func place(of name: String) -> Place? {
        for index in lines.indices {
            if let found = Self.find(name, in: lines[index]) {
                return Place(line: index, key: found.key, value: found.value)
            }
        }
        return nil
    }

    /// `name: value` in a line, outside of comments.
    private static func find(
        _ name: String,
        in line: String
    ) -> (key: Range<String.Index>, value: Range<String.Index>)? {
        let code = line.prefix { $0 != "#" }
        var start = code.startIndex
        while let key = code.range(of: "\(name):", range: start..<code.endIndex) {
            start = key.upperBound
            let before = key.lowerBound == code.startIndex ? " " : code[code.index(before: key.lowerBound)]
            guard " {,-".contains(before) else { continue }
            let blanks = code[key.upperBound...].prefix { $0 == " " }
            let value = code[blanks.endIndex...].prefix { !",}".contains($0) }
            let trimmed = value.trimmingCharacters(in: .whitespaces)
            guard !trimmed.isEmpty else { return nil }
            let end = code.index(blanks.endIndex, offsetBy: trimmed.count)
            return (key.lowerBound..<code.index(before: key.upperBound), blanks.endIndex..<end)
        }
        return nil
    }

    /// A line without one entry of a map in braces, and without the comma that belonged to it.
    private static func without(_ place: Place, _ line: String) -> String {
        var (from, to) = (place.key.lowerBound, place.value.upperBound)
        let behind = line[to...].prefix { $0 == " " }
        if line[behind.endIndex...].hasPrefix(",") {
            to = line.index(after: behind.endIndex)
            to = line[to...].prefix { $0 == " " }.endIndex
        } else if let comma = line[..<from].lastIndex(of: ","), line[comma..<from].dropFirst().allSatisfy({ $0 == " " })
        {
            from = comma
        }
        return String(line[..<from] + line[to...])
    }

    /// A new entry, in the section that the key belongs to.
    private mutating func insert(_ name: String, _ value: String) {
        let section = PipelineSchema.homes(of: name).first ?? "options"
        guard let index = lines.firstIndex(where: { $0.hasPrefix("\(section):") }) else {
            if lines.last == "" { lines.removeLast() }
            lines += ["\(section):", "  \(name): \(value)", ""]
            return
        }
        if let brace = lines[index].firstIndex(of: "{") {
            lines[index].insert(contentsOf: "\(name): \(value), ", at: lines[index].index(after: brace))
        } else {
            let next = lines.dropFirst(index + 1).first { !$0.trimmingCharacters(in: .whitespaces).isEmpty } ?? "  "
            let indent = max(next.prefix { $0 == " " }.count, 1)
            lines.insert(String(repeating: " ", count: indent) + "\(name): \(value)", at: index + 1)
        }
    }
}
