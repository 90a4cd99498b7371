import Penstock

/// `--set key=value`: values that replace those of a pipeline file.
enum PipelineOverrides {
    /// The file's root with the values set.
    static func apply(_ settings: [String], to root: PipelineNode) throws(PlanError) -> PipelineNode {
        var root = root
        for setting in settings {
            let place = PipelineNode.Place.set(setting)
            guard let sign = setting.firstIndex(of: "="), sign > setting.startIndex else {
                throw place.error("write key=value, such as options.batch-size=16.")
            }
            let path = setting[..<sign].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard path.count <= PipelineText.maximumDepth, !path.contains("") else {
                throw place.error("write the key as words with dots between, such as options.batch-size.")
            }
            let value = try PipelineText.parse(String(setting[setting.index(after: sign)...])) { _ in place }
            root = try replaced(root, try full(path, place), value, place)
        }
        return root
    }

    /// A key without its section is looked up.
    private static func full(_ path: [String], _ place: PipelineNode.Place) throws(PlanError) -> [String] {
        if PipelineSchema.sections.contains(path[0]) { return path }
        let homes = PipelineSchema.homes(of: path[0])
        if homes.count == 1 { return [homes[0]] + path }
        if homes.count > 1 {
            let choices = homes.map { "\($0).\(path[0])" }.joined(separator: " or ")
            throw place.error("\"\(path[0])\" is a key of several sections; write \(choices).")
        }
        let names = PipelineSchema.sections + PipelineSchema.allKeys
        let nearest = Spelling.nearest(to: path[0], among: names).map { " Did you mean \"\($0)\"?" } ?? ""
        throw place.error(
            "there is no key \"\(path[0])\".\(nearest) A key begins with one of \(PipelineSchema.sections.joined(separator: ", "))."
        )
    }

    private static func replaced(
        _ node: PipelineNode,
        _ path: [String],
        _ value: PipelineNode,
        _ place: PipelineNode.Place
    ) throws(PlanError) -> PipelineNode {
        guard let key = path.first else { return value }
        let rest = Array(path.dropFirst())
        switch node.content {
        case .map(var entries):
            if let index = entries.firstIndex(where: { $0.key == key }) {
                let inner = try replaced(entries[index].value, rest, value, place)
                entries[index] = PipelineNode.Entry(key: key, keyPlace: entries[index].keyPlace, value: inner)
                if rest.isEmpty { entries[index] = PipelineNode.Entry(key: key, keyPlace: place, value: inner) }
            } else {
                let inner = try replaced(PipelineNode(place: place, content: .null), rest, value, place)
                entries.append(PipelineNode.Entry(key: key, keyPlace: place, value: inner))
            }
            return PipelineNode(place: node.place, content: .map(entries))
        case .null:
            return try replaced(PipelineNode(place: node.place, content: .map([])), path, value, place)
        case .list(var items):
            guard let index = Int(key), items.indices.contains(index) else {
                throw place.error("\"\(key)\" is no place of a list of \(items.count); they are counted from 0.")
            }
            items[index] = try replaced(items[index], rest, value, place)
            return PipelineNode(place: node.place, content: .list(items))
        case .scalar: throw place.error("\"\(key)\" would lie within \(node.kind), which has no keys.")
        }
    }
}
