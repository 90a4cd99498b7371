// Which of Arrow's file systems a location is in, and the clients that all who ask for the same one share.

#ifndef PENSTOCK_FILE_SYSTEMS_H
#define PENSTOCK_FILE_SYSTEMS_H

#include "CPenstockArrow.h"
#include "S3Library.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/result.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace penstock {

struct FileStore {
  std::shared_ptr<arrow::fs::FileSystem> files;
  bool isLocal = false;
  penstock_file_system_options options;
  RetryCount retries = std::make_shared<std::atomic<int64_t>>(0);

  FileStore(std::shared_ptr<arrow::fs::FileSystem> files, const penstock_file_system_options &options)
      : files(std::move(files)), options(options) {}

  /// NOT_FOUND if the bucket of `path` is missing; asked once for each bucket. Small objects are sent when they are
  /// closed, and a run should not learn at its end that it has no place to write to.
  arrow::Status requireBucket(const std::string &path);

private:
  std::mutex mutex;
  std::set<std::string> seenBuckets;
};

/// A file system and a path in it.
struct Place {
  std::shared_ptr<FileStore> store;
  std::string path;
};

penstock_file_system_options defaultFileSystemOptions();

arrow::Result<Place> openPlace(const std::string &location, const penstock_file_system_options &options);

/// `path` without the slashes at its end, which no file system of Arrow's takes.
std::string trimmed(std::string path);

} // namespace penstock

#endif // PENSTOCK_FILE_SYSTEMS_H
