// Which errors of remote stores pass by themselves. Arrow gives their words only, so the words decide.

#ifndef PENSTOCK_FILE_ERRORS_H
#define PENSTOCK_FILE_ERRORS_H

#include <arrow/result.h>
#include <arrow/status.h>

#include <utility>

namespace penstock {

/// The same error with the code of ours that says what to do about it: passing, denied, not found or lasting.
arrow::Status classified(const arrow::Status &status);

template <typename Value> arrow::Result<Value> classified(arrow::Result<Value> result) {
  if (result.ok())
    return result;
  return classified(result.status());
}

} // namespace penstock

#endif // PENSTOCK_FILE_ERRORS_H
