// Files anywhere, through Arrow's file systems: this machine, S3 and its kin, Google Cloud Storage, Azure.
//
// The rules of CPenstockArrow.h hold here too, with two differences: a `penstock_file_system` is used by any number of
// threads at once, and a listing reads ahead on threads of Arrow's own.
//
// Locations and their options are those of pyarrow's `FileSystem.from_uri`, percent-encoded as URIs are:
//   s3://bucket/key            keys from the environment, the profile or the machine's role, as AWS's tools find them
//   s3://KEY:SECRET@bucket/key s3://anonymous@bucket/key
//     ?region=…                without it the bucket is asked (or, beside endpoint_override, AWS's search decides)
//     &endpoint_override=host:port&scheme=http   another server that speaks S3
//     &tls_ca_file_path=… &tls_verify_certificates=… &allow_bucket_creation=… and so on
//   gs://bucket/key            gs://anonymous@bucket/key, ?endpoint_override=…&scheme=…&retry_limit_seconds=…
//   abfs://container@account.dfs.core.windows.net/path, abfs://account/…, as Arrow's AzureOptions::FromUri has them
//   file:///absolute/path      and a plain local path
// A path within a file system is not encoded: "bucket/a key" for S3, "/a path" for local files. S3's library is loaded
// by the first `s3://` location, so nothing else pays for it.

#ifndef PENSTOCK_ARROW_FILES_H
#define PENSTOCK_ARROW_FILES_H

#include "CPenstockArrow.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct penstock_file_system penstock_file_system;

/// Set by `penstock_file_system_options_init`, then changed field by field. S3 follows them all; of the others Google's
/// follows `attempts`, in that 1 means no retry, and local files have no use for them.
typedef struct penstock_file_system_options {
  /// Most tries of one request, the first included, while its error is a passing one. Default 5; 1: the caller retries.
  int32_t attempts;
  /// Pause before the n-th retry: a random time below min(retry_cap, retry_base * 2^(n-1)), in milliseconds.
  int32_t retry_base_milliseconds; // default 100
  int32_t retry_cap_milliseconds;  // default 10,000
  double connect_timeout_seconds;  // default 5
  double request_timeout_seconds;  // default 30: no byte came or went for so long
} penstock_file_system_options;

void penstock_file_system_options_init(penstock_file_system_options *_Nonnull options);

/// Opens the file system that `location` is in. Connections are shared: in one process all handles of the same store,
/// keys and options use the same clients, so opening again costs next to nothing. Without a region, and without
/// `endpoint_override`, S3 is asked once for the bucket's; otherwise nothing is sent.
///
/// `path` gets the path inside the file system, with its terminator; `strlen(location) + 1` bytes always suffice.
/// PENSTOCK_ARROW_UNSUPPORTED for an unknown scheme or an option that the scheme does not have.
/// +1 `*files`: the caller destroys it. NULL on failure.
int penstock_file_system_open(const char *_Nonnull location, const penstock_file_system_options *_Nullable options,
                              penstock_file_system *_Nullable *_Nonnull files, char *_Nonnull path, size_t path_size,
                              char *_Nonnull error, size_t error_size);

void penstock_file_system_destroy(penstock_file_system *_Nullable files);

/// Whether the files are objects in a store: whole when they appear, never renamed, folders only by name.
bool penstock_file_system_is_object_store(const penstock_file_system *_Nonnull files);

/// Requests that were tried again so far, by this and all handles that share its clients. Counted for S3 only.
int64_t penstock_file_system_retries(const penstock_file_system *_Nonnull files);

enum penstock_file_kind { PENSTOCK_FILE_NONE = 0, PENSTOCK_FILE_REGULAR = 1, PENSTOCK_FILE_DIRECTORY = 2 };

typedef struct penstock_file_entry {
  const char *_Nullable path; // within the file system, ends with NUL; NULL from `penstock_file_system_info`
  size_t path_size;           // in bytes
  int64_t size;               // in bytes; -1: unknown, or a directory
  int64_t modified;           // nanoseconds since 1970; -1: unknown
  enum penstock_file_kind kind;
} penstock_file_entry;

/// What is at `path`. Nothing there is a success with kind PENSTOCK_FILE_NONE. In an object store a directory is any
/// prefix that objects have.
int penstock_file_system_info(const penstock_file_system *_Nonnull files, const char *_Nonnull path,
                              penstock_file_entry *_Nonnull info, char *_Nonnull error, size_t error_size);

// ---- Listing
// ---------------------------------------------------------------------------------------------------------

typedef struct penstock_file_listing penstock_file_listing;

