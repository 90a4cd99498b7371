#include "../Support/Status.h"
#include "TableDecoder.h"

#include <arrow/array.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>

namespace penstock {

namespace {

class IPCDecoder final : public TableDecoder {
public:
  IPCDecoder(std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader, int64_t rows)
      : reader(std::move(reader)), rows(rows) {}

  std::shared_ptr<arrow::Schema> schema() const override { return reader->schema(); }
  std::shared_ptr<const arrow::KeyValueMetadata> metadata() const override { return reader->schema()->metadata(); }
  int64_t rowCount() const override { return rows; }
  int rowGroupCount() const override { return reader->num_record_batches(); }

  arrow::Result<penstock_row_group_info> rowGroupInfo(int) const override {
    return penstock_row_group_info{-1, -1, -1};
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> readRowGroup(int rowGroup, const Columns &columns) override {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->ReadRecordBatch(rowGroup));
    ARROW_RETURN_NOT_OK(batch->ValidateFull()); // the file is memory, word for word: nothing in it was checked yet
    return batch->SelectColumns(columns);
  }

  arrow::Result<BatchSource> scan(const ScanRange &range) override {
    return [this, range, next = range.firstRowGroup,
            end = range.firstRowGroup +
                  range.rowGroupCount]() mutable -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
      if (next == end)
        return nullptr;
      return readRowGroup(next++, range.columns);
    };
  }

private:
  const std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader;
  const int64_t rows;
};

} // namespace

arrow::Result<std::unique_ptr<TableDecoder>> makeIPCDecoder(const DecoderSetup &setup) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  options.memory_pool = setup.budget;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(setup.file, options));
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, reader->CountRows());
  return std::make_unique<IPCDecoder>(std::move(reader), rows);
}

} // namespace penstock
