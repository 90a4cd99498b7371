/// FNV-1a, 64 bits, as the scripts of scripts/goldens compute it: 16 hexadecimal digits.
func fnv1a64(_ bytes: [UInt8], count: Int? = nil) -> String {
    let hash = bytes.withUnsafeBufferPointer { buffer in
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var index = 0
        let end = count ?? buffer.count
        while index < end {
            hash = (hash ^ UInt64(buffer[index])) &* 0x100_0000_01b3
            index &+= 1
        }
        return hash
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
