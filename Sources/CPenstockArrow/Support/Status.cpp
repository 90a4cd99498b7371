#include "Status.h"

#include <arrow/util/io_util.h>
#include <parquet/exception.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace penstock {

namespace {

class CodeDetail final : public arrow::StatusDetail {
public:
  explicit CodeDetail(penstock_arrow_status code) : code(code) {}
  const char *type_id() const override { return typeID; }
  std::string ToString() const override { return "penstock code " + std::to_string(code); }

  static constexpr const char *typeID = "penstock::CodeDetail";
  const penstock_arrow_status code;
};

/// Cuts an UTF-8 sequence that the buffer's end broke, and turns line ends into spaces.
void tidy(char *text) {
  size_t length = std::strlen(text);
  for (size_t i = 0; i < length; ++i)
    if (text[i] == '\n' || text[i] == '\r' || text[i] == '\t')
      text[i] = ' ';
  size_t lead = length;
  while (lead > 0 && length - lead < 4 && (static_cast<unsigned char>(text[lead - 1]) & 0xC0) == 0x80)
    --lead;
  if (lead == 0)
    return;
  const auto first = static_cast<unsigned char>(text[lead - 1]);
  const size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (wanted > 1 && length - (lead - 1) < wanted)
    text[lead - 1] = '\0';
}

} // namespace

penstock_arrow_status codeOf(const arrow::Status &status) {
  if (hasCode(status))
    return static_cast<const CodeDetail &>(*status.detail()).code;
  switch (status.code()) {
  case arrow::StatusCode::OK:
    return PENSTOCK_ARROW_OK;
  case arrow::StatusCode::OutOfMemory:
    return PENSTOCK_ARROW_OUT_OF_MEMORY;
  case arrow::StatusCode::Cancelled:
    return PENSTOCK_ARROW_CANCELLED;
  case arrow::StatusCode::NotImplemented:
    return PENSTOCK_ARROW_UNSUPPORTED;
  case arrow::StatusCode::IOError:
    // Without an errno it is not the device: Arrow's Parquet code reports nearly all damage as I/O errors.
    return arrow::internal::ErrnoFromStatus(status) == 0 ? PENSTOCK_ARROW_INVALID : PENSTOCK_ARROW_IO_ERROR;
  case arrow::StatusCode::Invalid:
  case arrow::StatusCode::TypeError:
  case arrow::StatusCode::KeyError:
  case arrow::StatusCode::IndexError:
  case arrow::StatusCode::CapacityError:
  case arrow::StatusCode::SerializationError:
    return PENSTOCK_ARROW_INVALID;
  default:
    return PENSTOCK_ARROW_INTERNAL;
  }
}

arrow::Status failure(penstock_arrow_status code, std::string message) {
  return arrow::Status(arrow::StatusCode::UnknownError, std::move(message), std::make_shared<CodeDetail>(code));
}

bool hasCode(const arrow::Status &status) {
  return status.detail() != nullptr && std::strcmp(status.detail()->type_id(), CodeDetail::typeID) == 0;
}

arrow::Status systemFailure(int errorNumber) {
  const auto code = errorNumber == ENOENT ? PENSTOCK_ARROW_NOT_FOUND : PENSTOCK_ARROW_IO_ERROR;
  return failure(code, std::generic_category().message(errorNumber) + " (errno " + std::to_string(errorNumber) + ")");
}

int report(penstock_arrow_status code, const char *message, const Call &call) noexcept {
  if (code != PENSTOCK_ARROW_OK && call.error != nullptr && call.errorSize > 0) {
    std::snprintf(call.error, call.errorSize, "%s \"%s\": %s", call.verb, call.location, message);
    tidy(call.error);
  }
  return code;
}

int report(const arrow::Status &status, const Call &call) noexcept {
  if (status.ok())
    return PENSTOCK_ARROW_OK;
  return report(codeOf(status), status.message().c_str(), call);
}

int reportException(const Call &call) noexcept {
  try {
    throw;
  } catch (const parquet::ParquetStatusException &exception) {
    return report(exception.status(), call);
  } catch (const parquet::ParquetException &exception) {
    return report(PENSTOCK_ARROW_INVALID, exception.what(), call);
  } catch (const std::bad_alloc &) {
    return report(PENSTOCK_ARROW_OUT_OF_MEMORY, "the system has no more memory", call);
  } catch (const std::exception &exception) {
    return report(PENSTOCK_ARROW_INTERNAL, exception.what(), call);
  } catch (...) {
    return report(PENSTOCK_ARROW_INTERNAL, "an exception of unknown type", call);
  }
}

} // namespace penstock
