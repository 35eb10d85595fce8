#include "guest/wire.hpp"

namespace cairn::actor::wire {

using component::Value;

namespace {

constexpr uint32_t other_media_type = 3;

/// The case of `media-type`.
uint32_t media_case(std::string_view name) {
  if (name == octet_stream) return 0;
  if (name == json) return 1;
  return name == plain_text ? 2 : other_media_type;
}

std::string_view media_name(uint32_t index, std::string_view other) {
  constexpr std::string_view names[] = {octet_stream, json, plain_text};
  return index < other_media_type ? names[index] : other;
}

void set_media_type(Value& value, std::string_view name) {
  const uint32_t index = media_case(name);
  Value::Case& made = value.make_variant(index);
  if (index == other_media_type) made.payload.push_back(Value::string_view(name));
}

/// The cases of `origin`.
enum Case : uint32_t { sent, requested, published, timer, ended };

}  // namespace

actor::Payload from_wire(const Payload& payload) {
  const auto* const other = std::get_if<other_media_type>(&payload.media_type);
  return actor::Payload(payload.data, media_name(static_cast<uint32_t>(payload.media_type.index()),
                                                 other != nullptr ? *other : std::string_view()));
}

Payload to_wire(const actor::Payload& payload) {
  const ByteSpan bytes = payload.bytes();
  Payload made{.data = {bytes.begin(), bytes.end()}, .media_type = {}};
  switch (media_case(payload.media_type())) {
    case 0: made.media_type.emplace<0>(); break;
    case 1: made.media_type.emplace<1>(); break;
    case 2: made.media_type.emplace<2>(); break;
    default: made.media_type.emplace<other_media_type>(payload.media_type());
  }
  return made;
}

void set_payload(Value& value, const actor::Payload& payload) {
  Value::Sequence& fields = value.make_items(2);
  fields[0] = Value::raw_view(payload.bytes());
  set_media_type(fields[1], payload.media_type());
}

actor::Payload get_payload(const Value& value) {
  const Value::Sequence& fields = value.items();
  const Value::Case& media = fields[1].variant();
  const std::string_view other = media.payload.empty() ? "" : media.payload.front().string();
  return actor::Payload(fields[0].raw(), media_name(media.index, other));
}

std::optional<actor::Payload> get_optional_payload(const Value& value) {
  const Value::Case& option = value.variant();
  if (option.index == 0) return std::nullopt;
  return get_payload(option.payload.front());
}

void MessageArgs::PayloadPlace::set(const actor::Payload& payload) {
  (*fields)[0] = Value::raw_view(payload.bytes());
  const std::string_view media = payload.media_type();
  const uint32_t index = wire::media_case(media);
  if (index == media_case && index != other_media_type) return;
  set_media_type((*fields)[1], media);
  media_case = index;
}

MessageArgs::MessageArgs() {
  Value::Sequence& message = values_[0].make_items(2);
  payload_.fields = &message[0].make_items(2);
  origin_ = &message[1];
  state_.fields = &values_[1].make_items(2);
}

void MessageArgs::set(const actor::Message& message, std::string_view sender,
                      const actor::Payload& state) {
  payload_.set(message.payload);
  state_.set(state);
  const bool is_request = message.kind == MessageKind::request;
  if (!is_request && message.kind != MessageKind::user) return set_origin(message, sender);
  if (message.kind != sender_kind_) {
    sender_ = &origin_->make_variant(is_request ? requested : sent).payload.emplace_back();
    sender_kind_ = message.kind;
  }
  *sender_ = Value::string_view(sender);
}

/// Of a message that is neither sent nor requested.
void MessageArgs::set_origin(const actor::Message& message, std::string_view sender) {
  sender_kind_ = MessageKind::signal;
  const auto origin = [&](uint32_t index) -> Value& {
    return origin_->make_variant(index).payload.emplace_back();
  };
  switch (message.kind) {
    case MessageKind::published: {
      Value::Sequence& publication = origin(published).make_items(2);
      publication[0] = Value::string_view(message.payload.topic());
      publication[1] = Value::string_view(sender);
      return;
    }
    case MessageKind::timer: origin(timer) = Value::number(uint64_t{message.tag}); return;
    case MessageKind::down: {
      Value::Sequence& end = origin(ended).make_items(2);
      end[0] = Value::string_view(sender);
      end[1] = Value::variant(message.tag);
      return;
    }
    default: origin(sent) = Value::string_view(sender);
  }
}

std::optional<Refused> get_refused(const Value& result) {
  const Value::Case& which = result.variant();
  if (which.index == 0) return std::nullopt;
  const Value::Sequence& fields = which.payload.front().items();
  return Refused{std::string(fields[0].string()), std::string(fields[1].string())};
}

actor::Payload to_failure(const Refused& refused) {
  // Each on its own, so that the line's end is never cut off.
  return actor::Payload(std::string(shortened(refused.code)) + '\n' +
                        std::string(shortened(refused.message)));
}

bool set_failure(std::span<Value, 2> args, uint32_t why, const actor::Payload& failure) {
  constexpr auto first = static_cast<uint32_t>(Rejection::contract);
  const std::string_view text = failure.text();
  const size_t end = text.find('\n');
  if (end == text.npos || why < first || why > static_cast<uint32_t>(Rejection::error))
    return false;
  args[0] = Value::variant(why - first);
  Value::Sequence& error = args[1].make_items(2);
  error[0] = Value::string_view(text.substr(0, end));
  error[1] = Value::string_view(text.substr(end + 1));
  return true;
}

Directive get_directive(const Value& result) {
  return static_cast<Directive>(result.variant().index);
}

std::string_view to_string(Directive directive) {
  constexpr std::string_view words[] = {"stop", "resume", "restart", "escalate"};
  return words[static_cast<size_t>(directive)];
}

}  // namespace cairn::actor::wire
