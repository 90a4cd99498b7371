#include "../Files/FileOutput.h"
#include "../Files/Location.h"
#include "../Support/MemoryBudget.h"
#include "../Support/Status.h"
#include "../Formats/TableEncoder.h"

#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/config.h>

using namespace penstock;

struct penstock_table_writer {
  enum class State { open, broken, ended };

  // In this order, so that the encoder goes first and the budget last.
  MemoryBudget::Handle budget = MemoryBudget::create(0);
  const std::string shown; // the location, as messages have it
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<FileOutput> file;
  std::unique_ptr<TableEncoder> encoder;
  State state = State::open;
  int64_t rows = 0;

  explicit penstock_table_writer(const std::string &location) : shown(withoutSecret(location)) {}
  ~penstock_table_writer() { abort(); }

  void abort() noexcept {
    if (file)
      file->discard();
    encoder.reset();
    state = State::ended;
  }

  arrow::Status requireOpen() const {
    if (state == State::open)
      return arrow::Status::OK();
    return failure(PENSTOCK_ARROW_MISUSE, state == State::ended ? "the writer is finished or aborted"
                                                                : "an earlier write went wrong; abort the writer");
  }
};

namespace {

/// Releases what the caller gave away, unless Arrow took it.
template <typename Structure> struct Given {
  Structure *structure;
  ~Given() {
    if (structure->release)
      structure->release(structure);
  }
};

arrow::Result<std::unique_ptr<TableEncoder>> makeEncoder(penstock_table_format format, const EncoderSetup &setup) {
  if (setup.options.max_row_group_rows <= 0 || setup.options.target_row_group_bytes <= 0)
    return failure(PENSTOCK_ARROW_MISUSE, "max_row_group_rows and target_row_group_bytes must be at least 1");
  switch (format) {
  case PENSTOCK_TABLE_PARQUET:
    return makeParquetEncoder(setup);
  case PENSTOCK_TABLE_CSV:
    return makeCSVEncoder(setup);
  case PENSTOCK_TABLE_JSON_LINES:
    return makeJSONLinesEncoder(setup);
  case PENSTOCK_TABLE_IPC:
    return makeIPCEncoder(setup);
  }
  return failure(PENSTOCK_ARROW_MISUSE, "no table format has the number " + std::to_string(format));
}

/// Everything that would otherwise come to light after the file was cut off in mid-row, or in somebody's reader.
arrow::Status validate(const arrow::RecordBatch &batch) {
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto &field = *batch.schema()->field(i);
    const auto status = batch.column(i)->ValidateFull();
    if (!status.ok())
      return arrow::Status::Invalid("column \"", field.name(), "\": ", status.message());
    if (!field.nullable() && batch.column(i)->null_count() > 0)
      return arrow::Status::Invalid("column \"", field.name(), "\" has nulls, and its schema says that it has none");
  }
  return arrow::Status::OK();
}

Call writing(const char *verb, const penstock_table_writer *writer, char *error, size_t errorSize) {
  return {verb, writer->shown.c_str(), error, errorSize};
}

} // namespace

const char *penstock_arrow_version(void) { return arrow::GetBuildInfo().version_string.c_str(); }

void penstock_table_writer_options_init(penstock_table_writer_options *options) {
  *options = {PENSTOCK_COMPRESSION_DEFAULT, 0, 1 << 20, 128 << 20};
}

int penstock_table_writer_create(const char *location, penstock_table_format format, ArrowSchema *schema,
                                 const penstock_table_writer_options *options, penstock_table_writer **writer,
                                 char *error, size_t error_size) {
  *writer = nullptr;
  Given<ArrowSchema> given{schema};
  return guardedFor("create", location, error, error_size, [&] {
    penstock_table_writer_options chosen;
    penstock_table_writer_options_init(&chosen);
    if (options != nullptr)
      chosen = *options;
    auto made = std::make_unique<penstock_table_writer>(location);
    ARROW_RETURN_NOT_OK(arrow::ImportSchema(schema).Value(&made->schema));
    ARROW_RETURN_NOT_OK(createFileOutput(location).Value(&made->file));
    ARROW_RETURN_NOT_OK(
        makeEncoder(format, {made->schema, chosen, made->budget.get(), made->file}).Value(&made->encoder));
    *writer = made.release(); // +1: the caller destroys it
    return arrow::Status::OK();
  });
}

int penstock_table_writer_set_metadata(penstock_table_writer *writer, const char *key, const char *value, char *error,
                                       size_t error_size) {
  return guarded(writing("set metadata of", writer, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(writer->requireOpen());
    return writer->encoder->setMetadata(key, value);
  });
}

int penstock_table_writer_write(penstock_table_writer *writer, ArrowArray *batch, char *error, size_t error_size) {
  Given<ArrowArray> given{batch};
  return guarded(writing("write", writer, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(writer->requireOpen());
    ARROW_ASSIGN_OR_RAISE(const auto rows, arrow::ImportRecordBatch(batch, writer->schema));
    ARROW_RETURN_NOT_OK(validate(*rows));
    writer->state = penstock_table_writer::State::broken; // unless this succeeds, a part of the rows may be written
    ARROW_RETURN_NOT_OK(writer->encoder->write(*rows));
    writer->state = penstock_table_writer::State::open;
    writer->rows += rows->num_rows();
    return arrow::Status::OK();
  });
}

int64_t penstock_table_writer_rows_written(const penstock_table_writer *writer) { return writer->rows; }

int64_t penstock_table_writer_bytes_written(const penstock_table_writer *writer) {
  return writer->file->Tell().ValueOr(0) + (writer->encoder ? writer->encoder->pendingBytes() : 0);
}

int64_t penstock_table_writer_buffered_bytes(const penstock_table_writer *writer) {
  return writer->budget->bytes_allocated();
}

int penstock_table_writer_finish(penstock_table_writer *writer, char *error, size_t error_size) {
  const int status = guarded(writing("finish", writer, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(writer->requireOpen());
    ARROW_RETURN_NOT_OK(writer->encoder->finish());
    ARROW_RETURN_NOT_OK(writer->file->sync());
    return writer->file->Close();
  });
  writer->abort(); // after success the file is closed and stays
  return status;
}

void penstock_table_writer_abort(penstock_table_writer *writer) { writer->abort(); }

void penstock_table_writer_destroy(penstock_table_writer *writer) { delete writer; }
