// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335: `any` is visible at each existential
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444: an extension needs its import
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409: C modules do not leak
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461: async work stays on the caller's executor
    .treatAllWarnings(as: .error),
]
/// Targets that touch raw memory mark every unsafe expression.
let memorySafe = settings + [.strictMemorySafety()]

// `.deps` is a link made by scripts/bootstrap.sh. Only the executable and the tests link from there, so that the library
// products carry no unsafe flags.
let libraryFolder = Context.packageDirectory + "/.deps/lib"
let nativeLibraries: [LinkerSetting] = [
    .unsafeFlags(["-L\(libraryFolder)", "-Xlinker", "-rpath", "-Xlinker", libraryFolder]),
    .linkedLibrary("arrow"),
    .linkedLibrary("parquet"),
]

let package = Package(
    name: "penstock",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Penstock", targets: ["Penstock"]),
        .executable(name: "penstock", targets: ["PenstockCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Level 0: C ABIs of ours over other people's libraries.
        .target(
            name: "CPenstockImage",

            linkerSettings: [
                .linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("webp"), .linkedLibrary("webpdemux"),
                .linkedLibrary("gif"), .linkedLibrary("tiff"),
            ]
        ),
        .target(name: "CPenstockJPEGEncode", linkerSettings: [.linkedLibrary("jpeg")]),
        .target(
            name: "CPenstockInference",
            cSettings: [.headerSearchPath("../../.deps/include")],
            linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]
        ),
        .target(name: "CPenstockArrow", cxxSettings: [.headerSearchPath("../../.deps/include")]),

        // Level 1.
        .target(name: "PenstockCore", swiftSettings: memorySafe),
        .target(name: "PenstockSamples", dependencies: ["CPenstockJPEGEncode"], swiftSettings: settings),

        // Level 2.
        .target(name: "PenstockPlan", dependencies: ["PenstockCore"], swiftSettings: settings),

        // Level 3: these three do not see each other.
        .target(name: "PenstockEngine", dependencies: ["PenstockCore", "PenstockPlan"], swiftSettings: settings),
        .target(
            name: "PenstockStages",
            dependencies: [
                "PenstockCore", "PenstockPlan", "CPenstockImage", "CPenstockInference", "CPenstockArrow",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: memorySafe
        ),
        .target(name: "PenstockAdvisor", dependencies: ["PenstockCore", "PenstockPlan"], swiftSettings: settings),

        // Level 4.
        .target(
            name: "Penstock",
            dependencies: ["PenstockCore", "PenstockPlan", "PenstockEngine", "PenstockStages", "PenstockAdvisor"],
            swiftSettings: settings
        ),

        .target(
            name: "PenstockLedger",
            dependencies: ["PenstockCore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings
        ),

        // Level 5.
        .executableTarget(
            name: "PenstockCLI",
            dependencies: [
                "Penstock", "PenstockAdvisor", "PenstockLedger", "PenstockSamples",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings,
            linkerSettings: nativeLibraries
        ),

        // Tests: pure values; the engine with fake stages; everything on real images and models.
        .target(
            name: "PenstockTestKit",
            dependencies: ["PenstockCore", "PenstockEngine"],
            path: "Tests/PenstockTestKit",
            swiftSettings: settings
        ),
        .testTarget(name: "PenstockCoreTests", dependencies: ["PenstockCore"], swiftSettings: settings),
        .testTarget(
            name: "PenstockPlanTests",
            dependencies: ["PenstockCore", "PenstockPlan"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PenstockEngineTests",
            dependencies: ["PenstockCore", "PenstockEngine", "PenstockTestKit"],
            swiftSettings: settings
        ),
        .testTarget(name: "PenstockSamplesTests", dependencies: ["PenstockSamples"], swiftSettings: settings),
        .testTarget(
            name: "PenstockAdvisorTests",
            dependencies: ["PenstockCore", "PenstockPlan", "PenstockAdvisor", "PenstockTestKit"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PenstockLedgerTests",
            dependencies: ["PenstockCore", "PenstockLedger", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PenstockStagesTests",
            dependencies: ["PenstockCore", "PenstockPlan", "PenstockStages", "PenstockSamples", "CPenstockImage"],
            exclude: ["Goldens", "Files/fault_proxy.py", "Files/store_server.py"],
            swiftSettings: settings,
            linkerSettings: nativeLibraries
        ),
        .testTarget(
            name: "PenstockTests",
            dependencies: [
                "Penstock", "PenstockAdvisor", "PenstockEngine", "PenstockStages", "PenstockLedger", "PenstockSamples",
                "PenstockCLI",
            ],
            swiftSettings: settings,
            linkerSettings: nativeLibraries
        ),
    ],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx20
)
