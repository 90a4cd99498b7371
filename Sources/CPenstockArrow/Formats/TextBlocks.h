// A text file as runs of whole records.

#ifndef PENSTOCK_TEXT_BLOCKS_H
#define PENSTOCK_TEXT_BLOCKS_H

#include "TableDecoder.h"

#include <arrow/buffer.h>
#include <arrow/util/delimiting.h>

#include <memory>

namespace penstock {

/// Cuts the file by itself, on the caller's thread. Arrow's streaming readers would do it, but they read up to 32
/// blocks ahead on threads of their own, however little memory there is.
class TextBlocks {
public:
  /// `chunker` knows where a record ends: at a line end, unless that stands in quotes.
  TextBlocks(const DecoderSetup &setup, std::unique_ptr<arrow::Chunker> chunker)
      : file(setup.file), chunker(std::move(chunker)), pool(setup.budget), blockBytes(setup.options.text_block_bytes) {}

  arrow::Status begin() { return file->GetSize().Value(&unread); }

  /// The next records, not blank, of about `text_block_bytes`; null at the end of the file.
  arrow::Result<std::shared_ptr<arrow::Buffer>> next();

  /// Where in the file the block that `next` delivered last begins.
  int64_t position() const { return start; }

  bool isAtEnd() const { return unread == 0 && !partial; }

private:
  arrow::Result<std::shared_ptr<arrow::Buffer>> nextRecords();

  const std::shared_ptr<arrow::io::RandomAccessFile> file;
  const std::unique_ptr<arrow::Chunker> chunker;
  arrow::MemoryPool *const pool;
  const int64_t blockBytes;
  std::shared_ptr<arrow::Buffer> partial; // the beginning of a record whose end was not read yet
  int64_t start = 0, end = 0;             // of the last block
  int64_t unread = 0;                     // bytes of the file
};

} // namespace penstock

#endif // PENSTOCK_TEXT_BLOCKS_H
