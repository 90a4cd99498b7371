#include "../Files/FileInput.h"
#include "../Files/Location.h"
#include "../Support/MemoryBudget.h"
#include "../Support/Status.h"
#include "../Formats/TableDecoder.h"

#include <arrow/c/bridge.h>

#include <numeric>

using namespace penstock;

using Batch = std::shared_ptr<arrow::RecordBatch>;

struct penstock_table_reader {
  // In this order, so that what uses the decoder goes first and the budget last.
  const std::string shown; // the location, as messages have it
  const penstock_table_reader_options options;
  MemoryBudget::Handle budget;
  std::unique_ptr<TableDecoder> decoder;
  std::shared_ptr<arrow::Schema> schema; // as handed out
  std::shared_ptr<const arrow::KeyValueMetadata> metadata;

  // The scan. Without a source the next batch starts one over everything.
  BatchSource source;
  std::shared_ptr<arrow::Schema> scanSchema;
  int64_t maxRows = 0;
  Batch rest; // of a batch that was larger than `maxRows`
  bool hasDelivered = false;

  penstock_table_reader(const std::string &location, const penstock_table_reader_options &options)
      : shown(withoutSecret(location)), options(options), budget(MemoryBudget::create(options.memory_limit_bytes)) {}

  arrow::Status requireRowGroup(int32_t rowGroup) const;
  arrow::Result<Columns> checked(const int32_t *columns, size_t count) const;
  std::shared_ptr<arrow::Schema> selected(const Columns &columns) const;
  arrow::Status startScan(ScanRange range);
  arrow::Result<Batch> nextBatch();
};

arrow::Status penstock_table_reader::requireRowGroup(int32_t rowGroup) const {
  if (rowGroup >= 0 && rowGroup < decoder->rowGroupCount())
    return arrow::Status::OK();
  return failure(PENSTOCK_ARROW_MISUSE, "no row group " + std::to_string(rowGroup) + "; the file has " +
                                            std::to_string(decoder->rowGroupCount()));
}

