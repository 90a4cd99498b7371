#include "Location.h"

#include <arrow/util/uri.h>

#include <algorithm>
#include <cctype>

namespace penstock {

std::string schemeOf(const std::string &location) {
  const size_t colon = location.find("://");
  if (colon == std::string::npos || colon == 0 || !std::isalpha(static_cast<unsigned char>(location[0])))
    return "";
  std::string scheme = location.substr(0, colon);
  for (char &letter : scheme) {
    const auto c = static_cast<unsigned char>(letter);
    if (!std::isalnum(c) && c != '+' && c != '-' && c != '.')
      return "";
    letter = static_cast<char>(std::tolower(c));
  }
  return scheme;
}

bool isRemote(const std::string &location) {
  const std::string scheme = schemeOf(location);
  return !scheme.empty() && scheme != "file";
}

namespace {

/// Where the authority of a URI begins and ends.
struct Authority {
  size_t begin, end;
  explicit Authority(const std::string &location) : begin(location.find("://") + 3) {
    end = std::min(location.find_first_of("/?#", begin), location.size());
  }
};

/// `…?client_secret=value&…` with `***` for the value, of every option whose name speaks of a secret.
std::string withoutSecretOptions(std::string location, size_t query) {
  for (size_t begin = query + 1; begin < location.size();) {
    const size_t equals = location.find('=', begin);
    const size_t end = std::min(location.find('&', begin), location.size());
    const std::string name = location.substr(begin, std::min(equals, end) - begin);
    const bool isSecret = name.find("secret") != std::string::npos || name.find("token") != std::string::npos;
    if (isSecret && equals < end)
      location.replace(equals + 1, end - equals - 1, "***");
    begin = std::min(location.find('&', begin), location.size()) + 1;
  }
  return location;
}

} // namespace

std::string withoutSecret(const std::string &whole) {
  if (schemeOf(whole).empty())
    return whole;
  const Authority authority(whole);
  const std::string location =
      withoutSecretOptions(whole, std::min(whole.find('?', authority.begin), whole.size()));
  // The last '@' of the whole: a secret that was not percent-encoded can hold a '/' or '@', and must not show either.
  const size_t query = std::min(location.find('?', authority.begin), location.size());
  const size_t at = location.rfind('@', query == 0 ? 0 : query - 1);
  const size_t colon = location.find(':', authority.begin);
  if (at == std::string::npos || at < authority.begin || colon == std::string::npos || colon > at)
    return location;
  return location.substr(0, colon + 1) + "***" + location.substr(at);
}

std::string withoutSecret(std::string message, const std::string &location) {
  const std::string shown = withoutSecret(location);
  if (shown == location)
    return message;
  for (size_t at = message.find(location); at != std::string::npos; at = message.find(location, at + shown.size()))
    message.replace(at, location.size(), shown);
  return message;
}

arrow::Result<std::string> localPath(const std::string &location) {
  if (schemeOf(location).empty())
    return location;
  arrow::util::Uri uri;
  if (!uri.Parse(location).ok())
    return failure(PENSTOCK_ARROW_UNSUPPORTED, "not a URI; write spaces and the like as %20");
  if (!uri.host().empty() && uri.host() != "localhost")
    return failure(PENSTOCK_ARROW_UNSUPPORTED,
                   "a file on the machine \"" + uri.host() + "\"; write file:///path, with three slashes");
  if (!uri.query_string().empty())
    return failure(PENSTOCK_ARROW_UNSUPPORTED, "file:// has no options");
  return uri.path();
}

std::string storeOf(const std::string &location) {
  const Authority authority(location);
  const size_t fragment = std::min(location.find('#', authority.end), location.size());
  const size_t query = std::min(location.find('?', authority.end), fragment);
  return location.substr(0, authority.end) + location.substr(query, fragment - query);
}

std::string withPath(std::string location) {
  const Authority authority(location);
  if (authority.end == location.size() || location[authority.end] != '/')
    location.insert(authority.end, "/");
  return location;
}

} // namespace penstock
