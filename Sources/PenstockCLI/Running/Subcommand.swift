import ArgumentParser
import Penstock

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs a hidden subcommand of this program in processes of its own: each reads its task from a file and writes its answer to
/// another one.
struct Subcommand {
    /// Its name, such as `tour-step`.
    var name: String
    /// A folder that is there, for the files; they are removed afterwards.
    var folder: String
    /// Turns begin when all processes have said that they are ready (`SubcommandFiles.isReady`).
    var waitsUntilReady = false

    /// A process that gave no answer.
    struct Failure: Error {
        /// Which of the tasks.
        var index: Int
        /// How it ended, and what it said last.
        var text: String
    }

    /// This executable.
    static var program: String {
        #if os(Linux)
            "/proc/self/exe"
        #else
            CommandLine.arguments[0]
        #endif
    }

    /// Runs a process for each task, in turns where there are several, with files in a folder that is gone afterwards.
    ///
    /// - Throws: as the other `run`.
    static func run<Input: Encodable, Output: Decodable>(
        _ name: String,
        _ tasks: [Input],
        answer: Output.Type,
        waitsUntilReady: Bool = false
    ) async throws -> [Output] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-\(name)-\(UUID().uuidString)")
            .path
        // A command line may hold keys, which are nobody else's business.
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let subcommand = Subcommand(name: name, folder: folder, waitsUntilReady: waitsUntilReady)
        defer { subcommand.remove(folder) }
        return try await subcommand.run(tasks, answer: answer)
    }

    /// Runs a process for each task, in turns where there are several.
    ///
    /// - Returns: their answers, in the order of the tasks; times in them are those in which a process could run.
    /// - Throws: `Failure`, `PlanError` when a process cannot be started, `CancellationError`.
    func run<Input: Encodable, Output: Decodable>(
        _ tasks: [Input],
        answer: Output.Type
    ) async throws -> [Output] {
        try Task.checkCancellation()
        defer {
            for index in tasks.indices {
                for kind in ["task", "answer", "messages", "stopped", "ready"] { remove(file(kind, index)) }
            }
        }
        for (index, task) in tasks.enumerated() {
            try JSONEncoder().encode(task).write(to: URL(filePath: file("task", index)))
        }
        let endings = try await ChildProcesses.run(
            tasks.indices.map { index in
                let ready = waitsUntilReady ? file("ready", index) : nil
                return ChildProcesses.Command(
                    program: Self.program,
                    arguments: [name, file("task", index), file("answer", index), file("stopped", index)]
                        + (ready.map { [$0] } ?? []),
                    messages: file("messages", index),
                    stopped: file("stopped", index),
                    ready: ready
                )
            }
        )
        try Task.checkCancellation()
        return try endings.enumerated().map { index, status in
            guard status == 0, let data = FileManager.default.contents(atPath: file("answer", index)) else {
                throw Failure(index: index, text: text(of: status, index))
            }
            return try JSONDecoder().decode(Output.self, from: data)
        }
    }

    private func file(_ kind: String, _ index: Int) -> String { "\(folder)/\(name)-\(kind)-\(index)" }

    private func text(of status: Int32, _ index: Int) -> String {
        let data = FileManager.default.contents(atPath: file("messages", index)) ?? Data()
        let last = String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: " ")
        return "\(status < 0 ? "was ended by signal \(-status)" : "ended with code \(status)"): \(last)"
    }

    private func remove(_ path: String) {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            // Never written, as the process was not started or gave no answer. A folder lies in the system's temporary one,
            // which the system empties.
        }
    }
}

/// The files that such a process is given.
struct SubcommandFiles: ParsableArguments {
    @Argument(help: "A file that says what to run.")
    var task: String

    @Argument(help: "A file that receives the answer.")
    var answer: String

    @Argument(help: "A file that says for how long the process was stopped so far.")
    var stopped: String

    @Argument(help: "A file that is made when the process is ready to measure.")
    var ready: String?

    /// Everything is prepared: from now on the process takes turns with others.
    ///
    /// - Throws: when the file cannot be made.
    func isReady() throws { if let ready { try ReportFile.write("", to: ready) } }

    /// The task; all clocks that are made from now on leave out the time in which this process is stopped.
    ///
    /// - Throws: a usage error for a file that holds none.
    func task<Input: Decodable>(_ type: Input.Type) throws(PlanError) -> Input {
        guard StoppedTime.follow(stopped) else {
            throw PlanError("cannot read \"\(stopped)\", which penstock itself writes.", isUsage: true)
        }
        guard let data = FileManager.default.contents(atPath: task) else {
            throw PlanError("cannot read \"\(task)\", which penstock itself writes.", isUsage: true)
        }
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw PlanError("\"\(task)\" holds no task: \(error).", isUsage: true)
        }
    }

    /// Writes the answer.
    func write(_ value: some Encodable) throws {
        try ReportFile.write(String(decoding: JSONEncoder().encode(value), as: UTF8.self), to: answer)
    }
}
