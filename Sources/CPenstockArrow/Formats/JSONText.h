// Arrow values as JSON text: what JSON lines are made of, and the CSV form of columns that CSV has no form for.

#ifndef PENSTOCK_JSON_TEXT_H
#define PENSTOCK_JSON_TEXT_H

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

namespace penstock {

/// One column, ready to append any of its rows to a text. Borrows nothing; keeps the column alive.
class JSONColumn {
public:
  virtual ~JSONColumn() = default;

  /// Appends row `row`; null appends `null`.
  virtual void append(int64_t row, std::string &text) const = 0;

  /// Floats as the shortest text that reads back to the same value (always with a point or exponent), NaN and
  /// infinities as null; binary as base64; decimals as numbers; dates and times as ISO 8601 text; durations as numbers
  /// in their unit; dictionaries as their values; maps as a list of {"key": …, "value": …}.
  static arrow::Result<std::unique_ptr<JSONColumn>> make(const std::shared_ptr<arrow::Array> &column);
};

/// PENSTOCK_ARROW_UNSUPPORTED, with the column's name, for unions, intervals and other types without a JSON form.
arrow::Status requireJSONType(const arrow::Field &field);

/// Appends `value`, which must be valid UTF-8, in quotes and escaped.
void appendJSONString(std::string_view value, std::string &text);

} // namespace penstock

#endif // PENSTOCK_JSON_TEXT_H
