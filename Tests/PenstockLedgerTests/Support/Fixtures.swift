import Foundation
import PenstockCore

@testable import PenstockLedger

/// A report of a run of 1,000 images on a machine of two cores.
func report(
    rate: Double = 100,
    decode: Double = 0.9,
    model: Double = 9,
    settings: [String: String] = ["batch-size": "4", "precision": "bf16"]
) -> RunReport {
    var report = RunReport()
    report.rowsRead = 1000
    report.rowsWritten = 1000
    report.imagesPerSecond = rate
    report.wallSeconds = 1000 / rate
    report.stages = [
        stage("list", 0, cpus: 0), stage("read", 0.05, cpus: 0), stage("decode", decode), stage("model", model),
    ]
    report.stages[1].bytesOut = 30_000_000
    report.stages[3].tasks = 250
    report.batchLatencyMs = LatencyReport(p50: 40, p95: 48, p99: 60)
    report.settings = settings.mapValues { SettingReport(value: $0, origin: "flag", reason: "") }
    var entry = ModelReport()
    entry.path = "models/net.onnx"
    entry.hash = "0123456789abcdef"
    entry.precision = "bf16"
    report.model = entry
    report.machine = MachineReport(processor: "Test CPU", cores: 2, memoryBytes: 1 << 34)
    report.versions = ["penstock": "1", "openvino": "2"]
    report.verdict = VerdictReport(limitingStage: "model", share: 0.9, text: "model-bound.")
    return report
}

/// A stage with so many milliseconds of work for each of 1,000 rows.
func stage(_ name: String, _ milliseconds: Double, cpus: Double = 1) -> StageReport {
    var stage = StageReport()
    stage.name = name
    stage.workers = 2
    stage.cpusPerTask = cpus
    stage.rows = 1000
    stage.busySeconds = milliseconds
    stage.starvedSeconds = 1
    return stage
}

/// A record of a report, as the command line makes it.
func record(_ report: RunReport, date: Date = Date(timeIntervalSince1970: 1_800_000_000)) throws -> RunRecord {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return RunRecord(
        report,
        json: String(decoding: try encoder.encode(report), as: UTF8.self),
        command: "penstock classify photos",
        output: "/out",
        date: date
    )
}

/// A folder of a test's own, removed with the value.
final class DataFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "penstock-ledger-\(UUID().uuidString)").path

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            // It was never made.
        }
    }

    var database: String { "\(path)/ledger.sqlite" }
}
