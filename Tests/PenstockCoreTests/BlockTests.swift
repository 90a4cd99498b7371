import PenstockCore
import Testing

@Suite struct BlockTests {
    private let block = Block([
        "path": Column(strings: ["a", "b", "c"]),
        "size": Column(int64: [1, 2, 3]),
        "note": Column(optionalStrings: [nil, "x", nil]),
    ])

    @Test func theSchemaNamesTypesAndWhatMayBeMissing() {
        #expect(block.schema.description == "path: string, size: int64, note: string?")
        #expect(block.rowCount == 3)
        #expect(block["size"]?.count == 3)
        #expect(block["colour"] == nil)
    }

    @Test func aSliceKeepsItsColumnsTogether() throws {
        let slice = block.slice(1..<3)
        #expect(slice.rowCount == 2)
        #expect(slice.schema == block.schema)
        #expect(try slice.strings("path").string(0) == "b")
        #expect(try slice.int64s("size").array == [2, 3])
        #expect(slice["note"]?.isValid(1) == false)
    }

    @Test func joinedBlocksHoldTheirRowsInOrder() throws {
        let joined = try Block.concatenate([block.slice(2..<3), block.slice(0..<2), block])
        #expect(try joined.int64s("size").array == [3, 1, 2, 1, 2, 3])
        #expect(joined.rowCount == 6)
    }

    @Test func blocksWithDifferentColumnsAreNotJoined() {
        let other = Block(["id": Column(int64: [1])])
        let error = #expect(throws: StageError.self) { try Block.concatenate([block, other]) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("[id: int64]") == true)
    }

    @Test func noBlocksCannotBeJoined() {
        #expect(throws: StageError.self) { try Block.concatenate([]) }
    }

    @Test func aColumnThatIsNotThereIsAnErrorThatNamesWhatIs() {
        let error = #expect(throws: StageError.self) { try block.int32s("size") }
        #expect(
            error?.message
                == "the column \"size\" holds int64, and int32 was asked for; the block has [path: string, size: int64, note: string?]."
        )
    }

    @Test func bytesAreThoseOfTheColumns() {
        // path: 3 bytes and 4 offsets; size: 3 × 8; note: 1 byte, 4 offsets and 1 byte of validity.
        #expect(block.byteCount == Bytes((3 + 16) + 24 + (1 + 16 + 1)))
    }

    @Test func anEmptyBlockHasNoRows() { #expect(Block([:]).rowCount == 0) }
}
