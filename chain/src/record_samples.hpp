#pragma once
/// Records for tests: random ones, and those of the golden file.

#include <cairn/base/random.hpp>
#include <cairn/chain/record.hpp>

#include <deque>
#include <map>
#include <string>

namespace cairn::chain {

/// A record of any kind with any parts.
class RandomRecord {
 public:
  explicit RandomRecord(Random& random) : random_(random) {
    record.kind = static_cast<RecordKind>(random.below(10));
    record.chain = digest();
    record.at_ns = number();
    record.module = digest();
    if (record.kind == RecordKind::genesis) {
      record.name = text(1);
      record.manifest = content();
      record.fuel_max = number();
      record.memory_max = number();
      record.payload_max = number();
      return;
    }
    record.parent = digest();
    record.sequence = number() | 1;
    if (flip()) {
      record.input = {.message_kind = static_cast<uint8_t>(random.below(7)),
                      .message_tag = static_cast<uint32_t>(number()),
                      .topic = text(0),
                      .payload = typed()};
    }
    if (flip()) {
      record.source = {.name = text(0), .cause = number()};
      if (flip()) record.source->head = digest();
    }
    if (flip()) record.rejection = static_cast<RejectionCause>(1 + random.below(4));
    record.old_state = typed();
    if (flip()) record.new_state = typed();
    if (flip()) record.reply = typed();
    if (flip()) record.host_results = list();
    if (flip()) record.effects = list();
    record.fuel_used = number();
    if (flip()) record.reason = text(1);
  }
  RandomRecord(const RandomRecord&) = delete;
  RandomRecord& operator=(const RandomRecord&) = delete;

  Record record;

 private:
  bool flip() { return random_.below(2) == 0; }
  uint64_t number() { return random_.next_u64() >> random_.below(64); }
  Digest digest() {
    Digest digest;
    random_.fill(digest);
    return digest;
  }
  std::string_view text(size_t size_min) {
    const uint64_t size = size_min + random_.below(random_.below(50) == 0 ? 4000 : 20);
    std::string& made = texts_.emplace_back(size, '\0');
    for (char& c : made) c = static_cast<char>(random_.below(256));
    return made;
  }
  Content content() {
    if (flip()) return {};
    return {.size = number() | 1, .digest = digest()};
  }
  TypedContent typed() {
    constexpr std::array<std::string_view, 4> media = {"application/octet-stream",
                                                       "application/json", "text/plain", "x"};
    return {media[random_.below(4)], content()};
  }
  ContentList list() {
    const uint64_t count = 1 + random_.below(1000);
    return {count, {.size = count + random_.below(1'000'000), .digest = digest()}};
  }

  Random& random_;
  std::deque<std::string> texts_;
};

/// Those of chain/golden/records-v1.txt, by name.
inline std::map<std::string, Record> golden_records() {
  const auto filled = [](uint8_t byte) {
    Digest digest;
    digest.fill(byte);
    return digest;
  };
  const auto content = [](std::string_view text) { return Content::of(as_bytes(text)); };
  const Record empty = {.kind = RecordKind::stop,
                        .chain = filled(1),
                        .parent = filled(2),
                        .sequence = 1,
                        .at_ns = 0,
                        .module = filled(3)};
  Record message = empty;
  message.kind = RecordKind::message;
  message.sequence = 300;
  message.at_ns = 1'700'000'000'123'456'789;
  message.input = {.message_kind = 1, .payload = {"application/json", content("{\"add\":1}")}};
  message.source = {.name = "alice", .cause = 7, .head = filled(4)};
  message.old_state = {"application/json", content("{\"n\":1}")};
  message.new_state = {"application/json", content("{\"n\":2}")};
  message.reply = {"text/plain", content("2")};
  message.host_results = {1, content("random")};
  message.effects = {2, content("effects")};
  message.fuel_used = 12'345;
  Record rejection = empty;
  rejection.kind = RecordKind::rejection;
  rejection.input = {.message_kind = 4,
                     .message_tag = 300,
                     .topic = "news",
                     .payload = {"image/png", content("png")}};
  rejection.source = {.name = "bob"};
  rejection.rejection = RejectionCause::contract;
  rejection.old_state = {"application/json", content("{\"n\":1}")};
  rejection.fuel_used = 1;
  rejection.reason = "below zero";
  const Record genesis = {.chain = filled(5),
                          .at_ns = 1'700'000'000'000'000'000,
                          .module = filled(3),
                          .name = "counter",
                          .manifest = content("[actor]"),
                          .fuel_max = 1'000'000,
                          .memory_max = 1 << 20,
                          .payload_max = 0};
  return {{"stop", empty}, {"message", message}, {"rejection", rejection}, {"genesis", genesis}};
}

}  // namespace cairn::chain
