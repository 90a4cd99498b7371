import Foundation
import Penstock
import PenstockAdvisor

/// Predictions and what came of them, one JSON object a line, in a file of the user's.
struct PredictionStore {
    /// The file; it need not be there yet.
    let path: String

    /// Adds lines at the end.
    func add(_ records: [PredictionRecord]) throws(PlanError) {
        var data = Data()
        do {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for record in records { data += try encoder.encode(record) + Data("\n".utf8) }
            let file = URL(filePath: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            if !FileManager.default.fileExists(atPath: path) { try Data().write(to: file) }
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: data)
            try handle.close()
        } catch {
            throw PlanError("the predictions could not be stored in \"\(path)\": \(error.localizedDescription)")
        }
    }

    /// All records; lines that are none, such as those of other versions, are passed over and counted.
    func read() -> (records: [PredictionRecord], unreadable: Int) {
        guard let data = FileManager.default.contents(atPath: path) else { return ([], 0) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var records: [PredictionRecord] = []
        var unreadable = 0
        for line in data.split(separator: UInt8(ascii: "\n")) {
            do { records.append(try decoder.decode(PredictionRecord.self, from: line)) } catch { unreadable += 1 }
        }
        return (records, unreadable)
    }

    /// How good the rules were, for people.
    func lines() -> [String] {
        let (records, unreadable) = read()
        guard !records.isEmpty else {
            return ["No prediction was measured yet (\(path)). penstock doctor … --fix measures and stores them."]
        }
        var table = TextTable(["rule", "predictions", "inside the interval", "median error"], rightAligned: [1, 2, 3])
        for accuracy in PredictionAccuracy.table(records) {
            table.add([
                accuracy.rule, "\(accuracy.count)", Format.percent(accuracy.insideShare),
                Format.percent(accuracy.medianError),
            ])
        }
        let rest = unreadable > 0 ? ["\(unreadable) lines of \(path) could not be read."] : []
        return table.lines() + rest
    }
}
