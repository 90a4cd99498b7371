#include "MemoryBudget.h"
#include "Status.h"

namespace penstock {

arrow::Status MemoryBudget::Allocate(int64_t size, int64_t alignment, uint8_t **out) {
  ARROW_RETURN_NOT_OK(take(size));
  if (auto status = wrapped->Allocate(size, alignment, out); !status.ok()) {
    held -= size;
    return status;
  }
  ++holders;
  return arrow::Status::OK();
}

arrow::Status MemoryBudget::Reallocate(int64_t oldSize, int64_t newSize, int64_t alignment, uint8_t **pointer) {
  ARROW_RETURN_NOT_OK(take(newSize - oldSize));
  auto status = wrapped->Reallocate(oldSize, newSize, alignment, pointer);
  if (!status.ok())
    held -= newSize - oldSize;
  return status;
}

void MemoryBudget::Free(uint8_t *buffer, int64_t size, int64_t alignment) {
  wrapped->Free(buffer, size, alignment);
  held -= size;
  drop();
}

arrow::Status MemoryBudget::admits(int64_t size, const std::string &what) const {
  if (limit == 0 || size <= limit - held.load())
    return arrow::Status::OK();
  return failure(PENSTOCK_ARROW_LIMIT, what + " needs " + std::to_string(size) + " bytes; the memory limit is " +
                                           std::to_string(limit) + ", of which " + std::to_string(held.load()) +
                                           " are in use");
}

arrow::Status MemoryBudget::take(int64_t size) {
  const int64_t now = held.fetch_add(size) + size;
  if (size > 0 && limit != 0 && now > limit) {
    held -= size;
    return failure(PENSTOCK_ARROW_LIMIT, "memory limit of " + std::to_string(limit) +
                                             " bytes: " + std::to_string(now - size) + " are in use and " +
                                             std::to_string(size) + " more are needed");
  }
  if (size > 0) {
    total += size;
    ++allocations;
  }
  for (int64_t seen = peak; now > seen && !peak.compare_exchange_weak(seen, now);) {
  }
  return arrow::Status::OK();
}

void MemoryBudget::drop() {
  if (--holders == 0)
    delete this;
}

} // namespace penstock
