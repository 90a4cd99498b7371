#if os(Linux)
    import Foundation
    import Penstock
    import Testing

    @Suite("Command line: interruption", .serialized, .timeLimit(.minutes(10)))
    struct InterruptionTests {
        @Test(
            "Ctrl-C in mid-run: exit 130, committed parts can be read, nothing unfinished is left, and the run can go on"
        )
        func interruptedRun() throws {
            let job = try SmallJob(images: 20)
            // Far more rows than are done before the signal arrives: it is sent at the first committed part.
            let lines = (0..<5000).flatMap { _ in job.images }
            try job.folder.file("list.txt", text: lines.joined(separator: "\n"))
            try job.folder.folder("out")
            let watch = try FolderWatch(job.folder("out"))
            let arguments = ["classify", "list.txt", "--model", "tiny.onnx", "--output", "out", "--block-bytes", "1"]
            let (output, error) = (Pipe(), Pipe())
            let process = try Program.start(arguments, in: job.folder, output: output, error: error)
            #expect(watch.waitsForRename(orEndOf: output.fileHandleForReading))
            process.interrupt()
            process.waitUntilExit()
            let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(process.status == 130, "\(words)")
            #expect(words.contains("Stopping: finished rows are being committed."))
            #expect(words.contains("interrupted after"))
            try expectIntact(job, rows: lines.count)
        }

        private func expectIntact(_ job: SmallJob, rows: Int) throws {
            let report = try RunReport(contentsOf: job.folder("out"))
            #expect(report.outcome == .interrupted)
            #expect(report.rowsWritten > 0 && report.rowsWritten < rows)
            #expect(try writtenRows(job.folder("out")).count == report.rowsWritten)
            #expect(!job.folder.exists("out/_penstock/tmp"))
            #expect(try !job.folder.entries("out").contains { $0.hasSuffix(".tmp") })
            let lines = try String(contentsOfFile: job.folder("out/_penstock/commits.jsonl"), encoding: .utf8)
            #expect(try lines.split(separator: "\n").count == partNames(job.folder("out")).count)
        }
    }
#endif
