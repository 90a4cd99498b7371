// What a file format does for the table reader.

#ifndef PENSTOCK_TABLE_DECODER_H
#define PENSTOCK_TABLE_DECODER_H

#include "CPenstockArrow.h"
#include "../Support/MemoryBudget.h"

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <functional>
#include <memory>
#include <vector>

namespace penstock {

using Columns = std::vector<int>; // indices of top-level columns, checked, in the order wanted

/// Delivers batches one by one, then null. Must not outlive the decoder.
using BatchSource = std::function<arrow::Result<std::shared_ptr<arrow::RecordBatch>>()>;

struct ScanRange {
  int firstRowGroup, rowGroupCount;
  Columns columns;
  int64_t maxRows; // 0: no limit. A wish: the reader cuts larger batches
};

class TableDecoder {
public:
  virtual ~TableDecoder() = default;

  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  virtual std::shared_ptr<const arrow::KeyValueMetadata> metadata() const { return nullptr; }
  virtual int64_t rowCount() const { return -1; }
  virtual int rowGroupCount() const { return 0; }
  virtual arrow::Result<penstock_row_group_info> rowGroupInfo(int rowGroup) const = 0;
  virtual arrow::Result<std::shared_ptr<arrow::RecordBatch>> readRowGroup(int rowGroup, const Columns &columns) = 0;
  virtual arrow::Result<BatchSource> scan(const ScanRange &range) = 0;
};

/// What a decoder is made from; the first two outlive it.
struct DecoderSetup {
  const penstock_table_reader_options &options;
  MemoryBudget *budget;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  bool isRemote; // each read is a request
};

arrow::Result<std::unique_ptr<TableDecoder>> makeParquetDecoder(const DecoderSetup &setup);
arrow::Result<std::unique_ptr<TableDecoder>> makeCSVDecoder(const DecoderSetup &setup);
arrow::Result<std::unique_ptr<TableDecoder>> makeJSONLinesDecoder(const DecoderSetup &setup);
arrow::Result<std::unique_ptr<TableDecoder>> makeIPCDecoder(const DecoderSetup &setup);

/// The schema with every dictionary type, at any depth, replaced by the type of its values.
std::shared_ptr<arrow::Schema> withoutDictionaries(const arrow::Schema &schema);

/// `batch` in the types of `schema`, which differ from its own at most by `withoutDictionaries`.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> decodingDictionaries(const arrow::RecordBatch &batch,
                                                                        const std::shared_ptr<arrow::Schema> &schema,
                                                                        arrow::MemoryPool *pool);

} // namespace penstock

#endif // PENSTOCK_TABLE_DECODER_H
