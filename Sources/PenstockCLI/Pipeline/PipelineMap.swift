import Penstock

/// Takes the values out of a map by their keys, and refuses what is left.
struct PipelineMap {
    /// As messages name the map: `read`, or empty for the whole file.
    let name: String
    let place: PipelineNode.Place
    /// Keys that it may have.
    let known: [String]
    private var entries: [String: PipelineNode.Entry] = [:]

    /// - Throws: for a node that is no map, and for keys that are not known.
    /// - `homes`: other places in which a key that is not known here may belong.
    init(
        _ node: PipelineNode,
        _ name: String,
        known: [String],
        homes: (String) -> String? = { _ in nil }
    ) throws(PlanError) {
        self.name = name
        self.known = known
        place = node.place
        switch node.content {
        case .map(let list):
            for entry in list {
                guard known.contains(entry.key) else {
                    throw entry.keyPlace.error(Self.unknown(entry.key, name, known, homes(entry.key)))
                }
                entries[entry.key] = entry
            }
        case .null: break
        default:
            throw node.place.error(
                "\(name.isEmpty ? "a pipeline file" : name): here are keys with values expected, and not \(node.kind). \(Self.list(known))"
            )
        }
    }

    /// The value of a key, unless it is missing or empty.
    func node(_ key: String) -> PipelineNode? {
        guard let node = entries[key]?.value else { return nil }
        if case .null = node.content { return nil }
        return node
    }

    /// Whether the key is there, also without a value.
    func has(_ key: String) -> Bool { entries[key] != nil }

    /// Where the key stands.
    func place(of key: String) -> PipelineNode.Place { entries[key]?.keyPlace ?? place }

    /// Of some keys those that are there, in this order.
    func present(_ keys: [String]) -> [String] { keys.filter(has) }

    // MARK: Values

    func text(_ key: String) throws(PlanError) -> String? {
        guard let node = node(key) else { return nil }
        return try node.text(path(key))
    }

    func texts(_ key: String) throws(PlanError) -> [String]? {
        guard let node = node(key) else { return nil }
        return try node.texts(path(key))
    }

    func integer(_ key: String, _ what: String = "a whole number") throws(PlanError) -> Int? {
        guard let node = node(key) else { return nil }
        return try node.integer(path(key), what)
    }

    func bool(_ key: String) throws(PlanError) -> Bool? {
        guard let node = node(key) else { return nil }
        return try node.bool(path(key))
    }

    func bytes(_ key: String) throws(PlanError) -> Bytes? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text) = node.content, let bytes = Bytes(parsing: text) else {
            throw node.wrong(path(key), "a size such as 64MiB or 1GiB")
        }
        return bytes
    }

    func textMap(_ key: String, _ example: String) throws(PlanError) -> [String: String]? {
        guard let node = node(key) else { return nil }
        return try node.textMap(path(key), example)
    }

    /// `read.images`.
    func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    // MARK: Words

    private static func unknown(_ key: String, _ name: String, _ known: [String], _ home: String?) -> String {
        let here = name.isEmpty ? "a pipeline file" : "\"\(name)\""
        if let home { return "there is no key \"\(key)\" in \(here); it belongs into \"\(home)\"." }
        let nearest = Spelling.nearest(to: key, among: known).map { " Did you mean \"\($0)\"?" } ?? ""
        return "there is no key \"\(key)\" in \(here).\(nearest) \(list(known))"
    }

    private static func list(_ known: [String]) -> String {
        known.count == 1 ? "The only key is \(known[0])." : "The keys are \(known.joined(separator: ", "))."
    }
}

extension PipelineNode {
    /// - `path`: what the value is called in messages.
    func wrong(_ path: String, _ expected: String) -> PlanError {
        place.error("\(path): expected \(expected), and there is \(kind).")
    }

    func text(_ path: String) throws(PlanError) -> String {
        guard case .scalar(let text) = content else { throw wrong(path, "one text") }
        return text
    }

    /// A list of texts, or one.
    func texts(_ path: String) throws(PlanError) -> [String] {
        switch content {
        case .scalar(let text): return [text]
        case .list(let items):
            var texts: [String] = []
            for item in items { texts.append(try item.text("\(path)[\(texts.count)]")) }
            return texts
        default: throw wrong(path, "a text or a list of texts")
        }
    }

    func integer(_ path: String, _ what: String = "a whole number") throws(PlanError) -> Int {
        guard case .scalar(let text) = content, let value = Int(text.filter { $0 != "_" }) else {
            throw wrong(path, what)
        }
        return value
    }

    func bool(_ path: String) throws(PlanError) -> Bool {
        if case .scalar(let text) = content {
            switch text.lowercased() {
            case "true", "yes", "on": return true
            case "false", "no", "off": return false
            default: break
            }
        }
        throw wrong(path, "true or false")
    }

    func textMap(_ path: String, _ example: String) throws(PlanError) -> [String: String] {
        guard case .map(let entries) = content else { throw wrong(path, "names with names, such as \(example)") }
        var map: [String: String] = [:]
        for entry in entries { map[entry.key] = try entry.value.text("\(path).\(entry.key)") }
        return map
    }
}
