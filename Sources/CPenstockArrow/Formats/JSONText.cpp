#include "JSONText.h"
#include "Cast.h"
#include "../Support/Status.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <arrow/util/float16.h>

#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace penstock {

namespace {

using Column = std::unique_ptr<JSONColumn>;

template <typename Number> void appendNumber(Number value, std::string &text) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text.append(digits, end);
}

template <typename Float> void appendFloat(Float value, std::string &text) {
  if (!std::isfinite(value)) {
    text += "null";
    return;
  }
  const size_t start = text.size();
  appendNumber(value, text);
  if (text.find_first_of(".e", start) == std::string::npos)
    text += ".0"; // so that readers that infer types see a float in every row
}

/// A column whose value at a row is `get(array, row)` handed to `append`. Nulls are dealt with here, once.
template <typename Append> class ValueColumn final : public JSONColumn {
public:
  ValueColumn(std::shared_ptr<arrow::Array> array, Append appendValue)
      : array(std::move(array)), appendValue(std::move(appendValue)) {}

  void append(int64_t row, std::string &text) const override {
    if (array->IsNull(row))
      text += "null";
    else
      appendValue(row, text);
  }

private:
  const std::shared_ptr<arrow::Array> array;
  const Append appendValue;
};

template <typename Append> Column makeColumn(const std::shared_ptr<arrow::Array> &array, Append append) {
  return std::make_unique<ValueColumn<Append>>(array, std::move(append));
}

template <typename ArrayType> Column numberColumn(const std::shared_ptr<arrow::Array> &array) {
  const auto &numbers = static_cast<const ArrayType &>(*array);
  return makeColumn(array, [&numbers](int64_t row, std::string &text) { appendNumber(numbers.Value(row), text); });
}

template <typename ArrayType> Column floatColumn(const std::shared_ptr<arrow::Array> &array) {
  const auto &numbers = static_cast<const ArrayType &>(*array);
  return makeColumn(array, [&numbers](int64_t row, std::string &text) { appendFloat(numbers.Value(row), text); });
}

template <typename ArrayType> Column textColumn(const std::shared_ptr<arrow::Array> &array) {
  const auto &values = static_cast<const ArrayType &>(*array);
  return makeColumn(array, [&values](int64_t row, std::string &text) { appendJSONString(values.GetView(row), text); });
}

template <typename ArrayType> Column binaryColumn(const std::shared_ptr<arrow::Array> &array) {
  const auto &values = static_cast<const ArrayType &>(*array);
  return makeColumn(array, [&values](int64_t row, std::string &text) {
    text += '"';
    text += arrow::util::base64_encode(std::string_view(values.GetView(row)));
    text += '"';
  });
}

template <typename ArrayType> arrow::Result<Column> listColumn(const std::shared_ptr<arrow::Array> &array) {
  const auto &lists = static_cast<const ArrayType &>(*array);
  ARROW_ASSIGN_OR_RAISE(Column made, JSONColumn::make(lists.values()));
  auto values = std::shared_ptr<JSONColumn>(std::move(made));
  return makeColumn(array, [&lists, values](int64_t row, std::string &text) {
    text += '[';
    const int64_t start = lists.value_offset(row), end = start + lists.value_length(row);
    for (int64_t i = start; i < end; ++i) {
      if (i != start)
        text += ", ";
      values->append(i, text);
    }
    text += ']';
  });
}

arrow::Result<Column> structColumn(const std::shared_ptr<arrow::Array> &array) {
  std::vector<std::pair<std::string, std::shared_ptr<JSONColumn>>> fields;
  for (int i = 0; i < array->num_fields(); ++i) {
    std::string key;
    appendJSONString(array->type()->field(i)->name(), key);
    ARROW_ASSIGN_OR_RAISE(Column made, JSONColumn::make(static_cast<const arrow::StructArray &>(*array).field(i)));
    fields.emplace_back(key + ": ", std::move(made));
  }
  return makeColumn(array, [fields = std::move(fields)](int64_t row, std::string &text) {
    text += '{';
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i != 0)
        text += ", ";
      text += fields[i].first;
      fields[i].second->append(row, text);
    }
    text += '}';
  });
}

arrow::Result<Column> dictionaryColumn(const std::shared_ptr<arrow::Array> &array) {
  const auto &encoded = static_cast<const arrow::DictionaryArray &>(*array);
  ARROW_ASSIGN_OR_RAISE(Column made, JSONColumn::make(encoded.dictionary()));
  auto values = std::shared_ptr<JSONColumn>(std::move(made));
  return makeColumn(
      array, [&encoded, values](int64_t row, std::string &text) { values->append(encoded.GetValueIndex(row), text); });
}

/// Through Arrow's own text form. `quoted`: dates and times; else decimals, which are numbers in JSON too.
arrow::Result<Column> castColumn(const std::shared_ptr<arrow::Array> &array, bool quoted) {
  ARROW_ASSIGN_OR_RAISE(auto cast, castOnThisThread(*array, arrow::utf8(), arrow::default_memory_pool()));
  const auto &values = static_cast<const arrow::StringArray &>(*cast);
  return makeColumn(cast, [&values, quoted](int64_t row, std::string &text) {
    const auto value = values.GetView(row);
    const size_t start = text.size() + 1;
    if (!quoted) {
      text += value;
      return;
    }
    appendJSONString(value, text);
    if (const size_t space = text.find(' ', start); space != std::string::npos)
      text[space] = 'T'; // Arrow writes "2026-01-31 12:00:00"
  });
}

