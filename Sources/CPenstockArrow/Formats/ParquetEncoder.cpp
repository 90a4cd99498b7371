#include "../Support/Status.h"
#include "TableEncoder.h"

#include <arrow/util/byte_size.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>

namespace penstock {

namespace {

/// Batches are encoded and compressed as they come, into an open row group in memory, so what is held is what the file
/// will hold, never the rows themselves.
class ParquetEncoder final : public TableEncoder {
public:
  ParquetEncoder(const EncoderSetup &setup, std::shared_ptr<parquet::WriterProperties> properties)
      : schema(setup.schema), sink(setup.sink), pool(setup.pool), properties(std::move(properties)),
        maxRows(setup.options.max_row_group_rows), targetBytes(setup.options.target_row_group_bytes),
        metadata(setup.schema->HasMetadata() ? setup.schema->metadata()->Copy() : arrow::key_value_metadata({}, {})) {}

  arrow::Status setMetadata(const std::string &key, const std::string &value) override {
    if (key == "ARROW:schema")
      return failure(PENSTOCK_ARROW_MISUSE, "the metadata key \"ARROW:schema\" belongs to Arrow");
    if (writer != nullptr)
      return writer->AddKeyValueMetadata(arrow::key_value_metadata({key}, {value}));
    return metadata->Set(key, value);
  }

  arrow::Status write(const arrow::RecordBatch &batch) override {
    ARROW_RETURN_NOT_OK(begin());
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, arrow::util::ReferencedBufferSize(batch));
    for (int64_t offset = 0; offset < batch.num_rows();) {
      ARROW_RETURN_NOT_OK(closeFullRowGroup());
      const int64_t rows = std::min(batch.num_rows() - offset, maxRows - openRows);
      ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch.Slice(offset, rows)));
      openRows += rows;
      openBytes += static_cast<int64_t>(static_cast<double>(bytes) * static_cast<double>(rows) /
                                        static_cast<double>(batch.num_rows()));
      offset += rows;
    }
    return arrow::Status::OK();
  }

  arrow::Status finish() override {
    ARROW_RETURN_NOT_OK(begin());
    return writer->Close();
  }

  int64_t pendingBytes() const override {
    if (closedBytes == 0)
      return openBytes;
    const auto position = sink->Tell().ValueOr(0);
    return static_cast<int64_t>(static_cast<double>(openBytes) * static_cast<double>(position) /
                                static_cast<double>(closedBytes));
  }

private:
  /// Late, because metadata that is part of the Arrow schema is what pyarrow shows with it; what is added to the open
  /// file is found only in the file's own list.
  arrow::Status begin() {
    if (writer != nullptr)
      return arrow::Status::OK();
    auto arrowProperties = parquet::ArrowWriterProperties::Builder().store_schema()->set_use_threads(false)->build();
    return parquet::arrow::FileWriter::Open(*schema->WithMetadata(metadata), pool, sink, properties, arrowProperties)
        .Value(&writer);
  }

  /// Only when more rows are at hand, because opening the next row group is what closes this one, and no file should
  /// end with an empty one.
  arrow::Status closeFullRowGroup() {
    if (openRows < maxRows && openBytes < targetBytes)
      return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(writer->NewBufferedRowGroup());
    closedBytes += openBytes;
    openRows = openBytes = 0;
    return arrow::Status::OK();
  }

  const std::shared_ptr<arrow::Schema> schema;
  const std::shared_ptr<arrow::io::OutputStream> sink;
  arrow::MemoryPool *const pool;
  const std::shared_ptr<parquet::WriterProperties> properties;
  const int64_t maxRows, targetBytes;
  const std::shared_ptr<arrow::KeyValueMetadata> metadata;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  int64_t openRows = 0, openBytes = 0, closedBytes = 0; // bytes in Arrow's layout
};

/// Data pages V1, format 2.6, Arrow's own defaults: every reader in the field reads them. V2 pages bring nothing for
/// zstd-compressed columns of this shape, and older Spark, Hive and Impala read them slowly or not at all.
/// `created_by` stays Arrow's: readers look for known defects of known writers in it.
arrow::Result<std::shared_ptr<parquet::WriterProperties>> propertiesFor(const EncoderSetup &setup) {
  ARROW_ASSIGN_OR_RAISE(const auto codec, codecFor(setup.options, PENSTOCK_COMPRESSION_ZSTD));
  ARROW_ASSIGN_OR_RAISE(const int level, levelFor(setup.options, codec));
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(setup.pool)
      ->version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->compression(codec)
      ->compression_level(level)
      ->max_row_group_length(setup.options.max_row_group_rows);
  std::shared_ptr<parquet::SchemaDescriptor> columns;
  ARROW_RETURN_NOT_OK(
      parquet::arrow::ToParquetSchema(setup.schema.get(), *parquet::default_writer_properties(), &columns));
  for (int i = 0; i < columns->num_columns(); ++i) {
    const auto type = columns->Column(i)->physical_type();
    if (type == parquet::Type::FLOAT ||
        type == parquet::Type::DOUBLE) // nearly all distinct: a dictionary only grows it
      builder.disable_dictionary(columns->Column(i)->path()->ToDotString());
  }
  return builder.build();
}

} // namespace

arrow::Result<std::unique_ptr<TableEncoder>> makeParquetEncoder(const EncoderSetup &setup) {
  ARROW_ASSIGN_OR_RAISE(auto properties, propertiesFor(setup));
  return std::make_unique<ParquetEncoder>(setup, std::move(properties));
}

} // namespace penstock
