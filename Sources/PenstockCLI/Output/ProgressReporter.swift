import Dispatch
import Penstock
import Synchronization

/// Shows how a run goes, on stderr: a line that is redrawn on a terminal, a new line every ten seconds elsewhere.
final class ProgressReporter: Sendable {
    private struct State {
        var line: ProgressLine
        var isShown = false
    }

    private let monitor: RunMonitor
    private let isInteractive: Bool
    // SAFETY: dispatch sources may be used from any thread; the reference never changes.
    private nonisolated(unsafe) let timer: any DispatchSourceTimer
    private let state: Mutex<State>

    /// Nil when there is nothing to show.
    init?(_ monitor: RunMonitor, style: ProgressStyle, isQuiet: Bool, line: ProgressLine) {
        if style == .none || isQuiet { return nil }
        self.monitor = monitor
        state = Mutex(State(line: line))
        isInteractive = style == .auto && Terminal.isInteractive
        let queue = DispatchQueue(label: "penstock.progress")
        timer = DispatchSource.makeTimerSource(queue: queue)
    }

    /// Begins to show progress.
    func start() {
        let interval: DispatchTimeInterval = isInteractive ? .milliseconds(250) : .seconds(10)
        timer.schedule(deadline: .now() + interval, repeating: interval)
        timer.setEventHandler { [self] in show() }
        timer.activate()
    }

    /// Stops, and clears the redrawn line.
    func stop() {
        timer.cancel()
        let wasShown = state.withLock { $0.isShown }
        if isInteractive, wasShown { Terminal.standardError("\r\u{1B}[K") }
    }

    private func show() {
        guard let snapshot = monitor.snapshot(), !snapshot.isFinished else { return }
        let text = state.withLock { state in
            state.isShown = true
            return state.line.text(snapshot, width: isInteractive ? Terminal.width - 1 : nil)
        }
        Terminal.standardError(isInteractive ? "\r\(text)\u{1B}[K" : text + "\n")
    }
}
