#include "system_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/json.hpp"
#include "api/problem.hpp"

namespace cairn::platform {
namespace {

/// So many refusals have a record each, whenever they come …
constexpr uint64_t tokens_max = 64;
/// … and then so many a second.
constexpr uint64_t token_ns = uint64_t{1'000'000'000} / 4;
/// Behind the one that is written. What comes then is counted with its like.
constexpr size_t waiting_max = 1'024;
/// Of different sorts; all others are counted as one.
constexpr size_t held_max = 256;
/// Somebody else has chosen them.
constexpr size_t text_bytes_max = 512;

std::string cut(std::string text) {
  if (text.size() <= text_bytes_max) return text;
  text.resize(text_bytes_max);
  // Not within a character of UTF-8.
  while (!text.empty() && (static_cast<uint8_t>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<uint8_t>(text.back()) >= 0x80) text.pop_back();
  return text + "…";
}

/// Whoever fails by a limit has come too often, or with too much.
actor::Rejection rejection_for(std::string_view reason) {
  constexpr auto limits =
      std::to_array<std::string_view>({"mailbox full", "too large", "expired",
                                       problems::mailbox_full.name, problems::too_large.name});
  const bool is_limit = std::ranges::find(limits, reason) != limits.end();
  return is_limit ? actor::Rejection::limit : actor::Rejection::error;
}

}  // namespace

SystemChain::SystemChain(World world)
    : world_(std::move(world)), tokens_(tokens_max), tokens_ns_(world_.clock->monotonic_ns()) {}

void SystemChain::decided(Happening happening) {
  take({.kind = actor::TransitionKind::supervision, .happening = std::move(happening)});
}

void SystemChain::refused(Happening happening) {
  take({.kind = actor::TransitionKind::rejection, .happening = std::move(happening)});
}

void SystemChain::take(Note note) {
  note.happening.text = cut(std::move(note.happening.text));
  note.happening.actor = cut(std::move(note.happening.actor));
  // What is said of it is linked to what it had done by then.
  if (const auto chain = world_.store->chain(note.happening.actor)) note.cause = chain->sequence;
  const bool is_refusal = note.kind == actor::TransitionKind::rejection;
  {
    const std::lock_guard lock(mutex_);
    if (has_failed_) return;
    const uint64_t now_ns = world_.clock->monotonic_ns();
    if (waiting_.size() >= waiting_max || (is_refusal && !take_token(now_ns))) {
      return hold(std::move(note));
    }
    if (is_refusal && !held_.empty()) {
      // Those before it come first, with which it may be counted.
      hold(std::move(note));
      let_go();
    } else {
      put(std::move(note));
    }
    if (std::exchange(is_writing_, true)) return;
  }
  write_next();
}

void SystemChain::put(Note note) { waiting_.push_back(std::move(note)); }

void SystemChain::hold(Note note) {
  Happening& it = note.happening;
  std::string like = fmt::format("{}\n{}\n{}", it.name, it.reason, it.actor);
  if (held_.size() >= held_max && !held_.contains(like)) {
    like.clear();
    note.cause = 0;
    it = {.at_ns = it.at_ns, .name = "others", .text = "of other kinds, or about other actors"};
  }
  const auto [held, is_first] = held_.try_emplace(std::move(like), std::move(note));
  if (is_first) return;
  held->second.times += note.times;
}

bool SystemChain::take_token(uint64_t now_ns) {
  const uint64_t more = (now_ns - tokens_ns_) / token_ns;
  tokens_ = std::min(tokens_ + more, tokens_max);
  tokens_ns_ += more * token_ns;
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

bool SystemChain::holds_decisions() const {
  return std::ranges::any_of(held_, [](const auto& held) {
    return held.second.kind == actor::TransitionKind::supervision;
  });
}

void SystemChain::let_go() {
  auto next = held_.upper_bound(let_go_last_);
  if (next == held_.end()) next = held_.begin();
  let_go_last_ = next->first;
  put(std::move(held_.extract(next).mapped()));
}

uint64_t SystemChain::tick() {
  uint64_t next_ns = UINT64_MAX;
  {
    const std::lock_guard lock(mutex_);
    const uint64_t now_ns = world_.clock->monotonic_ns();
    // Only refusals are bounded.
    while (!held_.empty() && waiting_.size() < waiting_max &&
           (take_token(now_ns) || holds_decisions()))
      let_go();
    if (!held_.empty()) next_ns = std::max(tokens_ns_, now_ns) + token_ns;
    if (waiting_.empty() || std::exchange(is_writing_, true)) return next_ns;
  }
  write_next();
  return next_ns;
}

bool SystemChain::finish() {
  {
    const std::lock_guard lock(mutex_);
    is_finishing_ = true;
    while (!held_.empty()) let_go();
    if (is_writing_) return false;
    if (waiting_.empty()) return true;
    is_writing_ = true;
  }
  write_next();
  return false;
}

void SystemChain::write_next() {
  Note next;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      is_writing_ = false;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  if (is_open_) return append(std::move(next));
  // Systems in which nothing went wrong have no such chain.
  world_.store->open(world_.session, {.name = std::string(system_chain_name), .manifest = {}},
                     [this, next](const Result<actor::Recovered>& opened) {
                       if (!opened) return written(next, std::unexpected(opened.error()));
                       is_open_ = true;
                       append(next);
                     });
}

void SystemChain::append(Note note) {
  actor::Transition transition = transition_of(note);
  world_.store->append(world_.session, std::move(transition),
                       [this, note = std::move(note)](const Result<actor::Receipt>& receipt) {
                         written(note, receipt);
                       });
}

void SystemChain::written(Note note, const Result<actor::Receipt>& receipt) {
  if (!receipt && receipt.error().kind != ErrorKind::limit) return give_up(receipt.error());
  if (!receipt) {
    if (!std::exchange(note.was_told, true))
      world_.complain(fmt::format("'{}' of '{}' has no record yet: {}", note.happening.name,
                                  note.happening.actor, receipt.error().to_string()));
    const std::lock_guard lock(mutex_);
    // There may be room later, for all that is counted with it.
    if (!is_finishing_) hold(std::move(note));
  } else if (world_.hub->has_watchers()) {
    world_.hub->tell({.kind = Happening::Kind::transition,
                      .at_ns = note.happening.at_ns,
                      .actor = std::string(system_chain_name),
                      .name = std::string(to_string(note.kind)),
                      .text = transition_of(note).reason,
                      .receipt = *receipt});
  }
  write_next();
}

void SystemChain::give_up(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    has_failed_ = true;
    is_writing_ = false;
    waiting_.clear();
    held_.clear();
  }
  world_.complain("the system's chain has no further records: " + why.to_string());
}

actor::Transition SystemChain::transition_of(const Note& note) const {
  const Happening& it = note.happening;
  JsonWriter json;
  json.begin_object();
  json.key("event").string(it.name);
  json.key("actor").string(it.actor);
  if (!it.other.empty()) json.key("other").string(it.other);
  if (!it.reason.empty()) json.key("reason").string(it.reason);
  if (!it.text.empty()) json.key("text").string(it.text);
  if (it.delay_ns) json.key("delay_ns").number(*it.delay_ns);
  if (it.count) json.key("count").number(*it.count);
  if (note.times != 1) json.key("times").number(note.times);
  json.end_object();

  std::string reason = it.name;
  if (!it.actor.empty()) reason += fmt::format(" '{}'", it.actor);
  if (!it.reason.empty()) reason += fmt::format(" ({})", it.reason);
  if (note.times != 1) reason += fmt::format(", {} times", note.times);
  if (!it.text.empty()) reason += ": " + it.text;

  actor::Transition made;
  made.kind = note.kind;
  made.at_ns = it.at_ns;
  made.input = actor::Payload(json.take(), actor::json);
  made.reason = std::move(reason);
  if (note.kind == actor::TransitionKind::rejection) made.rejection = rejection_for(it.reason);
  if (note.cause != 0) {
    made.sender = it.actor;
    made.cause = note.cause;
  }
  return made;
}

}  // namespace cairn::platform
