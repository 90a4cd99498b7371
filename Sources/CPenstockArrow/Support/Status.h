// How a C++ failure becomes a status code and one line of text; nothing thrown gets past `guarded`.

#ifndef PENSTOCK_STATUS_H
#define PENSTOCK_STATUS_H

#include "CPenstockArrow.h"

#include <arrow/status.h>

#include <new>
#include <string>

namespace penstock {

/// What the caller was doing, for the message: `verb "location": cause`.
struct Call {
  const char *verb;
  const char *location;
  char *error;
  size_t errorSize;
};

/// A status that maps to exactly `code`, where Arrow has no word for it.
arrow::Status failure(penstock_arrow_status code, std::string message);

/// The code that `report` returns for it.
penstock_arrow_status codeOf(const arrow::Status &status);

/// Whether `failure` or `systemFailure` made this status.
bool hasCode(const arrow::Status &status);

/// An I/O error in the operating system's words; ENOENT becomes PENSTOCK_ARROW_NOT_FOUND.
arrow::Status systemFailure(int errorNumber);

/// Writes the message, if there is room for one, and returns the code. Allocates nothing.
int report(const arrow::Status &status, const Call &call) noexcept;
int report(penstock_arrow_status code, const char *message, const Call &call) noexcept;

/// Reports the exception that is being handled. Only within a `catch`.
int reportException(const Call &call) noexcept;

/// Runs `body`, which returns an `arrow::Status`, and reports its failure, thrown or returned.
template <typename Body> int guarded(const Call &call, Body &&body) noexcept {
  try {
    return report(body(), call);
  } catch (...) {
    return reportException(call);
  }
}

} // namespace penstock

#endif // PENSTOCK_STATUS_H
