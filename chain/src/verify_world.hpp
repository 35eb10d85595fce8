#pragma once
/// Tests of the verifier: a log of two counters, what runs them again, and who forges it.

#include <cairn/chain/verify.hpp>

#include <charconv>

#include "segment.hpp"
#include "store_world.hpp"

namespace cairn::chain {

/// A frame that can be changed.
struct LooseFrame {
  Bytes record;
  uint64_t state_sequence = 0;
  uint8_t slots = 0;
  Bytes contents;
  std::string note;  ///< instead of all that
};

/// A log in one segment, taken apart and put together again with all checksums right.
class Forgery final : public SegmentVisitor {
 public:
  explicit Forgery(SimulatedDisk& disk) : disk_(disk) {
    const Bytes bytes = *disk_.contents(path);
    header_ = *SegmentHeader::decode(bytes);
    EXPECT_TRUE(walk_segment(bytes, header_, true, *this).has_value());
  }

  Result<> visit_record(const RecordFrame& frame) override {
    frames.push_back({.record = Bytes(frame.record.begin(), frame.record.end()),
                      .state_sequence = frame.state_sequence,
                      .slots = frame.slots,
                      .contents = Bytes(frame.contents.begin(), frame.contents.end()),
                      .note = ""});
    return {};
  }
  Result<> visit_note(std::string_view text, uint64_t) override {
    frames.push_back({.record = {}, .contents = {}, .note = std::string(text)});
    return {};
  }

  void write() {
    BatchBuilder batch;
    for (const LooseFrame& frame : frames) {
      if (frame.note.empty()) {
        batch.add_record(frame.record, frame.state_sequence, frame.slots, {frame.contents});
      } else {
        batch.add_note(frame.note);
      }
    }
    uint32_t crc = 0;
    const ByteSpan bytes = batch.finish(header_, segment_header_bytes, 0, 0, 0, crc);
    disk_.change(path, [&](Bytes& file) {
      file.resize(segment_header_bytes);
      append(file, bytes);
    });
  }

  /// Changes a record, which keeps its texts.
  void change(size_t at, const std::function<void(Record&)>& how) {
    const Bytes old = frames[at].record;
    Record record = *Record::decode(old);
    how(record);
    frames[at].record.clear();
    ASSERT_TRUE(record.encode(frames[at].record).has_value());
  }
  /// The same, and all that links to it anew, as who holds the log can.
  void rewrite(size_t at, const std::function<void(Record&)>& how) {
    std::map<Digest, Digest> renamed;
    for (size_t i = at; i < frames.size(); ++i) {
      if (!frames[i].note.empty()) continue;
      const Digest before = record_hash(frames[i].record);
      change(i, [&](Record& record) {
        if (i == at) how(record);
        if (renamed.contains(record.parent)) record.parent = renamed[record.parent];
        if (record.source && record.source->head && renamed.contains(*record.source->head)) {
          record.source->head = renamed[*record.source->head];
        }
      });
      renamed[before] = record_hash(frames[i].record);
    }
  }

  static constexpr const char* path = "data/000000000000.log";
  std::vector<LooseFrame> frames;

 private:
  SimulatedDisk& disk_;
  SegmentHeader header_;
};

/// Two counters; one tells the other. The state is a number, a message adds one, and a text that is
/// no number is a trap.
struct Counters {
  StoreWorld world;
  VerifyOptions options;
  std::string checkpoint;

  Counters() {
    world.settings.segment_bytes = 1 << 16;
    world.open();
    for (const uint32_t i : {0u, 1u}) {
      EXPECT_TRUE(world.begin(i, i == 0 ? "alice" : "bob").has_value());
      actor::Transition init;
      init.kind = actor::TransitionKind::init;
      init.new_state = actor::Payload("0", "text/plain");
      EXPECT_TRUE(world.append(i, init).has_value());
    }
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(world.append(0, add(i)).has_value());
      actor::Transition told = add(i);
      told.sender = "alice";
      told.cause = 2 + static_cast<uint64_t>(i);
      EXPECT_TRUE(world.append(1, told).has_value());
      if (i == 5) sign();
    }
    actor::Transition trap = add(10);
    trap.kind = actor::TransitionKind::rejection;
    trap.rejection = actor::Rejection::trap;
    trap.input = actor::Payload("x", "text/plain");
    trap.new_state = {};
    trap.has_reply = false;
    trap.reply = {};
    EXPECT_TRUE(world.append(0, trap).has_value());
    options.signers = {world.store->verifier()};
  }

  static actor::Transition add(int to) {
    actor::Transition transition;
    transition.input = actor::Payload("1", "text/plain");
    transition.old_state = actor::Payload(std::to_string(to), "text/plain");
    transition.new_state = actor::Payload(std::to_string(to + 1), "text/plain");
    transition.has_reply = true;
    transition.reply = transition.new_state;
    transition.fuel_used = 7;
    return transition;
  }
  void sign() {
    world.store->sign_checkpoint([this](const Result<std::string>& note) { checkpoint = *note; });
    world.commit();
  }
  Result<VerifyReport> verify() { return verify_log(world.disk, "data", options); }
  std::string error() {
    const auto report = verify();
    return report ? "" : report.error().to_string();
  }
};

class CounterReplayer final : public Replayer {
 public:
  bool has_module(const crypto::Sha256&) override { return true; }
  Result<actor::Transition> replay(const actor::Genesis&, const actor::Transition& given,
                                   bool is_first) override {
    actor::Transition now = given;
    now.kind = is_first ? actor::TransitionKind::init : actor::TransitionKind::message;
    now.rejection = actor::Rejection::none;
    now.new_state = given.old_state;
    now.has_reply = false;
    if (is_first) {
      now.new_state = actor::Payload("0", "text/plain");
      return now;
    }
    const auto number = [](std::string_view text) -> std::optional<int> {
      int value = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
      return end.ec == std::errc{} ? std::optional(value) : std::nullopt;
    };
    now.fuel_used = 7;
    const auto by = number(given.input.text());
    if (!by) {
      now.kind = actor::TransitionKind::rejection;
      now.rejection = actor::Rejection::trap;
      return now;
    }
    now.new_state =
        actor::Payload(std::to_string(*number(given.old_state.text()) + *by), "text/plain");
    now.has_reply = true;
    now.reply = now.new_state;
    return now;
  }
};

}  // namespace cairn::chain
