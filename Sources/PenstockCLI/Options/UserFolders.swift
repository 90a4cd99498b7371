#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the environment says; the only place that looks at it.
enum UserFolders {
    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Where compiled models and agreements are remembered; nil when there is no home.
    static var cache: String? {
        if let folder = environment["PENSTOCK_CACHE"], !folder.isEmpty { return folder }
        if let folder = environment["XDG_CACHE_HOME"], !folder.isEmpty { return folder + "/penstock" }
        return environment["HOME"].map { $0 + "/.cache/penstock" }
    }

    /// Where what is to be kept is kept: the ledger of runs, tuned profiles, measured predictions; nil when there is no home.
    static var data: String? {
        if let folder = environment["PENSTOCK_DATA"], !folder.isEmpty { return folder }
        if let folder = environment["XDG_DATA_HOME"], !folder.isEmpty { return folder + "/penstock" }
        return environment["HOME"].map { $0 + "/.local/share/penstock" }
    }

    /// Everything, as `NAME=value`, for a process that this one starts.
    static var inherited: [String] { environment.map { "\($0.key)=\($0.value)" }.sorted() }

    /// An OpenVINO library to use instead of the one that the loader finds.
    static var backendLibrary: String? { environment["PENSTOCK_OPENVINO_LIBRARY"] }
}
