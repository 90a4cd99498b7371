public import PenstockCore
import PenstockStages

/// The inference backends and devices that exist here.
public struct BackendList: Sendable {
    /// One device of a backend.
    public struct Device: Sendable {
        /// Name within its backend, such as `CPU` or `GPU.0`.
        public let name: String
        /// The maker's name of the hardware.
        public let fullName: String
        /// Precisions it computes natively.
        public let precisions: [String]
    }

    /// OpenVINO's version.
    public let version: String
    /// Where the library was loaded from.
    public let path: String
    /// Devices that it found here.
    public let devices: [Device]

    /// Loads OpenVINO and asks it for its devices.
    ///
    /// - Throws: `.backendMissing` with the install command.
    public init(library: String? = nil) throws(StageError) {
        let backend = try OpenVINOBackend(library: library)
        version = backend.version
        path = backend.libraryPath
        devices = try backend.devices().map {
            Device(name: $0.name, fullName: $0.fullName, precisions: $0.precisions.map(\.rawValue))
        }
    }
}
