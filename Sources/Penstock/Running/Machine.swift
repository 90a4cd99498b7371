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

    /// The affinity mask, as `taskset`, batch systems and container runtimes set it; nil where there is none.
    ///
    /// Foundation's count is of the processors that are online, whatever the mask says.
    private static var allowedCores: Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return nil }
        let key = "Cpus_allowed_list:"
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(key) }
        return line.flatMap { count(ofList: String($0.dropFirst(key.count))) }
    }

    /// How many numbers a list of the kernel's names, such as `0-3,8`; nil for anything else.
    static func count(ofList list: String) -> Int? {
        var count = 0
        for part in list.split(separator: ",") {
            let ends = part.filter { !$0.isWhitespace }.split(separator: "-").map { Int($0) }
            guard ends.count <= 2, let low = ends.first ?? nil, let high = ends.last ?? nil, high >= low else {
                return nil
            }
            count += high - low + 1
        }
        return count > 0 ? count : nil
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

    /// The processor as its maker calls it, from the kernel's list; nil where there is none.
    package static var processorName: String? {
        guard let data = FileManager.default.contents(atPath: "/proc/cpuinfo") else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("model name") }), let colon = line.firstIndex(of: ":") else {
            return nil
        }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
}

extension MachineReport {
    /// This machine, or the container's share of it.
    static var current: MachineReport {
        let facts = MachineFacts.current
        let processor = MachineFacts.processorName ?? ""
        return MachineReport(processor: processor, cores: facts.cores, memoryBytes: facts.memory.count)
    }
}
