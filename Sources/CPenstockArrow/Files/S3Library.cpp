#include "S3Library.h"
#include "../Support/Status.h"
#include "FileErrors.h"

#include <arrow/filesystem/s3fs.h>
#include <arrow/util/config.h>
#include <arrow/util/thread_pool.h>

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>

namespace penstock {

namespace {

#ifdef __APPLE__
constexpr const char *libraryName = "libarrow_s3." ARROW_SO_VERSION ".dylib";
#else
constexpr const char *libraryName = "libarrow_s3.so." ARROW_SO_VERSION;
#endif

/// How long the end of the process waits for calls that are inside the library.
constexpr auto patienceAtExit = std::chrono::seconds(2);

/// Who is inside the library, and whether anybody may still enter. Never destroyed: threads may outlive `main`.
struct Gate {
  std::mutex mutex;
  std::condition_variable left, ending;
  int64_t inside = 0;
  std::atomic<bool> isEnding{false};

  static Gate &shared() {
    static Gate *const gate = new Gate;
    return *gate;
  }

  void enter() {
    const std::lock_guard lock(mutex);
    ++inside;
  }

  void leave() {
    const std::lock_guard lock(mutex);
    if (--inside == 0)
      left.notify_all();
  }

  /// Whether everybody left in time.
  bool close() {
    std::unique_lock lock(mutex);
    isEnding = true;
    ending.notify_all();
    return left.wait_for(lock, patienceAtExit, [this] { return inside == 0; });
  }

  /// Waits; false as soon as the process begins to end.
  bool pause(int64_t milliseconds) {
    std::unique_lock lock(mutex);
    return !ending.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return isEnding.load(); });
  }
};

/// Full jitter: a random pause below a bound that doubles, so that many workers do not come back together.
/// Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
int64_t pauseBeforeRetry(const penstock_file_system_options &options, int64_t retried) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int64_t doubled = int64_t{options.retry_base_milliseconds} << std::min<int64_t>(retried, 30);
  const int64_t bound = std::min<int64_t>(options.retry_cap_milliseconds, doubled);
  return std::uniform_int_distribution<int64_t>(0, bound)(random);
}

class JitteredRetries final : public arrow::fs::S3RetryStrategy {
public:
  JitteredRetries(const penstock_file_system_options &options, RetryCount count)
      : options(options), count(std::move(count)) {}

  bool ShouldRetry(const AWSErrorDetail &error, int64_t retried) override {
    if (!error.should_retry || retried + 1 >= options.attempts || Gate::shared().isEnding)
      return false;
    ++*count;
    return true;
  }

  int64_t CalculateDelayBeforeNextRetry(const AWSErrorDetail &, int64_t retried) override {
    return pauseBeforeRetry(options, retried);
  }

private:
  const penstock_file_system_options options;
  const RetryCount count;
};

/// Arrow's own threads, and a promise of as many callers as there may be readers.
///
/// An S3 client has as many connections as the threads of its context, 25 at least: readers beyond them would wait for each other,
/// unseen. It opens one only when a caller finds none free. Source: `ClientBuilder` of Arrow's s3fs.cc.
class ManyCallers final : public arrow::internal::Executor {
public:
  explicit ManyCallers(arrow::internal::Executor *threads) : threads(threads) {}

  int GetCapacity() override { return mostReaders; }
  bool OwnsThisThread() override { return threads->OwnsThisThread(); }
  bool IsCurrentExecutor() override { return threads->IsCurrentExecutor(); }
  void KeepAlive(std::shared_ptr<Resource> resource) override { threads->KeepAlive(std::move(resource)); }

protected:
  arrow::Status SpawnReal(arrow::internal::TaskHints hints, arrow::internal::FnOnce<void()> task, arrow::StopToken stop,
                          StopCallback &&stopped) override {
    return threads->Spawn(hints, std::move(task), std::move(stop), std::move(stopped));
  }

private:
  static constexpr int mostReaders = 1024;
  arrow::internal::Executor *const threads;
};

/// Never destroyed, as the threads behind it are not.
const arrow::io::IOContext &manyCallers() {
  static const auto *const context =
      new arrow::io::IOContext(new ManyCallers(arrow::io::default_io_context().executor()));
  return *context;
}

/// Functions of the library. Their names have no type of the C++ library in them, so they are the same on all systems.
struct S3Functions {
  arrow::fs::S3Options (*options)(const arrow::fs::S3FileSystem *); // a member function, called as the ABI does it
  arrow::Result<std::shared_ptr<arrow::fs::S3FileSystem>> (*make)(const arrow::fs::S3Options &,
                                                                  const arrow::io::IOContext &);
  arrow::Status (*finalize)();

