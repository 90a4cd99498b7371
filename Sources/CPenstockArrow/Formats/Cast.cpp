#include "Cast.h"

#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>

namespace penstock {

arrow::Result<std::shared_ptr<arrow::Array>>
castOnThisThread(const arrow::Array &array, const std::shared_ptr<arrow::DataType> &type, arrow::MemoryPool *pool) {
  arrow::compute::ExecContext context(pool);
  context.set_use_threads(false);
  return arrow::compute::Cast(array, type, arrow::compute::CastOptions::Safe(), &context);
}

} // namespace penstock
