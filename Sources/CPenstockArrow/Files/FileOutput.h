// A file being written, here or in a remote store: whole when it is closed, gone when it is discarded.

#ifndef PENSTOCK_FILE_OUTPUT_H
#define PENSTOCK_FILE_OUTPUT_H

#include "FileSystems.h"

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <string>

namespace penstock {

class FileOutput : public arrow::io::OutputStream {
public:
  /// Makes it as lasting as the place can, before it is closed.
  virtual arrow::Status sync() { return arrow::Status::OK(); }

  /// Closes and drops it, unless it was closed successfully before.
  virtual void discard() noexcept = 0;
};

/// An object of a remote store.
class RemoteOutput final : public FileOutput {
public:
  static arrow::Result<std::shared_ptr<FileOutput>> create(const Place &place);
  ~RemoteOutput() override;

  arrow::Status Write(const void *data, int64_t size) override;
  using OutputStream::Write;
  arrow::Status Close() override;
  bool closed() const override { return stream == nullptr; }
  arrow::Result<int64_t> Tell() const override { return position; }
  void discard() noexcept override;

private:
  RemoteOutput(std::shared_ptr<FileStore> store, std::shared_ptr<arrow::io::OutputStream> stream)
      : store(std::move(store)), stream(std::move(stream)) {}

  const std::shared_ptr<FileStore> store;
  std::shared_ptr<arrow::io::OutputStream> stream; // null: closed or discarded
  int64_t position = 0;
  bool isBroken = false; // a part is missing: closing would make a shorter object of the rest
};

/// A local file or remote object at a table's location.
arrow::Result<std::shared_ptr<FileOutput>> createFileOutput(const std::string &location);

} // namespace penstock

#endif // PENSTOCK_FILE_OUTPUT_H
