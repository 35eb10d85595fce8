#pragma once
/// Actors of the guest `machine`, in both styles, in a simulation with a journal in memory.

#include "guest/guests_testing.hpp"
#include "testing.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cairn::actor::testing {

enum class Style : uint8_t {
  explicit_state,
  resident,
  with_handles,  ///< resident; it keeps handles of WASI
  deciding,      ///< it has an error handler
  resident_deciding,
};
inline void PrintTo(Style style, std::ostream* out) {
  constexpr std::string_view names[] = {"Explicit", "Resident", "WithHandles", "Deciding",
                                        "ResidentDeciding"};
  *out << names[static_cast<size_t>(style)];
}

/// Another version, whose balances are at most 100.
inline const Result<Bytes>& modest_machine(Style style) {
  static const Result<Bytes> explicit_one =
      build_guest("machine", "actor-with-contracts", {"-DMOST=100"});
  static const Result<Bytes> resident_one =
      build_guest("machine", "resident-actor-with-contracts", {"-DMOST=100", "-DRESIDENT"});
  return style == Style::explicit_state ? explicit_one : resident_one;
}

inline const Result<Bytes>& machine(Style style) {
  static const Result<Bytes> explicit_one = build_guest("machine", "actor-with-contracts");
  static const Result<Bytes> resident_one =
      build_guest("machine", "resident-actor-with-contracts", {"-DRESIDENT"});
  static const Result<Bytes> with_handles =
      build_guest_with_wasi("machine", "machine-with-handles", {"-DHANDLES"});
  static const Result<Bytes> deciding =
      build_guest_with_wasi("machine", "deciding-machine", {"-DDECIDES"});
  static const Result<Bytes> resident_deciding =
      build_guest_with_wasi("machine", "resident-deciding-machine", {"-DDECIDES", "-DRESIDENT"});
  switch (style) {
    case Style::explicit_state: return explicit_one;
    case Style::resident: return resident_one;
    case Style::with_handles: return with_handles;
    case Style::deciding: return deciding;
    case Style::resident_deciding: break;
  }
  return resident_deciding;
}

struct Answer {
  MessageKind kind = MessageKind::signal;  ///< none yet
  uint32_t tag = 0;
  std::string text;
  bool is(Refusal refusal) const {
    return kind == MessageKind::failure && tag == static_cast<uint32_t>(refusal);
  }
};

class MachineActors : public ::testing::TestWithParam<Style> {
 protected:
  void SetUp() override { CAIRN_NEEDS_GUEST(machine(GetParam())) }

  static ActorSettings granted() {
    ActorSettings settings;
    settings.grants = Grants({"cairn:actor", "wasi:cli", "wasi:clocks", "wasi:http"});
    settings.limits.fuel_per_message = 50'000'000;
    return settings;
  }

  std::shared_ptr<const ComponentKind> load(const std::function<void(KindSettings&)>& change = {},
                                            bool with_journal = true) {
    return load(*machine(GetParam()), change, with_journal);
  }
  std::shared_ptr<const ComponentKind> load(const Bytes& bytes,
                                            const std::function<void(KindSettings&)>& change,
                                            bool with_journal) {
    KindSettings settings;
    settings.settings = std::make_shared<const ActorSettings>(granted());
    settings.on_trap = settings.on_limit = Directive::resume;
    if (change) change(settings);
    ComponentWorld world = {
        .clock = &simulation_.clock(),
        .random = &simulation_.random(),
        .log = &log_,
        .journal = with_journal ? &journal_ : nullptr,
        .kinds = [this](std::string_view name) { return name == "machine" ? kind_ : nullptr; },
        .values =
            [this](std::string_view name) {
              auto& bucket = values_[std::string(name)];
              if (!bucket) bucket = std::make_shared<wasi::MemoryBucket>();
              return bucket;
            }};
    const auto kind = ComponentKind::load(engine_, bytes, std::move(world), std::move(settings));
    EXPECT_TRUE(kind) << kind.error().message;
    kind_ = kind.value_or(nullptr);
    return kind_;
  }
  ActorId spawn(const std::string& name, std::string_view argument = "0") {
    const Result<ActorId> id = system().spawn(kind_->spec(name, Payload(argument)));
    EXPECT_TRUE(id) << id.error().message;
    simulation_.run();
    return id.value_or(ActorId());
  }
  /// What a request is answered; none of it when it was not.
  Answer ask(ActorId id, std::string_view text) {
    auto answer = std::make_shared<Answer>();
    system().request(id, Payload(text), 10'000 * ms, [answer](const Message& message) {
      *answer = {
          .kind = message.kind, .tag = message.tag, .text = std::string(message.payload.text())};
    });
    simulation_.run();
    last_ = answer;
    return *answer;
  }
  System& system() { return simulation_.system(); }
  /// Settings with other limits.
  static std::function<void(KindSettings&)> with_limits(
      const std::function<void(ActorSettings&)>& change) {
    return [change](KindSettings& settings) {
      ActorSettings own = granted();
      change(own);
      settings.settings = std::make_shared<const ActorSettings>(own);
    };
  }
  /// Without what hooks do.
  std::vector<Transition> chain(const std::string& name) {
    std::vector<Transition> records = journal_.chains.at(name).transitions;
    std::erase_if(records,
                  [](const Transition& record) { return record.kind == TransitionKind::snapshot; });
    return records;
  }
  const Transition& last_record(const std::string& name) {
    return journal_.chains.at(name).transitions.back();
  }
  bool is_resident() const {
    return GetParam() != Style::explicit_state && GetParam() != Style::deciding;
  }
  /// Of explicit state: a state of a transition.
  static std::string text(const Payload& state) { return std::string(state.text()); }

  engine::Engine engine_{{.fuel = true, .deterministic = true}};
  MemoryLog log_;
  MemoryJournal journal_;
  std::map<std::string, std::shared_ptr<wasi::KeyValueBucket>> values_;
  std::shared_ptr<const ComponentKind> kind_;
  std::vector<EventKind> events_;
  Simulation simulation_{
      1, {.observer = [this](const Event& event) { events_.push_back(event.kind); }}};
  std::shared_ptr<Answer> last_;
};

}  // namespace cairn::actor::testing
