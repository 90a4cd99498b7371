// swift-tools-version: 6.3
import PackageDescription

// Penstock's library product carries no linker flags, so the program says where the native libraries are: in `.deps/lib` of
// Penstock's folder, which scripts/bootstrap.sh makes.
let libraries = Context.packageDirectory + "/../../.deps/lib"

let package = Package(
    name: "Embeddings",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "penstock", path: "../..")],
    targets: [
        .executableTarget(
            name: "Embeddings",
            dependencies: [.product(name: "Penstock", package: "penstock")],
            linkerSettings: [
                .unsafeFlags(["-L\(libraries)", "-Xlinker", "-rpath", "-Xlinker", libraries]),
                .linkedLibrary("arrow"), .linkedLibrary("parquet"),
            ]
        )
    ]
)
