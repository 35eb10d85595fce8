// Messages of peers: whatever comes, in whatever pieces, is a message or an error, the same for
// every way of cutting it, and no larger than the limits.

#include <cstdlib>
#include <string>

#include "components/http/http_answer.hpp"
#include "components/http/message_parser.hpp"
#include "components/http/syntax.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr uint32_t head_bytes_max = 1024;

struct Seen {
  bool done = false, failed = false;
  std::string head, body, trailers;
  bool operator==(const Seen&) const = default;
};

std::string text_of(const Fields& fields) {
  std::string text;
  for (const Fields::Field& field : fields.all()) {
    require(is_token(field.name) && !Fields::is_forbidden(field.name));
    text += field.name + ":" + field.value + "\n";
  }
  return text;
}

Seen parse(ByteSpan bytes, bool is_request, bool to_head, size_t piece) {
  const HttpLimits limits{.head_bytes_max = head_bytes_max, .body_bytes_max = 4096};
  const auto parser =
      is_request ? MessageParser::of_request(limits) : MessageParser::of_response(limits, to_head);
  Seen seen;
  size_t begin = 0, end = 0;
  while (!parser->is_done()) {
    const auto progress = parser->put(bytes.subspan(begin, end - begin), 100);
    if (!progress) {
      seen.failed = true;
      break;
    }
    require(progress->used <= end - begin);
    begin += progress->used;
    const Bytes body = parser->take_body();
    require(body.size() <= 100);
    seen.body += as_text(body);
    if (!progress->needs_more && begin < end) continue;
    if (end == bytes.size()) {
      seen.failed = !parser->put_end();
      break;
    }
    end = std::min(end + piece, bytes.size());
  }
  require(seen.body.size() <= limits.body_bytes_max);
  seen.done = parser->is_done();
  if (parser->has_head() && !seen.failed) {
    const MessageHead& head = parser->head();
    seen.head = head.method + " " + head.target + std::to_string(head.status) +
                head.host.value_or("-") + text_of(*head.fields);
    // What the text says of its length, and how long it is, agree.
    if (seen.done && head.content_length && head.has_body)
      require(seen.body.size() == *head.content_length);
    if (const auto trailers = parser->take_trailers()) seen.trailers = text_of(*trailers);
  }
  if (seen.failed) seen.body.clear();
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const bool is_request = (data[0] & 1) != 0, to_head = (data[0] & 2) != 0;
  const size_t piece = 1 + data[1] % 64;
  const ByteSpan bytes(data + 2, size - 2);
  // As a recorded answer, too: an error is written as it was read.
  if (const auto answer = decode_answer(bytes, to_head); !answer) {
    const auto again = decode_answer(encode_answer(answer.error()), to_head);
    require(!again && again.error() == answer.error());
  }
  const Seen whole = parse(bytes, is_request, to_head, SIZE_MAX / 2);
  const Seen cut = parse(bytes, is_request, to_head, piece);
  // How much of a head counts against its limit depends on how it comes.
  require(bytes.size() >= head_bytes_max || whole == cut);
  return 0;
}
