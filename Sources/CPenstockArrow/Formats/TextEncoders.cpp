#include "Cast.h"
#include "JSONText.h"
#include "../Support/Status.h"
#include "TableEncoder.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/csv/writer.h>
#include <arrow/ipc/writer.h>

#include <vector>

namespace penstock {

namespace {

using JSONColumns = std::vector<std::unique_ptr<JSONColumn>>;

arrow::Status requireNoCompression(const EncoderSetup &setup) {
  if (setup.options.compression == PENSTOCK_COMPRESSION_DEFAULT ||
      setup.options.compression == PENSTOCK_COMPRESSION_NONE)
    return arrow::Status::OK();
  return failure(PENSTOCK_ARROW_UNSUPPORTED, "CSV and JSON lines are written without compression");
}

class JSONLinesEncoder final : public TableEncoder {
public:
  JSONLinesEncoder(const EncoderSetup &setup) : sink(setup.sink) {
    for (const auto &field : setup.schema->fields()) {
      keys.emplace_back(keys.empty() ? "{" : ", ");
      appendJSONString(field->name(), keys.back());
      keys.back() += ": ";
    }
  }

  arrow::Status setMetadata(const std::string &, const std::string &) override { return arrow::Status::OK(); }

  arrow::Status write(const arrow::RecordBatch &batch) override {
    JSONColumns columns;
    for (const auto &column : batch.columns()) {
      ARROW_ASSIGN_OR_RAISE(auto made, JSONColumn::make(column));
      columns.push_back(std::move(made));
    }
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      appendRow(columns, row);
      if (text.size() >= flushBytes)
        ARROW_RETURN_NOT_OK(flush());
    }
    return flush();
  }

  arrow::Status finish() override { return arrow::Status::OK(); }

private:
  static constexpr size_t flushBytes = 1 << 20;

  void appendRow(const JSONColumns &columns, int64_t row) {
    for (size_t i = 0; i < columns.size(); ++i) {
      text += keys[i];
      columns[i]->append(row, text);
    }
    text += columns.empty() ? "{}\n" : "}\n";
  }

  arrow::Status flush() {
    ARROW_RETURN_NOT_OK(sink->Write(text.data(), static_cast<int64_t>(text.size())));
    text.clear();
    return arrow::Status::OK();
  }

  const std::shared_ptr<arrow::io::OutputStream> sink;
  std::vector<std::string> keys; // `{"path": `, `, "label": `, …
  std::string text;
};

/// Columns that Arrow's CSV writer refuses, or would write as bytes that are not text.
bool needsJSON(const arrow::DataType &type) {
  const auto id = type.id();
  return arrow::is_nested(id) || arrow::is_binary(id) || id == arrow::Type::BINARY_VIEW ||
         id == arrow::Type::FIXED_SIZE_BINARY || id == arrow::Type::EXTENSION;
}

/// The type that a column is given before Arrow's CSV writer sees it.
std::shared_ptr<arrow::DataType> csvType(const std::shared_ptr<arrow::DataType> &type) {
  switch (type->id()) {
  case arrow::Type::DICTIONARY:
    return csvType(static_cast<const arrow::DictionaryType &>(*type).value_type());
  case arrow::Type::STRING_VIEW:
    return arrow::large_utf8();
  case arrow::Type::HALF_FLOAT:
    return arrow::float32();
  case arrow::Type::DURATION:
    return arrow::int64();
  default:
    return needsJSON(*type) ? arrow::large_utf8() : type;
  }
}

/// The column as JSON text. A JSON string (base64, that is) loses its quotes, for a CSV field has its own.
arrow::Result<std::shared_ptr<arrow::Array>> jsonTexts(const std::shared_ptr<arrow::Array> &array,
                                                       arrow::MemoryPool *pool) {
  ARROW_ASSIGN_OR_RAISE(auto column, JSONColumn::make(array));
  arrow::LargeStringBuilder builder(pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(array->length()));
  std::string text;
  for (int64_t row = 0; row < array->length(); ++row) {
    text.clear();
    column->append(row, text);
    const bool isQuoted = text.size() >= 2 && text.front() == '"';
    if (text == "null")
      ARROW_RETURN_NOT_OK(builder.AppendNull());
    else
      ARROW_RETURN_NOT_OK(builder.Append(isQuoted ? std::string_view(text).substr(1, text.size() - 2) : text));
  }
  return builder.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> csvColumn(const std::shared_ptr<arrow::Array> &array,
                                                       arrow::MemoryPool *pool) {
  if (needsJSON(*array->type()))
    return jsonTexts(array, pool);
  const auto type = csvType(array->type());
  if (type->Equals(*array->type()))
    return array;
  if (array->type_id() == arrow::Type::DICTIONARY) {
    const auto &dictionary = static_cast<const arrow::DictionaryType &>(*array->type());
    ARROW_ASSIGN_OR_RAISE(auto values, castOnThisThread(*array, dictionary.value_type(), pool));
    return csvColumn(values, pool); // which may be binary, or a list
  }
  return castOnThisThread(*array, type, pool);
}

class CSVEncoder final : public TableEncoder {
public:
  CSVEncoder(const EncoderSetup &setup) : pool(setup.pool) {
    arrow::FieldVector fields;
    for (const auto &field : setup.schema->fields())
      fields.push_back(field->WithType(csvType(field->type())));
    textSchema = arrow::schema(std::move(fields));
  }

  arrow::Status open(const EncoderSetup &setup) {
    auto options = arrow::csv::WriteOptions::Defaults();
    options.io_context = arrow::io::IOContext(pool);
    return arrow::csv::MakeCSVWriter(setup.sink, textSchema, options).Value(&writer);
  }

  arrow::Status setMetadata(const std::string &, const std::string &) override { return arrow::Status::OK(); }

  arrow::Status write(const arrow::RecordBatch &batch) override {
    arrow::ArrayVector columns = batch.columns();
    for (auto &column : columns)
      ARROW_RETURN_NOT_OK(csvColumn(column, pool).Value(&column));
    return writer->WriteRecordBatch(*arrow::RecordBatch::Make(textSchema, batch.num_rows(), std::move(columns)));
  }

  arrow::Status finish() override { return writer->Close(); }

private:
  arrow::MemoryPool *const pool;
  std::shared_ptr<arrow::Schema> textSchema;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
};

} // namespace

arrow::Result<std::unique_ptr<TableEncoder>> makeJSONLinesEncoder(const EncoderSetup &setup) {
  ARROW_RETURN_NOT_OK(requireNoCompression(setup));
  for (const auto &field : setup.schema->fields())
    ARROW_RETURN_NOT_OK(requireJSONType(*field));
  return std::make_unique<JSONLinesEncoder>(setup);
}

arrow::Result<std::unique_ptr<TableEncoder>> makeCSVEncoder(const EncoderSetup &setup) {
  ARROW_RETURN_NOT_OK(requireNoCompression(setup));
  for (const auto &field : setup.schema->fields())
    ARROW_RETURN_NOT_OK(requireJSONType(*field));
  auto encoder = std::make_unique<CSVEncoder>(setup);
  ARROW_RETURN_NOT_OK(encoder->open(setup));
  return encoder;
}

} // namespace penstock
