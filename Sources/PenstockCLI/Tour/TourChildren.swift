import Dispatch
import Penstock
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What one process of the tour is to do.
struct TourTask: Codable {
    /// A file with the images' paths, one a line.
    var list: String
    /// The model and how images are prepared for it.
    var classifier: Classifier
    /// What is measured.
    var step: TourStep
    /// Compiled models, and how far precisions agree; of this tour's own.
    var cache: String
    /// Receives the rows.
    var output: String
    /// Receives the measurement.
    var result: String
}

/// Runs each step in a process of its own, so that its memory and its CPU time are its own.
final class TourChildren: TourRunner {
    private let program: String
    private let files: TourFiles
    private let paths: [String]
    private let classifier: Classifier
    private let counter = Mutex(0)

    /// - `program`: the executable that knows `tour-step`.
    init(program: String, files: TourFiles, paths: [String], classifier: Classifier) {
        self.program = program
        self.files = files
        self.paths = paths
        self.classifier = classifier
    }

    /// This executable.
    static var ownProgram: String {
        #if os(Linux)
            "/proc/self/exe"
        #else
            CommandLine.arguments[0]
        #endif
    }

    func run(_ step: TourStep) async throws -> TourMeasurement {
        try Task.checkCancellation()
        let number = counter.withLock { number in
            number += 1
            return number
        }
        let task = TourTask(
            list: files("list-\(step.images).txt"),
            classifier: classifier,
            step: step,
            cache: files("cache"),
            output: files("output-\(number)"),
            result: files("result-\(number).json")
        )
        try files.write(paths.prefix(step.images).joined(separator: "\n") + "\n", to: "list-\(step.images).txt")
        try files.write(String(decoding: JSONEncoder().encode(task), as: UTF8.self), to: "task.json")
        defer { remove([task.output, task.result]) }
        let messages = files("messages.txt")
        let status = try await ChildProcess.run(program, ["tour-step", files("task.json")], messages: messages)
        try Task.checkCancellation()
        guard status == 0, let data = FileManager.default.contents(atPath: task.result) else {
            throw PlanError(failure(of: step, status, messages))
        }
        return try JSONDecoder().decode(TourMeasurement.self, from: data)
    }

    private func failure(of step: TourStep, _ status: Int32, _ messages: String) -> String {
        let text = FileManager.default.contents(atPath: messages).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let names = step.mistakes.map(\.rawValue).sorted().joined(separator: ", ")
        let ending = status < 0 ? "was ended by signal \(-status)" : "ended with code \(status)"
        let last = text.split(separator: "\n").suffix(3).joined(separator: " ")
        return "the run with mistakes [\(names)] over \(step.images) images \(ending): \(last)"
    }

    private func remove(_ paths: [String]) {
        for path in paths where FileManager.default.fileExists(atPath: path) {
            do { try FileManager.default.removeItem(atPath: path) } catch {
                // The whole folder is removed when the tour ends.
            }
        }
    }
}

/// A process that is waited for without blocking a task, and ended when the task is cancelled.
enum ChildProcess {
    /// Process id while it runs, 0 before and after, and whether it is to end.
    private final class Running: Sendable {
        private let state = Mutex<(process: pid_t, isEnding: Bool)>((0, false))

        func set(_ id: pid_t) {
            state.withLock { state in
                state.process = id
                if state.isEnding, id > 0 { _ = kill(id, SIGTERM) }
            }
        }

        func terminate() {
            state.withLock { state in
                state.isEnding = true
                if state.process > 0 { _ = kill(state.process, SIGTERM) }
            }
        }
    }

    /// Runs a program to its end; what it prints goes to the file `messages`.
    ///
    /// - Returns: its exit code, or the number of the signal that ended it, negative.
    static func run(_ program: String, _ arguments: [String], messages: String) async throws -> Int32 {
        let running = Running()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try waitForEnd(of: program, arguments, messages, running) })
                }
            }
        } onCancel: {
            running.terminate()
        }
    }

    private static func waitForEnd(
        of program: String,
        _ arguments: [String],
        _ messages: String,
        _ running: Running
    ) throws -> Int32 {
        let id = try spawn(program, arguments, messages)
        running.set(id)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            guard errno == EINTR else {
                running.set(0)
                throw PlanError("cannot wait for process \(id): error \(errno).")
            }
        }
        running.set(0)
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : -signal
    }

    private static func spawn(_ program: String, _ arguments: [String], _ messages: String) throws -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, messages, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let words = ([program] + arguments).map { strdup($0) }
        let environment = UserFolders.inherited.map { strdup($0) }
        defer { for string in words + environment { free(string) } }
        var id: pid_t = 0
        let error = posix_spawn(&id, program, &actions, nil, words + [nil], environment + [nil])
        guard error == 0 else {
            throw PlanError("cannot start \"\(program)\": error \(error). Is there enough memory?")
        }
        return id
    }
}
