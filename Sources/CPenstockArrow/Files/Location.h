// What a location says before anything is opened.

#ifndef PENSTOCK_LOCATION_H
#define PENSTOCK_LOCATION_H

#include "../Support/Status.h"

#include <arrow/result.h>

#include <string>

namespace penstock {

/// The word before `://`, in lower case; empty for a plain local path.
std::string schemeOf(const std::string &location);

/// Whether the location is neither a plain local path nor a `file://`.
bool isRemote(const std::string &location);

/// The location as messages show it, without the secret of `scheme://key:secret@…`.
std::string withoutSecret(const std::string &location);

/// `message` with every appearance of `location` shown without its secret.
std::string withoutSecret(std::string message, const std::string &location);

/// The path of a plain local path or of `file:///path`.
arrow::Result<std::string> localPath(const std::string &location);

/// What decides which client serves a URI: scheme, authority and query, without path and fragment.
std::string storeOf(const std::string &location);

/// A URI with the slash of an empty path: Arrow wants it before options, and people leave it out.
std::string withPath(std::string location);

/// `guarded`, for the call that is given a location.
template <typename Body>
int guardedFor(const char *verb, const char *location, char *error, size_t errorSize, Body &&body) noexcept {
  std::string shown;
  try {
    shown = withoutSecret(location);
  } catch (...) {
    return reportException({verb, "", error, errorSize});
  }
  return guarded({verb, shown.c_str(), error, errorSize}, body);
}

} // namespace penstock

#endif // PENSTOCK_LOCATION_H
