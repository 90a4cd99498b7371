#include "FileSystems.h"
#include "../Support/Status.h"
#include "FileErrors.h"
#include "Location.h"

#include <arrow/filesystem/gcsfs.h>
#include <arrow/filesystem/localfs.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

namespace penstock {

namespace {

/// Never destroyed: clients must not outlive their library, and threads may outlive `main`. A process knows few stores.
struct Cache {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<FileStore>> stores;

  static Cache &shared() {
    static Cache *const cache = new Cache;
    return *cache;
  }

  std::shared_ptr<FileStore> find(const std::string &key) {
    const std::lock_guard lock(mutex);
    const auto found = stores.find(key);
    return found == stores.end() ? nullptr : found->second;
  }

  /// The first one stays, if two threads opened the same.
  std::shared_ptr<FileStore> keep(const std::string &key, std::shared_ptr<FileStore> store) {
    const std::lock_guard lock(mutex);
    return stores.emplace(key, std::move(store)).first->second;
  }
};

arrow::Status requireSane(const penstock_file_system_options &options) {
  const auto isTime = [](double seconds) { return std::isfinite(seconds) && seconds > 0 && seconds <= 86400; };
  if (options.attempts < 1 || options.attempts > 1000 || options.retry_base_milliseconds < 0 ||
      options.retry_cap_milliseconds < 0 || !isTime(options.connect_timeout_seconds) ||
      !isTime(options.request_timeout_seconds))
    return failure(PENSTOCK_ARROW_MISUSE, "attempts must be 1 to 1000, pauses not negative, time-outs up to a day");
  return arrow::Status::OK();
}

std::string keyOf(const std::string &location, const penstock_file_system_options &options) {
  std::string key = storeOf(location);
  for (const double part :
       {double(options.attempts), double(options.retry_base_milliseconds), double(options.retry_cap_milliseconds),
        options.connect_timeout_seconds, options.request_timeout_seconds})
    key += '\n' + std::to_string(part);
  return key;
}

/// Words of Arrow's for a location that it can't read, which is the user's mistake rather than damaged data.
arrow::Status aboutLocation(const arrow::Status &status) {
  if (hasCode(status) || !(status.IsInvalid() || status.IsKeyError() || status.IsNotImplemented()))
    return status;
  return failure(PENSTOCK_ARROW_UNSUPPORTED, status.message());
}

arrow::Result<Place> openLocal(const std::string &location) {
  static const auto store = [] {
    auto made = std::make_shared<FileStore>(std::make_shared<arrow::fs::LocalFileSystem>(), defaultFileSystemOptions());
    made->isLocal = true;
    return made;
  }();
  ARROW_ASSIGN_OR_RAISE(auto path, localPath(location));
  return Place{store, std::move(path)};
}

arrow::Result<Place> openS3Place(const std::string &given, const penstock_file_system_options &options) {
  const std::string location = withPath(given);
  const std::string key = keyOf(location, options);
  auto store = Cache::shared().find(key);
  if (!store) {
    auto made = std::make_shared<FileStore>(nullptr, options);
    ARROW_ASSIGN_OR_RAISE(made->files, openS3(location, options, made->retries));
    store = Cache::shared().keep(key, std::move(made));
  }
  ARROW_ASSIGN_OR_RAISE(auto path, store->files->PathFromUri(location));
  return Place{std::move(store), trimmed(std::move(path))};
}

/// Their URIs are read anew each time: Azure's has the path in places that its options decide.
arrow::Result<Place> openOther(const std::string &location, const penstock_file_system_options &options) {
  const std::string scheme = schemeOf(location);
  auto made = std::make_shared<FileStore>(nullptr, options);
  std::string path;
  if (scheme == "gs" || scheme == "gcs") {
    ARROW_ASSIGN_OR_RAISE(auto settings, arrow::fs::GcsOptions::FromUri(location, &path));
    if (!settings.retry_limit_seconds) // else a quarter of an hour
      settings.retry_limit_seconds = options.attempts == 1 ? 0.001 : 2 * options.request_timeout_seconds;
    ARROW_ASSIGN_OR_RAISE(made->files, arrow::fs::GcsFileSystem::Make(settings));
  } else {
    ARROW_ASSIGN_OR_RAISE(made->files, arrow::fs::FileSystemFromUri(location, &path));
  }
  auto store = Cache::shared().keep(keyOf(location, options), std::move(made));
  return Place{std::move(store), trimmed(std::move(path))};
}

arrow::Result<Place> openAny(const std::string &location, const penstock_file_system_options &options) {
  const std::string scheme = schemeOf(location);
  if (scheme.empty() || scheme == "file")
    return openLocal(location);
  if (scheme == "s3")
    return openS3Place(location, options);
  static constexpr const char *others[] = {"gs", "gcs", "abfs", "abfss"};
  if (std::find(std::begin(others), std::end(others), scheme) != std::end(others))
    return openOther(location, options);
  return failure(PENSTOCK_ARROW_UNSUPPORTED,
                 scheme + ":// locations are not supported; s3://, gs://, abfs://, file:// and local paths are");
}

} // namespace

penstock_file_system_options defaultFileSystemOptions() { return {5, 100, 10'000, 5, 30}; }

arrow::Result<Place> openPlace(const std::string &location, const penstock_file_system_options &options) {
  ARROW_RETURN_NOT_OK(requireSane(options));
  auto place = openAny(location, options);
  if (place.ok())
    return place;
  const auto status = aboutLocation(classified(place.status()));
  return status.WithMessage(withoutSecret(status.message(), location));
}

std::string trimmed(std::string path) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

arrow::Status FileStore::requireBucket(const std::string &path) {
  const std::string bucket = path.substr(0, path.find('/'));
  if (isLocal)
    return arrow::Status::OK();
  {
    const std::lock_guard lock(mutex);
    if (seenBuckets.count(bucket) != 0)
      return arrow::Status::OK();
  }
  const auto info = files->GetFileInfo(bucket);
  if (info.ok() && info->type() == arrow::fs::FileType::NotFound)
    return failure(PENSTOCK_ARROW_NOT_FOUND, "there is no bucket \"" + bucket + "\"");
  const std::lock_guard lock(mutex);
  seenBuckets.insert(bucket); // also where the keys may write but not ask: the write will tell
  return arrow::Status::OK();
}

} // namespace penstock
