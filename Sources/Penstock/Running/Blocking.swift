import Dispatch
import PenstockCore

/// Work that waits for files, outside of a run: it leaves Swift's cooperative threads alone.
enum Blocking {
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(StageError) -> Result
    ) async throws(StageError) -> Result {
        let result: Swift.Result<Result, StageError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(StageError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
