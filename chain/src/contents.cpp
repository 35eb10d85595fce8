#include "contents.hpp"

#include <cairn/actor/supervision.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "wire.hpp"

namespace cairn::chain {
namespace {

/// The place of each is its number on disk.
constexpr std::array<actor::EffectKind, 12> effect_kinds = {
    actor::EffectKind::send,         actor::EffectKind::publish,   actor::EffectKind::subscribe,
    actor::EffectKind::unsubscribe,  actor::EffectKind::spawn,     actor::EffectKind::stop,
    actor::EffectKind::monitor,      actor::EffectKind::demonitor, actor::EffectKind::start_timer,
    actor::EffectKind::cancel_timer, actor::EffectKind::set_value, actor::EffectKind::remove_value,
};

uint8_t effect_number(actor::EffectKind kind) {
  return static_cast<uint8_t>(std::ranges::find(effect_kinds, kind) - effect_kinds.begin());
}

/// Those that say how it is done have numbers behind all these, and two more fields.
constexpr std::array<actor::EffectKind, 3> kinds_with_options = {
    actor::EffectKind::send, actor::EffectKind::publish, actor::EffectKind::spawn};

bool has_options(const actor::Effect& effect) {
  return effect.kind == actor::EffectKind::spawn
             ? effect.restart != actor::Restart::permanent || effect.significant
             : effect.priority != actor::Priority::normal || effect.time_to_live_ns != 0;
}

uint8_t number_with_options(actor::EffectKind kind) {
  const auto at = std::ranges::find(kinds_with_options, kind) - kinds_with_options.begin();
  return static_cast<uint8_t>(effect_kinds.size() + static_cast<size_t>(at));
}

void append_options(Bytes& out, const actor::Effect& effect) {
  const bool is_child = effect.kind == actor::EffectKind::spawn;
  out.push_back(is_child ? static_cast<uint8_t>(effect.restart)
                         : static_cast<uint8_t>(effect.priority));
  append_unsigned_leb(out, is_child ? uint64_t{effect.significant} : effect.time_to_live_ns);
}

/// What has one form only: options that say nothing are none.
void read_options(WireReader& in, actor::Effect& effect) {
  const auto first = in.fixed<uint8_t>();
  const uint64_t second = in.number();
  if (effect.kind == actor::EffectKind::spawn) {
    if (first > static_cast<uint8_t>(actor::Restart::temporary)) {
      return in.fail_here("an unknown kind of restart");
    }
    if (second > 1) return in.fail_here("a child that is neither significant nor not");
    effect.restart = static_cast<actor::Restart>(first);
    effect.significant = second == 1;
  } else {
    if (first >= actor::priority_count) return in.fail_here("an unknown priority");
    effect.priority = static_cast<actor::Priority>(first);
    effect.time_to_live_ns = second;
  }
  if (!has_options(effect)) in.fail_here("options that say nothing");
}

/// No list of more things is read, whatever it says: each takes at least two bytes.
Result<> check_count(uint64_t count, ByteSpan bytes, std::string_view what) {
  if (count <= bytes.size()) return {};
  return fail(ErrorKind::malformed, fmt::format("{} {} in {} bytes", count, what, bytes.size()));
}

RecordKind kind_of(actor::TransitionKind kind) {
  switch (kind) {
    case actor::TransitionKind::init: return RecordKind::init;
    case actor::TransitionKind::message: return RecordKind::message;
    case actor::TransitionKind::rejection: return RecordKind::rejection;
    case actor::TransitionKind::restart: return RecordKind::restart;
    case actor::TransitionKind::upgrade: return RecordKind::upgrade;
    case actor::TransitionKind::supervision: return RecordKind::supervision;
    case actor::TransitionKind::snapshot: return RecordKind::snapshot;
    case actor::TransitionKind::fork: return RecordKind::fork;
    case actor::TransitionKind::stop: return RecordKind::stop;
  }
  return RecordKind::message;
}

std::optional<RejectionCause> cause_of(actor::Rejection rejection) {
  switch (rejection) {
    case actor::Rejection::none: return std::nullopt;
    case actor::Rejection::contract: return RejectionCause::contract;
    case actor::Rejection::trap: return RejectionCause::trap;
    case actor::Rejection::limit: return RejectionCause::limit;
    case actor::Rejection::error: return RejectionCause::error;
  }
  return std::nullopt;
}

static_assert(reason_bytes_max == actor::reason_bytes_max);
static_assert(name_bytes_max >= actor::actor_name_bytes_max);
static_assert(name_bytes_max >= actor::media_type_bytes_max);

/// Whether the new state of such a transition means anything.
bool bears_state(const actor::Transition& transition) {
  switch (transition.kind) {
    case actor::TransitionKind::init:
    case actor::TransitionKind::message:
    case actor::TransitionKind::snapshot:
    case actor::TransitionKind::fork: return true;
    // Unless it brings a state along, the new module goes on with the old one.
    case actor::TransitionKind::upgrade: return transition.new_state.size() != 0;
    case actor::TransitionKind::rejection:
    case actor::TransitionKind::restart:
    case actor::TransitionKind::supervision:
    case actor::TransitionKind::stop: return false;
  }
  return false;
}

}  // namespace

actor::TransitionKind transition_kind(RecordKind kind) {
  switch (kind) {
    case RecordKind::genesis:
    case RecordKind::init: return actor::TransitionKind::init;
    case RecordKind::message: return actor::TransitionKind::message;
    case RecordKind::rejection: return actor::TransitionKind::rejection;
    case RecordKind::restart: return actor::TransitionKind::restart;
    case RecordKind::upgrade: return actor::TransitionKind::upgrade;
    case RecordKind::supervision: return actor::TransitionKind::supervision;
    case RecordKind::snapshot: return actor::TransitionKind::snapshot;
    case RecordKind::fork: return actor::TransitionKind::fork;
    case RecordKind::stop: return actor::TransitionKind::stop;
  }
  return actor::TransitionKind::init;
}

actor::Rejection rejection_of(std::optional<RejectionCause> cause) {
  if (!cause) return actor::Rejection::none;
  switch (*cause) {
    case RejectionCause::contract: return actor::Rejection::contract;
    case RejectionCause::trap: return actor::Rejection::trap;
    case RejectionCause::limit: return actor::Rejection::limit;
    case RejectionCause::error: return actor::Rejection::error;
  }
  return actor::Rejection::none;
}

Bytes encode_host_results(const std::vector<actor::HostResult>& results) {
  Bytes out;
  for (const actor::HostResult& result : results) {
    append_text(out, result.name);
    append_text(out, as_text(result.bytes));
  }
  return out;
}

Result<std::vector<actor::HostResult>> decode_host_results(ByteSpan bytes, uint64_t count) {
  TRY(check_count(count, bytes, "answers of the host"));
  std::vector<actor::HostResult> results;
  WireReader in(bytes);
  for (uint64_t at = 0; at < count && !in.failed(); ++at) {
    actor::HostResult& result = results.emplace_back();
    result.name = in.text(bytes.size());
    const ByteSpan answer = in.bytes(in.number());
    result.bytes.assign(answer.begin(), answer.end());
  }
  TRY(in.finish("a list of answers of the host"));
  return results;
}

Bytes encode_effects(const std::vector<actor::Effect>& effects) {
  Bytes out;
  for (const actor::Effect& effect : effects) {
    const bool says_how = has_options(effect);
    out.push_back(says_how ? number_with_options(effect.kind) : effect_number(effect.kind));
    append_text(out, effect.to);
    append_text(out, effect.payload.media_type());
    append_text(out, effect.payload.text());
    if (says_how) append_options(out, effect);
  }
  return out;
}

Result<std::vector<actor::Effect>> decode_effects(ByteSpan bytes, uint64_t count) {
  TRY(check_count(count, bytes, "effects"));
  std::vector<actor::Effect> effects;
  WireReader in(bytes);
  for (uint64_t at = 0; at < count && !in.failed(); ++at) {
    const auto kind = in.fixed<uint8_t>();
    const bool says_how = kind >= effect_kinds.size();
    if (kind >= effect_kinds.size() + kinds_with_options.size()) {
      in.fail_here("an unknown kind of effect");
      break;
    }
    actor::Effect& effect = effects.emplace_back();
    effect.kind = says_how ? kinds_with_options[kind - effect_kinds.size()] : effect_kinds[kind];
    effect.to = in.text(bytes.size());
    const std::string_view media_type = in.text(bytes.size());
    effect.payload = actor::Payload(in.bytes(in.number()), media_type);
    if (says_how) read_options(in, effect);
  }
  TRY(in.finish("a list of effects"));
  return effects;
}

Result<Prepared> Prepared::of(actor::Transition transition) {
  Prepared prepared;
  prepared.kind_ = kind_of(transition.kind);
  prepared.host_results_ = encode_host_results(transition.host_results);
  prepared.effects_ = encode_effects(transition.effects);
  prepared.transition_ = std::move(transition);
  for (const Slot slot :
       {Slot::input, Slot::new_state, Slot::reply, Slot::host_results, Slot::effects}) {
    prepared.contents_[static_cast<size_t>(slot)] = Content::of(prepared.content(slot));
  }
  Bytes probe;
  TRY(prepared.record().encode(probe));
  return prepared;
}

Result<Prepared> Prepared::of(actor::Genesis genesis) {
  Prepared prepared;
  prepared.genesis_ = std::move(genesis);
  prepared.contents_[static_cast<size_t>(Slot::manifest)] = Content::of(prepared.genesis_.manifest);
  Bytes probe;
  TRY(prepared.record().encode(probe));
  return prepared;
}

ByteSpan Prepared::content(Slot slot) const {
  switch (slot) {
    case Slot::manifest: return genesis_.manifest;
    case Slot::input: return transition_.input.bytes();
    case Slot::new_state:
      return bears_state(transition_) ? transition_.new_state.bytes() : ByteSpan{};
    case Slot::reply: return transition_.reply.bytes();
    case Slot::host_results: return host_results_;
    case Slot::effects: return effects_;
  }
  return {};
}

const actor::Payload* Prepared::new_state() const {
  return bears_state(transition_) ? &transition_.new_state : nullptr;
}

Record Prepared::record() const {
  const auto content = [this](Slot slot) { return contents_[static_cast<size_t>(slot)]; };
  if (kind_ == RecordKind::genesis) {
    return {.kind = RecordKind::genesis,
            .module = genesis_.module,
            .name = genesis_.name,
            .manifest = content(Slot::manifest),
            .fuel_max = genesis_.fuel,
            .memory_max = genesis_.memory,
            .payload_max = genesis_.payload};
  }
  const actor::Transition& from = transition_;
  Record record = {.kind = kind_, .at_ns = from.at_ns, .module = from.module};
  // A message is there, and may be empty; elsewhere an empty input is none.
  if (kind_ == RecordKind::message || kind_ == RecordKind::rejection || from.input.size() != 0) {
    record.input = {.message_kind = static_cast<uint8_t>(from.message_kind),
                    .message_tag = from.message_tag,
                    .topic = from.input.topic(),
                    .payload = {from.input.media_type(), content(Slot::input)}};
  }
  if (!from.sender.empty()) record.source = {.name = from.sender, .cause = from.cause};
  record.rejection = cause_of(from.rejection);
  if (bears_state(from)) record.new_state = {from.new_state.media_type(), content(Slot::new_state)};
  if (from.has_reply) record.reply = {from.reply.media_type(), content(Slot::reply)};
  record.host_results = {from.host_results.size(), content(Slot::host_results)};
  record.effects = {from.effects.size(), content(Slot::effects)};
  record.fuel_used = from.fuel_used;
  record.reason = actor::shortened(from.reason);
  return record;
}

}  // namespace cairn::chain
