// swift-tools-version: 6.3
import PackageDescription

// A package of its own, as a user's would be. The library product carries no linker flags, so the executable names the
// folder of Arrow's libraries, which `scripts/bootstrap.sh` has linked.
let libraryFolder = Context.packageDirectory + "/../../.deps/lib"

let linking: [LinkerSetting] = [
    .unsafeFlags(["-L\(libraryFolder)", "-Xlinker", "-rpath", "-Xlinker", libraryFolder]),
    .linkedLibrary("arrow"), .linkedLibrary("parquet"),
]

let package = Package(
    name: "overhead",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "penstock", path: "../..")],
    targets: [
        .executableTarget(
            name: "Overhead",
            dependencies: [.product(name: "Penstock", package: "penstock")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            linkerSettings: linking
        ),
        .executableTarget(
            name: "Listing",
            dependencies: [.product(name: "Penstock", package: "penstock")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            linkerSettings: linking
        ),
        .executableTarget(
            name: "ModelAlone",
            dependencies: [.product(name: "Penstock", package: "penstock")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            linkerSettings: linking
        ),
        .executableTarget(
            name: "Objects",
            dependencies: [.product(name: "Penstock", package: "penstock")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            linkerSettings: linking
        ),
    ]
)
