/// Why samples or a model could not be made: what happened, with the values, and what to do.
package struct SampleError: Error, Equatable, CustomStringConvertible {
    /// What went wrong, by the side that can put it right.
    package enum Code: Sendable {
        /// A count, a size or a seed that can't be used.
        case invalidArgument
        /// The target already holds images, or is not a folder.
        case outputExists
        /// The file system refused.
        case fileSystem
        /// libjpeg refused.
        case encoding
    }

    /// What went wrong, for programs.
    package let code: Code
    /// What went wrong, for people.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
