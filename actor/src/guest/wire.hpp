#pragma once
/// Values of `cairn:actor/types` on their way between guests and actors.

#include <cairn/actor/actor.hpp>
#include <cairn/actor/journal.hpp>
#include <cairn/actor/message.hpp>
#include <cairn/actor/payload.hpp>

#include <cairn/component/typed.hpp>

#include <array>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace cairn::actor::wire {

// As typed.hpp maps them; what is on the way of every message has functions of its own below.

using MediaType = std::variant<std::monostate, std::monostate, std::monostate, std::string>;
struct Payload {
  std::vector<uint8_t> data;
  MediaType media_type;
};
struct Publication {
  std::string topic, sender;
};
enum class ExitCode : uint8_t {};
struct Ended {
  std::string actor;
  ExitCode exit;
};
using Origin = std::variant<std::string, std::string, Publication, uint32_t, Ended>;
struct Message {
  Payload payload;
  Origin origin;
};
struct Error {
  std::string code, message;
};
struct Outcome {
  std::optional<Payload> state, reply;
};
enum class RefusalCode : uint8_t {};
struct RequestError {
  RefusalCode refusal;
  std::string message;
};
enum class LogLevelCode : uint8_t {};
enum class PriorityCode : uint8_t {};
struct SendOptions {
  PriorityCode priority;
  std::optional<uint64_t> time_to_live_ns;
};
enum class RestartCode : uint8_t {};
struct ChildOptions {
  RestartCode restart;
  bool significant;
};
enum class CauseCode : uint8_t {};
enum class DirectiveCode : uint8_t {};

/// Copies what is longer than a payload keeps inside.
actor::Payload from_wire(const Payload& payload);
Payload to_wire(const actor::Payload& payload);

// The same without the types between, borrowing bytes and text.

/// Overwrites a value by a `payload` that lies as long as the other is used.
void set_payload(component::Value& value, const actor::Payload& payload);
/// Of a `payload` that a guest has given.
actor::Payload get_payload(const component::Value& value);
/// Of an `option<payload>`.
std::optional<actor::Payload> get_optional_payload(const component::Value& value);
/// A message and a state, as arguments: from one message to the next only what differs is made
/// anew.
class MessageArgs {
 public:
  MessageArgs();
  MessageArgs(const MessageArgs&) = delete;
  MessageArgs& operator=(const MessageArgs&) = delete;

  /// All of them outlive the call.
  void set(const actor::Message& message, std::string_view sender, const actor::Payload& state);
  /// The first, or both.
  std::span<const component::Value> values(size_t count) const { return {values_.data(), count}; }

 private:
  /// Where the parts of a `payload` are, and the case of its media type.
  struct PayloadPlace {
    component::Value::Sequence* fields = nullptr;
    uint32_t media_case = UINT32_MAX;
    void set(const actor::Payload& payload);
  };
  void set_origin(const actor::Message& message, std::string_view sender);

  std::array<component::Value, 2> values_;
  PayloadPlace payload_, state_;
  component::Value* origin_ = nullptr;
  component::Value* sender_ = nullptr;  ///< of a message that was sent or requested
  MessageKind sender_kind_ = MessageKind::signal;
};

/// Of a `result<T, error>` that is one: "code: message".
struct Refused {
  std::string code, message;
  std::string text() const { return code.empty() ? message : code + ": " + message; }
};
std::optional<Refused> get_refused(const component::Value& result);

/// What `on-error` is told, as it is recorded: the code, a line's end, the message.
actor::Payload to_failure(const Refused& refused);
/// It as arguments. The payload outlives the call. False: it is none, or nothing was refused.
bool set_failure(std::span<component::Value, 2> args, uint32_t why, const actor::Payload& failure);
/// What `on-error` gives.
Directive get_directive(const component::Value& result);
std::string_view to_string(Directive directive);

}  // namespace cairn::actor::wire

namespace cairn::component {

namespace wire = actor::wire;

template <>
struct Described<wire::Payload> {
  static constexpr auto fields = std::tuple{Field{"data", &wire::Payload::data},
                                            Field{"media-type", &wire::Payload::media_type}};
};
template <>
struct Described<wire::Publication> {
  static constexpr auto fields = std::tuple{Field{"topic", &wire::Publication::topic},
                                            Field{"sender", &wire::Publication::sender}};
};
template <>
struct Described<wire::Ended> {
  static constexpr auto fields =
      std::tuple{Field{"actor", &wire::Ended::actor}, Field{"exit", &wire::Ended::exit}};
};
template <>
struct Described<wire::Message> {
  static constexpr auto fields = std::tuple{Field{"payload", &wire::Message::payload},
                                            Field{"origin", &wire::Message::origin}};
};
template <>
struct Described<wire::Error> {
  static constexpr auto fields =
      std::tuple{Field{"code", &wire::Error::code}, Field{"message", &wire::Error::message}};
};
template <>
struct Described<wire::Outcome> {
  static constexpr auto fields =
      std::tuple{Field{"state", &wire::Outcome::state}, Field{"reply", &wire::Outcome::reply}};
};
template <>
struct Described<wire::RequestError> {
  static constexpr auto fields = std::tuple{Field{"refusal", &wire::RequestError::refusal},
                                            Field{"message", &wire::RequestError::message}};
};
/// With so many cases, no more: they are indices here.
template <class T, size_t count>
struct EnumOfCases : EnumOf<T> {
  static bool matches(const Types& types, ValType type) {
    return EnumOf<T>::matches(types, type) && types[type].parts.size() == count;
  }
};
template <>
struct Described<wire::SendOptions> {
  static constexpr auto fields =
      std::tuple{Field{"priority", &wire::SendOptions::priority},
                 Field{"time-to-live-ns", &wire::SendOptions::time_to_live_ns}};
};
template <>
struct Described<wire::ChildOptions> {
  static constexpr auto fields = std::tuple{Field{"restart", &wire::ChildOptions::restart},
                                            Field{"significant", &wire::ChildOptions::significant}};
};
template <>
struct Typed<wire::PriorityCode> : EnumOfCases<wire::PriorityCode, 4> {};
template <>
struct Typed<wire::RestartCode> : EnumOfCases<wire::RestartCode, 3> {};
template <>
struct Typed<wire::CauseCode> : EnumOfCases<wire::CauseCode, 4> {};
template <>
struct Typed<wire::DirectiveCode> : EnumOfCases<wire::DirectiveCode, 4> {};
template <>
struct Typed<wire::ExitCode> : EnumOfCases<wire::ExitCode, 8> {};
template <>
struct Typed<wire::RefusalCode> : EnumOfCases<wire::RefusalCode, 9> {};
template <>
struct Typed<wire::LogLevelCode> : EnumOfCases<wire::LogLevelCode, 5> {};

}  // namespace cairn::component
