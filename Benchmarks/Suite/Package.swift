// swift-tools-version: 6.3
import PackageDescription

// A package of its own, as a user's would be. The library product carries no linker flags, so the executable names the
// folder of Arrow's libraries, which `scripts/bootstrap.sh` has linked.
//
// Not ordo-one/benchmark: on the machines at hand its malloc counter reads 0 and the kernel gives no instruction counts, so
// what it would check is wall clock only. Benchmarks/bench.py counts instructions with perf or valgrind and allocations with
// a preloaded counter instead.
let libraryFolder = Context.packageDirectory + "/../../.deps/lib"

let package = Package(
    name: "suite",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "penstock", path: "../..")],
    targets: [
        .target(name: "CSuiteInputs", linkerSettings: [.linkedLibrary("jpeg")]),
        .executableTarget(
            name: "Suite",
            dependencies: ["CSuiteInputs", .product(name: "Penstock", package: "penstock")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            linkerSettings: [
                .unsafeFlags(["-L\(libraryFolder)", "-Xlinker", "-rpath", "-Xlinker", libraryFolder]),
                .linkedLibrary("arrow"), .linkedLibrary("parquet"),
            ]
        ),
    ]
)
