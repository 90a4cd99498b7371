// What a handle of the file ABI holds.

#ifndef PENSTOCK_FILE_HANDLE_H
#define PENSTOCK_FILE_HANDLE_H

#include "../Support/Status.h"
#include "FileSystems.h"

struct penstock_file_system {
  std::shared_ptr<penstock::FileStore> store;
};

namespace penstock {

/// Borrows the path of `info`.
penstock_file_entry entryOf(const arrow::fs::FileInfo &info);

} // namespace penstock

#endif // PENSTOCK_FILE_HANDLE_H
