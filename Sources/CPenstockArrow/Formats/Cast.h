#ifndef PENSTOCK_CAST_H
#define PENSTOCK_CAST_H

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>

namespace penstock {

/// Arrow's cast without Arrow's threads: an error where a value has no equal in `type`.
arrow::Result<std::shared_ptr<arrow::Array>>
castOnThisThread(const arrow::Array &array, const std::shared_ptr<arrow::DataType> &type, arrow::MemoryPool *pool);

} // namespace penstock

#endif // PENSTOCK_CAST_H
