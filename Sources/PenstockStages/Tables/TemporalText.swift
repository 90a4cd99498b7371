import PenstockCore

/// Dates and times as ISO 8601 has them.
///
/// - Source: days to year, month and day by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
enum TemporalText {
    /// Texts for numbers of a temporal type.
    static func column(
        _ values: Buffer<Int64>,
        _ type: ArrowType,
        _ isValid: (Int) -> Bool
    ) throws(StageError) -> VariableBytes {
        var texts = TextColumn(rows: values.count)
        for row in 0..<values.count {
            if isValid(row) { append(values[row], type, to: &texts) }
            try texts.endRow()
        }
        return texts.finish()
    }

    private static func append(_ value: Int64, _ type: ArrowType, to texts: inout TextColumn) {
        switch type {
        case .days: appendDate(value, to: &texts)
        case .dateMilliseconds: appendDate(divided(value, by: 86_400_000).whole, to: &texts)
        case .time(let unit): appendTime(value, unit, to: &texts)
        case .timestamp(let unit, let isUTC):
            let (day, time) = divided(value, by: 86_400 * perSecond(unit))
            appendDate(day, to: &texts)
            texts.append(UInt8(ascii: "T"))
            appendTime(time, unit, to: &texts)
            if isUTC { texts.append(UInt8(ascii: "Z")) }
        case .duration(let unit): appendDuration(value, unit, to: &texts)
        default: preconditionFailure("\(type) is not a time")
        }
    }

    /// Rounds towards the past, so that the rest is never negative.
    private static func divided(_ value: Int64, by divisor: Int64) -> (whole: Int64, rest: Int64) {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (whole - 1, rest + divisor) : (whole, rest)
    }

    private static func perSecond(_ unit: ArrowType.Unit) -> Int64 {
        switch unit {
        case .seconds: 1
        case .milliseconds: 1000
        case .microseconds: 1_000_000
        case .nanoseconds: 1_000_000_000
        }
    }

    private static func appendDate(_ day: Int64, to texts: inout TextColumn) {
        // An era has 400 years; shifted so that a year begins in March, and with year 0.
        let (shifted, overflow) = day.addingReportingOverflow(719_468)
        let (era, dayOfEra) = divided(overflow ? day : shifted, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        if year < 0 || year > 9999 { texts.append(UInt8(ascii: year < 0 ? "-" : "+")) }
        texts.append(year.magnitude, digits: 4)
        texts.append(UInt8(ascii: "-"))
        texts.append(UInt64(month), digits: 2)
        texts.append(UInt8(ascii: "-"))
        texts.append(UInt64(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), digits: 2)
    }

    private static func appendTime(_ value: Int64, _ unit: ArrowType.Unit, to texts: inout TextColumn) {
        let (seconds, fraction) = divided(value, by: perSecond(unit))
        if seconds < 0 { texts.append(UInt8(ascii: "-")) }
        let magnitude = seconds.magnitude
        texts.append(magnitude / 3600, digits: 2)
        texts.append(UInt8(ascii: ":"))
        texts.append(magnitude / 60 % 60, digits: 2)
        texts.append(UInt8(ascii: ":"))
        texts.append(magnitude % 60, digits: 2)
        appendFraction(UInt64(fraction), unit, to: &texts)
    }

    /// `PT90S`, `-PT0.250S`: seconds only, as days and months have no fixed length.
    private static func appendDuration(_ value: Int64, _ unit: ArrowType.Unit, to texts: inout TextColumn) {
        if value < 0 { texts.append(UInt8(ascii: "-")) }
        texts.append(UInt8(ascii: "P"))
        texts.append(UInt8(ascii: "T"))
        let scale = UInt64(perSecond(unit))
        texts.append(value.magnitude / scale, digits: 1)
        appendFraction(value.magnitude % scale, unit, to: &texts)
        texts.append(UInt8(ascii: "S"))
    }

    private static func appendFraction(_ fraction: UInt64, _ unit: ArrowType.Unit, to texts: inout TextColumn) {
        if unit == .seconds { return }
        texts.append(UInt8(ascii: "."))
        texts.append(fraction, digits: unit.rawValue)
    }
}
