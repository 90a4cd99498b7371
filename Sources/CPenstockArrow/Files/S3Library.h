// Arrow's S3 library: loaded when it is first needed, told our options, and shut down before the process ends.

#ifndef PENSTOCK_S3_LIBRARY_H
#define PENSTOCK_S3_LIBRARY_H

#include "CPenstockArrow.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/result.h>

#include <atomic>
#include <memory>
#include <string>

#ifdef __linux__
#include <signal.h>
#endif

namespace penstock {

using RetryCount = std::shared_ptr<std::atomic<int64_t>>;

/// The file system of an `s3://` location, with our time-outs and retries. Linking the library instead would load its
/// 17 MB, and start Amazon's runtime, for every user of a local table.
arrow::Result<std::shared_ptr<arrow::fs::FileSystem>>
openS3(const std::string &location, const penstock_file_system_options &options, const RetryCount &retries);

/// The retries that Amazon's client leaves to its user.
class StoreRetries {
public:
  StoreRetries(const penstock_file_system_options &options, RetryCount count)
      : options(options), count(std::move(count)) {}

  /// After a failure: waits and says true if the call is worth another try.
  bool again(const arrow::Status &status);

private:
  const penstock_file_system_options options;
  const RetryCount count;
  int64_t tried = 1;
};

/// Stands around each call of a remote store, and within each listing. The library must be shut down before the process
/// ends, or its own clean-up crashes; and not while somebody is inside it, since that would wait for a slow server.
///
/// While it stands, the thread has SIGPIPE blocked: Amazon's client can raise it when a server hangs up.
class StoreCall {
public:
  StoreCall();
  ~StoreCall();
  StoreCall(const StoreCall &) = delete;
  StoreCall &operator=(const StoreCall &) = delete;

  /// PENSTOCK_ARROW_CANCELLED once the process has begun to end.
  static arrow::Status allowed();

private:
#ifdef __linux__
  sigset_t before;
  bool wasPending;
#endif
};

/// The part of a `StoreCall` that counts, for things that live longer than a call, such as a listing.
class StoreUse {
public:
  StoreUse();
  ~StoreUse();
  StoreUse(const StoreUse &) = delete;
  StoreUse &operator=(const StoreUse &) = delete;
};

} // namespace penstock

#endif // PENSTOCK_S3_LIBRARY_H
