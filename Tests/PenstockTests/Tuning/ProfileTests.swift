import Foundation
import Testing

@testable import Penstock

@Suite("Stored profiles of tuned settings")
struct ProfileTests {
    private let folder: TemporaryFolder
    private let profiles: TuningProfiles
    private var dataset: Dataset { dataset(model: folder("model.onnx")) }

    init() throws {
        folder = try TemporaryFolder()
        profiles = TuningProfiles(in: folder("data"))
        try folder.file("model.onnx", Array(repeating: 7, count: 500))
        for index in 0..<10 { try folder.file("images/\(index).jpg", Array(repeating: 1, count: 1000 + index)) }
    }

    private func dataset(
        model: String,
        images: String = "images",
        _ change: (inout Classifier) -> Void = { _ in }
    ) -> Dataset {
        var classifier = Classifier(model: model, labels: nil)
        change(&classifier)
        return Dataset.readImages(from: [folder(images)]).predict(with: classifier)
    }

    private func found(
        _ settings: [String: String] = ["batch-size": "16", "model-workers": "1", "threads-per-worker": "2"]
    )
        async throws -> TuningProfile
    {
        var report = TuningReport()
        report.settings = settings
        report.speedup = 1.12
        report.speedupHalfWidth = 0.02
        report.versions = ["penstock": PenstockVersion.current]
        var model = ModelReport()
        model.hash = "3f0c5c6c1e"
        report.model = model
        return try await TuningProfile(report, of: dataset, options: RunOptions())
    }

    private func match(
        _ dataset: Dataset? = nil,
        _ options: RunOptions = RunOptions()
    ) async throws -> TuningProfiles.Match {
        try await profiles.match(dataset ?? self.dataset, options: options)
    }

    @Test("Without a file there is no profile, and no folder is made")
    func none() async throws {
        #expect(try await match() == .none)
        #expect(!folder.exists("data"))
    }

    @Test("A profile is found for its model, machine and kind of images, and comes back as it was stored")
    func roundTrip() async throws {
        let profile = try await found()
        try profiles.store(profile)
        #expect(try profiles.all() == [profile])
        #expect(try await match() == .found(profile))
    }

    @Test("Tuning again replaces the profile; finding nothing removes it")
    func replaced() async throws {
        try profiles.store(try await found())
        let second = try await found(["batch-size": "8"])
        try profiles.store(second)
        #expect(try profiles.all() == [second])
        #expect(try profiles.remove(like: second))
        #expect(try profiles.all().isEmpty)
        #expect(try !profiles.remove(like: second))
    }

    @Test("Another version, CPU, number of cores or kind of images leaves it out, and says why")
    func misfits() async throws {
        let changes: [(word: String, change: (inout TuningProfile) -> Void)] = [
            ("Penstock 0.0.1", { $0.versions["penstock"] = "0.0.1" }),
            ("another CPU (Z80)", { $0.machine.cpu = "Z80" }),
            ("for 99 cores", { $0.machine.cores = 99 }),
            ("for PNG images", { $0.images.formats = ["PNG": 1] }),
            ("for images of about 9.8 KiB", { $0.images.medianBytes = 10_000 }),
            ("for images in a store", { $0.images.isRemote = true }),
        ]
        for (word, change) in changes {
            var profile = try await found()
            change(&profile)
            if folder.exists("data") { try FileManager.default.removeItem(atPath: folder("data")) }
            try profiles.store(profile)
            guard case .ignored(let why) = try await match() else {
                Issue.record("\(word) was not noticed")
                continue
            }
            #expect(why.contains(word), "\(why)")
        }
    }

    @Test("A model is known by its content: a copy is found, another of the same size is not")
    func models() async throws {
        var profile = try await found()
        profile.model.hash = try #require(try hash(folder("model.onnx")))
        try profiles.store(profile)
        try folder.file("copy.onnx", Array(repeating: 7, count: 500))
        try folder.file("other.onnx", Array(repeating: 8, count: 500))
        #expect(try await match(dataset(model: folder("copy.onnx"))) == .found(profile))
        #expect(try await match(dataset(model: folder("other.onnx"))) == .none)
        // Written anew in the same place: the file's time has changed, so its content is looked at.
        try folder.file("model.onnx", Array(repeating: 9, count: 500))
        #expect(try await match() == .none)
    }

