#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Double {
    /// Natural logarithm.
    package static func log(_ value: Double) -> Double {
        #if canImport(Glibc)
            Glibc.log(value)
        #else
            Darwin.log(value)
        #endif
    }

    /// e to the power of `value`.
    package static func exp(_ value: Double) -> Double {
        #if canImport(Glibc)
            Glibc.exp(value)
        #else
            Darwin.exp(value)
        #endif
    }

    /// `base` to the power of `exponent`.
    package static func pow(_ base: Double, _ exponent: Double) -> Double {
        #if canImport(Glibc)
            Glibc.pow(base, exponent)
        #else
            Darwin.pow(base, exponent)
        #endif
    }
}

/// What the kernel says of this process and machine.
package enum Platform {
    /// CPU time of the whole process, user and system, in seconds.
    package static var processCPUSeconds: Double {
        let usage = usageOfSelf()
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Seconds on a clock that is the same in all processes of this machine and never goes back; from an arbitrary start.
    package static var monotonicSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most memory the process ever had resident, in bytes.
    package static var peakResidentBytes: Int {
        #if os(Linux)
            // Not ru_maxrss: Linux hands a parent's peak on to its child, through fork and exec.
            highWaterMark ?? usageOfSelf().ru_maxrss * 1024
        #else
            usageOfSelf().ru_maxrss
        #endif
    }

    #if os(Linux)
        /// `VmHWM` of this program, in bytes; nil where there is no `/proc`.
        private static var highWaterMark: Int? {
            let lines = text(ofSystemFile: "/proc/self/status")?.split(separator: "\n") ?? []
            guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) else { return nil }
            return Int(line.filter { ("0"..."9").contains($0) }).map { $0 * 1024 }
        }

        /// The first 8 KiB of a file of the kernel's, such as one of `/proc`; nil where there is none.
        static func text(ofSystemFile path: String) -> String? {
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 8192)
            let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
        }
    #endif

    /// CPU time of the calling thread, in seconds.
    package static var threadCPUSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The calling thread's last error of the operating system, as text.
    package static func errorText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    private static func usageOfSelf() -> rusage {
        var usage = rusage()
        #if canImport(Glibc)
            unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            unsafe getrusage(RUSAGE_SELF, &usage)
        #endif
        return usage
    }
}

extension Float {
    /// e to the power of `value`.
    package static func exp(_ value: Float) -> Float {
        #if canImport(Glibc)
            Glibc.expf(value)
        #else
            Darwin.expf(value)
        #endif
    }
}
