package import PenstockCore

/// What a file store says when it cannot do what it was asked, with the word on which retrying depends.
package struct FileError: Error, Sendable, Equatable {
    /// What to do about an error.
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// The same call may succeed later: a busy store, a reset, a time-out, a body that was cut short.
        case passing
        /// There is no such file, folder or bucket.
        case notFound
        /// The store refuses access, or does not know the keys.
        case denied
        /// Larger than a limit of ours.
        case tooLarge
        /// A scheme, option or operation that the store does not have.
        case unsupported
        /// The system has no more memory.
        case outOfMemory
        /// The run, or the process, is ending.
        case cancelled
        /// Anything else that another try would not change.
        case lasting
    }

    /// What to do about it.
    package let kind: Kind
    /// What happened and the values.
    package let message: String

    /// An error of a store.
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// What the local functions throw, as an error of a store.
    init(_ error: StageError) {
        let kind: Kind =
            switch error.code {
            case .notFound: .notFound
            case .tooLarge: .tooLarge
            case .unsupportedFormat: .unsupported
            case .outOfMemory: .outOfMemory
            case .cancelled: .cancelled
            default: .lasting
            }
        self.init(kind, error.message)
    }

    /// The same for the engine, after `tries` tries.
    package func stageError(tries: Int = 1) -> StageError {
        let code: StageError.Code =
            switch kind {
            case .notFound: .notFound
            case .tooLarge: .tooLarge
            case .unsupported: .unsupportedFormat
            case .outOfMemory: .outOfMemory
            case .cancelled: .cancelled
            case .passing, .denied, .lasting: .inputOutput
            }
        return StageError(code, tries == 1 ? message : "\(message) (after \(tries) tries)")
    }
}
