import ArgumentParser
import Penstock

/// `penstock backends`: what can run models here.
struct BackendsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backends",
        abstract: "Prints the inference backends and devices that exist here, and how to get others.",
        discussion: """
            Examples:
              penstock backends
              PENSTOCK_OPENVINO_LIBRARY=/opt/openvino/lib/libopenvino_c.so penstock backends
            """
    )

    func run() throws {
        let list = try BackendList(library: UserFolders.backendLibrary)
        print("openvino \(list.version)  (\(list.path))")
        var table = TextTable(["device", "name", "precisions"])
        for device in list.devices {
            table.add([device.name, device.fullName, device.precisions.joined(separator: ", ")])
        }
        for line in table.lines() { print(line) }
        print(
            """

            Another OpenVINO: set PENSTOCK_OPENVINO_LIBRARY to its libopenvino_c.so.
            Intel GPUs appear here once their driver is installed (Debian: intel-opencl-icd).
            """
        )
    }
}
