#include "FileErrors.h"
#include "../Support/Status.h"

#include <arrow/util/io_util.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>

namespace penstock {

namespace {

using Verdict = std::optional<penstock_arrow_status>;

bool holds(const std::string &text, const char *word) { return text.find(word) != std::string::npos; }

template <size_t count> bool isOneOf(const std::string &word, const char *const (&words)[count]) {
  return std::any_of(std::begin(words), std::end(words), [&](const char *other) { return word == other; });
}

/// Of an HTTP status; 0 and less stand for an answer that never came.
penstock_arrow_status verdictOfHTTP(long status) {
  if (status <= 0 || status == 408 || status == 429 || status >= 500)
    return PENSTOCK_ARROW_PASSING;
  if (status == 401 || status == 403)
    return PENSTOCK_ARROW_DENIED;
  return status == 404 ? PENSTOCK_ARROW_NOT_FOUND : PENSTOCK_ARROW_IO_ERROR;
}

/// "… AWS Error SLOW_DOWN during GetObject operation: …", or "… AWS Error UNKNOWN (HTTP status 502) during …".
Verdict verdictOfAWS(const std::string &text) {
  static constexpr const char *passing[] = {"INTERNAL_FAILURE", "SERVICE_UNAVAILABLE", "THROTTLING", "SLOW_DOWN",
                                            "REQUEST_TIMEOUT"};
  static constexpr const char *denied[] = {
      "ACCESS_DENIED",   "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID",
      "REQUEST_EXPIRED", "UNRECOGNIZED_CLIENT",   "MISSING_AUTHENTICATION_TOKEN"};
  static constexpr const char *missing[] = {"NO_SUCH_BUCKET", "NO_SUCH_KEY", "RESOURCE_NOT_FOUND"};
  static constexpr std::string_view lead = "AWS Error ", status = " (HTTP status ";
  const size_t at = text.find(lead);
  if (at == std::string::npos)
    return std::nullopt;
  const size_t begin = at + lead.size();
  const std::string name = text.substr(begin, text.find(' ', begin) - begin);
  if (name == "NETWORK_CONNECTION") // certificates (curl's 58, 60, 77) don't heal; all else about a connection may
    return holds(text, "curlCode: 60,") || holds(text, "curlCode: 77,") || holds(text, "curlCode: 58,")
               ? PENSTOCK_ARROW_IO_ERROR
               : PENSTOCK_ARROW_PASSING;
  if (isOneOf(name, passing))
    return PENSTOCK_ARROW_PASSING;
  if (isOneOf(name, denied))
    return PENSTOCK_ARROW_DENIED;
  if (isOneOf(name, missing))
    return PENSTOCK_ARROW_NOT_FOUND;
  if (text.compare(begin + name.size(), status.size(), status) != 0)
    return PENSTOCK_ARROW_IO_ERROR;
  const long code = std::strtol(text.c_str() + begin + name.size() + status.size(), nullptr, 10);
  // A success that the client couldn't read: a body that was cut short in the middle of its XML.
  return code >= 200 && code < 300 ? PENSTOCK_ARROW_PASSING : verdictOfHTTP(code);
}

/// Google's canonical codes, and Azure's "Azure Error: [ServerBusy] 503 …".
Verdict verdictOfOthers(const std::string &text) {
  for (const char *word : {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED"})
    if (holds(text, "google::cloud::Status(") && holds(text, word))
      return PENSTOCK_ARROW_PASSING;
  for (const char *word : {"PERMISSION_DENIED", "UNAUTHENTICATED"})
    if (holds(text, "google::cloud::Status(") && holds(text, word))
      return PENSTOCK_ARROW_DENIED;
  const size_t azure = text.find("Azure Error: [");
  if (azure == std::string::npos)
    return std::nullopt;
  const size_t bracket = text.find(']', azure);
  const long status = bracket == std::string::npos ? 0 : std::strtol(text.c_str() + bracket + 1, nullptr, 10);
  return verdictOfHTTP(status);
}

Verdict verdictOf(const arrow::Status &status) {
  switch (arrow::internal::ErrnoFromStatus(status)) {
  case 0:
    break;
  case ENOENT:
    return PENSTOCK_ARROW_NOT_FOUND;
  case EACCES:
  case EPERM:
    return PENSTOCK_ARROW_DENIED;
  default:
    return PENSTOCK_ARROW_IO_ERROR;
  }
  const std::string &text = status.message();
  if (const auto verdict = verdictOfAWS(text))
    return verdict;
  if (const auto verdict = verdictOfOthers(text))
    return verdict;
  return status.IsIOError() || status.IsUnknownError() ? Verdict(PENSTOCK_ARROW_IO_ERROR) : std::nullopt;
}

} // namespace

arrow::Status classified(const arrow::Status &status) {
  if (status.ok() || hasCode(status))
    return status;
  const auto verdict = verdictOf(status);
  return verdict ? failure(*verdict, status.message()) : status;
}

} // namespace penstock