bool isScalarWithJSON(arrow::Type::type id) {
  using arrow::Type;
  return arrow::is_primitive(id)
             ? id != Type::INTERVAL_MONTHS && id != Type::INTERVAL_DAY_TIME && id != Type::INTERVAL_MONTH_DAY_NANO
             : id == Type::NA || arrow::is_base_binary_like(id) || arrow::is_binary_view_like(id) ||
                   id == Type::FIXED_SIZE_BINARY || arrow::is_decimal(id);
}

Column integerColumn(const std::shared_ptr<arrow::Array> &array) {
  using arrow::Type;
  switch (array->type_id()) {
  case Type::INT8:
    return numberColumn<arrow::Int8Array>(array);
  case Type::INT16:
    return numberColumn<arrow::Int16Array>(array);
  case Type::INT32:
    return numberColumn<arrow::Int32Array>(array);
  case Type::UINT8:
    return numberColumn<arrow::UInt8Array>(array);
  case Type::UINT16:
    return numberColumn<arrow::UInt16Array>(array);
  case Type::UINT32:
    return numberColumn<arrow::UInt32Array>(array);
  case Type::UINT64:
    return numberColumn<arrow::UInt64Array>(array);
  case Type::DURATION:
    return numberColumn<arrow::DurationArray>(array);
  default:
    return numberColumn<arrow::Int64Array>(array);
  }
}

arrow::Result<Column> plainColumn(const std::shared_ptr<arrow::Array> &array) {
  using arrow::Type;
  switch (const auto id = array->type_id(); id) {
  case Type::NA:
    return makeColumn(array, [](int64_t, std::string &) {});
  case Type::BOOL:
    return makeColumn(array, [&bools = static_cast<const arrow::BooleanArray &>(*array)](
                                 int64_t row, std::string &text) { text += bools.Value(row) ? "true" : "false"; });
  case Type::FLOAT:
    return floatColumn<arrow::FloatArray>(array);
  case Type::DOUBLE:
    return floatColumn<arrow::DoubleArray>(array);
  case Type::HALF_FLOAT:
    return makeColumn(array,
                      [&halves = static_cast<const arrow::HalfFloatArray &>(*array)](int64_t row, std::string &text) {
                        appendFloat(arrow::util::Float16::FromBits(halves.Value(row)).ToFloat(), text);
                      });
  default:
    if (arrow::is_integer(id) || id == Type::DURATION)
      return integerColumn(array);
    return castColumn(array, !arrow::is_decimal(id));
  }
}

} // namespace

void appendJSONString(std::string_view value, std::string &text) {
  static constexpr char hex[] = "0123456789abcdef";
  text += '"';
  size_t copied = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    text.append(value, copied, i - copied);
    copied = i + 1;
    text += '\\';
    switch (c) {
    case '"':
    case '\\':
      text += static_cast<char>(c);
      break;
    case '\n':
      text += 'n';
      break;
    case '\r':
      text += 'r';
      break;
    case '\t':
      text += 't';
      break;
    default:
      text += {'u', '0', '0', hex[c >> 4], hex[c & 15]};
    }
  }
  text.append(value, copied);
  text += '"';
}

arrow::Status requireJSONType(const arrow::Field &field) {
  const arrow::DataType *type = field.type().get();
  if (type->id() == arrow::Type::EXTENSION)
    type = static_cast<const arrow::ExtensionType &>(*type).storage_type().get();
  if (type->id() == arrow::Type::DICTIONARY)
    return requireJSONType(*field.WithType(static_cast<const arrow::DictionaryType &>(*type).value_type()));
  if (isScalarWithJSON(type->id()))
    return arrow::Status::OK();
  if (!arrow::is_list_like(type->id()) && !arrow::is_list_view(type->id()) && type->id() != arrow::Type::STRUCT)
    return failure(PENSTOCK_ARROW_UNSUPPORTED,
                   "column \"" + field.name() + "\": no text form for type " + type->ToString());
  for (const auto &child : type->fields())
    ARROW_RETURN_NOT_OK(requireJSONType(*child));
  return arrow::Status::OK();
}

arrow::Result<Column> JSONColumn::make(const std::shared_ptr<arrow::Array> &array) {
  using arrow::Type;
  switch (array->type_id()) {
  case Type::STRING:
    return textColumn<arrow::StringArray>(array);
  case Type::LARGE_STRING:
    return textColumn<arrow::LargeStringArray>(array);
  case Type::STRING_VIEW:
    return textColumn<arrow::StringViewArray>(array);
  case Type::BINARY:
    return binaryColumn<arrow::BinaryArray>(array);
  case Type::LARGE_BINARY:
    return binaryColumn<arrow::LargeBinaryArray>(array);
  case Type::BINARY_VIEW:
    return binaryColumn<arrow::BinaryViewArray>(array);
  case Type::FIXED_SIZE_BINARY:
    return binaryColumn<arrow::FixedSizeBinaryArray>(array);
  case Type::LIST:
  case Type::MAP:
    return listColumn<arrow::ListArray>(array);
  case Type::LARGE_LIST:
    return listColumn<arrow::LargeListArray>(array);
  case Type::LIST_VIEW:
    return listColumn<arrow::ListViewArray>(array);
  case Type::LARGE_LIST_VIEW:
    return listColumn<arrow::LargeListViewArray>(array);
  case Type::FIXED_SIZE_LIST:
    return listColumn<arrow::FixedSizeListArray>(array);
  case Type::STRUCT:
    return structColumn(array);
  case Type::DICTIONARY:
    return dictionaryColumn(array);
  case Type::EXTENSION:
    return make(static_cast<const arrow::ExtensionArray &>(*array).storage());
  default:
    return plainColumn(array);
  }
}

} // namespace penstock
