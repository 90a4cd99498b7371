#include "FileErrors.h"
#include "FileHandle.h"

#include <arrow/util/future.h>

#include <chrono>
#include <optional>
#include <vector>

using namespace penstock;

struct penstock_file_listing {
  const std::string path;
  const std::shared_ptr<FileStore> store;
  arrow::fs::FileInfoGenerator generator; // null: at the end, or after a failure
  arrow::fs::FileInfoVector infos;
  std::vector<penstock_file_entry> entries;
  std::optional<StoreUse> use; // Arrow's threads work for it also between calls

  penstock_file_listing(const char *path, std::shared_ptr<FileStore> store) : path(path), store(std::move(store)) {}
};

namespace penstock {

penstock_file_entry entryOf(const arrow::fs::FileInfo &info) {
  penstock_file_entry entry = {info.path().c_str(), info.path().size(), -1, -1, PENSTOCK_FILE_NONE};
  if (info.mtime() != arrow::fs::kNoTime)
    entry.modified =
        std::chrono::duration_cast<std::chrono::nanoseconds>(info.mtime().time_since_epoch()).count();
  if (info.IsFile()) {
    entry.kind = PENSTOCK_FILE_REGULAR;
    entry.size = info.size();
  } else if (info.IsDirectory()) {
    entry.kind = PENSTOCK_FILE_DIRECTORY;
  }
  return entry;
}

} // namespace penstock

int penstock_file_listing_create(const penstock_file_system *files, const char *path, bool recursive,
                                 penstock_file_listing **listing, char *error, size_t error_size) {
  *listing = nullptr;
  return guarded({"list", path, error, error_size}, [&] {
    ARROW_RETURN_NOT_OK(StoreCall::allowed());
    const StoreCall call;
    auto made = std::make_unique<penstock_file_listing>(path, files->store);
    arrow::fs::FileSelector selector;
    selector.base_dir = trimmed(path);
    selector.recursive = recursive;
    made->use.emplace();
    made->generator = files->store->files->GetFileInfoGenerator(selector);
    *listing = made.release(); // +1: the caller destroys it
    return arrow::Status::OK();
  });
}

int penstock_file_listing_next(penstock_file_listing *listing, const penstock_file_entry **entries, size_t *count,
                               char *error, size_t error_size) {
  *entries = nullptr;
  *count = 0;
  const int status = guarded({"list", listing->path.c_str(), error, error_size}, [&] {
    listing->entries.clear();
    listing->infos.clear();
    if (!listing->generator)
      return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(StoreCall::allowed());
    const StoreCall call;
    ARROW_RETURN_NOT_OK(classified(listing->generator().result()).Value(&listing->infos));
    if (listing->infos.empty())
      listing->generator = nullptr;
    listing->entries.reserve(listing->infos.size());
    for (const auto &info : listing->infos)
      listing->entries.push_back(entryOf(info));
    *entries = listing->entries.data(); // borrowed until the next call
    *count = listing->entries.size();
    return arrow::Status::OK();
  });
  if (status != PENSTOCK_ARROW_OK || listing->generator == nullptr) {
    listing->generator = nullptr;
    listing->use.reset();
  }
  return status;
}

void penstock_file_listing_destroy(penstock_file_listing *listing) {
  if (listing == nullptr)
    return;
  const StoreCall call; // dropping the generator may wait for Arrow's threads
  delete listing;
}