    @Test("Values that somebody decided win, and workers go with their threads")
    func decided() async throws {
        let profile = try await found()
        var options = RunOptions()
        options.batchSize = .set(3, .flag)
        var applied = try profile.applied(to: dataset, options)
        #expect(applied.1.batchSize == .set(3, .flag))
        #expect(applied.1.modelWorkers == .set(1, .profile))
        #expect(applied.2 == ["model-workers", "threads-per-worker"])
        options.threadsPerWorker = .set(1, .pipelineFile)
        applied = try profile.applied(to: dataset, options)
        #expect(applied.2.isEmpty)
        #expect(applied.1.modelWorkers == .auto)
        // `auto` that was typed is a decision as well.
        var automatic = RunOptions()
        automatic.origins["batch-size"] = .flag
        #expect(try profile.applied(to: dataset, automatic).2 == ["model-workers", "threads-per-worker"])
    }

    @Test("Explain shows the origin and the reason of each setting, also of those that are part of the plan")
    func explained() async throws {
        let profile = try await found(["batch-size": "16", "resize-quality": "fast"])
        let (dataset, options, _) = try profile.applied(to: dataset, RunOptions())
        let text = try dataset.writing(WriteTable(directory: "out", format: .parquet)).explain(options: options)
        for name in ["batch-size", "resize-quality"] {
            let line = try #require(text.split(separator: "\n").first { $0.contains(name) && $0.contains("tuned") })
            #expect(line.contains("tuned profile") && line.contains("12.0 % ± 2.0 % faster"), "\(line)")
        }
    }

    @Test("Profiles are forgotten by path, by hash, or all")
    func forget() async throws {
        var other = try await found()
        other.model.hash = "aaaaaaaaaaaa"
        other.model.path = "/elsewhere.onnx"
        try profiles.store(try await found())
        try profiles.store(other)
        #expect(try profiles.forget("nothing.onnx") == 0)
        #expect(try profiles.forget("aaaaaaaa") == 1)
        #expect(try profiles.forget(folder("model.onnx")) == 1)
        try profiles.store(other)
        #expect(try profiles.forget(nil) == 1)
        #expect(try profiles.all().isEmpty)
    }

    @Test("A damaged file is an error that names it, and is never overwritten")
    func damaged() async throws {
        try folder.file("data/profiles.json", text: "{\"version\": 1, \"profiles\": [{}]}")
        let profile = try await found()
        #expect { try profiles.store(profile) } throws: { "\($0)".contains("profiles.json") }
        #expect(try String(contentsOfFile: folder("data/profiles.json"), encoding: .utf8).contains("[{}]"))
        try folder.file("data/profiles.json", text: "{\"version\": 2, \"profiles\": []}")
        #expect { _ = try profiles.all() } throws: { "\($0)".contains("version 2") }
    }

    private func hash(_ path: String) throws -> String? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sha256sum", path]
        process.standardOutput = pipe
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return text.split(separator: " ").first.map(String.init)
    }
}

@Suite("The sample of a search")
struct TuningSampleTests {
    @Test(
        "Every file is in the sample as often as any other, and a first part lies spread over all",
        arguments: [1, 7, 100, 1000]
    )
    func spread(count: Int) {
        let paths = (0..<count).map { "\($0)" }
        let sample = TuningSample.spread(paths)
        #expect(sample.count == TuningSample.mostImages)
        #expect(Set(sample.prefix(count)).count == count)
        // Of the first tenth, no gap is longer than a third of all.
        let first = sample.prefix(max(count / 10, 1)).compactMap { Int($0) }.sorted()
        let gaps = zip([0] + first, first + [count]).map { $1 - $0 }
        #expect(count < 100 || gaps.max() ?? 0 <= count / 3, "\(first)")
    }

    @Test("Other jobs than classifications are refused before anything runs")
    func refused() async throws {
        await #expect(throws: PlanError.self) { try await Dataset.range(10).tune() }
        let images = Dataset.readImages(from: ["nowhere"])
        await #expect(throws: PlanError.self) { try await images.tune() }
    }
}
