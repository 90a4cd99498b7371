import PenstockCore
public import PenstockPlan

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

extension MachineFacts {
    /// This machine, or the container's share of it.
    public static var current: MachineFacts { MachineFacts(cores: usableCores, memory: usableMemory) }

    /// Cores that this process may run on: the affinity mask, and the container's CPU quota, rounded up.
    private static var usableCores: Int {
        let cores = allowedCores ?? ProcessInfo.processInfo.activeProcessorCount
        return max(1, min(cores, cpuQuota ?? cores))
    }

    /// The affinity mask, as `taskset`, batch systems and container runtimes set it; nil where there is none. Foundation's count
    /// is of the processors that are online, whatever the mask says.
    private static var allowedCores: Int? {
        #if os(Linux)
            var set = cpu_set_t()
            guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return nil }
            return withUnsafeBytes(of: &set) { bytes in bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
        #else
            return nil
        #endif
    }

    private static var usableMemory: Bytes {
        let pages = Int(sysconf(Int32(_SC_PHYS_PAGES)))
        let total = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        return Bytes(min(total, memoryLimit ?? total))
    }

    /// cgroup v2: "QUOTA PERIOD" or "max PERIOD".
    private static var cpuQuota: Int? {
        let words = firstLine("/sys/fs/cgroup/cpu.max")?.split(separator: " ") ?? []
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 else {
            return nil
        }
        return Int((quota / period).rounded(.up))
    }

    /// cgroup v2, then v1.
    private static var memoryLimit: Int? {
        let text = firstLine("/sys/fs/cgroup/memory.max") ?? firstLine("/sys/fs/cgroup/memory/memory.limit_in_bytes")
        return text.flatMap { Int($0) }
    }

    private static func firstLine(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}

extension MachineReport {
    /// This machine, or the container's share of it.
    static var current: MachineReport {
        let facts = MachineFacts.current
        return MachineReport(processor: processorName, cores: facts.cores, memoryBytes: facts.memory.count)
    }

    /// From the kernel's list of processors; empty where there is none.
    private static var processorName: String {
        guard let data = FileManager.default.contents(atPath: "/proc/cpuinfo") else { return "" }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("model name") }), let colon = line.firstIndex(of: ":") else {
            return ""
        }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
}
