// What the API reads of requests by itself: paths, percent-encoding, and whether a text is JSON
// that is safe to hand on.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "api/call.hpp"
#include "api/json.hpp"

namespace {

using namespace cairn;
using namespace cairn::platform;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_paths(std::string_view text) {
  for (const std::string_view method : {"GET", "POST", "BREW"}) {
    const Match found = match(method, text);
    require(found.operation == nullptr || found.allow.empty());
    require(found.parameter.empty() || text.contains(found.parameter));
  }
  if (const auto decoded = decode_uri(text)) {
    require(decoded->size() <= text.size());
    require(decode_uri(encode_uri(*decoded)) == *decoded);
  }
}

void check_json(std::string_view text) {
  JsonWriter writer;
  writer.begin_array().string(text);
  if (is_json(text)) writer.raw(text);
  write_payload(writer, actor::Payload(as_bytes(text), actor::json));
  const auto written = nlohmann::json::parse(writer.end_array().take(), nullptr, false);
  require(written.is_array() && written.size() == (is_json(text) ? 3 : 2));
  // Something is wrong with all that is no JSON; with what is, only that it says something twice.
  const auto fault = json_fault(text);
  require(fault ? !is_json(text) || fault->ends_with("' is there twice") : is_json(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  check_paths(text);
  check_json(text);
  return 0;
}
