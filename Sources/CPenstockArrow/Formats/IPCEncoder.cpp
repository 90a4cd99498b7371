#include "../Support/Status.h"
#include "TableEncoder.h"

#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/compression.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>

namespace penstock {

namespace {

class IPCEncoder final : public TableEncoder {
public:
  IPCEncoder(const EncoderSetup &setup, arrow::ipc::IpcWriteOptions options)
      : schema(setup.schema), sink(setup.sink), options(std::move(options)), maxRows(setup.options.max_row_group_rows),
        metadata(setup.schema->HasMetadata() ? setup.schema->metadata()->Copy() : arrow::key_value_metadata({}, {})) {}

  arrow::Status setMetadata(const std::string &key, const std::string &value) override {
    if (writer != nullptr)
      return failure(PENSTOCK_ARROW_MISUSE, "an IPC file's metadata must be set before the first rows are written");
    return metadata->Set(key, value);
  }

  arrow::Status write(const arrow::RecordBatch &batch) override {
    ARROW_RETURN_NOT_OK(begin());
    for (int64_t offset = 0; offset < batch.num_rows(); offset += maxRows)
      ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch.Slice(offset, maxRows)));
    return arrow::Status::OK();
  }

  arrow::Status finish() override {
    ARROW_RETURN_NOT_OK(begin());
    return writer->Close();
  }

private:
  /// Late, because the schema's message comes first in the file and carries the metadata.
  arrow::Status begin() {
    if (writer != nullptr)
      return arrow::Status::OK();
    return arrow::ipc::MakeFileWriter(sink, schema->WithMetadata(metadata), options).Value(&writer);
  }

  const std::shared_ptr<arrow::Schema> schema;
  const std::shared_ptr<arrow::io::OutputStream> sink;
  const arrow::ipc::IpcWriteOptions options;
  const int64_t maxRows;
  const std::shared_ptr<arrow::KeyValueMetadata> metadata;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
};

} // namespace

arrow::Result<std::unique_ptr<TableEncoder>> makeIPCEncoder(const EncoderSetup &setup) {
  ARROW_ASSIGN_OR_RAISE(auto codec, codecFor(setup.options, PENSTOCK_COMPRESSION_ZSTD));
  if (codec == arrow::Compression::LZ4)
    codec = arrow::Compression::LZ4_FRAME; // the LZ4 of the IPC format
  ARROW_ASSIGN_OR_RAISE(const int level, levelFor(setup.options, codec));
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  options.memory_pool = setup.pool;
  if (codec != arrow::Compression::UNCOMPRESSED) {
    if (codec != arrow::Compression::ZSTD && codec != arrow::Compression::LZ4_FRAME)
      return failure(PENSTOCK_ARROW_UNSUPPORTED, "IPC files are compressed with zstd, lz4 or not at all");
    ARROW_ASSIGN_OR_RAISE(options.codec, arrow::util::Codec::Create(codec, level));
  }
  return std::make_unique<IPCEncoder>(setup, std::move(options));
}

} // namespace penstock
