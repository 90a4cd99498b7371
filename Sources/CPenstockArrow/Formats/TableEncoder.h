// What a file format does for the table writer.

#ifndef PENSTOCK_TABLE_ENCODER_H
#define PENSTOCK_TABLE_ENCODER_H

#include "CPenstockArrow.h"

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include <memory>
#include <string>

namespace penstock {

/// Encodes batches of one schema into a stream that somebody else opens and closes.
class TableEncoder {
public:
  virtual ~TableEncoder() = default;

  virtual arrow::Status setMetadata(const std::string &key, const std::string &value) = 0;
  virtual arrow::Status write(const arrow::RecordBatch &batch) = 0;

  /// Writes what is buffered, and the footer.
  virtual arrow::Status finish() = 0;

  /// An estimate of the bytes that are not in the stream yet.
  virtual int64_t pendingBytes() const { return 0; }
};

/// What an encoder is made from; the first three outlive it.
struct EncoderSetup {
  const std::shared_ptr<arrow::Schema> &schema;
  const penstock_table_writer_options &options;
  arrow::MemoryPool *pool;
  std::shared_ptr<arrow::io::OutputStream> sink;
};

arrow::Result<std::unique_ptr<TableEncoder>> makeParquetEncoder(const EncoderSetup &setup);
arrow::Result<std::unique_ptr<TableEncoder>> makeCSVEncoder(const EncoderSetup &setup);
arrow::Result<std::unique_ptr<TableEncoder>> makeJSONLinesEncoder(const EncoderSetup &setup);
arrow::Result<std::unique_ptr<TableEncoder>> makeIPCEncoder(const EncoderSetup &setup);

/// Arrow's name of the codec; `fallback` stands for PENSTOCK_COMPRESSION_DEFAULT. UNSUPPORTED if the build lacks it.
arrow::Result<arrow::Compression::type> codecFor(const penstock_table_writer_options &options,
                                                 penstock_table_compression fallback);

/// The codec's level, or Arrow's word for the default. UNSUPPORTED, with the range, if the codec has no such level.
arrow::Result<int> levelFor(const penstock_table_writer_options &options, arrow::Compression::type codec);

} // namespace penstock

#endif // PENSTOCK_TABLE_ENCODER_H
