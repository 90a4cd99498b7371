package import PenstockCore

/// A source of any type, for lists of sources.
package struct AnySource: BlockSource {
    package let name: String
    private let open: @Sendable (StageContext) throws(StageError) -> Cursor

    /// Hides the type of a source.
    package init<Source: BlockSource>(_ source: Source) {
        name = source.name
        open = { context throws(StageError) in
            var cursor = try source.start(context)
            return Cursor { () throws(StageError) in try source.next(&cursor) }
        }
    }

    package struct Cursor { let next: () throws(StageError) -> Block? }

    package func start(_ context: StageContext) throws(StageError) -> Cursor { try open(context) }

    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? { try cursor.next() }
}

/// A transform of any type, for lists of transforms.
package struct AnyTransform: BatchTransform {
    package let name: String
    private let loading: @Sendable (StageContext) throws(StageError) -> Shared
    private let bytes: @Sendable (Block) -> Bytes

    /// Hides the type of a transform.
    package init<Transform: BatchTransform>(_ transform: Transform) {
        name = transform.name
        bytes = { transform.outputBytes(for: $0) }
        loading = { context throws(StageError) in
            let shared = try transform.load(context)
            return Shared { context throws(StageError) in
                var state = try transform.makeState(shared, context)
                return State(
                    apply: { batch throws(StageError) in try transform.apply(batch, &state) },
                    proceed: { () throws(StageError) in try transform.proceed(&state) }
                )
            }
        }
    }

    package struct Shared: Sendable { let makeState: @Sendable (StageContext) throws(StageError) -> State }

    package struct State {
        let apply: (Batch) throws(StageError) -> TransformOutput
        let proceed: () throws(StageError) -> TransformOutput
    }

    package func load(_ context: StageContext) throws(StageError) -> Shared { try loading(context) }

    package func makeState(_ shared: Shared, _ context: StageContext) throws(StageError) -> State {
        try shared.makeState(context)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        try state.apply(batch)
    }

    package func proceed(_ state: inout State) throws(StageError) -> TransformOutput { try state.proceed() }

    package func outputBytes(for block: Block) -> Bytes { bytes(block) }
}
