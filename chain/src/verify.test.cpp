#include <cairn/chain/verify.hpp>

#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include "segment.hpp"
#include "store_world.hpp"

namespace cairn::chain {
namespace {

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

TEST(Verify, AGoodLogIsGood) {
  Counters counters;
  CounterReplayer replayer;
  for (const uint32_t threads : {1u, 3u}) {
    counters.options.threads = threads;
    counters.options.replayer = &replayer;
    const auto report = counters.verify();
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_EQ(report->origin, "example.com/log");
    EXPECT_EQ(report->records, 25u);
    EXPECT_EQ(report->chains, 2u);
    EXPECT_EQ(report->links, 10u);
    EXPECT_EQ(report->rejections, 1u);
    EXPECT_EQ(report->checkpoints, 1u);
    EXPECT_EQ(report->signatures, 1u);
    EXPECT_EQ(report->signed_records, 16u);
    EXPECT_EQ(report->replayed, 23u);
    EXPECT_EQ(report->not_replayed, 0u);
    EXPECT_EQ(report->contents_missing, 0u);
    EXPECT_EQ(report->root, counters.world.store->root());
  }
}

TEST(Verify, ManySegmentsAreOneLog) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::string state;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(world.append(1, message(state, std::to_string(i))).has_value());
    state = std::to_string(i);
  }
  actor::Transition fork;
  fork.kind = actor::TransitionKind::fork;
  fork.sender = "alice";
  fork.cause = 100;
  fork.new_state = *world.store->state("alice", 100);
  ASSERT_TRUE(world.append(1, fork).has_value());
  for (const uint32_t threads : {1u, 2u, 4u}) {
    const auto report = verify_log(world.disk, "data", {.threads = threads});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(report->segments, 10u);
    EXPECT_EQ(report->links, 1u);
    EXPECT_EQ(report->root, world.store->root());
  }
  // Damage is named also while the next segment is being read.
  const std::string path = "data/000000000003.log";
  const Bytes good = *world.disk.contents(path);
  for (const uint32_t threads : {1u, 2u, 4u}) {
    for (const size_t at : {size_t{30}, size_t{600}, good.size() - 1}) {
      world.disk.change(path, [&](Bytes& bytes) { bytes = good, bytes[at] ^= 1; });
      const auto damaged = verify_log(world.disk, "data", {.threads = threads});
      ASSERT_FALSE(damaged.has_value());
      EXPECT_EQ(damaged.error().path, path);
    }
  }
  world.disk.change(path, [&](Bytes& bytes) { bytes = good; });
  // Without one of them nothing that follows is believed.
  world.store.reset();
  ASSERT_TRUE(world.disk.remove_file("data/000000000004.log").has_value());
  const auto broken = verify_log(world.disk, "data", {});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().path, "data/000000000004.log");
  EXPECT_EQ(verify_log(world.disk, "nowhere", {}).error().kind, ErrorKind::not_found);
}

/// Something happens when a file is opened for the first time.
class EventfulDisk final : public Disk {
 public:
  EventfulDisk(Disk& disk, std::string path, std::function<void()> event)
      : disk_(disk), path_(std::move(path)), event_(std::move(event)) {}
  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Open how) override {
    if (path == path_ && event_) std::exchange(event_, nullptr)();
    return disk_.open(path, how);
  }
  Result<std::vector<std::string>> list_directory(const std::string& path) override {
    return disk_.list_directory(path);
  }
  Result<> make_directories(const std::string& path) override {
    return disk_.make_directories(path);
  }
  Result<> remove_file(const std::string& path) override { return disk_.remove_file(path); }
  Result<> sync_directory(const std::string& path) override { return disk_.sync_directory(path); }
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override { return disk_.lock(path); }

 private:
  Disk& disk_;
  std::string path_;
  std::function<void()> event_;
};

TEST(Verify, ALogThatGoesOnMeanwhileIsGood) {
  for (const uint32_t threads : {1u, 2u}) {
    StoreWorld world;
    world.open();
    ASSERT_TRUE(world.begin(1, "alice").has_value());
    std::string state;
    const auto go_on = [&] {
      for (int i = 0; i < 60; ++i) {
        const std::string next = state + "x";
        ASSERT_TRUE(world.append(1, message(state, next)).has_value());
        state = next;
      }
    };
    go_on();
    uint64_t before = world.store->size();
    uint64_t pruned = 0;
    EventfulDisk disk(world.disk, "data/000000000002.log", [&] {
      go_on();
      pruned = world.store->prune(world.store->size()).value_or(0);
    });
    auto report = verify_log(disk, "data", {.threads = threads});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(pruned, 0u);
    EXPECT_GT(report->records, before);
    // It goes on in new segments.
    std::string last;
    const auto names = world.disk.list_directory("data");
    for (const std::string& name : *names) {
      if (name.ends_with(".log")) last = "data/" + name;
    }
    before = world.store->size();
    EventfulDisk growing(world.disk, last, go_on);
    report = verify_log(growing, "data", {.threads = threads});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(world.store->size(), before);
    EXPECT_GE(report->records, before);
  }
}

