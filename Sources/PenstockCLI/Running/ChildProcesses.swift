import Penstock
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Programs that are run to their ends without blocking a task, and ended when the task is cancelled.
///
/// Several take turns: each has the machine for a part of a second while the others are stopped (`SIGSTOP`), so that a slow
/// second of the machine hits all alike. Clocks of the system go on meanwhile; `StoppedTime` lets a program's own stand still.
enum ChildProcesses {
    /// Seconds of a turn: long against waking a process, short against what disturbs a machine (docs/performance/NOTES.md, note 63).
    static let turnSeconds = 0.1

    /// A program that starts no others.
    struct Command {
        /// The executable.
        var program: String
        var arguments: [String]
        /// A file that receives what it prints.
        var messages: String
        /// A file that says for how long it was stopped, for `StoppedTime`; nil: it does not ask.
        var stopped: String?
        /// A file that is there once the program has prepared what it measures, until when it runs alone; nil: it prepares nothing.
        var ready: String?
    }

    /// Runs programs, in turns where there are several.
    ///
    /// - Returns: the exit code of each, in their order, or the number of the signal that ended it, negative.
    /// - Throws: `PlanError` when one cannot be started; the others are ended then.
    static func run(_ commands: [Command]) async throws -> [Int32] {
        let group = ChildGroup()
        return try await withTaskCancellationHandler {
            try await Blocking.run { () throws(PlanError) in try takeTurns(commands, group) }
        } onCancel: {
            group.terminate()
        }
    }

    private static func takeTurns(_ commands: [Command], _ group: ChildGroup) throws(PlanError) -> [Int32] {
        var children = commands.map { Child($0, group) }
        do throws(PlanError) {
            for index in children.indices { try children[index].prepare() }
            while children.contains(where: { !$0.hasEnded }) {
                for index in children.indices where !children[index].hasEnded {
                    let isAlone = children.count { !$0.hasEnded } == 1
                    try children[index].takeTurn(seconds: isAlone ? nil : turnSeconds)
                }
            }
        } catch {
            group.terminate()
            for index in children.indices where children[index].isRunning { try children[index].takeTurn(seconds: nil) }
            throw error
        }
        return children.map(\.status)
    }
}

/// Processes that are under way, and whether they are to end.
private final class ChildGroup: Sendable {
    private let state = Mutex<(processes: Set<pid_t>, isEnding: Bool)>(([], false))

    func add(_ process: pid_t) {
        state.withLock { state in
            state.processes.insert(process)
            if state.isEnding { _ = kill(process, SIGTERM) }
        }
    }

    /// Before its number is given back to the system.
    func remove(_ process: pid_t) { state.withLock { state in _ = state.processes.remove(process) } }

    /// Stops a process, unless it is to end, for which it must run.
    func stop(_ process: pid_t) { state.withLock { state in if !state.isEnding { _ = kill(process, SIGSTOP) } } }

    func terminate() {
        state.withLock { state in
            state.isEnding = true
            for process in state.processes {
                _ = kill(process, SIGTERM)
                _ = kill(process, SIGCONT)
            }
        }
    }
}

/// One of the programs; it is started in its first turn.
private struct Child {
    private let command: ChildProcesses.Command
    private let group: ChildGroup
    private var process: pid_t = 0
    /// A pipe that nobody writes to; the system closes its other end when the process has ended.
    private var end: Int32 = -1
    private(set) var hasEnded = false
    private(set) var status: Int32 = 0
    /// When it was stopped, on the clock of `Platform.monotonicSeconds`.
    private var stoppedSince = 0.0
    private var stopped: StoppedTime?

    init(_ command: ChildProcesses.Command, _ group: ChildGroup) {
        self.command = command
        self.group = group
    }

    var isRunning: Bool { process > 0 && !hasEnded }

    /// Runs until it is ready, if it says when, or to its end.
    mutating func prepare() throws(PlanError) {
        guard let ready = command.ready else { return }
        while !hasEnded, access(ready, F_OK) != 0 { try takeTurn(seconds: ChildProcesses.turnSeconds / 4) }
    }

    /// Runs for so many seconds, or to its end, and is stopped then; nil: to its end.
    mutating func takeTurn(seconds: Double?) throws(PlanError) {
        let begin = Platform.monotonicSeconds
        if process == 0 { try start() } else { wake() }
        if waitForEnd(until: seconds.map { begin + $0 }) { return try reap() }
        group.stop(process)
        stoppedSince = Platform.monotonicSeconds
    }

    private func wake() {
        stopped?.add(seconds: Platform.monotonicSeconds - stoppedSince)
        _ = kill(process, SIGCONT)
    }

    private func waitForEnd(until deadline: Double?) -> Bool {
        var watched = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        while true {
            let left = deadline.map { max(0, $0 - Platform.monotonicSeconds) }
            let ready = poll(&watched, 1, left.map { Int32(($0 * 1000).rounded(.up)) } ?? -1)
            if ready > 0 { return true }
            if ready == 0 { return false }
            // Else a signal came in between.
        }
    }

    private mutating func reap() throws(PlanError) {
        hasEnded = true
        close(end)
        group.remove(process)
        var raw: Int32 = 0
        while waitpid(process, &raw, 0) < 0 {
            guard errno == EINTR else { throw PlanError("cannot wait for process \(process): error \(errno).") }
        }
        let signal = raw & 0x7f
        status = signal == 0 ? (raw >> 8) & 0xff : -signal
    }

    private mutating func start() throws(PlanError) {
        if let path = command.stopped {
            stopped = StoppedTime(creating: path)
            guard stopped != nil else { throw PlanError("cannot make the file \"\(path)\": error \(errno).") }
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw PlanError("cannot make a pipe: error \(errno). Are too many files open?") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        do throws(PlanError) { process = try spawn(end: ends[1]) } catch {
            close(ends[0])
            throw error
        }
        end = ends[0]
        group.add(process)
    }

    private func spawn(end: Int32) throws(PlanError) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, command.messages, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawn_file_actions_adddup2(&actions, end, 3)
        // In a group of its own: when this process dies, the system wakes a stopped one with SIGHUP, which ends it. And signals
        // that are ignored here, or blocked in this thread, end it from its first moment on.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let words = ([command.program] + command.arguments).map { strdup($0) }
        let environment = UserFolders.inherited.map { strdup($0) }
        defer { for string in words + environment { free(string) } }
        var id: pid_t = 0
        let error = posix_spawn(&id, command.program, &actions, &attributes, words + [nil], environment + [nil])
        guard error == 0 else {
            throw PlanError("cannot start \"\(command.program)\": error \(error). Is there enough memory?")
        }
        return id
    }
}
