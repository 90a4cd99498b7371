#ifndef PENSTOCK_LOCAL_INPUT_H
#define PENSTOCK_LOCAL_INPUT_H

#include <arrow/io/file.h>
#include <arrow/result.h>

#include <memory>
#include <string>

namespace penstock {

/// Opens a regular file; anything else (a folder, a pipe that would wait for a writer, a device) is UNSUPPORTED.
arrow::Result<std::shared_ptr<arrow::io::ReadableFile>> openLocalInput(const std::string &path,
                                                                       arrow::MemoryPool *pool);

} // namespace penstock

#endif // PENSTOCK_LOCAL_INPUT_H
