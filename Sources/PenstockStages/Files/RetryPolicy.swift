/// Which errors are worth another try, how many, and how long to wait between them.
package struct RetryPolicy: Sendable, Hashable {
    /// Most tries, the first included; at least 1.
    package var attempts: Int
    /// Bound of the first pause; it doubles with each further one.
    package var baseDelay: Duration
    /// Bound of every pause.
    package var maxDelay: Duration
    /// Errors that are retried.
    package var retried: Set<FileError.Kind>

    /// Five tries within some seconds: enough for a store that asks to slow down, and for a connection that was reset.
    package init(
        attempts: Int = 5,
        baseDelay: Duration = .milliseconds(100),
        maxDelay: Duration = .seconds(10),
        retried: Set<FileError.Kind> = [.passing]
    ) {
        self.attempts = max(1, attempts)
        self.baseDelay = max(.zero, baseDelay)
        self.maxDelay = max(.zero, maxDelay)
        self.retried = retried
    }

    /// One try.
    package static let never = RetryPolicy(attempts: 1)

    /// The pause before retry `number`, which counts from 1: a random time below a bound that doubles, so that many
    /// workers which failed together do not come back together.
    ///
    /// - Source: AWS Architecture Blog, "Exponential Backoff And Jitter": full jitter.
    package func delay(beforeRetry number: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let bound = min(maxDelay, baseDelay * (1 << min(max(number - 1, 0), 30)))
        return bound * Double.random(in: 0..<1, using: &random)
    }
}
