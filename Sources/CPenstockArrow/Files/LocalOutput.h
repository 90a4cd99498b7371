// A local file being written: errors in the system's words, flush to the disk, and removal on abort.

#ifndef PENSTOCK_LOCAL_OUTPUT_H
#define PENSTOCK_LOCAL_OUTPUT_H

#include "FileOutput.h"

#include <arrow/result.h>

#include <sys/types.h>

#include <memory>
#include <string>

namespace penstock {

class LocalOutput final : public FileOutput {
public:
  static arrow::Result<std::shared_ptr<LocalOutput>> create(const std::string &path);
  ~LocalOutput() override;

  arrow::Status Write(const void *data, int64_t size) override;
  using OutputStream::Write;
  arrow::Status Close() override;
  bool closed() const override { return descriptor < 0; }
  arrow::Result<int64_t> Tell() const override { return position; }

  /// Flushes the file to the disk.
  arrow::Status sync() override;

  /// Closes and deletes it, unless it was closed successfully before. Deletes only a regular file that `path` still
  /// leads to: never `/dev/stdout`, never a file that someone moved into its place.
  void discard() noexcept override;

private:
  LocalOutput(std::string path, int descriptor) : path(std::move(path)), descriptor(descriptor) {}

  const std::string path;
  int descriptor;
  int64_t position = 0;
  bool isDisposable = false; // a regular file that was not closed successfully
  dev_t device = 0;
  ino_t node = 0;
};

} // namespace penstock

#endif // PENSTOCK_LOCAL_OUTPUT_H
