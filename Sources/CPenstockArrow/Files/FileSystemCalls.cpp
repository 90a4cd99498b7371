#include "FileErrors.h"
#include "FileHandle.h"
#include "FileInput.h"
#include "LocalInput.h"
#include "Location.h"

#include <arrow/filesystem/localfs.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

using namespace penstock;

namespace {

Call calling(const char *verb, const char *path, char *error, size_t errorSize) {
  return {verb, path, error, errorSize};
}

arrow::Status readLocal(const std::string &path, int64_t offset, uint8_t *buffer, int64_t size) {
  ARROW_ASSIGN_OR_RAISE(const auto file, openLocalInput(path, arrow::default_memory_pool()));
  ARROW_ASSIGN_OR_RAISE(const int64_t read, classified(file->ReadAt(offset, size, buffer)));
  if (read == size)
    return arrow::Status::OK();
  return failure(PENSTOCK_ARROW_PASSING, std::to_string(read) + " of " + std::to_string(size) +
                                             " bytes are there; the file became shorter");
}

arrow::Status renameLocal(const char *from, const char *to) {
  return std::rename(from, to) == 0 ? arrow::Status::OK() : systemFailure(errno);
}

} // namespace

void penstock_file_system_options_init(penstock_file_system_options *options) { *options = defaultFileSystemOptions(); }

int penstock_file_system_open(const char *location, const penstock_file_system_options *options,
                              penstock_file_system **files, char *path, size_t path_size, char *error,
                              size_t error_size) {
  *files = nullptr;
  return guardedFor("open", location, error, error_size, [&] {
    ARROW_ASSIGN_OR_RAISE(auto place,
                          openPlace(location, options == nullptr ? defaultFileSystemOptions() : *options));
    if (place.path.size() >= path_size)
      return failure(PENSTOCK_ARROW_MISUSE, "the path needs " + std::to_string(place.path.size() + 1) + " bytes");
    auto made = std::make_unique<penstock_file_system>(penstock_file_system{std::move(place.store)});
    std::memcpy(path, place.path.c_str(), place.path.size() + 1);
    *files = made.release(); // +1: the caller destroys it
    return arrow::Status::OK();
  });
}

void penstock_file_system_destroy(penstock_file_system *files) { delete files; }

bool penstock_file_system_is_object_store(const penstock_file_system *files) { return !files->store->isLocal; }

int64_t penstock_file_system_retries(const penstock_file_system *files) { return files->store->retries->load(); }

int penstock_file_system_info(const penstock_file_system *files, const char *path, penstock_file_entry *info,
                              char *error, size_t error_size) {
  return guarded(calling("look at", path, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(StoreCall::allowed());
    const StoreCall call;
    ARROW_ASSIGN_OR_RAISE(const auto found, classified(files->store->files->GetFileInfo(trimmed(path))));
    *info = entryOf(found);
    info->path = nullptr;
    info->path_size = 0;
    return arrow::Status::OK();
  });
}

int penstock_file_system_read(const penstock_file_system *files, const char *path, int64_t file_size, int64_t offset,
                              uint8_t *buffer, size_t size, char *error, size_t error_size) {
  return guarded(calling("read", path, error, error_size), [&] {
    const auto count = static_cast<int64_t>(size);
    if (count < 0 || offset < 0 || (file_size >= 0 && (offset > file_size || count > file_size - offset)))
      return failure(PENSTOCK_ARROW_MISUSE, std::to_string(size) + " bytes at " + std::to_string(offset) +
                                                " of a file of " + std::to_string(file_size));
    if (files->store->isLocal)
      return readLocal(path, offset, buffer, count);
    ARROW_ASSIGN_OR_RAISE(const auto file, RemoteInput::open({files->store, path}, file_size, nullptr));
    ARROW_ASSIGN_OR_RAISE(const int64_t there, file->GetSize());
    if (offset > there || count > there - offset)
      return failure(PENSTOCK_ARROW_MISUSE, std::to_string(size) + " bytes at " + std::to_string(offset) +
                                                " of a file of " + std::to_string(there));
    return count == 0 ? arrow::Status::OK() : file->ReadAt(offset, count, buffer).status();
  });
}

int penstock_file_system_delete_file(const penstock_file_system *files, const char *path, char *error,
                                     size_t error_size) {
  return guarded(calling("delete", path, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(StoreCall::allowed());
    const StoreCall call;
    return classified(files->store->files->DeleteFile(path));
  });
}

int penstock_file_system_delete_directory_contents(const penstock_file_system *files, const char *path, char *error,
                                                   size_t error_size) {
  return guarded(calling("empty", path, error, error_size), [&] {
    const std::string directory = trimmed(path);
    if (directory.empty() || directory == "/")
      return failure(PENSTOCK_ARROW_MISUSE, "that would be everything there is");
    ARROW_RETURN_NOT_OK(StoreCall::allowed());
    const StoreCall call;
    return classified(files->store->files->DeleteDirContents(directory, /*missing_dir_ok=*/true));
  });
}

int penstock_file_system_create_directory(const penstock_file_system *files, const char *path, char *error,
                                          size_t error_size) {
  return guarded(calling("make the folder", path, error, error_size), [&] {
    ARROW_RETURN_NOT_OK(StoreCall::allowed());
    const StoreCall call;
    return classified(files->store->files->CreateDir(trimmed(path), /*recursive=*/true));
  });
}

int penstock_file_system_move(const penstock_file_system *files, const char *from, const char *to, char *error,
                              size_t error_size) {
  return guarded(calling("move", from, error, error_size), [&] {
    if (files->store->isLocal)
      return renameLocal(from, to);
    return failure(PENSTOCK_ARROW_UNSUPPORTED, "an object store does not rename; write the object under its last name");
  });
}