arrow::Result<Columns> penstock_table_reader::checked(const int32_t *columns, size_t count) const {
  const auto fields = static_cast<size_t>(schema->num_fields());
  if (columns == nullptr) {
    Columns all(fields);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::vector<bool> seen(fields);
  for (size_t i = 0; i < count; ++i) {
    if (columns[i] < 0 || static_cast<size_t>(columns[i]) >= fields)
      return failure(PENSTOCK_ARROW_MISUSE,
                     "no column " + std::to_string(columns[i]) + "; the file has " + std::to_string(fields));
    if (seen[static_cast<size_t>(columns[i])])
      return failure(PENSTOCK_ARROW_MISUSE, "column " + std::to_string(columns[i]) + " is asked for twice");
    seen[static_cast<size_t>(columns[i])] = true;
  }
  return Columns(columns, columns + count);
}

std::shared_ptr<arrow::Schema> penstock_table_reader::selected(const Columns &columns) const {
  arrow::FieldVector fields;
  for (const int column : columns)
    fields.push_back(schema->field(column));
  return arrow::schema(std::move(fields), schema->metadata());
}

arrow::Status penstock_table_reader::startScan(ScanRange range) {
  source = nullptr;
  rest = nullptr;
  maxRows = range.maxRows;
  scanSchema = selected(range.columns);
  return decoder->scan(range).Value(&source);
}

arrow::Result<Batch> penstock_table_reader::nextBatch() {
  if (!source) {
    ARROW_ASSIGN_OR_RAISE(auto all, checked(nullptr, 0));
    ARROW_RETURN_NOT_OK(startScan({0, decoder->rowGroupCount(), std::move(all), 0}));
  }
  hasDelivered = true;
  while (!rest || rest->num_rows() == 0) {
    ARROW_ASSIGN_OR_RAISE(rest, source());
    if (!rest)
      return nullptr;
    ARROW_ASSIGN_OR_RAISE(rest, decodingDictionaries(*rest, scanSchema, budget.get()));
  }
  Batch batch = std::move(rest);
  if (maxRows > 0 && batch->num_rows() > maxRows) {
    rest = batch->Slice(maxRows);
    batch = batch->Slice(0, maxRows);
  }
  return batch;
}

namespace {

arrow::Result<std::unique_ptr<TableDecoder>> makeDecoder(penstock_table_format format, const DecoderSetup &setup) {
  switch (format) {
  case PENSTOCK_TABLE_PARQUET:
    return makeParquetDecoder(setup);
  case PENSTOCK_TABLE_CSV:
    return makeCSVDecoder(setup);
  case PENSTOCK_TABLE_JSON_LINES:
    return makeJSONLinesDecoder(setup);
  case PENSTOCK_TABLE_IPC:
    return makeIPCDecoder(setup);
  }
  return failure(PENSTOCK_ARROW_MISUSE, "no table format has the number " + std::to_string(format));
}

/// Leaves the output alone on failure: Arrow writes into its target before it can fail.
arrow::Status handOut(const arrow::RecordBatch &batch, ArrowArray *out) {
  ArrowArray exported;
  ARROW_RETURN_NOT_OK(arrow::ExportRecordBatch(batch, &exported));
  *out = exported; // +1: the caller releases it
  return arrow::Status::OK();
}

Call reading(const char *verb, const penstock_table_reader *reader, char *error, size_t errorSize) {
  return {verb, reader->shown.c_str(), error, errorSize};
}

} // namespace

void penstock_table_reader_options_init(penstock_table_reader_options *options) {
  *options = {0, 8 << 20, true, true, ','};
}

int penstock_table_reader_create(const char *location, penstock_table_format format,
                                 const penstock_table_reader_options *options, penstock_table_reader **reader,
                                 char *error, size_t error_size) {
  *reader = nullptr;
  return guardedFor("open", location, error, error_size, [&] {
    penstock_table_reader_options chosen;
    penstock_table_reader_options_init(&chosen);
    if (options != nullptr)
      chosen = *options;
    auto made = std::make_unique<penstock_table_reader>(location, chosen);
    ARROW_ASSIGN_OR_RAISE(auto file, openFileInput(location, made->budget.get()));
    const DecoderSetup setup = {made->options, made->budget.get(), file, isRemote(location)};
    ARROW_RETURN_NOT_OK(makeDecoder(format, setup).Value(&made->decoder));
    made->schema = made->decoder->schema();
    if (chosen.decode_dictionaries)
      made->schema = withoutDictionaries(*made->schema);
    made->metadata = made->decoder->metadata();
    *reader = made.release(); // +1: the caller destroys it
    return arrow::Status::OK();
  });
}

void penstock_table_reader_destroy(penstock_table_reader *reader) { delete reader; }

int penstock_table_reader_schema(const penstock_table_reader *reader, ArrowSchema *schema, char *error,
                                 size_t error_size) {
  return guarded(reading("read", reader, error, error_size), [&] {
    ArrowSchema exported;
    ARROW_RETURN_NOT_OK(arrow::ExportSchema(*reader->schema, &exported));
    *schema = exported; // +1: the caller releases it
    return arrow::Status::OK();
  });
}

int64_t penstock_table_reader_row_count(const penstock_table_reader *reader) { return reader->decoder->rowCount(); }

int32_t penstock_table_reader_row_group_count(const penstock_table_reader *reader) {
  return reader->decoder->rowGroupCount();
}

int penstock_table_reader_row_group_info(const penstock_table_reader *reader, int32_t row_group,
                                         penstock_row_group_info *info, char *error, size_t error_size) {
  return guarded(reading("read", reader, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(reader->requireRowGroup(row_group));
    return reader->decoder->rowGroupInfo(row_group).Value(info);
  });
}

size_t penstock_table_reader_metadata_count(const penstock_table_reader *reader) {
  return reader->metadata ? static_cast<size_t>(reader->metadata->size()) : 0;
}

bool penstock_table_reader_metadata_at(const penstock_table_reader *reader, size_t index, const char **key,
                                       size_t *key_size, const char **value, size_t *value_size) {
  if (index >= penstock_table_reader_metadata_count(reader))
    return false;
  const auto &keyText = reader->metadata->key(static_cast<int64_t>(index));
  const auto &valueText = reader->metadata->value(static_cast<int64_t>(index));
  *key = keyText.c_str();
  *key_size = keyText.size();
  *value = valueText.c_str();
  *value_size = valueText.size();
  return true;
}

bool penstock_table_reader_find_metadata(const penstock_table_reader *reader, const char *key, const char **value,
                                         size_t *value_size) {
  for (size_t i = 0; i < penstock_table_reader_metadata_count(reader); ++i) {
    if (reader->metadata->key(static_cast<int64_t>(i)) != key)
      continue;
    *value = reader->metadata->value(static_cast<int64_t>(i)).c_str();
    *value_size = reader->metadata->value(static_cast<int64_t>(i)).size();
    return true;
  }
  return false;
}

int penstock_table_reader_read_row_group(penstock_table_reader *reader, int32_t row_group, const int32_t *columns,
                                         size_t column_count, ArrowArray *batch, char *error, size_t error_size) {
  return guarded(reading("read", reader, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(reader->requireRowGroup(row_group));
    ARROW_ASSIGN_OR_RAISE(const auto wanted, reader->checked(columns, column_count));
    ARROW_ASSIGN_OR_RAISE(const auto raw, reader->decoder->readRowGroup(row_group, wanted));
    ARROW_ASSIGN_OR_RAISE(const auto plain, decodingDictionaries(*raw, reader->selected(wanted), reader->budget.get()));
    return handOut(*plain, batch);
  });
}

int penstock_table_reader_scan(penstock_table_reader *reader, int32_t first_row_group, int32_t row_group_count,
                               const int32_t *columns, size_t column_count, int64_t max_rows, char *error,
                               size_t error_size) {
  return guarded(reading("read", reader, error, error_size), [&] {
    const int64_t total = reader->decoder->rowGroupCount();
    const int64_t count = row_group_count == -1 ? total - first_row_group : row_group_count;
    if (first_row_group < 0 || count < 0 || first_row_group > total || count > total - first_row_group || max_rows < 0)
      return failure(PENSTOCK_ARROW_MISUSE, "a scan of row groups " + std::to_string(first_row_group) + " to " +
                                                std::to_string(int64_t{first_row_group} + count - 1) +
                                                "; the file has " + std::to_string(total));
    if (reader->hasDelivered && reader->decoder->rowCount() < 0)
      return failure(PENSTOCK_ARROW_MISUSE, "a text file is read once; open it again");
    ARROW_ASSIGN_OR_RAISE(auto wanted, reader->checked(columns, column_count));
    return reader->startScan({first_row_group, static_cast<int>(count), std::move(wanted), max_rows});
  });
}

int penstock_table_reader_next_batch(penstock_table_reader *reader, ArrowArray *batch, char *error, size_t error_size) {
  const int status = guarded(reading("read", reader, error, error_size), [&] {
    ARROW_ASSIGN_OR_RAISE(const auto rows, reader->nextBatch());
    if (rows)
      return handOut(*rows, batch);
    *batch = {};
    return arrow::Status::OK();
  });
  if (status != PENSTOCK_ARROW_OK) {
    reader->rest = nullptr;
    reader->source = []() -> arrow::Result<Batch> { return nullptr; };
  }
  return status;
}