TEST(Verify, SizesAreNotBelieved) {
  Counters counters;
  Forgery forgery(counters.world.disk);
  // A state of 1 GiB, and a frame that holds one byte.
  forgery.rewrite(5, [](Record& record) { record.new_state->content.size = 1 << 30; });
  forgery.write();
  counters.options.contents = false;
  EXPECT_NE(counters.error().find("contents of other sizes than the record says"),
            std::string::npos)
      << counters.error();
  const Result<> opened = counters.world.try_open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::malformed);
  EXPECT_EQ(opened.error().path, Forgery::path);

  // A file of 1 TiB that takes no room.
  std::string folder = testing::TempDir() + "cairn-verify-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/000000000000.log";
  RealDisk disk;
  {
    const auto file = disk.open(path, Disk::Open::create);
    ASSERT_TRUE(file.has_value());
    if (!(*file)->truncate(uint64_t{1} << 40)) GTEST_SKIP() << "no sparse files here";
  }
  const auto report = verify_log(disk, folder, {});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().message, "a segment has at most 4 GiB");
  EXPECT_EQ(report.error().path, path);
  EXPECT_TRUE(disk.remove_file(path).has_value());
  EXPECT_EQ(rmdir(folder.c_str()), 0);
}

TEST(Verify, AChangedRecordIsNamed) {
  Counters counters;
  Forgery forgery(counters.world.disk);
  forgery.change(8, [](Record& record) { record.fuel_used = 8; });
  forgery.write();
  // The next of the chain no longer has it as its parent; before, a link to it breaks.
  EXPECT_NE(counters.error().find("record 4 of chain 'bob' (record 9 of the log): record 4 of "
                                  "'alice', which it names as its source, is another one"),
            std::string::npos)
      << counters.error();
}

TEST(Verify, AHistoryThatWasWrittenAnewIsNotThatOfTheCheckpoint) {
  Counters counters;
  counters.options.checkpoints = {counters.checkpoint};
  Forgery forgery(counters.world.disk);
  forgery.rewrite(8, [](Record& record) { record.fuel_used = 8; });
  forgery.write();
  EXPECT_NE(counters.error().find("the first 16 records are not those of the checkpoint"),
            std::string::npos)
      << counters.error();
  counters.options.checkpoints.clear();
  EXPECT_NE(counters.error().find("a checkpoint of 16 records is not of this tree"),
            std::string::npos)
      << counters.error();
  // The log's own checkpoint can be left out, that of others cannot.
  std::erase_if(forgery.frames, [](const LooseFrame& frame) { return !frame.note.empty(); });
  forgery.write();
  EXPECT_NE(counters.error().find("no checkpoint of this log is signed"), std::string::npos)
      << counters.error();
  counters.options.checkpoints = {counters.checkpoint};
  EXPECT_NE(counters.error(), "");
  counters.options = {};
  EXPECT_EQ(counters.error(), "");
}

TEST(Verify, ALogThatWasCutOffLacksWhatACheckpointSays) {
  Counters counters;
  counters.sign();
  counters.options.checkpoints = {counters.checkpoint};
  EXPECT_EQ(counters.error(), "");
  Forgery forgery(counters.world.disk);
  forgery.frames.resize(20);
  forgery.write();
  EXPECT_NE(counters.error().find("the log ends with record 19; a checkpoint is of 25"),
            std::string::npos)
      << counters.error();
}

TEST(Verify, ForeignSignaturesAreRefused) {
  Counters counters;
  SeededRandom random(3);
  counters.options.signers = {
      {"example.com/log", SignatureType::ed25519, crypto::Ed25519Key::make(random).public_key()}};
  EXPECT_NE(counters.error().find("a checkpoint is not signed by a key of this log"),
            std::string::npos)
      << counters.error();
}

TEST(Verify, ContentsAreThoseOfTheRecordsAndMayBeMissing) {
  Counters counters;
  Forgery forgery(counters.world.disk);
  const LooseFrame good = forgery.frames[6];
  forgery.frames[6].contents[0] ^= 1;
  forgery.write();
  EXPECT_NE(counters.error().find("record 3 of chain 'alice' (record 6 of the log): the input has "
                                  "not the digest that the record says"),
            std::string::npos)
      << counters.error();
  forgery.frames[6] = good;
  forgery.frames[6].slots = 0;
  forgery.frames[6].contents.clear();
  forgery.write();
  CounterReplayer replayer;
  counters.options.replayer = &replayer;
  const auto report = counters.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->contents_missing, 3u);
  // Itself, and the next, whose state before is not known.
  EXPECT_EQ(report->not_replayed, 2u);
}

