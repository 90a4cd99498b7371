import Penstock

/// One value of a pipeline file, and where it stands.
struct PipelineNode: Sendable {
    /// Where a value comes from.
    enum Place: Sendable, Equatable {
        /// Line of a file, from 1.
        case line(Int, file: String)
        /// `--set`, as it was typed.
        case set(String)
    }

    enum Content: Sendable {
        case null
        /// Text, number, or true and false: all are texts until somebody wants one of them.
        case scalar(String)
        case list([PipelineNode])
        case map([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let keyPlace: Place
        var value: PipelineNode
    }

    let place: Place
    var content: Content

    /// What it is, in words.
    var kind: String {
        switch content {
        case .null: "nothing"
        case .scalar(let text): "\"\(Self.short(text))\""
        case .list: "a list"
        case .map: "keys with values"
        }
    }

    /// Texts of others in messages of ours.
    private static func short(_ text: String) -> String {
        let line = text.prefix(40).filter { !$0.isNewline }
        return line.count < text.count ? line + "…" : line
    }
}

extension PipelineNode.Place: CustomStringConvertible {
    var description: String {
        switch self {
        case .line(let number, let file): "\(file):\(number)"
        case .set(let words): "--set \(words)"
        }
    }

    /// Where a setting that stands here comes from, as `explain` shows it.
    var origin: SettingOrigin {
        switch self {
        case .line: .pipelineFile
        case .set: .flag
        }
    }

    /// A mistake in the file, or in what was typed beside it.
    func error(_ message: String) -> PlanError { PlanError("\(self): \(message)", isUsage: true) }
}
