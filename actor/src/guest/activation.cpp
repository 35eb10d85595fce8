#include "guest/activation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {

namespace {

constexpr std::string_view request_name = "cairn:actor/messaging#request";
static_assert(media_type_bytes_max <= UINT16_MAX);
constexpr std::string_view get_name = "cairn:actor/key-value#get";
constexpr std::string_view seed_name = "wasi:random#seed";

/// A first byte that says which, then the rest: of a payload the size of its media type (two bytes,
/// the lower one first), that, and its data.
Bytes encode(const Activation::RequestResult& result) {
  Bytes bytes = {static_cast<uint8_t>(result ? 0 : 1)};
  if (result) {
    const Payload payload = wire::from_wire(*result);
    const ByteSpan media = as_bytes(payload.media_type());
    bytes.push_back(static_cast<uint8_t>(media.size()));
    bytes.push_back(static_cast<uint8_t>(media.size() >> 8));
    bytes.insert(bytes.end(), media.begin(), media.end());
    bytes.insert(bytes.end(), result->data.begin(), result->data.end());
  } else {
    bytes.push_back(static_cast<uint8_t>(result.error().refusal));
    const ByteSpan text = as_bytes(result.error().message);
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  return bytes;
}

Result<Activation::RequestResult> decode_request(ByteSpan bytes) {
  if (bytes.size() >= 2 && bytes[0] == 1) {
    return Activation::RequestResult(
        std::unexpected(wire::RequestError{.refusal = static_cast<wire::RefusalCode>(bytes[1]),
                                           .message = std::string(as_text(bytes.subspan(2)))}));
  }
  if (bytes.size() >= 3 && bytes[0] == 0) {
    const size_t media = bytes[1] | size_t{bytes[2]} << 8;
    const ByteSpan rest = bytes.subspan(3);
    if (media <= rest.size()) {
      return wire::to_wire(Payload(rest.subspan(media), as_text(rest.first(media))));
    }
  }
  return fail(ErrorKind::invalid, "a recorded answer to a request that is none");
}

Error over_limit(std::string_view what, uint64_t max) {
  return {.kind = ErrorKind::limit,
          .message = fmt::format("a message led to more than {} {}", max, what)};
}

}  // namespace

Result<> check_media_type(const Payload& payload) {
  if (!payload.has_long_media_type()) return {};
  return fail(ErrorKind::limit, fmt::format("a media type of {} bytes; the limit is {}",
                                            payload.media_type().size(), media_type_bytes_max));
}

void Activation::begin() {
  at_ns_.reset();
  if (kind_.world().journal != nullptr) at_ns_ = kind_.world().clock->realtime_ns();
  holdings_.undo();
  host_results_.clear();
  effects_.clear();
  host_result_bytes_ = effect_bytes_ = log_bytes_ = 0;
  if (!changed_.empty()) changed_.clear();
  if (!spawned_.empty()) spawned_.clear();
  if (!requests_.empty()) requests_.clear();
  http_.reset();
  request_count_ = 0;
  answers_.clear();
  slept_ns_ = 0;
  random_.reset();
  failure_.reset();
  replayed_ = nullptr;
  next_ = 0;
}

void Activation::begin_replay(uint64_t at_ns, const std::vector<HostResult>& replayed) {
  begin();
  at_ns_ = at_ns;
  replayed_ = &replayed;
}

Result<> Activation::add_effect(Effect effect) {
  const HandlerLimits& limits = kind_.settings().handler_limits;
  if (effects_.size() >= limits.effects_max) {
    return std::unexpected(over_limit("effects", limits.effects_max));
  }
  const std::string& to = effect.to;
  const Payload& payload = effect.payload;
  TRY(check_media_type(payload));
  effect_bytes_ += to.size() + payload.size();
  if (effect_bytes_ > limits.effect_bytes_max) {
    return std::unexpected(over_limit("bytes of effects", limits.effect_bytes_max));
  }
  TRY(hold(effect.kind, to));
  if (effect.kind == EffectKind::set_value) {
    changed_[to] = Bytes(payload.bytes().begin(), payload.bytes().end());
  } else if (effect.kind == EffectKind::remove_value) {
    changed_[to] = std::nullopt;
  } else if (effect.kind == EffectKind::spawn) {
    spawned_.insert(to.substr(to.find(' ') + 1));
  }
  effects_.push_back(std::move(effect));
  return {};
}

/// How many there are is not known where this is run again, nor is there anything to protect.
Result<> Activation::hold(EffectKind kind, const std::string& name) {
  if (replayed_ != nullptr) return {};
  const auto take = [&](Holding what, std::string_view words) -> Result<> {
    if (holdings_.take(what, name)) return {};
    return fail(ErrorKind::limit, fmt::format("the actor has {} {}, as many as it may",
                                              holdings_.limit_of(what), words));
  };
  switch (kind) {
    case EffectKind::start_timer: return take(Holding::timers, "timers");
    case EffectKind::monitor: return take(Holding::monitors, "monitors");
    case EffectKind::subscribe: return take(Holding::subscriptions, "subscriptions");
    case EffectKind::cancel_timer: holdings_.drop(Holding::timers, name); break;
    case EffectKind::demonitor: holdings_.drop(Holding::monitors, name); break;
    case EffectKind::unsubscribe: holdings_.drop(Holding::subscriptions, name); break;
    default: break;
  }
  return {};
}

Result<Bytes> Activation::recorded(std::string_view name) {
  if (next_ == replayed_->size()) {
    return fail(ErrorKind::invalid,
                fmt::format("it asks the host for '{}', where it had ended before", name));
  }
  const HostResult& result = (*replayed_)[next_++];
  if (result.name != name) {
    return fail(ErrorKind::invalid,
                fmt::format("it asks the host for '{}', where it asked for '{}' before", name,
                            result.name));
  }
  host_results_.push_back(result);
  return result.bytes;
}

Result<> Activation::record(std::string_view name, ByteSpan bytes) {
  const size_t max = kind_.settings().handler_limits.host_result_bytes_max;
  host_result_bytes_ += name.size() + bytes.size();
  if (host_result_bytes_ > max)
    return std::unexpected(over_limit("bytes of the host's answers", max));
  if (kind_.world().journal == nullptr) return {};
  host_results_.push_back({.name = std::string(name), .bytes = {bytes.begin(), bytes.end()}});
  return {};
}

component::Later<Activation::RequestResult> Activation::request(component::HostCall& call,
                                                                std::string_view to,
                                                                Payload payload,
                                                                uint64_t timeout_ns,
                                                                SendOptions options) {
  component::Later<RequestResult> later(call);
  const uint64_t number = ++request_count_;
  uint64_t correlation = 0;
  if (replayed_ == nullptr) {
    options.name = to;
    correlation = context_->ask(context_->find(to), std::move(payload), timeout_ns, options);
    if (correlation == 0) {
      const uint32_t max = context_->settings().limits.requests;
      answers_.emplace_back(
          number,
          std::unexpected(wire::RequestError{
              .refusal = static_cast<wire::RefusalCode>(Refusal::mailbox_full),
              .message = fmt::format("{} requests have no answer yet, as many as may", max)}));
    }
  }
  requests_.emplace(number, Request{correlation, later.done()});
  return later;
}

void Activation::answered(const actor::Message& reply) {
  const auto request = std::ranges::find(
      requests_, reply.correlation, [](const auto& entry) { return entry.second.correlation; });
  if (request == requests_.end()) return;
  RequestResult result;
  if (reply.kind == MessageKind::reply) {
    result = wire::to_wire(reply.payload);
  } else {
    result =
        std::unexpected(wire::RequestError{.refusal = static_cast<wire::RefusalCode>(reply.tag),
                                           .message = std::string(reply.payload.text())});
  }
  answers_.emplace_back(request->first, std::move(result));
}

/// The next answer that the guest was given, if it was one to a request.
Result<std::pair<uint64_t, Activation::RequestResult>> Activation::recorded_answer() {
  for (const auto& [number, request] : requests_) {
    const std::string name = numbered(request_name, number);
    if (next_ == replayed_->size() || (*replayed_)[next_].name != name) continue;
    return std::pair(number, TRY(decode_request(TRY(recorded(name)))));
  }
  return fail(ErrorKind::invalid, "it waits for an answer, where it had none before");
}

Result<bool> Activation::deliver() {
  if (TRY(deliver_http())) return true;
  if (!expects_answers() || (replayed_ == nullptr && answers_.empty())) return false;
  if (replayed_ != nullptr) {
    answers_.push_back(TRY(recorded_answer()));
  }
  auto [number, result] = std::move(answers_.front());
  answers_.pop_front();
  if (replayed_ == nullptr) TRY(record(numbered(request_name, number), encode(result)));
  const auto request = requests_.find(number);
  const component::Completer<RequestResult> done = std::move(request->second.done);
  requests_.erase(request);
  done(std::move(result));
  return true;
}

std::string Activation::numbered(std::string_view name, uint64_t number) {
  return number == 1 ? std::string(name) : fmt::format("{} {}", name, number);
}

void Activation::fail_later(std::string_view what, uint64_t max) {
  if (!failure_) failure_ = over_limit(what, max);
}

Result<RecordedRandom::Seed> Activation::draw_seed() {
  RecordedRandom::Seed seed = {};
  const Bytes bytes = TRY(answer(seed_name, [&] {
    kind_.world().random->fill(seed);
    return Bytes(seed.begin(), seed.end());
  }));
  if (bytes.size() != seed.size()) return fail(ErrorKind::invalid, "a recorded seed that is none");
  std::ranges::copy(bytes, seed.begin());
  return seed;
}

void Activation::fill_random(MutableByteSpan out) {
  std::ranges::fill(out, 0);
  if (!random_) {
    const Result<RecordedRandom::Seed> seed = draw_seed();
    if (!seed) {
      if (!failure_) failure_ = seed.error();
      return;
    }
    random_.emplace(*seed);
  }
  random_->fill(out);
}

Result<std::optional<Bytes>> Activation::value(const std::string& key) {
  if (const auto changed = changed_.find(key); changed != changed_.end()) return changed->second;
  // A first byte says whether there is one.
  Bytes bytes = TRY(answer(get_name, [&]() -> Bytes {
    if (values_ == nullptr) return {0};
    const auto found = values_->get(key);
    if (!found || !*found) return {0};
    Bytes some = {1};
    some.insert(some.end(), (*found)->value.begin(), (*found)->value.end());
    return some;
  }));
  if (bytes.empty() || bytes[0] == 0) return std::nullopt;
  bytes.erase(bytes.begin());
  return bytes;
}

void Activation::log(LogLevel level, std::string_view text) {
  Log* const log = kind_.world().log;
  if (replayed_ != nullptr || log == nullptr || !log->enabled(level)) return;
  const size_t max = kind_.settings().handler_limits.log_bytes_max;
  if (log_bytes_ > max) return;
  log_bytes_ += text.size() + 1;
  if (log_bytes_ > max) {
    const std::string why = fmt::format("logs more than {} bytes of one message", max);
    if (context_ != nullptr) context_->report_log_flood(why);
    return log->log(LogLevel::warning, "{}: {}", address_, why);
  }
  // One line, and nothing that a terminal would obey.
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  log->log(level, "{}: {}", address_, line);
}

}  // namespace cairn::actor
