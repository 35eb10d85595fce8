// The way of a message from outside, and of its answer.

#include <fmt/format.h>

#include <tuple>

#include "inside.hpp"

namespace cairn::platform {

using actor::MessageKind;
using actor::Refusal;

namespace {

std::unexpected<Refused> refused(Refusal refusal, std::string why) {
  return std::unexpected(Refused{.refusal = refusal, .why = std::move(why)});
}

/// How long one that nobody waits for may be on its way.
constexpr uint64_t unawaited_ns = uint64_t{3600} * 1'000'000'000;

}  // namespace

/// There is no actor of that name, or it does not run.
std::unexpected<Refused> Deployment::Inside::nobody(std::string_view actor, bool is_known) {
  std::string why = is_known ? fmt::format("actor '{}' does not run", actor) : pools->idle(actor);
  const Refusal refusal = why.empty() ? Refusal::no_such_actor : Refusal::stopped;
  if (why.empty()) why = fmt::format("there is no actor '{}'", actor);
  tell_refused(actor, to_string(refusal), why);
  return refused(refusal, std::move(why));
}

void Deployment::Inside::request(std::string_view actor, actor::Payload message,
                                 MessageOptions options, Done done) {
  if (draining.load(std::memory_order_relaxed)) {
    return done(refused(Refusal::stopped, "the system stops"));
  }
  const EntryPtr entry = roster->find(actor);
  const actor::ActorId id = entry == nullptr ? actor::ActorId() : entry->actor_id();
  if (!id) return done(nobody(actor, entry != nullptr));
  const std::string& key = options.idempotency_key;
  const uint64_t for_ns = options.timeout_ns != 0 ? options.timeout_ns : timeout_ns();
  if (!key.empty() && !claim(entry, message, key, for_ns, done)) return;
  // Where nothing is recorded, a message without a key has nothing to tell.
  const bool has_ticket = store != nullptr || !key.empty();
  auto ticket = has_ticket ? std::make_shared<Ticket>(std::move(options.idempotency_key)) : nullptr;
  const uint32_t tag = has_ticket ? tickets.add(ticket) : 0;
  system->request(
      id, std::move(message), for_ns,
      [this, entry, ticket = std::move(ticket), tag, done = std::move(done)](
          const actor::Message& answered) { answer(entry, ticket.get(), tag, answered, done); },
      {.priority = options.priority, .tag = tag, .time_to_live_ns = options.time_to_live_ns});
}

bool Deployment::Inside::claim(const EntryPtr& entry, const actor::Payload& message,
                               const std::string& key, uint64_t for_ns, Done& done) {
  if (const Result<> good = check_key(key); !good) {
    done(refused(Refusal::rejected, good.error().message));
    return false;
  }
  const crypto::Sha256 digest = digest_of(message.media_type(), message.bytes());
  const uint64_t now_ns = world.clock->monotonic_ns();
  const uint64_t deadline_ns = for_ns < UINT64_MAX - now_ns ? now_ns + for_ns : UINT64_MAX;
  Keys::Handled handled;
  switch (keys.claim(entry->name, key, digest, deadline_ns, done, handled)) {
    case Keys::Claim::fresh: return true;
    case Keys::Claim::waiting: return false;
    case Keys::Claim::handled:
      if (handled.receipt) {
        done(from_record(entry->name, *handled.receipt));
      } else {
        done(Answer{.reply = std::move(handled.reply), .is_repeated = true});
      }
      return false;
    case Keys::Claim::other:
      done(std::unexpected(
          Refused{.refusal = Refusal::rejected,
                  .why = fmt::format("the idempotency key '{}' was used for another message", key),
                  .key_was_used = true}));
      return false;
  }
  return false;
}

void Deployment::Inside::answer(const EntryPtr& entry, const Ticket* ticket, uint32_t tag,
                                const actor::Message& message, const Done& done) {
  const bool never_begins = tag == 0 || tickets.remove(tag);
  std::optional<actor::Receipt> receipt;
  std::string reason;
  if (ticket != nullptr) std::tie(receipt, reason) = ticket->recorded();
  const bool is_reply = message.kind == MessageKind::reply;
  std::expected<Answer, Refused> given;
  if (is_reply) {
    given = Answer{.reply = message.payload, .receipt = receipt};
  } else {
    std::string why = reason.empty() ? std::string(message.payload.text()) : std::move(reason);
    given = std::unexpected(Refused{
        .refusal = static_cast<Refusal>(message.tag), .why = std::move(why), .receipt = receipt});
  }
  if (ticket != nullptr && !ticket->key.empty() && !receipt) {
    std::vector<Done> others;
    if (is_reply) {
      others = keys.settle(entry->name, ticket->key,
                           {.receipt = std::nullopt, .reply = message.payload});
    } else if (never_begins || store == nullptr) {
      // Once it has begun, its record decides, or the end of its handling.
      others = keys.abandon(entry->name, ticket->key);
    }
    for (const Done& other : others) {
      auto theirs = given;
      if (theirs) theirs->is_repeated = true;
      other(std::move(theirs));
    }
  }
  done(std::move(given));
}

/// Who came with the same key meanwhile hears what the record says.
void Deployment::Inside::settled(const std::string& actor, const std::string& key,
                                 const std::optional<actor::Receipt>& receipt) {
  if (!receipt) return abandon(actor, key);
  for (const Done& done : keys.settle(actor, key, {.receipt = receipt, .reply = {}})) {
    done(from_record(actor, *receipt));
  }
}

void Deployment::Inside::abandon(const std::string& actor, const std::string& key) {
  for (const Done& done : keys.abandon(actor, key)) {
    done(refused(Refusal::failed, "it was not handled to its end"));
  }
}

void Deployment::Inside::expire_waiting() {
  for (const Done& done : keys.expire()) {
    done(refused(Refusal::timed_out, "the same message, sent before, is still being handled"));
  }
}

std::expected<Answer, Refused> Deployment::Inside::from_record(
    const std::string& actor, const actor::Receipt& receipt) const {
  const auto stored = store->record(actor, receipt.sequence);
  if (!stored) return refused(Refusal::failed, stored.error().message);
  const chain::Record& record = stored->record;
  if (record.rejection) {
    const bool by_rule = *record.rejection == chain::RejectionCause::contract ||
                         *record.rejection == chain::RejectionCause::error;
    return std::unexpected(Refused{.refusal = by_rule ? Refusal::rejected : Refusal::failed,
                                   .why = std::string(record.reason),
                                   .receipt = receipt});
  }
  Answer answer = {.receipt = receipt, .is_repeated = true};
  if (!record.reply) return answer;
  const auto reply = stored->content(chain::Slot::reply);
  if (!reply) {
    return std::unexpected(Refused{.refusal = Refusal::rejected,
                                   .why = "it was handled, and its answer was thrown away since",
                                   .receipt = receipt});
  }
  answer.reply = actor::Payload(*reply, record.reply->media_type);
  return answer;
}

std::string Deployment::addressee(std::string_view name, const actor::Payload& message,
                                  std::string_view key, std::string_view idempotency_key) const {
  const Pools& pools = *inside_->pools;
  if (pools.component_of(name).empty()) return std::string(name);
  const std::string_view said = key.empty() ? idempotency_key : key;
  const uint64_t by = actor::routing_key(said.empty() ? message.bytes() : as_bytes(said));
  // What was handled once is known to who did it, also while that one does not run.
  if (!idempotency_key.empty()) return pools.owner_of(name, by);
  const EntryPtr member = pools.next_of(name, by);
  return member == nullptr ? std::string(name) : member->name;
}

void Deployment::request(std::string_view actor, actor::Payload message, MessageOptions options,
                         Done done) {
  inside_->request(actor, std::move(message), std::move(options), std::move(done));
}

std::expected<void, Refused> Deployment::Inside::send(const EntryPtr& entry, actor::Payload message,
                                                      const MessageOptions& options) {
  const auto bytes_max = entry->locked([](const Entry& own) -> uint64_t {
    return own.kind ? own.kind->settings().settings->limits.payload_bytes : UINT64_MAX;
  });
  const uint64_t bytes = message.size();
  switch (
      system->send(entry->actor_id(), std::move(message),
                   {.priority = options.priority, .time_to_live_ns = options.time_to_live_ns})) {
    case actor::Sent::accepted:
    case actor::Sent::blocked: return {};
    case actor::Sent::dropped:
    case actor::Sent::full: return refused(Refusal::mailbox_full, "try again later");
    case actor::Sent::refused: break;
  }
  if (bytes > bytes_max) {
    return refused(Refusal::too_large,
                   fmt::format("{} bytes; '{}' takes {}", bytes, entry->name, bytes_max));
  }
  return refused(Refusal::stopped, fmt::format("actor '{}' does not run", entry->name));
}

std::expected<void, Refused> Deployment::send(std::string_view actor, actor::Payload message,
                                              MessageOptions options) {
  if (options.idempotency_key.empty()) {
    const EntryPtr entry = inside_->roster->find(actor);
    if (inside_->draining) return refused(Refusal::stopped, "the system stops");
    if (entry == nullptr) return inside_->nobody(actor, false);
    return inside_->send(entry, std::move(message), options);
  }
  // What becomes of it has to be known, so it is a request. A refusal comes before this returns.
  struct Outcome {
    std::mutex mutex;
    std::expected<void, Refused> sent = {};
    bool is_over = false;
  };
  if (options.timeout_ns == 0) options.timeout_ns = unawaited_ns;
  const auto outcome = std::make_shared<Outcome>();
  inside_->request(actor, std::move(message), std::move(options),
                   [outcome](const std::expected<Answer, Refused>& given) {
                     const std::lock_guard lock(outcome->mutex);
                     // One that has a record was accepted, then or earlier.
                     if (outcome->is_over || given || given.error().receipt) return;
                     outcome->sent = std::unexpected(given.error());
                   });
  const std::lock_guard lock(outcome->mutex);
  outcome->is_over = true;
  return outcome->sent;
}

size_t Deployment::publish(std::string_view topic, const actor::Payload& message,
                           const MessageOptions& options) {
  if (inside_->draining) return 0;
  return inside_->system->publish(
      topic, message, {.priority = options.priority, .time_to_live_ns = options.time_to_live_ns});
}

}  // namespace cairn::platform
