// A file being read at any place, here or in a remote store.

#ifndef PENSTOCK_FILE_INPUT_H
#define PENSTOCK_FILE_INPUT_H

#include "../Support/MemoryBudget.h"
#include "FileSystems.h"

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <string>

namespace penstock {

/// An object of a remote store: memory comes from the budget, and a range that comes short is an error. Arrow's own
/// takes what comes, and reads into memory that nobody counts.
class RemoteInput final : public arrow::io::RandomAccessFile {
public:
  /// `size`: bytes of the object, or -1 if it is not known.
  static arrow::Result<std::shared_ptr<RemoteInput>> open(const Place &place, int64_t size, MemoryBudget *budget);
  ~RemoteInput() override;

  arrow::Result<int64_t> GetSize() override { return size; }
  arrow::Result<int64_t> ReadAt(int64_t offset, int64_t count, void *out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t offset, int64_t count) override;
  arrow::Result<int64_t> Read(int64_t count, void *out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override;
  arrow::Status Seek(int64_t offset) override;
  arrow::Result<int64_t> Tell() const override { return position; }
  arrow::Status Close() override;
  bool closed() const override { return file == nullptr; }

private:
  enum class Outcome { whole, cutShort, masked };
  arrow::Result<Outcome> attempt(int64_t offset, int64_t count, uint8_t *out);
  arrow::Status lateReason();

  RemoteInput(std::shared_ptr<FileStore> store, std::string path, std::shared_ptr<arrow::io::RandomAccessFile> file,
              int64_t size, MemoryBudget *budget)
      : store(std::move(store)), path(std::move(path)), file(std::move(file)), size(size),
        budget(budget == nullptr ? nullptr : budget->share()) {}

  const std::shared_ptr<FileStore> store;
  const std::string path;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  const int64_t size;
  const MemoryBudget::Handle budget;
  int64_t position = 0;
};

/// A table's file: a regular local file, or a remote object.
arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> openFileInput(const std::string &location,
                                                                          MemoryBudget *budget);

} // namespace penstock

#endif // PENSTOCK_FILE_INPUT_H
