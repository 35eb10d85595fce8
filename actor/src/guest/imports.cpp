// What `cairn:actor` gives to guests (wit/actor.wit). Whatever changes the world is an effect,
// which happens when the message counts.

#include "guest/activation.hpp"
#include "topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace cairn::actor {

namespace {

using component::HostCall;

/// Functions that do something for a message: there is none while a guest is made.
class Interface {
 public:
  Interface(component::ComponentLinker& linker, std::string_view name)
      : interface_(linker.interface(name)) {}
  template <class F>
  Interface& func(std::string_view name, F function) {
    interface_.func(name, std::move(function));
    component::HostDefinition guarded = *interface_.find_func(name);
    guarded.function = [own = std::string(name), then = std::move(guarded.function)](
                           HostCall& call) -> Result<std::optional<component::Value>> {
      if (call.context().find<Session>()->activation != nullptr) return then(call);
      return fail(ErrorKind::trap,
                  fmt::format("it calls '{}' while it is made, before any message", own));
    };
    interface_.define(name, std::move(guarded));
    return *this;
  }

 private:
  component::HostInterface& interface_;
};

Result<> effect(HostCall& call, EffectKind kind, std::string to, Payload payload = {}) {
  return Session::of(call).add_effect(
      {.kind = kind, .to = std::move(to), .payload = std::move(payload)});
}

/// 0 would say that it has none.
uint64_t time_to_live_of(const wire::SendOptions& options) {
  return options.time_to_live_ns ? std::max<uint64_t>(*options.time_to_live_ns, 1) : 0;
}

Result<> sent_with(HostCall& call, EffectKind kind, std::string to, const wire::Payload& payload,
                   const wire::SendOptions& options) {
  return Session::of(call).add_effect({.kind = kind,
                                       .to = std::move(to),
                                       .payload = wire::from_wire(payload),
                                       .priority = static_cast<Priority>(options.priority),
                                       .time_to_live_ns = time_to_live_of(options)});
}

/// What says yes with nothing, and no with a text.
using Answer = std::expected<void, std::string>;

Result<Answer> to_answer(Result<Bytes> text) {
  const Bytes bytes = TRY(std::move(text));
  if (bytes.empty()) return Answer();
  return Answer(std::unexpected(std::string(as_text(bytes))));
}

Bytes to_bytes(std::string_view text) {
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

void add_logging(component::ComponentLinker& linker) {
  Interface(linker, "cairn:actor/logging@0.1.0")
      .func("log", [](HostCall& call, wire::LogLevelCode code, const std::string& text) {
        static constexpr std::array levels = {LogLevel::debug, LogLevel::debug, LogLevel::info,
                                              LogLevel::warning, LogLevel::error};
        Session::of(call).log(levels[static_cast<size_t>(code)], text);
      });
}

void add_self(component::ComponentLinker& linker) {
  Interface(linker, "cairn:actor/self@0.1.0")
      .func("address", [](HostCall& call) { return Session::of(call).address(); })
      .func("parent",
            [](HostCall& call) -> Result<std::string> {
              Activation& activation = Session::of(call);
              const Bytes name = TRY(activation.answer("cairn:actor/self#parent", [&] {
                Context& context = *activation.context();
                return to_bytes(context.address_of(context.parent()));
              }));
              return std::string(as_text(name));
            })
      .func("now", [](HostCall& call) { return Session::of(call).at_ns(); })
      .func("stop", [](HostCall& call) { return effect(call, EffectKind::stop, ""); });
}

void add_messaging(component::ComponentLinker& linker) {
  Interface(linker, "cairn:actor/messaging@0.1.0")
      .func("send",
            [](HostCall& call, std::string to, const wire::Payload& payload) {
              return effect(call, EffectKind::send, std::move(to), wire::from_wire(payload));
            })
      .func("request",
            [](HostCall& call, const std::string& to, const wire::Payload& payload,
               uint64_t timeout_ns) {
              return Session::of(call).request(call, to, wire::from_wire(payload), timeout_ns);
            })
      .func("request-with",
            [](HostCall& call, const std::string& to, const wire::Payload& payload,
               uint64_t timeout_ns, const wire::SendOptions& options) {
              const uint64_t lives_ns = options.time_to_live_ns ? time_to_live_of(options)
                                                                : std::max<uint64_t>(timeout_ns, 1);
              return Session::of(call).request(call, to, wire::from_wire(payload), timeout_ns,
                                               {.priority = static_cast<Priority>(options.priority),
                                                .time_to_live_ns = lives_ns});
            })
      .func("send-with",
            [](HostCall& call, std::string to, const wire::Payload& payload,
               const wire::SendOptions& options) {
              return sent_with(call, EffectKind::send, std::move(to), payload, options);
            })
      .func("publish-with",
            [](HostCall& call, std::string topic, const wire::Payload& payload,
               const wire::SendOptions& options) {
              return sent_with(call, EffectKind::publish, std::move(topic), payload, options);
            })
      .func("publish",
            [](HostCall& call, std::string topic, const wire::Payload& payload) {
              return effect(call, EffectKind::publish, std::move(topic), wire::from_wire(payload));
            })
      .func("subscribe",
            [](HostCall& call, std::string pattern) -> Result<Answer> {
              if (const Result<> checked = check_pattern(pattern); !checked) {
                return Answer(std::unexpected(checked.error().message));
              }
              TRY(effect(call, EffectKind::subscribe, std::move(pattern)));
              return Answer();
            })
      .func("unsubscribe", [](HostCall& call, std::string pattern) {
        return effect(call, EffectKind::unsubscribe, std::move(pattern));
      });
}

/// Empty: it may be spawned.
std::string why_not_spawn(Activation& activation, std::string_view name, std::string_view kind) {
  const ComponentWorld& world = activation.kind().world();
  const auto& kinds = world.kinds;
  const auto child = kinds == nullptr || kind.contains(' ') ? nullptr : kinds(kind);
  if (child == nullptr) return "there is no such kind";
  // What it may have is a part of what its parent has.
  const ActorSettings& own = *activation.kind().settings().settings;
  const ActorSettings& wanted = *child->settings().settings;
  if (const Result<> covers = own.grants.covers(wanted.grants); !covers)
    return covers.error().message;
  if (const Result<> bound = own.limits.bound(wanted.limits); !bound) return bound.error().message;
  if (name.empty() || name.starts_with('#') || name.size() > actor_name_bytes_max ||
      (world.is_name != nullptr && !world.is_name(name))) {
    return "this is no name";
  }
  if (activation.context()->is_name_taken(name) || activation.spawns(name)) {
    return "the name is taken";
  }
  return {};
}

/// Empty: it may be stopped. Nobody else's child is any of its business.
std::string why_not_stop(const Activation& activation, std::string_view child) {
  const Context& context = *activation.context();
  if (context.is_child(context.find(child))) return {};
  return "there is no child of that name";
}

Result<Answer> spawn(HostCall& call, const std::string& name, const std::string& kind,
                     const wire::Payload& argument, const wire::ChildOptions& options) {
  Activation& activation = Session::of(call);
  const Answer answer = TRY(to_answer(activation.answer("cairn:actor/children#spawn", [&] {
    return to_bytes(why_not_spawn(activation, name, kind));
  })));
  if (!answer) return answer;
  TRY(activation.add_effect({.kind = EffectKind::spawn,
                             .to = kind + ' ' + name,
                             .payload = wire::from_wire(argument),
                             .restart = static_cast<Restart>(options.restart),
                             .significant = options.significant}));
  return answer;
}

void add_children(component::ComponentLinker& linker) {
  Interface(linker, "cairn:actor/children@0.1.0")
      .func("spawn",
            [](HostCall& call, const std::string& name, const std::string& kind,
               const wire::Payload& argument) { return spawn(call, name, kind, argument, {}); })
      .func("spawn-with",
            [](HostCall& call, const std::string& name, const std::string& kind,
               const wire::Payload& argument, const wire::ChildOptions& options) {
              return spawn(call, name, kind, argument, options);
            })
      .func("stop",
            [](HostCall& call, std::string child) -> Result<Answer> {
              Activation& activation = Session::of(call);
              const Answer answer =
                  TRY(to_answer(activation.answer("cairn:actor/children#stop", [&] {
                    return to_bytes(why_not_stop(activation, child));
                  })));
              if (answer) TRY(effect(call, EffectKind::stop, std::move(child)));
              return answer;
            })
      .func("monitor",
            [](HostCall& call, std::string whom) {
              return effect(call, EffectKind::monitor, std::move(whom));
            })
      .func("demonitor", [](HostCall& call, std::string whom) {
        return effect(call, EffectKind::demonitor, std::move(whom));
      });
}

void add_timers(component::ComponentLinker& linker) {
  Interface(linker, "cairn:actor/timers@0.1.0")
      .func("start",
            [](HostCall& call, uint32_t tag, uint64_t after_ns, uint64_t every_ns) {
              return effect(call, EffectKind::start_timer, std::to_string(tag),
                            Payload::of(std::array{after_ns, every_ns}));
            })
      .func("cancel", [](HostCall& call, uint32_t tag) {
        return effect(call, EffectKind::cancel_timer, std::to_string(tag));
      });
}

void add_key_value(component::ComponentLinker& linker) {
  Interface(linker, "cairn:actor/key-value@0.1.0")
      .func("get",
            [](HostCall& call, const std::string& key) { return Session::of(call).value(key); })
      .func("set",
            [](HostCall& call, std::string key, std::vector<uint8_t> value) {
              return effect(call, EffectKind::set_value, std::move(key), Payload(value));
            })
      .func("remove", [](HostCall& call, std::string key) {
        return effect(call, EffectKind::remove_value, std::move(key));
      });
}

}  // namespace

void add_actor_imports(component::ComponentLinker& linker) {
  linker.interface("cairn:actor/types@0.1.0");
  add_logging(linker);
  add_self(linker);
  add_messaging(linker);
  add_children(linker);
  add_timers(linker);
  add_key_value(linker);
}

}  // namespace cairn::actor
