#include "LocalOutput.h"
#include "../Support/Status.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace penstock {

arrow::Result<std::shared_ptr<LocalOutput>> LocalOutput::create(const std::string &path) {
  int descriptor;
  do {
    descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0)
    return systemFailure(errno);
  auto file = std::shared_ptr<LocalOutput>(new LocalOutput(path, descriptor));
  struct stat opened;
  if (fstat(descriptor, &opened) != 0)
    return systemFailure(errno);
  file->isDisposable = S_ISREG(opened.st_mode);
  file->device = opened.st_dev;
  file->node = opened.st_ino;
  return file;
}

LocalOutput::~LocalOutput() {
  if (descriptor >= 0)
    close(descriptor);
}

arrow::Status LocalOutput::Write(const void *data, int64_t size) {
  if (closed())
    return failure(PENSTOCK_ARROW_MISUSE, "the file is closed");
  auto *next = static_cast<const char *>(data);
  while (size > 0) {
    const auto part = static_cast<size_t>(std::min<int64_t>(size, 1 << 30)); // macOS refuses INT_MAX and more
    const ssize_t written = write(descriptor, next, part);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return systemFailure(errno);
    next += written;
    size -= written;
    position += written;
  }
  return arrow::Status::OK();
}

arrow::Status LocalOutput::sync() {
#ifdef __APPLE__
  if (fcntl(descriptor, F_FULLFSYNC) == 0) // fsync alone stops at the drive's cache there
    return arrow::Status::OK();
#endif
  if (fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP) // a pipe or a device can't be flushed
    return arrow::Status::OK();
  return systemFailure(errno);
}

arrow::Status LocalOutput::Close() {
  if (closed())
    return arrow::Status::OK();
  const int closing = descriptor;
  descriptor = -1; // whatever close says, the descriptor is gone afterwards
  if (close(closing) != 0 && errno != EINTR)
    return systemFailure(errno);
  isDisposable = false;
  return arrow::Status::OK();
}

void LocalOutput::discard() noexcept {
  struct stat named;
  if (isDisposable && lstat(path.c_str(), &named) == 0 && named.st_dev == device && named.st_ino == node)
    unlink(path.c_str());
  isDisposable = false;
  if (descriptor >= 0)
    close(descriptor);
  descriptor = -1;
}

} // namespace penstock
