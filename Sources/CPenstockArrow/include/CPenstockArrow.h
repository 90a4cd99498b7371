// Tables in files, through Arrow C++: writing and reading Parquet, CSV, JSON lines and Arrow IPC.
//
// Tables cross this line as Arrow C Data structures only. A batch of rows is an `ArrowArray` of format "+s" (a struct
// array without nulls of its own) with one child per column; its schema is the `ArrowSchema` of that struct.
//
// Rules that hold for every function here:
// - A returned `int` is a `penstock_arrow_status`, 0 being success. On failure `error` holds one line of UTF-8 that
// names
//   the file and the cause, cut to `error_size` bytes with its terminator; on success it is left alone.
// - Strings that are passed in are borrowed until the call returns.
// - A handle is used by one thread at a time; different handles are independent. Calls block while they read or write.
// - Encoding, decoding and file access run on the caller's thread. (Arrow's allocator has one idle thread, and reading
// IPC
//   may start one of Arrow's own to wait for the disk.)
// - A location is a local path, taken byte for byte (spaces, quotes, `%`, `#` mean themselves), unless it begins with
//   `scheme://`: PenstockArrowFiles.h has the schemes and their options. A relative path that looks like one is written
//   `./scheme://…`. Keys in a location never get into `error`.

#ifndef CPENSTOCK_ARROW_H
#define CPENSTOCK_ARROW_H

#include "ArrowCDataInterface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum penstock_arrow_status {
  PENSTOCK_ARROW_OK = 0,
  PENSTOCK_ARROW_IO_ERROR = 1,      // the operating system refused: the message has its words and the path
  PENSTOCK_ARROW_NOT_FOUND = 2,     // there is no such file
  PENSTOCK_ARROW_INVALID = 3,       // damaged or inconsistent data, in a file or in a batch that was handed over
  PENSTOCK_ARROW_UNSUPPORTED = 4,   // a type, option or location that this format or build can't handle
  PENSTOCK_ARROW_LIMIT = 5,         // `memory_limit_bytes` would be passed
  PENSTOCK_ARROW_OUT_OF_MEMORY = 6, // the system has no more memory
  PENSTOCK_ARROW_CANCELLED = 7,
  PENSTOCK_ARROW_MISUSE = 8,   // the caller broke this header's contract, such as writing after finish
  PENSTOCK_ARROW_INTERNAL = 9, // a defect in this library or in Arrow
  /// A remote store or the way to it failed for now: 500, 503 or "slow down", a reset, a time-out, a body that was cut
  /// short. The same call may succeed later; with every other status it would fail again.
  PENSTOCK_ARROW_PASSING = 10,
  PENSTOCK_ARROW_DENIED = 11 // a remote store refuses access, or does not know the keys
};

enum penstock_table_format {
  PENSTOCK_TABLE_PARQUET = 0,
  PENSTOCK_TABLE_CSV = 1,
  PENSTOCK_TABLE_JSON_LINES = 2, // one JSON object per line, UTF-8
  PENSTOCK_TABLE_IPC = 3         // Arrow IPC file ("Feather 2")
};

enum penstock_table_compression {
  PENSTOCK_COMPRESSION_DEFAULT = 0, // zstd for Parquet and IPC, none for CSV and JSON lines
  PENSTOCK_COMPRESSION_NONE = 1,
  PENSTOCK_COMPRESSION_ZSTD = 2,
  PENSTOCK_COMPRESSION_SNAPPY = 3, // Parquet only
  PENSTOCK_COMPRESSION_GZIP = 4,   // Parquet only
  PENSTOCK_COMPRESSION_LZ4 = 5     // Parquet and IPC
};

/// Arrow C++'s version, such as "26.0.1". Borrowed; lives as long as the process.
const char *_Nonnull penstock_arrow_version(void);

// ---- Writing
// ---------------------------------------------------------------------------------------------------------

typedef struct penstock_table_writer penstock_table_writer;

/// Set by `penstock_table_writer_options_init`, then changed field by field.
typedef struct penstock_table_writer_options {
  enum penstock_table_compression compression;
  int32_t compression_level; // 0: the codec's own default
  /// Parquet and IPC: a row group (IPC: a record batch) never has more rows. Default 1,048,576.
  int64_t max_row_group_rows;
  /// Parquet: a row group is closed once the batches in it had this many bytes in Arrow's layout, which is before
  /// encoding; the file's row groups are smaller. Default 128 MiB. A batch is not cut for this limit.
  int64_t target_row_group_bytes;
} penstock_table_writer_options;

void penstock_table_writer_options_init(penstock_table_writer_options *_Nonnull options);

