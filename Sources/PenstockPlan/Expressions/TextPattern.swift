import PenstockCore

/// A pattern of `like`: `%` is any text, `_` one character, and a backslash makes the next character itself.
struct TextPattern {
    private enum Piece: Equatable {
        case byte(UInt8)
        case character
        case anything
    }

    private let pieces: [Piece]

    init(_ pattern: String) {
        var pieces: [Piece] = []
        var isEscaped = false
        for byte in pattern.utf8 {
            if isEscaped {
                pieces.append(.byte(byte))
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "%") {
                if pieces.last != .anything { pieces.append(.anything) }
            } else {
                pieces.append(byte == UInt8(ascii: "_") ? .character : .byte(byte))
            }
        }
        if isEscaped { pieces.append(.byte(UInt8(ascii: "\\"))) }
        self.pieces = pieces
    }

    /// Whether a text has this form.
    ///
    /// - Cost: at most length of text × length of pattern; goes back to the last `%` only.
    func matches(_ text: Span<UInt8>) -> Bool {
        var (place, piece) = (0, 0)
        var lastAnything: (piece: Int, place: Int)?
        while place < text.count {
            if piece < pieces.count, pieces[piece] == .anything {
                lastAnything = (piece, place)
                piece += 1
            } else if piece < pieces.count, let length = length(of: pieces[piece], text, place) {
                place += length
                piece += 1
            } else if let last = lastAnything {
                lastAnything = (last.piece, last.place + 1)
                (place, piece) = (last.place + 1, last.piece + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anything }
    }

    /// Bytes that a piece takes here; nil when it does not fit.
    private func length(of piece: Piece, _ text: Span<UInt8>, _ place: Int) -> Int? {
        switch piece {
        case .byte(let byte): return text[place] == byte ? 1 : nil
        case .character:
            // Not in the middle of a character: its other bytes begin with 10 in binary.
            guard text[place] & 0xC0 != 0x80 else { return nil }
            var end = place + 1
            while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
            return end - place
        case .anything: return nil
        }
    }
}
