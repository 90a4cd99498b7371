#include "LocalInput.h"
#include "../Support/Status.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace penstock {

arrow::Result<std::shared_ptr<arrow::io::ReadableFile>> openLocalInput(const std::string &path,
                                                                       arrow::MemoryPool *pool) {
  int descriptor;
  do {
    descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // no effect on regular files
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0)
    return systemFailure(errno);
  struct stat opened;
  if (fstat(descriptor, &opened) != 0 || !S_ISREG(opened.st_mode)) {
    close(descriptor);
    return failure(PENSTOCK_ARROW_UNSUPPORTED, "not a regular file");
  }
  return arrow::io::ReadableFile::Open(descriptor, pool); // +1 descriptor: the file closes it
}

} // namespace penstock
