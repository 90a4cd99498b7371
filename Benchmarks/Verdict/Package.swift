// swift-tools-version: 6.3
import PackageDescription

// A package of its own, as a user's would be: what it injects goes through the public protocols only. The library product
// carries no linker flags, so the executable names the folder of Arrow's libraries, which `scripts/bootstrap.sh` has linked.
let libraryFolder = Context.packageDirectory + "/../../.deps/lib"

let package = Package(
    name: "verdict",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "penstock", path: "../..")],
    targets: [
        .executableTarget(
            name: "Verdict",
            dependencies: [.product(name: "Penstock", package: "penstock")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            linkerSettings: [
                .unsafeFlags(["-L\(libraryFolder)", "-Xlinker", "-rpath", "-Xlinker", libraryFolder]),
                .linkedLibrary("arrow"), .linkedLibrary("parquet"),
            ]
        )
    ]
)
