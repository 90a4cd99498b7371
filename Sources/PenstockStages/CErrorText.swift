/// Calls a function of our C libraries: status returned, error text written into a buffer that the caller gives.
enum CErrorText {
    /// The status, and the text when the status is not 0.
    ///
    /// - Cost: no heap allocation on success.
    static func collect(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) -> (status: CInt, message: String) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("no stack for an error text") }
            unsafe base.initialize(repeating: 0, count: buffer.count)
            let status = unsafe call(base, buffer.count)
            return (status, status == 0 ? "" : unsafe String(cString: base))
        }
    }
}
