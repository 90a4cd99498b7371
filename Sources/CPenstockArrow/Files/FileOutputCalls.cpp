#include "FileErrors.h"
#include "FileHandle.h"
#include "FileOutput.h"
#include "LocalOutput.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

using namespace penstock;

struct penstock_file_output {
  enum class State { open, broken, ended };

  const std::string path;
  std::string hidden; // where a local file's bytes wait; empty for a remote one
  std::shared_ptr<FileOutput> file;
  State state = State::open;

  ~penstock_file_output() { abort(); }

  void abort() noexcept {
    if (state == State::ended)
      return;
    state = State::ended;
    if (file)
      file->discard();
  }

  arrow::Status requireOpen() const {
    if (state == State::open)
      return arrow::Status::OK();
    return failure(PENSTOCK_ARROW_MISUSE, state == State::ended ? "the file is closed or aborted"
                                                                : "an earlier write went wrong; abort the file");
  }

  arrow::Status open(const std::shared_ptr<FileStore> &store) {
    if (!store->isLocal)
      return RemoteOutput::create({store, path}).Value(&file);
    hidden = hiddenName();
    ARROW_ASSIGN_OR_RAISE(file, LocalOutput::create(hidden));
    return arrow::Status::OK();
  }

  arrow::Status close() {
    ARROW_RETURN_NOT_OK(file->sync());
    ARROW_RETURN_NOT_OK(file->Close());
    if (hidden.empty() || std::rename(hidden.c_str(), path.c_str()) == 0)
      return arrow::Status::OK();
    const auto status = systemFailure(errno);
    unlink(hidden.c_str());
    return status;
  }

private:
  /// A name beside the file that no other output of this machine has, now or after a crash that left it behind.
  std::string hiddenName() const {
    static std::atomic<int64_t> count{0};
    const size_t slash = path.rfind('/');
    const size_t name = slash == std::string::npos ? 0 : slash + 1;
    return path.substr(0, name) + "." + path.substr(name) + "." + std::to_string(getpid()) + "-" +
           std::to_string(++count) + ".tmp";
  }
};

int penstock_file_output_create(const penstock_file_system *files, const char *path, penstock_file_output **output,
                                char *error, size_t error_size) {
  *output = nullptr;
  return guarded({"write", path, error, error_size}, [&] {
    auto made = std::unique_ptr<penstock_file_output>(new penstock_file_output{path});
    ARROW_RETURN_NOT_OK(made->open(files->store));
    *output = made.release(); // +1: the caller destroys it
    return arrow::Status::OK();
  });
}

int penstock_file_output_write(penstock_file_output *output, const uint8_t *bytes, size_t size, char *error,
                               size_t error_size) {
  return guarded({"write", output->path.c_str(), error, error_size}, [&] {
    ARROW_RETURN_NOT_OK(output->requireOpen());
    output->state = penstock_file_output::State::broken; // unless this succeeds, a part of the bytes may be written
    ARROW_RETURN_NOT_OK(output->file->Write(bytes, static_cast<int64_t>(size)));
    output->state = penstock_file_output::State::open;
    return arrow::Status::OK();
  });
}

int penstock_file_output_close(penstock_file_output *output, char *error, size_t error_size) {
  const int status = guarded({"write", output->path.c_str(), error, error_size}, [&] {
    ARROW_RETURN_NOT_OK(output->requireOpen());
    ARROW_RETURN_NOT_OK(output->close());
    output->state = penstock_file_output::State::ended;
    return arrow::Status::OK();
  });
  output->abort(); // after success it is closed and stays
  return status;
}

void penstock_file_output_abort(penstock_file_output *output) { output->abort(); }

void penstock_file_output_destroy(penstock_file_output *output) { delete output; }
