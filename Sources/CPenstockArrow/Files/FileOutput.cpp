#include "FileOutput.h"
#include "../Support/Status.h"
#include "FileErrors.h"
#include "LocalOutput.h"
#include "Location.h"

namespace penstock {

arrow::Result<std::shared_ptr<FileOutput>> RemoteOutput::create(const Place &place) {
  ARROW_RETURN_NOT_OK(StoreCall::allowed());
  const StoreCall call;
  ARROW_RETURN_NOT_OK(place.store->requireBucket(place.path));
  ARROW_ASSIGN_OR_RAISE(auto stream, classified(place.store->files->OpenOutputStream(place.path)));
  return std::shared_ptr<FileOutput>(new RemoteOutput(place.store, std::move(stream)));
}

RemoteOutput::~RemoteOutput() { discard(); } // Arrow's own destructor would complete the object

arrow::Status RemoteOutput::Write(const void *data, int64_t size) {
  if (closed() || isBroken)
    return failure(PENSTOCK_ARROW_MISUSE, closed() ? "the file is closed" : "an earlier write went wrong");
  ARROW_RETURN_NOT_OK(StoreCall::allowed());
  const StoreCall call;
  if (const auto status = classified(stream->Write(data, size)); !status.ok()) {
    isBroken = true;
    return status;
  }
  position += size;
  return arrow::Status::OK();
}

arrow::Status RemoteOutput::Close() {
  if (closed())
    return arrow::Status::OK();
  if (isBroken)
    return failure(PENSTOCK_ARROW_MISUSE, "an earlier write went wrong");
  ARROW_RETURN_NOT_OK(StoreCall::allowed());
  const StoreCall call;
  if (const auto status = classified(stream->Close()); !status.ok()) {
    isBroken = true;
    return status;
  }
  stream = nullptr;
  return arrow::Status::OK();
}

void RemoteOutput::discard() noexcept {
  if (closed())
    return;
  try {
    const StoreCall call;
    if (StoreCall::allowed().ok())
      (void)stream->Abort(); // parts that a lost connection leaves behind are the bucket's life-cycle rule's to remove
    stream = nullptr;
  } catch (...) { // nobody is left to tell
  }
}

arrow::Result<std::shared_ptr<FileOutput>> createFileOutput(const std::string &location) {
  const std::string scheme = schemeOf(location);
  if (scheme.empty() || scheme == "file") {
    ARROW_ASSIGN_OR_RAISE(const auto path, localPath(location));
    ARROW_ASSIGN_OR_RAISE(auto file, LocalOutput::create(path));
    return std::shared_ptr<FileOutput>(std::move(file));
  }
  ARROW_ASSIGN_OR_RAISE(const auto place, openPlace(location, defaultFileSystemOptions()));
  return RemoteOutput::create(place);
}

} // namespace penstock
