#include "TextBlocks.h"

#include <arrow/io/interfaces.h>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace penstock {

arrow::Result<std::shared_ptr<arrow::Buffer>> TextBlocks::next() {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto records, nextRecords());
    if (!records)
      return nullptr;
    start = end;
    end += records->size();
    const bool isBlank =
        std::all_of(records->data(), records->data() + records->size(), [](uint8_t c) { return std::isspace(c) != 0; });
    if (!isBlank)
      return records;
  }
}

arrow::Result<std::shared_ptr<arrow::Buffer>> TextBlocks::nextRecords() {
  if (isAtEnd())
    return nullptr;
  const int64_t kept = partial ? partial->size() : 0;
  const int64_t wanted = std::min(blockBytes, unread);
  ARROW_ASSIGN_OR_RAISE(auto read, arrow::AllocateResizableBuffer(kept + wanted, pool));
  if (kept > 0)
    std::memcpy(read->mutable_data(), partial->data(), static_cast<size_t>(kept));
  ARROW_ASSIGN_OR_RAISE(const int64_t size, file->Read(wanted, read->mutable_data() + kept));
  unread = size < wanted ? 0 : unread - size; // less: someone cut the file
  if (unread == 0) {
    partial = nullptr;
    ARROW_RETURN_NOT_OK(read->Resize(kept + size));
    return std::shared_ptr<arrow::Buffer>(std::move(read));
  }
  std::shared_ptr<arrow::Buffer> whole;
  ARROW_RETURN_NOT_OK(chunker->Process(std::move(read), &whole, &partial));
  if (whole->size() == 0)
    return arrow::Status::Invalid("the record at byte ", end, " is longer than text_block_bytes (", blockBytes, ")");
  return whole;
}

} // namespace penstock
