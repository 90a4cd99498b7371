/// Turns `Encodable` values into rows: one column for each property.
///
/// Properties are numbers, texts, truth values, `[UInt8]` (a binary), arrays of these, and optionals of all. Integers become
/// int64, floats double. Cost: boxes each value; for rows made in a hot loop use `RowWriter`.
package enum RowEncoder {
    /// The value's properties, in the order in which it encodes them.
    ///
    /// - Throws: `.invalidInput` for a value that is no row, such as a bare number, or has properties that columns cannot hold.
    package static func row(of item: some Encodable) throws(StageError) -> [(name: String, value: Value)] {
        let encoder = ValueEncoder(path: [])
        do {
            try item.encode(to: encoder)
        } catch let error as StageError {
            throw error
        } catch {
            throw StageError(.invalidInput, "\(type(of: item)) cannot be encoded: \(error).")
        }
        guard case .fields(let fields)? = encoder.result.content else {
            throw StageError(
                .invalidInput,
                "\(type(of: item)) is not a row: rows are structs, each property a column. Wrap it in a struct, or use fromItems([[\"name\": value]])."
            )
        }
        return fields
    }
}

/// What an encoder was given.
private enum Content {
    case fields([(name: String, value: Value)])
    case elements([Value])
    case single(Value)
}

/// Where containers, which are copied about, leave what they were given.
private final class Result {
    var content: Content?
}

private final class ValueEncoder: Encoder {
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let result = Result()

    init(path: [any CodingKey]) { codingPath = path }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if result.content == nil { result.content = .fields([]) }
        return KeyedEncodingContainer(FieldContainer<Key>(codingPath: codingPath, result: result))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        result.content = .elements([])
        return ElementContainer(codingPath: codingPath, result: result)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleContainer(codingPath: codingPath, result: result)
    }

    /// One property's value.
    static func value<Item: Encodable>(of item: Item, path: [any CodingKey]) throws -> Value {
        // By type: an empty array of anything else would pass for one of bytes.
        if Item.self == [UInt8].self, let bytes = item as? [UInt8] { return .bytes(bytes) }
        let encoder = ValueEncoder(path: path)
        try item.encode(to: encoder)
        switch encoder.result.content {
        case .single(let value): return value
        case .elements(let elements): return .list(elements)
        case .fields:
            let name = path.map(\.stringValue).joined(separator: ".")
            throw StageError(
                .invalidInput,
                "the property \"\(name)\" is a \(type(of: item)), which has properties of its own; columns hold single values and lists. Flatten it."
            )
        case nil: return .null
        }
    }

    static func integer(_ value: some BinaryInteger, path: [any CodingKey]) throws -> Value {
        guard let integer = Int64(exactly: value) else {
            throw StageError(
                .invalidInput,
                "the property \"\(path.map(\.stringValue).joined(separator: "."))\" is \(value), more than 64 bits with a sign hold."
            )
        }
        return .int(integer)
    }
}

private struct FieldContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let codingPath: [any CodingKey]
    let result: Result

    private func add(_ value: Value, _ key: Key) {
        guard case .fields(var fields)? = result.content else { return }
        result.content = nil
        fields.append((key.stringValue, value))
        result.content = .fields(fields)
    }

    func encodeNil(forKey key: Key) { add(.null, key) }
    func encode(_ value: Bool, forKey key: Key) { add(.bool(value), key) }
    func encode(_ value: String, forKey key: Key) { add(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) { add(.double(value), key) }
    func encode(_ value: Float, forKey key: Key) { add(.double(Double(value)), key) }

    func encode<Item: Encodable>(_ value: Item, forKey key: Key) throws {
        if let integer = value as? any BinaryInteger {
            return add(try ValueEncoder.integer(integer, path: codingPath + [key]), key)
        }
        add(try ValueEncoder.value(of: value, path: codingPath + [key]), key)
    }

    // A property that is absent is a value that is missing, so that the column is there in any case.
    func encodeIfPresent<Item: Encodable>(_ value: Item?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    func encodeIfPresent(_ value: Bool?, forKey key: Key) { add(value.map { .bool($0) } ?? .null, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) { add(value.map { .string($0) } ?? .null, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) { add(value.map { .double($0) } ?? .null, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) { add(value.map { .double(Double($0)) } ?? .null, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { add(value.map { .int(Int64($0)) } ?? .null, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) { add(value.map { .int(Int64($0)) } ?? .null, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { add(value.map { .int($0) } ?? .null, key) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        ValueEncoder(path: codingPath + [key]).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ValueEncoder(path: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { ValueEncoder(path: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { ValueEncoder(path: codingPath + [key]) }
}

private struct ElementContainer: UnkeyedEncodingContainer {
    let codingPath: [any CodingKey]
    let result: Result

    var count: Int { if case .elements(let elements)? = result.content { elements.count } else { 0 } }

    private func add(_ value: Value) {
        guard case .elements(var elements)? = result.content else { return }
        result.content = nil
        elements.append(value)
        result.content = .elements(elements)
    }

    func encodeNil() { add(.null) }
    func encode(_ value: Bool) { add(.bool(value)) }
    func encode(_ value: String) { add(.string(value)) }
    func encode(_ value: Double) { add(.double(value)) }
    func encode(_ value: Float) { add(.double(Double(value))) }

    func encode<Item: Encodable>(_ value: Item) throws {
        if let integer = value as? any BinaryInteger {
            return add(try ValueEncoder.integer(integer, path: codingPath))
        }
        add(try ValueEncoder.value(of: value, path: codingPath))
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        ValueEncoder(path: codingPath).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { ValueEncoder(path: codingPath).unkeyedContainer() }
    func superEncoder() -> any Encoder { ValueEncoder(path: codingPath) }
}

private struct SingleContainer: SingleValueEncodingContainer {
    let codingPath: [any CodingKey]
    let result: Result

    func encodeNil() { result.content = .single(.null) }
    func encode(_ value: Bool) { result.content = .single(.bool(value)) }
    func encode(_ value: String) { result.content = .single(.string(value)) }
    func encode(_ value: Double) { result.content = .single(.double(value)) }
    func encode(_ value: Float) { result.content = .single(.double(Double(value))) }

    func encode<Item: Encodable>(_ value: Item) throws {
        if let integer = value as? any BinaryInteger {
            result.content = .single(try ValueEncoder.integer(integer, path: codingPath))
            return
        }
        result.content = .single(try ValueEncoder.value(of: value, path: codingPath))
    }
}
