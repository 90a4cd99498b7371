// An Arrow memory pool that counts what one reader or writer holds, and refuses to go past a limit.

#ifndef PENSTOCK_MEMORY_BUDGET_H
#define PENSTOCK_MEMORY_BUDGET_H

#include <arrow/memory_pool.h>

#include <atomic>
#include <memory>
#include <string>

namespace penstock {

/// Arrow buffers keep a bare pointer to the pool that they came from, and an array that was handed out may outlive its
/// reader. So the budget counts its buffers and frees itself when its owners and all of them are gone.
class MemoryBudget final : public arrow::MemoryPool {
public:
  struct Owner {
    void operator()(MemoryBudget *budget) const { budget->drop(); }
  };
  using Handle = std::unique_ptr<MemoryBudget, Owner>;

  /// `limit` in bytes; 0: none.
  static Handle create(int64_t limit) { return Handle(new MemoryBudget(limit)); }

  /// One more owner.
  Handle share() {
    ++holders;
    return Handle(this);
  }

  using MemoryPool::Allocate;
  using MemoryPool::Free;
  using MemoryPool::Reallocate;

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t **out) override;
  arrow::Status Reallocate(int64_t oldSize, int64_t newSize, int64_t alignment, uint8_t **pointer) override;
  void Free(uint8_t *buffer, int64_t size, int64_t alignment) override;

  int64_t bytes_allocated() const override { return held.load(std::memory_order_relaxed); }
  int64_t max_memory() const override { return peak.load(std::memory_order_relaxed); }
  int64_t total_bytes_allocated() const override { return total.load(std::memory_order_relaxed); }
  int64_t num_allocations() const override { return allocations.load(std::memory_order_relaxed); }
  std::string backend_name() const override { return wrapped->backend_name(); }

  /// Whether `size` more bytes fit now; a statement about a file's own claims, before anything is allocated.
  arrow::Status admits(int64_t size, const std::string &what) const;

private:
  explicit MemoryBudget(int64_t limit) : limit(limit), wrapped(arrow::default_memory_pool()) {}

  arrow::Status take(int64_t size);
  void drop();

  const int64_t limit;
  arrow::MemoryPool *const wrapped;
  std::atomic<int64_t> holders{1}; // the owners and each live buffer
  std::atomic<int64_t> held{0}, peak{0}, total{0}, allocations{0};
};

} // namespace penstock

#endif // PENSTOCK_MEMORY_BUDGET_H
