import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// For how long a process was stopped (`SIGSTOP`) by one that gives it its turns; a file that both have mapped.
///
/// The one adds while the other stands still, just before it wakes it. So clocks of the other can leave that time out, and all
/// that it measures is as if it had been alone.
@safe package final class StoppedTime: @unchecked Sendable {
    // SAFETY: the number is atomic, and nobody gets at its address.
    private static let followed = Mutex<StoppedTime?>(nil)

    /// What this process follows; nil: nobody stops it.
    package static var ofProcess: StoppedTime? { followed.withLock { $0 } }

    /// Lets every `MonotonicClock` of this process that is made from now on leave out the time in which it is stopped.
    ///
    /// - Returns: false when the file cannot be read.
    package static func follow(_ path: String) -> Bool {
        guard let time = StoppedTime(path, flags: O_RDONLY) else { return false }
        followed.withLock { $0 = time }
        return true
    }

    private let sum: UnsafePointer<Atomic<Int64>>

    /// For the one that stops the other: a new file that says 0; nil when it cannot be made.
    package convenience init?(creating path: String) { self.init(path, flags: O_RDWR | O_CREAT | O_TRUNC) }

    private init?(_ path: String, flags: Int32) {
        let isWritten = flags & O_RDWR != 0
        let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = MemoryLayout<Atomic<Int64>>.size
        var status = stat()
        // Beyond a file's end memory ends a process with SIGBUS.
        guard !isWritten || ftruncate(descriptor, off_t(size)) == 0, unsafe fstat(descriptor, &status) == 0,
            status.st_size >= size
        else { return nil }
        let protection = isWritten ? PROT_READ | PROT_WRITE : PROT_READ
        guard let memory = unsafe mmap(nil, size, protection, MAP_SHARED, descriptor, 0), unsafe memory != MAP_FAILED
        else { return nil }
        // SAFETY: as large as the number and aligned to a page; it stays mapped until `deinit`.
        unsafe sum = UnsafePointer(memory.assumingMemoryBound(to: Atomic<Int64>.self))
    }

    deinit { unsafe munmap(UnsafeMutableRawPointer(mutating: sum), MemoryLayout<Atomic<Int64>>.size) }

    /// Nanoseconds so far.
    package var nanoseconds: Int64 { unsafe sum.pointee.load(ordering: .acquiring) }

    /// The other was stopped for so many seconds more; only where the file was created.
    package func add(seconds: Double) {
        _ = unsafe sum.pointee.add(Int64(seconds * 1e9), ordering: .releasing)
    }

    /// What `read` says, and the time stopped until that moment.
    func at<Moment>(_ read: () -> Moment) -> (moment: Moment, nanoseconds: Int64) {
        while true {
            let before = nanoseconds
            let moment = read()
            // Else this thread was stopped in between, and the two do not belong together.
            if nanoseconds == before { return (moment, before) }
        }
    }
}