  arrow::Status find(void *library) {
    options = reinterpret_cast<decltype(options)>(dlsym(library, "_ZNK5arrow2fs12S3FileSystem7optionsEv"));
    make = reinterpret_cast<decltype(make)>(
        dlsym(library, "_ZN5arrow2fs12S3FileSystem4MakeERKNS0_9S3OptionsERKNS_2io9IOContextE"));
    finalize = reinterpret_cast<decltype(finalize)>(dlsym(library, "_ZN5arrow2fs17EnsureS3FinalizedEv"));
    if (options != nullptr && make != nullptr && finalize != nullptr)
      return arrow::Status::OK();
    return failure(PENSTOCK_ARROW_UNSUPPORTED,
                   std::string(libraryName) + " lacks functions that version " ARROW_VERSION_STRING " has");
  }
};

S3Functions functions;

#ifdef __linux__
/// The status is known here, so a process with a thread in the library can leave without the clean-up that would crash.
void shutDown(int status, void *) {
  if (Gate::shared().close()) {
    (void)functions.finalize();
    return;
  }
  std::fflush(nullptr);
  _exit(status);
}
#else
void shutDown() {
  Gate::shared().close();
  (void)functions.finalize();
}
#endif

arrow::Status load() {
  // Arrow opens it, beside its own library. Ours would be looked for beside the program.
  const auto loaded = arrow::fs::LoadFileSystemFactories(libraryName);
  if (!loaded.ok())
    return failure(PENSTOCK_ARROW_UNSUPPORTED,
                   std::string("s3:// needs ") + libraryName + " beside libarrow: " + loaded.message());
  void *const library = dlopen(libraryName, RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr)
    return failure(PENSTOCK_ARROW_UNSUPPORTED, std::string(libraryName) + " is loaded but cannot be reached");
  ARROW_RETURN_NOT_OK(functions.find(library));
  return arrow::Status::OK();
}

/// Makes S3 ready, and registers what shuts it down.
///
/// A handler that is registered later than the library's own runs before them. The library registers that of its list of
/// clients with the first client, which a location that it refuses does not make; so one is made here, which asks nobody.
arrow::Status initialize() {
  ARROW_RETURN_NOT_OK(arrow::fs::FileSystemFromUri("s3://key:secret@bucket?region=us-east-1"));
#ifdef __linux__
  const int registered = on_exit(shutDown, nullptr);
#else
  const int registered = std::atexit(shutDown);
#endif
  return registered == 0 ? arrow::Status::OK() : failure(PENSTOCK_ARROW_INTERNAL, "no room for an exit handler");
}

} // namespace

arrow::Result<std::shared_ptr<arrow::fs::FileSystem>>
openS3(const std::string &location, const penstock_file_system_options &options, const RetryCount &retries) {
  static const arrow::Status loaded = load();
  ARROW_RETURN_NOT_OK(loaded);
  ARROW_RETURN_NOT_OK(StoreCall::allowed());
  const StoreCall call;
  static const arrow::Status ready = initialize();
  ARROW_RETURN_NOT_OK(ready);
  // Arrow reads the URI; then the same with what no URI can say. A client that was not used costs nothing.
  ARROW_ASSIGN_OR_RAISE(const auto plain, classified(arrow::fs::FileSystemFromUri(location)));
  auto wanted = functions.options(static_cast<const arrow::fs::S3FileSystem *>(plain.get()));
  wanted.connect_timeout = options.connect_timeout_seconds;
  wanted.request_timeout = options.request_timeout_seconds;
  wanted.retry_strategy = std::make_shared<JitteredRetries>(options, retries);
  wanted.background_writes = false; // parts would queue without bound, and errors come later than their write
  wanted.allow_delayed_open = true; // a small object is one request, and one that is aborted is none
  ARROW_ASSIGN_OR_RAISE(auto files, classified(functions.make(wanted, manyCallers())));
  return files;
}

bool StoreRetries::again(const arrow::Status &status) {
  if (codeOf(status) != PENSTOCK_ARROW_PASSING || tried >= options.attempts)
    return false;
  ++*count;
  return Gate::shared().pause(pauseBeforeRetry(options, tried++ - 1));
}

StoreUse::StoreUse() { Gate::shared().enter(); }
StoreUse::~StoreUse() { Gate::shared().leave(); }

arrow::Status StoreCall::allowed() {
  return Gate::shared().isEnding ? failure(PENSTOCK_ARROW_CANCELLED, "the process is ending") : arrow::Status::OK();
}

#ifdef __linux__
StoreCall::StoreCall() {
  Gate::shared().enter();
  sigset_t pipe, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&pending);
  wasPending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
}

StoreCall::~StoreCall() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  const timespec now = {0, 0};
  while (!wasPending && sigismember(&before, SIGPIPE) == 0 && sigtimedwait(&pipe, nullptr, &now) == SIGPIPE) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  Gate::shared().leave();
}
#else
StoreCall::StoreCall() { Gate::shared().enter(); } // elsewhere sockets are told not to raise the signal
StoreCall::~StoreCall() { Gate::shared().leave(); }
#endif

} // namespace penstock