TEST(Verify, RulesOfRecordsHold) {
  const auto forged = [](size_t at, const std::function<void(Record&)>& how) {
    Counters counters;
    Forgery forgery(counters.world.disk);
    std::erase_if(forgery.frames, [](const LooseFrame& frame) { return !frame.note.empty(); });
    forgery.rewrite(at, how);
    forgery.write();
    counters.options.contents = false;
    return counters.error();
  };
  const auto has = [](const std::string& error, std::string_view what) {
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  has(forged(6, [](Record& r) { r.sequence = 9; }), "sequence number 9 stands where 3 belongs");
  has(forged(6, [](Record& r) { r.parent[0] ^= 1; }), "the parent is");
  has(forged(6, [](Record& r) { r.chain[0] ^= 1; }), "the chain was never begun");
  has(forged(6, [](Record& r) { r.old_state.content.digest[0] ^= 1; }), "the old state is");
  has(forged(6, [](Record& r) { r.rejection = RejectionCause::trap; }),
      "a record of kind message has a cause of rejection");
  has(forged(24, [](Record& r) { r.rejection.reset(); }),
      "a record of kind rejection lacks a cause of rejection");
  has(forged(24, [](Record& r) { r.new_state = TypedContent{}; }),
      "a record of kind rejection changes the state");
  has(forged(6, [](Record& r) { r.new_state = r.old_state; }),
      "a record names a new state that is the old one");
  has(forged(1, [](Record& r) { r.kind = RecordKind::fork; }),
      "a fork does not say where it is from");
  has(forged(2, [](Record& r) { r.name = "alice"; }), "a second chain of this name");
  has(forged(0, [](Record& r) { r.chain[0] ^= 1; }), "the chain was begun in another log");
}

TEST(Verify, ReplayLeavesNoRoomForOtherKindsOrNonsense) {
  const auto replayed = [](size_t at, const std::function<void(Record&, LooseFrame&)>& how) {
    Counters counters;
    Forgery forgery(counters.world.disk);
    std::erase_if(forgery.frames, [](const LooseFrame& frame) { return !frame.note.empty(); });
    forgery.rewrite(at, [&](Record& record) { how(record, forgery.frames[at]); });
    forgery.write();
    CounterReplayer replayer;
    counters.options = {.replayer = &replayer};
    return counters.error();
  };
  const auto has = [](const std::string& error, std::string_view what) {
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  has(replayed(6, [](Record& r, LooseFrame&) { r.kind = RecordKind::init; }),
      "init stands where there is a state already");
  has(replayed(1, [](Record& r, LooseFrame&) { r.kind = RecordKind::message; }),
      "replay: it is one of kind init, the record says message");
  has(replayed(6, [](Record& r, LooseFrame&) { r.module[0] ^= 1; }),
      "another module than before, and no upgrade to it");
  const Bytes junk = {0xff};
  has(replayed(6,
               [&](Record& r, LooseFrame& frame) {
                 r.host_results = {.count = 1, .content = Content::of(junk)};
                 frame.slots |=
                     static_cast<uint8_t>(1 << static_cast<unsigned>(Slot::host_results));
                 append(frame.contents, junk);
               }),
      "record 6 of the log");
  has(replayed(6,
               [&](Record& r, LooseFrame& frame) {
                 r.effects = {.count = 1, .content = Content::of(junk)};
                 frame.slots |= static_cast<uint8_t>(1 << static_cast<unsigned>(Slot::effects));
                 append(frame.contents, junk);
               }),
      "record 6 of the log");
  // Nobody can run these again: they are counted.
  Counters counters;
  actor::Transition snapshot = Counters::add(10);
  snapshot.kind = actor::TransitionKind::snapshot;
  snapshot.new_state = actor::Payload("1000", "text/plain");
  ASSERT_TRUE(counters.world.append(1, snapshot).has_value());
  CounterReplayer replayer;
  counters.options.replayer = &replayer;
  const auto report = counters.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->not_replayed, 1u);
  EXPECT_EQ(report->signed_records, 16u);
  EXPECT_EQ(report->records, 26u);
}

TEST(Verify, ReplayFindsWhatNoHashCan) {
  // A log whose writer lies consistently: no digest is wrong.
  Counters counters;
  counters.options.signers.clear();
  actor::Transition lie = Counters::add(10);
  lie.new_state = actor::Payload("1000", "text/plain");
  ASSERT_TRUE(counters.world.append(1, lie).has_value());
  EXPECT_EQ(counters.error(), "");
  CounterReplayer replayer;
  counters.options.replayer = &replayer;
  EXPECT_NE(counters.error().find("record 12 of chain 'bob' (record 25 of the log): replay: the "
                                  "new state is"),
            std::string::npos)
      << counters.error();
}

}  // namespace
}  // namespace cairn::chain