/// Begins to list a directory or prefix, in no promised order. S3 and local folders stream: the first entries are there
/// before the last are asked for. Google's and Azure's come in one piece (Arrow 26). A listing runs ahead of its caller
/// as fast as the store answers, so its memory can grow to the whole listing, of some 200 bytes an entry.
///
/// Passing errors are retried per request, where the listing stands; nothing is delivered twice.
/// +1 `*listing`: the caller destroys it, also before its end. NULL on failure. It may outlive `files`.
int penstock_file_listing_create(const penstock_file_system *_Nonnull files, const char *_Nonnull path, bool recursive,
                                 penstock_file_listing *_Nullable *_Nonnull listing, char *_Nonnull error,
                                 size_t error_size);

/// Waits for the next entries. They are borrowed until the next call on the listing. At the end `*count` is 0.
/// PENSTOCK_ARROW_NOT_FOUND if there is no such directory. After a failure the listing is over.
int penstock_file_listing_next(penstock_file_listing *_Nonnull listing,
                               const penstock_file_entry *_Nullable *_Nonnull entries, size_t *_Nonnull count,
                               char *_Nonnull error, size_t error_size);

void penstock_file_listing_destroy(penstock_file_listing *_Nullable listing);

// ---- Reading
// ---------------------------------------------------------------------------------------------------------

/// Reads bytes `offset` … `offset + size - 1` of a file of `file_size` bytes into `buffer`, in one request. If fewer
/// come, the status is PENSTOCK_ARROW_PASSING and the buffer's content is undefined. `file_size` comes from a listing or
/// from `info`; -1: the store is asked first, a second request. A range beyond `file_size` is PENSTOCK_ARROW_MISUSE.
int penstock_file_system_read(const penstock_file_system *_Nonnull files, const char *_Nonnull path, int64_t file_size,
                              int64_t offset, uint8_t *_Nonnull buffer, size_t size, char *_Nonnull error,
                              size_t error_size);

// ---- Writing
// ---------------------------------------------------------------------------------------------------------

typedef struct penstock_file_output penstock_file_output;

/// Begins to write a file. Nothing is visible under `path` before `close` succeeds; then all of it is, in place of what
/// was there. (Azure's client makes an empty blob first.) Locally the bytes wait in a hidden file beside it. What is
/// below 10 MiB goes to S3 in one request, at `close`; the rest in parts, each sent by the caller's thread.
///
/// +1 `*output`: the caller destroys it. NULL on failure. PENSTOCK_ARROW_NOT_FOUND if the bucket or folder is missing.
int penstock_file_output_create(const penstock_file_system *_Nonnull files, const char *_Nonnull path,
                                penstock_file_output *_Nullable *_Nonnull output, char *_Nonnull error,
                                size_t error_size);

/// Appends bytes; they are copied or sent before the call returns. After a failure the output can only be aborted.
int penstock_file_output_write(penstock_file_output *_Nonnull output, const uint8_t *_Nonnull bytes, size_t size,
                               char *_Nonnull error, size_t error_size);

/// Makes the file visible; a local one is flushed to the disk (fsync) before. On failure it is as `abort` leaves it.
int penstock_file_output_close(penstock_file_output *_Nonnull output, char *_Nonnull error, size_t error_size);

/// Drops what was written, parts in the store included. No effect after close or abort.
void penstock_file_output_abort(penstock_file_output *_Nonnull output);

/// Aborts if it is not closed, then frees the handle.
void penstock_file_output_destroy(penstock_file_output *_Nullable output);

// ---- Changing
// ---------------------------------------------------------------------------------------------------------

/// Deletes a file. PENSTOCK_ARROW_NOT_FOUND if there is none. (In S3 an empty `folder/` object may be left in the place
/// of the last file of a folder; listings show it as a directory.)
int penstock_file_system_delete_file(const penstock_file_system *_Nonnull files, const char *_Nonnull path,
                                     char *_Nonnull error, size_t error_size);

/// Deletes all that is in a directory, recursively, but not itself; a missing one is fine. An empty path, which would be
/// all of a store, is PENSTOCK_ARROW_MISUSE.
int penstock_file_system_delete_directory_contents(const penstock_file_system *_Nonnull files,
                                                   const char *_Nonnull path, char *_Nonnull error, size_t error_size);

/// Makes a directory and those above it. Not needed in an object store, where S3's is an empty `folder/` object.
int penstock_file_system_create_directory(const penstock_file_system *_Nonnull files, const char *_Nonnull path,
                                          char *_Nonnull error, size_t error_size);

/// Renames a file, in one step: readers see the old state or the new one. PENSTOCK_ARROW_UNSUPPORTED in stores that
/// could only copy and then delete, which is all but local files.
int penstock_file_system_move(const penstock_file_system *_Nonnull files, const char *_Nonnull from,
                              const char *_Nonnull to, char *_Nonnull error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif // PENSTOCK_ARROW_FILES_H
