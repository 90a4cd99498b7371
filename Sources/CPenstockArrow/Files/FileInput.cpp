#include "FileInput.h"
#include "../Support/Status.h"
#include "FileErrors.h"
#include "LocalInput.h"
#include "Location.h"

#include <arrow/buffer.h>

#include <algorithm>

namespace penstock {

arrow::Result<std::shared_ptr<RemoteInput>> RemoteInput::open(const Place &place, int64_t size, MemoryBudget *budget) {
  ARROW_RETURN_NOT_OK(StoreCall::allowed());
  const StoreCall call;
  arrow::fs::FileInfo info(place.path, arrow::fs::FileType::File);
  info.set_size(size);
  ARROW_ASSIGN_OR_RAISE(auto file, classified(size < 0 ? place.store->files->OpenInputFile(place.path)
                                                       : place.store->files->OpenInputFile(info)));
  if (size < 0)
    ARROW_RETURN_NOT_OK(classified(file->GetSize()).Value(&size));
  return std::shared_ptr<RemoteInput>(new RemoteInput(place.store, place.path, std::move(file), size, budget));
}

RemoteInput::~RemoteInput() {
  if (const auto status = Close(); !status.ok()) { // nothing was written, so nothing is lost
  }
}

arrow::Result<int64_t> RemoteInput::ReadAt(int64_t offset, int64_t count, void *out) {
  if (closed())
    return failure(PENSTOCK_ARROW_MISUSE, "the file is closed");
  if (offset < 0 || count < 0 || offset > size)
    return arrow::Status::Invalid("a range of ", count, " bytes at ", offset, " in a file of ", size);
  count = std::min(count, size - offset);
  if (count == 0)
    return 0;
  ARROW_RETURN_NOT_OK(StoreCall::allowed());
  const StoreCall call;
  for (StoreRetries retries(store->options, store->retries);;) {
    ARROW_ASSIGN_OR_RAISE(const auto outcome, attempt(offset, count, static_cast<uint8_t *>(out)));
    if (outcome == Outcome::whole)
      return count;
    auto status = outcome == Outcome::masked ? lateReason() : arrow::Status::OK();
    if (status.ok())
      status = failure(PENSTOCK_ARROW_PASSING, "fewer than the " + std::to_string(count) +
                                                   " bytes of the range at byte " + std::to_string(offset) + " came");
    if (!retries.again(status))
      return status;
  }
}

/// Arrow's S3 says that all bytes came, however many did (26.0.1). But it writes them from the front, so the last byte
/// tells: it is marked before, and a mark that is still there may be data, but not under two different marks.
arrow::Result<RemoteInput::Outcome> RemoteInput::attempt(int64_t offset, int64_t count, uint8_t *out) {
  for (const uint8_t mark : {uint8_t{0xFB}, uint8_t{0x04}}) {
    out[count - 1] = mark;
    const auto read = classified(file->ReadAt(offset, count, out));
    if (!read.ok() && read.status().message().find("Failed to flush response stream") != std::string::npos)
      return Outcome::masked;
    ARROW_RETURN_NOT_OK(read.status());
    if (*read != count)
      return Outcome::cutShort;
    if (out[count - 1] != mark)
      return Outcome::whole;
  }
  return Outcome::cutShort;
}

/// The server's words about an error did not fit into the space for the range, so Amazon's client lost what it was, and
/// did not retry. Asking without a body brings it back; OK if the error has passed.
arrow::Status RemoteInput::lateReason() {
  ARROW_ASSIGN_OR_RAISE(const auto info, classified(store->files->GetFileInfo(path)));
  return info.type() == arrow::fs::FileType::NotFound ? failure(PENSTOCK_ARROW_NOT_FOUND, "there is no such object")
                                                      : arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RemoteInput::ReadAt(int64_t offset, int64_t count) {
  if (offset < 0 || count < 0 || offset > size)
    return arrow::Status::Invalid("a range of ", count, " bytes at ", offset, " in a file of ", size);
  count = std::min(count, size - offset);
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateBuffer(count, budget.get()));
  ARROW_RETURN_NOT_OK(ReadAt(offset, count, buffer->mutable_data()).status());
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<int64_t> RemoteInput::Read(int64_t count, void *out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position, count, out));
  position += read;
  return read;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RemoteInput::Read(int64_t count) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position, count));
  position += buffer->size();
  return buffer;
}

arrow::Status RemoteInput::Seek(int64_t offset) {
  if (offset < 0 || offset > size)
    return arrow::Status::Invalid("byte ", offset, " of a file of ", size);
  position = offset;
  return arrow::Status::OK();
}

arrow::Status RemoteInput::Close() {
  const auto closing = std::move(file);
  file = nullptr;
  if (closing == nullptr)
    return arrow::Status::OK();
  const StoreCall call;
  return classified(closing->Close());
}

arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> openFileInput(const std::string &location,
                                                                          MemoryBudget *budget) {
  const std::string scheme = schemeOf(location);
  if (scheme.empty() || scheme == "file") {
    ARROW_ASSIGN_OR_RAISE(const auto path, localPath(location));
    ARROW_ASSIGN_OR_RAISE(auto file, openLocalInput(path, budget));
    return std::shared_ptr<arrow::io::RandomAccessFile>(std::move(file));
  }
  ARROW_ASSIGN_OR_RAISE(const auto place, openPlace(location, defaultFileSystemOptions()));
  ARROW_ASSIGN_OR_RAISE(auto file, RemoteInput::open(place, -1, budget));
  return std::shared_ptr<arrow::io::RandomAccessFile>(std::move(file));
}

} // namespace penstock
