import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Output folder")
struct OutputFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func prepare(_ existing: ExistingOutput, _ name: String = "out", _ format: OutputFormat = .parquet) throws {
        try OutputFolder(folder(name), format: format).prepare(existing)
    }

    private func refusal(
        _ existing: ExistingOutput,
        _ name: String = "out",
        _ format: OutputFormat = .parquet
    ) throws
        -> PlanError
    {
        try #require(#expect(throws: PlanError.self) { try prepare(existing, name, format) })
    }

    /// What a run that wrote one part and one quarantine file leaves.
    private func writeEarlierRun() throws {
        for name in ["part-00000.parquet", "_penstock/quarantine/part-00000.quarantine", "_penstock/report.json"] {
            try folder.file("out/" + name)
        }
        try folder.file("out/_penstock/commits.jsonl", text: "{}\n")
    }

    @Test(
        "A folder that is not there, or is empty, is made ready",
        arguments: [ExistingOutput.refuse, .resume, .overwrite]
    )
    func newFolders(existing: ExistingOutput) throws {
        try prepare(existing, "a/b/c")
        #expect(try folder.entries("a/b/c") == ["_penstock"])
        try folder.folder("empty")
        try prepare(existing, "empty/")
        #expect(try folder.entries("empty") == ["_penstock"])
    }

    @Test(
        "A folder with anything in it is refused, with both ways out",
        arguments: ["part-00000.parquet", "photo.jpg", ".x"]
    )
    func refusesWhatIsThere(name: String) throws {
        try folder.file("out/\(name)")
        let error = try refusal(.refuse)
        #expect(error.isUsage)
        #expect(error.message.contains("exists and is not empty (1 entry, such as \"\(name)\")"))
        #expect(error.message.contains("--resume") && error.message.contains("--overwrite"))
        #expect(try folder.entries("out") == [name])
    }

    @Test("What a run left that committed nothing is no reason to refuse the next one")
    func emptyRunsAreNoObstacle() throws {
        try folder.file("out/_penstock/report.json")
        try prepare(.refuse)
        try folder.folder("out/_penstock/tmp")
        // A folder for temporary files means that a run goes on there, or was killed: that is for the user to judge.
        #expect(try refusal(.refuse).message.contains("is not empty"))
    }

    @Test("Rows in quarantine alone are a result, too")
    func quarantineIsAResult() throws {
        try folder.file("out/_penstock/commits.jsonl", text: "{}\n")
        #expect(try refusal(.refuse).message.contains("is not empty"))
    }

    @Test(
        "A failed run that only quarantined rows is no reason either, and its quarantine goes",
        arguments: ["failed", "too_many_bad_rows"]
    )
    func failedRunsAreNoObstacle(outcome: String) throws {
        let quarantined = "{\"part\":null,\"rows\":0,\"quarantined\":2}\n"
        try folder.file("out/_penstock/commits.jsonl", text: quarantined + quarantined)
        try folder.file("out/_penstock/quarantine/part-00000.quarantine")
        try folder.file("out/_penstock/report.json", text: "{\n  \"outcome\" : \"\(outcome)\",\n  \"rows\" : 1\n}")
        try prepare(.refuse)
        #expect(try folder.entries("out") == ["_penstock", "_penstock/quarantine"])
    }

    @Test(
        "A run that ended well, or wrote a part, is a result",
        arguments: [("done", "null"), ("failed", "\"part-00000.parquet\"")]
    )
    func resultsAreRefused(outcome: String, part: String) throws {
        try folder.file("out/_penstock/commits.jsonl", text: "{\"part\":\(part),\"rows\":0,\"quarantined\":2}\n")
        try folder.file("out/_penstock/report.json", text: "{\"outcome\" : \"\(outcome)\"}")
        let before = try folder.entries("out")
        #expect(try refusal(.refuse).message.contains("is not empty"))
        #expect(try folder.entries("out") == before)
    }

    @Test("Overwriting removes parts, quarantine, commits and report of an earlier run")
    func overwriteRemovesTheEarlierRun() throws {
        try writeEarlierRun()
        try folder.file("out/part-00001.csv")
        try folder.file("out/_penstock/tmp/part-00002.parquet")
        try prepare(.overwrite)
        #expect(try folder.entries("out") == ["_penstock", "_penstock/quarantine"])
    }

    @Test(
        "Overwriting touches nothing when other people's files are there, even if their names begin like parts",
        arguments: [
            "notes.md", "part-time-jobs.csv", "part-1.csv", "part-00001.xlsx", "part-00000.parquet.bak", "part-",
            "partner.parquet",
        ]
    )
    func overwriteSparesForeignFiles(name: String) throws {
        try writeEarlierRun()
        try folder.file("out/\(name)")
        let before = try folder.entries("out")
        let error = try refusal(.overwrite)
        #expect(!error.isUsage)
        #expect(error.message.contains("\"\(name)\", which Penstock did not write"), "\(error.message)")
        #expect(try folder.entries("out") == before)
    }

    @Test("Resuming keeps everything but what a killed run left unfinished")
    func resumeKeepsEverything() throws {
        try writeEarlierRun()
        try folder.file("out/notes.md")
        let before = try folder.entries("out")
        try folder.file("out/_penstock/tmp/part-00001.parquet")
        try prepare(.resume)
        #expect(try folder.entries("out") == before)
    }

    @Test("Resuming in another format is refused and names the right one")
    func resumeInAnotherFormat() throws {
        try writeEarlierRun()
        let error = try refusal(.resume, "out", .csv)
        #expect(error.isUsage)
        #expect(error.message.contains("holds parquet parts; resume with --format parquet"))
    }

    @Test("A URI of no store is refused before a folder of that name is made")
    func urisAreRefused() throws {
        let error = try #require(
            #expect(throws: PlanError.self) {
                try OutputFolder("https://bucket/out", format: .parquet).prepare(.refuse)
            }
        )
        #expect(error.isUsage)
        #expect(error.message.contains("is not a place that files are read from or written to"))
    }

    @Test("A file in the place of the folder is in the way")
    func filesInTheWay() throws {
        try folder.file("out")
        for existing in [ExistingOutput.refuse, .resume, .overwrite] {
            #expect(try refusal(existing).message.contains("is in the way: it is not a folder"))
        }
        #expect(try refusal(.refuse, "out/below").message.contains("\"\(folder("out"))\" is in the way"))
        #expect(try !refusal(.refuse, "out/below").isUsage)
    }

    @Test(
        "A folder that cannot be written is refused with the system's words",
        .enabled(if: getuid() != 0, "root may write everywhere")
    )
    func unwritableFolders() throws {
        try folder.folder("out")
        #expect(chmod(folder("out"), 0o500) == 0)
        #expect(try refusal(.refuse).message.contains("Permission denied"))
        #expect(chmod(folder("out"), 0o700) == 0)
    }

    @Test("Parts are those that Penstock numbered, in their order")
    func partsAreOurs() throws {
        for name in [
            "part-00010.parquet", "part-00002.parquet", "part-123456.parquet", "part-list.parquet", "part-00003.csv",
        ] {
            try folder.file("out/\(name)")
        }
        let output = OutputFolder(folder("out"), format: .parquet)
        #expect(
            try output.parts().map { URL(filePath: $0).lastPathComponent } == [
                "part-00002.parquet", "part-00010.parquet", "part-123456.parquet",
            ]
        )
        #expect(try OutputFolder.formatOfParts(in: folder("out")) == .parquet)
        try folder.file("other/part-list.csv")
        #expect(try OutputFolder.formatOfParts(in: folder("other")) == nil)
    }
}
