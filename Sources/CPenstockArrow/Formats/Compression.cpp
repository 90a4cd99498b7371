#include "../Support/Status.h"
#include "TableEncoder.h"

#include <arrow/util/compression.h>

namespace penstock {

arrow::Result<arrow::Compression::type> codecFor(const penstock_table_writer_options &options,
                                                 penstock_table_compression fallback) {
  const auto wanted = options.compression == PENSTOCK_COMPRESSION_DEFAULT ? fallback : options.compression;
  switch (wanted) {
  case PENSTOCK_COMPRESSION_NONE:
    return arrow::Compression::UNCOMPRESSED;
  case PENSTOCK_COMPRESSION_ZSTD:
    return arrow::Compression::ZSTD;
  case PENSTOCK_COMPRESSION_SNAPPY:
    return arrow::Compression::SNAPPY;
  case PENSTOCK_COMPRESSION_GZIP:
    return arrow::Compression::GZIP;
  case PENSTOCK_COMPRESSION_LZ4:
    return arrow::Compression::LZ4; // Parquet's LZ4_RAW, the one that other readers know
  case PENSTOCK_COMPRESSION_DEFAULT:
    break;
  }
  return failure(PENSTOCK_ARROW_MISUSE, "no compression has the number " + std::to_string(wanted));
}

arrow::Result<int> levelFor(const penstock_table_writer_options &options, arrow::Compression::type codec) {
  if (options.compression_level == 0)
    return arrow::util::Codec::UseDefaultCompressionLevel();
  const auto &name = arrow::util::Codec::GetCodecAsString(codec);
  if (codec == arrow::Compression::UNCOMPRESSED || !arrow::util::Codec::SupportsCompressionLevel(codec))
    return failure(PENSTOCK_ARROW_UNSUPPORTED, name + " has no compression levels; leave the level 0");
  ARROW_ASSIGN_OR_RAISE(const int lowest, arrow::util::Codec::MinimumCompressionLevel(codec));
  ARROW_ASSIGN_OR_RAISE(const int highest, arrow::util::Codec::MaximumCompressionLevel(codec));
  if (options.compression_level < lowest || options.compression_level > highest)
    return failure(PENSTOCK_ARROW_UNSUPPORTED, name + " has levels " + std::to_string(lowest) + " to " +
                                                   std::to_string(highest) + ", not " +
                                                   std::to_string(options.compression_level));
  return options.compression_level;
}

} // namespace penstock