/// Creates or truncates the file and checks that `format` can hold `schema`. A remote object appears, whole, when the
/// writer is finished, and not at all if it is aborted; it is sent in parts of 10 MiB or more, of which one is held in
/// memory beside `buffered_bytes`.
///
/// Parquet: format 2.6, data pages V1, column statistics, dictionaries for all but floating-point columns, and the
/// Arrow schema stored beside Parquet's. CSV: a header line; strings are quoted, null is an empty unquoted field;
/// lists, structs and maps become JSON text such as `[1, 2, 3]`; binary becomes base64. JSON lines: NaN and infinities
/// become null, as JSON has no word for them; binary becomes base64; times become ISO 8601 text; a map becomes a list
/// of `{"key": …, "value": …}`. In both, a duration is a number in its unit.
///
/// +1 `schema`: moved from, in success and failure alike; its `release` is NULL afterwards.
/// +1 `*writer`: the caller destroys it. NULL on failure, and then no new file remains.
int penstock_table_writer_create(const char *_Nonnull location, enum penstock_table_format format,
                                 struct ArrowSchema *_Nonnull schema,
                                 const penstock_table_writer_options *_Nullable options,
                                 penstock_table_writer *_Nullable *_Nonnull writer, char *_Nonnull error,
                                 size_t error_size);

/// Adds a pair to the file's key-value metadata; a key that was set before is replaced. Best before the first write,
/// for then it is in the Arrow schema too, where `pyarrow.parquet.read_schema(…).metadata` looks. Later, but before
/// finish: Parquet takes it into the file's own list only; IPC can't, PENSTOCK_ARROW_MISUSE. CSV and JSON lines have no
/// place for it: no effect.
int penstock_table_writer_set_metadata(penstock_table_writer *_Nonnull writer, const char *_Nonnull key,
                                       const char *_Nonnull value, char *_Nonnull error, size_t error_size);

/// Appends rows. Text must be valid UTF-8, whatever the format: PENSTOCK_ARROW_INVALID names column and row if it
/// isn't, and nothing of that batch is written. After any other failure the writer can only be aborted or destroyed.
///
/// +1 `batch`: moved from, in success and failure alike; its `release` is NULL afterwards. Its memory is not needed
/// after the call.
int penstock_table_writer_write(penstock_table_writer *_Nonnull writer, struct ArrowArray *_Nonnull batch,
                                char *_Nonnull error, size_t error_size);

/// Rows written so far.
int64_t penstock_table_writer_rows_written(const penstock_table_writer *_Nonnull writer);

/// An estimate of the file's size if it were finished now: what is in the file, plus the open row group at the
/// compression seen so far (before the first row group is closed: uncompressed). The exact size after finish.
int64_t penstock_table_writer_bytes_written(const penstock_table_writer *_Nonnull writer);

/// Bytes that the writer holds in memory, which is the encoded part of the open row group and the encoders' buffers.
int64_t penstock_table_writer_buffered_bytes(const penstock_table_writer *_Nonnull writer);

/// Writes what is buffered and the footer, flushes the file to the disk (fsync) and closes it. The caller flushes the
/// directory if the file's name must survive a crash too. On failure the file is as `abort` would leave it.
int penstock_table_writer_finish(penstock_table_writer *_Nonnull writer, char *_Nonnull error, size_t error_size);

/// Closes without footer and deletes the file (only a regular file, and only while the path still leads to the very
/// file that `create` opened). No effect after finish or abort.
void penstock_table_writer_abort(penstock_table_writer *_Nonnull writer);

/// Aborts if unfinished, then frees the handle.
void penstock_table_writer_destroy(penstock_table_writer *_Nullable writer);

// ---- Reading
// ---------------------------------------------------------------------------------------------------------

typedef struct penstock_table_reader penstock_table_reader;

/// Set by `penstock_table_reader_options_init`, then changed field by field.
typedef struct penstock_table_reader_options {
  /// The reader never holds more bytes than this, counting its buffers and every array that it handed out and that is
  /// not yet released. A row group that says it is larger is refused before it is read; one that lies about its size is
  /// refused while it is read. Decoding needs room beside the result: allow 2 to 3 times the largest row group or
  /// batch. 0, the default: no limit.
  int64_t memory_limit_bytes;
  /// CSV and JSON lines: bytes of text read and parsed at a time; also the longest record. Default 8 MiB.
  int32_t text_block_bytes;
  /// Columns that are dictionaries in the file's Arrow schema are handed out as their values. Default true.
  bool decode_dictionaries;
  /// CSV: an empty unquoted field is null in every column, and nothing else is (default true). If false, Arrow's rule:
  /// "", "NA", "NULL", "nan" and their like are null in columns that are not text, and text is never null.
  bool csv_only_empty_is_null;
  char csv_delimiter; // default ','
} penstock_table_reader_options;

void penstock_table_reader_options_init(penstock_table_reader_options *_Nonnull options);

