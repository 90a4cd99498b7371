import Foundation
import Penstock

/// A pipeline file with changed settings, written beside the old one.
enum PipelineFix {
    /// Writes `NAME.fixed.yaml` (or `NAME.fixed-2.yaml`, …, where that is there already) and returns its path.
    ///
    /// - Throws: when the changed text would not be the job with these settings, so that nothing wrong is ever written.
    static func write(_ changes: SettingChanges, to path: String) throws(PlanError) -> String {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(validating: data, as: UTF8.self)
        else { throw PlanError("\"\(path)\" cannot be read any more.") }
        var edit = PipelineEdit(text)
        for (name, value) in changes.values.sorted(by: { $0.key < $1.key }) { edit.set(name, value) }
        try check(edit.text, changes, path)
        let target = freeName(beside: path)
        let header = "# \(URL(filePath: path).lastPathComponent), changed by penstock doctor: \(changes)\n"
        do { try Data((header + edit.text).utf8).write(to: URL(filePath: target), options: .withoutOverwriting) } catch
        {
            throw PlanError("\"\(target)\" cannot be written: \(error.localizedDescription)")
        }
        return target
    }

    /// The new text must mean the old job with the changes, and nothing else.
    private static func check(_ text: String, _ changes: SettingChanges, _ path: String) throws(PlanError) {
        let refusal = PlanError(
            "\(path) is written in a way in which these settings cannot be changed for you. Change them by hand: \(FindingText.flags(changes.values))."
        )
        let root = try PipelineText.parse(text) { .line($0, file: path) }
        let changed = try PipelineFile(root: root, existing: nil).job()
        let old = try PipelineFile(path).job()
        let wanted = try changes.applied(to: old.dataset.writing(changes.applied(to: old.table)))
        let options = try changes.applied(to: old.options)
        guard changed.dataset.writing(changed.table).plan == wanted.plan else { throw refusal }
        for (new, expected) in zip(values(changed.options), values(options)) where new != expected { throw refusal }
    }

    private static func values(_ options: RunOptions) -> [Int?] {
        [
            options.batchSize.chosen, options.cores.chosen, options.decodeWorkers.chosen, options.modelWorkers.chosen,
            options.readWorkers.chosen, options.threadsPerWorker.chosen, options.blockBytes.chosen?.count,
            options.memory.chosen?.count, options.readAhead.chosen?.count,
        ]
    }

    private static func freeName(beside path: String) -> String {
        let stem = path.hasSuffix(".yaml") ? path.dropLast(5) : path.hasSuffix(".yml") ? path.dropLast(4) : path[...]
        var name = "\(stem).fixed.yaml"
        var number = 2
        while FileManager.default.fileExists(atPath: name) {
            name = "\(stem).fixed-\(number).yaml"
            number += 1
        }
        return name
    }
}
