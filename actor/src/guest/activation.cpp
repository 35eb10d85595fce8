#include "guest/activation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {

namespace {

constexpr std::string_view request_name = "cairn:actor/messaging#request";
constexpr std::string_view get_name = "cairn:actor/key-value#get";

/// A first byte that says which, then the rest: of a payload its media type, a 0 and its data.
Bytes encode(const Activation::RequestResult& result) {
  Bytes bytes = {static_cast<uint8_t>(result ? 0 : 1)};
  if (result) {
    const Payload payload = wire::from_wire(*result);
    const ByteSpan media = as_bytes(payload.media_type());
    bytes.insert(bytes.end(), media.begin(), media.end());
    bytes.push_back(0);
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
  if (bytes.size() >= 2 && bytes[0] == 0) {
    const ByteSpan rest = bytes.subspan(1);
    const auto zero = std::ranges::find(rest, uint8_t{0});
    if (zero != rest.end()) {
      const auto media = static_cast<size_t>(zero - rest.begin());
      return wire::to_wire(Payload(rest.subspan(media + 1), as_text(rest.first(media))));
    }
  }
  return fail(ErrorKind::invalid, "a recorded answer to a request that is none");
}

Error over_limit(std::string_view what, uint64_t max) {
  return {.kind = ErrorKind::limit,
          .message = fmt::format("a message led to more than {} {}", max, what)};
}

}  // namespace

void Activation::begin() {
  at_ns_ = kind_.world().journal == nullptr ? 0 : kind_.world().clock->realtime_ns();
  host_results_.clear();
  effects_.clear();
  host_result_bytes_ = effect_bytes_ = log_bytes_ = 0;
  if (!changed_.empty()) changed_.clear();
  if (!requests_.empty()) requests_.clear();
  replayed_ = nullptr;
  next_ = 0;
}

void Activation::begin_replay(uint64_t at_ns, const std::vector<HostResult>& replayed) {
  begin();
  at_ns_ = at_ns;
  replayed_ = &replayed;
}

Result<> Activation::add_effect(EffectKind kind, std::string to, Payload payload) {
  const HandlerLimits& limits = kind_.settings().handler_limits;
  if (effects_.size() >= limits.effects_max) {
    return std::unexpected(over_limit("effects", limits.effects_max));
  }
  effect_bytes_ += to.size() + payload.size();
  if (effect_bytes_ > limits.effect_bytes_max) {
    return std::unexpected(over_limit("bytes of effects", limits.effect_bytes_max));
  }
  if (kind == EffectKind::set_value) {
    changed_[to] = Bytes(payload.bytes().begin(), payload.bytes().end());
  } else if (kind == EffectKind::remove_value) {
    changed_[to] = std::nullopt;
  }
  effects_.push_back({.kind = kind, .to = std::move(to), .payload = std::move(payload)});
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
  if (kind_.world().journal == nullptr) return {};
  const size_t max = kind_.settings().handler_limits.host_result_bytes_max;
  host_result_bytes_ += name.size() + bytes.size();
  if (host_result_bytes_ > max)
    return std::unexpected(over_limit("bytes of the host's answers", max));
  host_results_.push_back({.name = std::string(name), .bytes = {bytes.begin(), bytes.end()}});
  return {};
}

Result<component::Later<Activation::RequestResult>> Activation::request(component::HostCall& call,
                                                                        std::string_view to,
                                                                        Payload payload,
                                                                        uint64_t timeout_ns) {
  if (replayed_ != nullptr) {
    return component::Later<RequestResult>(TRY(decode_request(TRY(recorded(request_name)))));
  }
  component::Later<RequestResult> later(call);
  const uint64_t number = context_->ask(context_->find(to), std::move(payload), timeout_ns);
  requests_.emplace(number, later.done());
  return later;
}

bool Activation::answered(const actor::Message& reply) {
  const auto request = requests_.find(reply.correlation);
  if (request == requests_.end()) return false;
  const component::Completer<RequestResult> done = std::move(request->second);
  requests_.erase(request);
  RequestResult result;
  if (reply.kind == MessageKind::reply) {
    result = wire::to_wire(reply.payload);
  } else {
    result =
        std::unexpected(wire::RequestError{.refusal = static_cast<wire::RefusalCode>(reply.tag),
                                           .message = std::string(reply.payload.text())});
  }
  if (Result<> recorded = record(request_name, encode(result)); !recorded) {
    done.fail(std::move(recorded).error());
  } else {
    done(std::move(result));
  }
  return true;
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
    return log->log(LogLevel::warning, "{}: logs more than {} bytes of one message", address_, max);
  }
  // One line, and nothing that a terminal would obey.
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  log->log(level, "{}: {}", address_, line);
}

}  // namespace cairn::actor
