import Foundation
import Penstock
import Testing

@Suite("Report", .serialized)
struct ReportTests {
    /// The keys of report.json: the contract of docs/CLI.md.
    private static let keys: Set<String> = [
        "outcome", "rows_read", "rows_written", "rows_quarantined", "rows_skipped", "rows_unfinished", "wall_seconds",
        "startup_seconds", "images_per_second", "peak_rss_bytes", "cpu_seconds", "bytes_held_at_end", "stages",
        "batch_latency_ms", "settings", "model", "verdict", "findings", "versions",
    ]
    private static let stageKeys: Set<String> = [
        "name", "workers", "rows", "bytes_in", "bytes_out", "lifetime_seconds", "starting_seconds", "busy_seconds",
        "starved_seconds", "held_seconds", "held_by", "cpu_seconds", "tasks",
    ]
    private static let times = ["starting_seconds", "busy_seconds", "starved_seconds", "held_seconds"]

    private func json(_ job: SmallJob) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: job.folder("out/_penstock/report.json")))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func number(_ object: [String: Any], _ key: String) throws -> Double {
        try #require(object[key] as? NSNumber, "\(key)").doubleValue
    }

    @Test("report.json has every key, and the rows add up")
    func everyKeyIsThere() async throws {
        var job = try SmallJob()
        try job.folder.file("images/bad.jpg", text: "no image")
        job.options.maxBadRows = .count(1)
        try await job.write()
        let report = try json(job)
        #expect(Set(report.keys).isSuperset(of: Self.keys), "\(Self.keys.subtracting(report.keys))")
        #expect(report["outcome"] as? String == "done")
        let rows = try ["rows_written", "rows_quarantined", "rows_skipped", "rows_unfinished"].map {
            try number(report, $0)
        }
        #expect(rows == [30, 1, 0, 0])
        #expect(try number(report, "rows_read") == rows.reduce(0, +))
        #expect(try number(report, "bytes_held_at_end") == 0)
        for key in ["wall_seconds", "startup_seconds", "images_per_second", "peak_rss_bytes", "cpu_seconds"] {
            #expect(try number(report, key) > 0, "\(key)")
        }
        #expect(try number(report, "startup_seconds") <= number(report, "wall_seconds"))
        let latency = try #require(report["batch_latency_ms"] as? [String: Any])
        #expect(try number(latency, "p50") > 0)
        #expect(
            try number(latency, "p50") <= number(latency, "p95") && number(latency, "p95") <= number(latency, "p99")
        )
    }

    @Test("Model, settings, verdict and versions say what was run")
    func descriptionsAreComplete() async throws {
        let job = try SmallJob()
        try await job.write()
        let report = try json(job)
        let model = try #require(report["model"] as? [String: Any])
        #expect(model["path"] as? String == job.classifier.model)
        #expect((model["hash"] as? String)?.count == 64)
        #expect(model["backend"] as? String == "openvino")
        #expect(model["device"] as? String == "CPU")
        #expect(model["precision"] as? String == "f32")
        let settings = try #require(report["settings"] as? [String: [String: String]])
        #expect(settings["batch-size"]?["value"] == "4")
        #expect(settings["batch-size"]?["origin"] == "program")
        #expect(settings["decode-workers"]?["origin"] == "default")
        for (name, setting) in settings { #expect(Set(setting.keys) == ["value", "origin", "reason"], "\(name)") }
        let verdict = try #require(report["verdict"] as? [String: Any])
        #expect((verdict["text"] as? String)?.isEmpty == false)
        #expect((verdict["limiting_stage"] as? String)?.isEmpty == false)
        #expect((0...1).contains(try number(verdict, "share")))
        let versions = try #require(report["versions"] as? [String: String])
        #expect(versions["penstock"] == PenstockVersion.current)
        for library in ["openvino", "arrow"] { #expect(versions[library]?.isEmpty == false, "\(library)") }
        #expect(report["findings"] is [Any])
    }

    @Test("The four times of each stage add up to its workers times its lifetime, within 5 %")
    func timesAddUp() async throws {
        let job = try SmallJob(images: 60)
        try await job.write()
        let stages = try #require(json(job)["stages"] as? [[String: Any]])
        #expect(stages.compactMap { $0["name"] as? String } == ["list", "read", "decode", "model", "write"])
        for stage in stages {
            #expect(Set(stage.keys).isSuperset(of: Self.stageKeys), "\(Self.stageKeys.subtracting(stage.keys))")
            let total = try Self.times.reduce(0) { try $0 + number(stage, $1) }
            let whole = try number(stage, "workers") * number(stage, "lifetime_seconds")
            #expect(abs(total - whole) <= 0.05 * whole, "\(stage["name"] ?? ""): \(total) of \(whole)")
            let held = try #require(stage["held_by"] as? [String: Double])
            #expect(abs(try number(stage, "held_seconds") - held.values.reduce(0, +)) < 1e-6)
            #expect(try number(stage, "rows") == 60)
        }
    }

    @Test("The report that a run returns is the one that it writes")
    func returnedReportIsTheWrittenOne() async throws {
        let job = try SmallJob()
        let report = try await job.write()
        #expect(try report.json() == String(contentsOfFile: job.folder("out/_penstock/report.json"), encoding: .utf8))
        #expect(try RunReport(contentsOf: job.folder("out")).json() == report.json())
    }

    @Test("A monitor sees the rows of a finished run")
    func monitorSeesTheRun() async throws {
        var job = try SmallJob()
        let monitor = RunMonitor()
        #expect(monitor.snapshot() == nil)
        job.options.monitor = monitor
        try await job.write()
        let snapshot = try #require(monitor.snapshot())
        #expect(snapshot.isFinished)
        #expect((snapshot.rowsRead, snapshot.rowsWritten, snapshot.totalRows) == (30, 30, 30))
        #expect(snapshot.stages.map(\.name) == ["list", "read", "decode", "model", "write"])
    }
}
