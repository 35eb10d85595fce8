#include "verify_replay.hpp"

#include <fmt/format.h>
#include <cairn/actor/recorded_limits.hpp>

#include "contents.hpp"
#include "verify_rules.hpp"
#include "verify_segment.hpp"

namespace cairn::chain {
namespace {

/// The transition that was recorded; none when something is missing that it was given.
std::optional<actor::Transition> recorded_as(const Record& record, const RecordFrame& frame,
                                             const actor::Payload& state) {
  const auto input = content_of(frame, record, Slot::input);
  const auto host_results = content_of(frame, record, Slot::host_results);
  if (!input || !host_results) return std::nullopt;
  auto results = decode_host_results(*host_results, record.host_results.count);
  if (!results) return std::nullopt;
  const auto payload = [&](Slot slot, std::string_view media_type) {
    return actor::Payload(content_of(frame, record, slot).value_or(ByteSpan{}), media_type);
  };
  actor::Transition made;
  made.kind = transition_kind(record.kind);
  made.rejection = rejection_of(record.rejection);
  if (record.input) {
    made.message_kind = static_cast<actor::MessageKind>(record.input->message_kind);
    made.message_tag = record.input->message_tag;
    made.input = actor::Payload(*input, record.input->payload.media_type);
    if (!record.input->topic.empty()) made.input = made.input.published_to(record.input->topic);
  }
  if (record.source) made.sender = record.source->name;
  if (record.source) made.cause = record.source->cause;
  made.at_ns = record.at_ns;
  made.host_results = *std::move(results);
  made.old_state = state;
  made.new_state =
      record.new_state ? payload(Slot::new_state, record.new_state->media_type) : state;
  made.has_reply = record.reply.has_value();
  if (record.reply) made.reply = payload(Slot::reply, record.reply->media_type);
  const auto effects = content_of(frame, record, Slot::effects);
  if (effects) {
    made.effects =
        decode_effects(*effects, record.effects.count).value_or(std::vector<actor::Effect>());
  }
  made.fuel_used = record.fuel_used;
  made.module = record.module;
  made.reason = record.reason;
  return made;
}

/// What came of it now against what the record says. Error `invalid`.
Result<> compare(const Record& record, actor::Transition now) {
  now.host_results.clear();
  const Prepared prepared = TRY(Prepared::of(std::move(now)));
  const Record made = prepared.record();
  if (!record.rejection && !made.rejection && made.kind != record.kind) {
    return wrong(fmt::format("replay: it is one of kind {}, the record says {}",
                             to_string(made.kind), to_string(record.kind)));
  }
  if (made.rejection != record.rejection) {
    const auto word = [](const std::optional<RejectionCause>& cause) {
      return cause ? to_string(*cause) : std::string_view("none");
    };
    return wrong(fmt::format("replay: the rejection is {}, the record says {}",
                             word(made.rejection), word(record.rejection)));
  }
  if (!record.rejection && made.new_state.value_or(record.old_state) != record.state()) {
    return wrong(
        fmt::format("replay: the new state is {}, the record says {}",
                    crypto::to_hex(made.new_state.value_or(record.old_state).content.digest),
                    crypto::to_hex(record.state().content.digest)));
  }
  if (made.reply != record.reply) return wrong("replay: another reply");
  if (made.effects != record.effects) return wrong("replay: other effects");
  // Where a limit ended it, that may have been one of time.
  if (made.fuel_used == record.fuel_used || record.rejection == RejectionCause::limit) return {};
  return wrong(
      fmt::format("replay: fuel is {}, the record says {}", made.fuel_used, record.fuel_used));
}

}  // namespace

Result<> Replaying::next(const Record& record, const RecordFrame& frame, const Digest& hash) {
  if (record.kind == RecordKind::genesis) {
    begin(record, frame, hash);
    return {};
  }
  Chain& chain = chains_.at(record.chain);
  TRY(run(chain, record, frame));
  chain.has_begun |= record.kind == RecordKind::init || record.kind == RecordKind::fork;
  if (record.kind != RecordKind::rejection) chain.module = record.module;
  return {};
}

void Replaying::begin(const Record& record, const RecordFrame& frame, const Digest& hash) {
  // Asked, so that it counts as named.
  if (record.module != Digest{}) static_cast<void>(replayer_.has_module(record.module));
  Chain& chain = chains_[hash];
  chain.state.emplace();
  chain.module = record.module;
  chain.genesis.name = record.name;
  chain.genesis.module = record.module;
  chain.genesis.fuel = record.fuel_max;
  chain.genesis.memory = record.memory_max;
  chain.genesis.payload = record.payload_max;
  const ByteSpan manifest = content_of(frame, record, Slot::manifest).value_or(ByteSpan{});
  chain.genesis.manifest.assign(manifest.begin(), manifest.end());
}

/// What a guest did; not what was done to it.
bool Replaying::can_run_again(const Chain& chain, const Record& record) {
  switch (record.kind) {
    case RecordKind::init:
    case RecordKind::message: return true;
    // Of a message, or of the first state; not that of a new module, nor what the system itself
    // has refused, in a chain that has neither a module nor a first state.
    case RecordKind::rejection:
      return chain.has_begun ? record.module == chain.module : record.module != Digest{};
    // What a hook did.
    case RecordKind::snapshot: return !record.reason.empty();
    default: return false;
  }
}

/// What a guest may have done that is not known. In a chain without a module, the system itself has
/// refused: there is nothing to run.
bool Replaying::is_unknown(const Chain& chain, const Record& record) {
  if (record.new_state) return record.kind != RecordKind::fork;
  return record.rejection.has_value() && chain.genesis.module != Digest{};
}

/// A new instance may have others than the chain began with.
void Replaying::take_limits(Chain& chain, const Record& record, const RecordFrame& frame) {
  const bool is_new = record.kind == RecordKind::restart || record.kind == RecordKind::upgrade;
  if (!is_new || !record.input || record.input->payload.media_type != actor::limits_type) return;
  const auto bytes = content_of(frame, record, Slot::input);
  const auto limits = bytes ? actor::RecordedLimits::of(*bytes) : std::nullopt;
  chain.has_limits = limits.has_value();
  if (!limits) return;
  chain.genesis.fuel = limits->fuel;
  chain.genesis.memory = limits->memory;
  chain.genesis.payload = limits->payload;
}

Result<> Replaying::run(Chain& chain, const Record& record, const RecordFrame& frame) {
  take_limits(chain, record, frame);
  // Asked of each record: so a replayer learns which modules the log names.
  const bool has_module = replayer_.has_module(record.module);
  if (can_run_again(chain, record)) {
    std::optional<actor::Transition> recorded;
    if (chain.state && chain.has_limits && has_module) {
      recorded = recorded_as(record, frame, *chain.state);
    }
    if (recorded) {
      auto now = replayer_.replay(chain.genesis, *recorded, !chain.has_begun);
      // Of this machine, and not of the record.
      if (!now && now.error().kind == ErrorKind::limit)
        return fail(ErrorKind::limit,
                    "there is too little for running it again: " + std::move(now.error().message));
      if (!now) return wrong("replay: " + now.error().message);
      Result<> same = compare(record, *std::move(now));
      // Before the first state nobody says which limits a further try had.
      const bool is_known = chain.has_begun || record.sequence == 1;
      if (!same && is_known) return same;
      ++(same ? report_.replayed : report_.not_replayed);
    } else {
      ++report_.not_replayed;
    }
  } else if (is_unknown(chain, record)) {
    ++report_.not_replayed;
  }
  if (!record.new_state) return {};
  const auto state = content_of(frame, record, Slot::new_state);
  chain.state.reset();
  if (state) chain.state = actor::Payload(*state, record.new_state->media_type);
  return {};
}

}  // namespace cairn::chain