/// Opens the file and reads its metadata (Parquet, IPC) or, of CSV and JSON lines, the first block, in which names and
/// types of the columns are found: a later value that does not fit its column's type is an error.
///
/// +1 `*reader`: the caller destroys it. NULL on failure. Arrays that the reader handed out outlive it.
int penstock_table_reader_create(const char *_Nonnull location, enum penstock_table_format format,
                                 const penstock_table_reader_options *_Nullable options,
                                 penstock_table_reader *_Nullable *_Nonnull reader, char *_Nonnull error,
                                 size_t error_size);

void penstock_table_reader_destroy(penstock_table_reader *_Nullable reader);

/// The schema of the whole file: a struct with one child per top-level column.
/// +1 `schema`: the caller releases it. Its bytes on entry are ignored; untouched on failure.
int penstock_table_reader_schema(const penstock_table_reader *_Nonnull reader, struct ArrowSchema *_Nonnull schema,
                                 char *_Nonnull error, size_t error_size);

/// Rows in the file, from its metadata; -1 for CSV and JSON lines, which do not say.
int64_t penstock_table_reader_row_count(const penstock_table_reader *_Nonnull reader);

/// Row groups (IPC: record batches) in the file; 0 for CSV and JSON lines.
int32_t penstock_table_reader_row_group_count(const penstock_table_reader *_Nonnull reader);

typedef struct penstock_row_group_info {
  int64_t rows;               // -1: unknown (IPC)
  int64_t file_bytes;         // as stored, that is encoded and compressed; -1: unknown (IPC)
  int64_t uncompressed_bytes; // encoded but not compressed, as the file claims; -1: unknown (IPC)
} penstock_row_group_info;

/// PENSTOCK_ARROW_MISUSE if there is no such row group.
int penstock_table_reader_row_group_info(const penstock_table_reader *_Nonnull reader, int32_t row_group,
                                         penstock_row_group_info *_Nonnull info, char *_Nonnull error,
                                         size_t error_size);

/// Pairs of key-value metadata in the file.
size_t penstock_table_reader_metadata_count(const penstock_table_reader *_Nonnull reader);

/// The pair at `index` < count. The four outputs are borrowed until the reader is destroyed. Both strings end with NUL,
/// and, as they may hold others, have their sizes in bytes. False, outputs untouched, if there is no such pair.
bool penstock_table_reader_metadata_at(const penstock_table_reader *_Nonnull reader, size_t index,
                                       const char *_Nullable *_Nonnull key, size_t *_Nonnull key_size,
                                       const char *_Nullable *_Nonnull value, size_t *_Nonnull value_size);

/// The value of `key`, borrowed until the reader is destroyed. False, outputs untouched, if the file has no such key.
bool penstock_table_reader_find_metadata(const penstock_table_reader *_Nonnull reader, const char *_Nonnull key,
                                         const char *_Nullable *_Nonnull value, size_t *_Nonnull value_size);

/// Reads one row group (Parquet) or record batch (IPC) as one array. `columns`: indices of top-level columns, each
/// once, in the order wanted; NULL for all of them (`column_count` is then ignored). With no columns the array has only
/// a length. A text column of more than 2 GiB in one row group is PENSTOCK_ARROW_LIMIT: scan in smaller batches. Does
/// not disturb a scan. +1 `batch`: the caller releases it. Its bytes on entry are ignored; untouched on failure.
int penstock_table_reader_read_row_group(penstock_table_reader *_Nonnull reader, int32_t row_group,
                                         const int32_t *_Nullable columns, size_t column_count,
                                         struct ArrowArray *_Nonnull batch, char *_Nonnull error, size_t error_size);

/// Chooses what `next_batch` delivers from now on: row groups `first_row_group` … + `row_group_count` - 1 (-1: to the
/// end), the given columns as above, at most `max_rows` rows a batch (0: as many as a row group or a text block has).
/// Without this call a scan delivers everything. CSV and JSON lines: 0 and -1 are the only row groups allowed, and the
/// call must precede the first `next_batch`.
int penstock_table_reader_scan(penstock_table_reader *_Nonnull reader, int32_t first_row_group, int32_t row_group_count,
                               const int32_t *_Nullable columns, size_t column_count, int64_t max_rows,
                               char *_Nonnull error, size_t error_size);

/// The next rows of the scan, never an empty batch; at the end `batch->release` is NULL and the status 0.
/// After a failure the scan is over.
/// +1 `batch`: the caller releases it. Its bytes on entry are ignored; untouched on failure.
int penstock_table_reader_next_batch(penstock_table_reader *_Nonnull reader, struct ArrowArray *_Nonnull batch,
                                     char *_Nonnull error, size_t error_size);

#ifdef __cplusplus
}
#endif

#include "PenstockArrowFiles.h" // this header is the module's only door

#endif // CPENSTOCK_ARROW_H
