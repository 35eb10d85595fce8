#include <cairn/actor/component_kind.hpp>

#include "cell.hpp"
#include "guest/component_actor.hpp"

#include <utility>

namespace cairn::actor {

namespace {

/// How long a handler may take beyond its limit before the system ends it: the actor looks itself.
constexpr uint64_t grace_ns = 1'000'000'000;

std::shared_ptr<const ActorSettings> with_grace(const ActorSettings& settings) {
  ActorSettings own = settings;
  if (own.limits.message_time_ns != 0)
    own.limits.message_time_ns = later(own.limits.message_time_ns, grace_ns);
  return std::make_shared<const ActorSettings>(std::move(own));
}

Result<std::optional<wasi::NetworkPolicy>> network_of(const Grants& grants) {
  constexpr std::string_view kind = "net:";
  std::vector<std::string> rules;
  for (const std::string& name : grants.names()) {
    if (name.starts_with(kind)) rules.push_back(name.substr(kind.size()));
  }
  if (rules.empty()) return std::nullopt;
  return TRY(wasi::NetworkPolicy::parse(rules, {}));
}

}  // namespace

KindSettings::KindSettings()
    : on_trap(Directive::restart),
      on_limit(Directive::restart),
      on_error(Directive::resume),
      on_contract(Directive::resume) {}

ComponentKind::ComponentKind(ComponentWorld world, KindSettings settings)
    : world_(std::move(world)), settings_(std::move(settings)) {}

ComponentKind::~ComponentKind() = default;

Result<std::shared_ptr<const ComponentKind>> ComponentKind::load(engine::Engine& engine,
                                                                 ByteSpan bytes,
                                                                 ComponentWorld world,
                                                                 KindSettings settings) {
  if (settings.settings == nullptr) settings.settings = std::make_shared<const ActorSettings>();
  auto kind =
      std::shared_ptr<ComponentKind>(new ComponentKind(std::move(world), std::move(settings)));
  kind->digest_ = crypto::sha256(bytes);
  kind->network_ = TRY(network_of(kind->settings_.settings->grants));
  kind->actor_settings_ = with_grace(*kind->settings_.settings);
  if (kind->world_.journal != nullptr) kind->settings_.instances_kept = 0;
  kind->guests_ = TRY(GuestFactory::make(engine, bytes, kind->settings_, kind->style_));
  return kind;
}

bool ComponentKind::serves_http() const { return guests_->serves_http(); }

ChildSpec ComponentKind::spec(const std::string& name, Payload argument) const {
  return {.name = name,
          .factory = [kind = shared_from_this(), name,
                      argument = std::move(argument)]() -> Result<std::unique_ptr<Actor>> {
            std::unique_ptr<Actor> actor = std::make_unique<ComponentActor>(kind, name, argument);
            const auto& host = kind->world().host;
            return host ? host(*kind, name, argument, std::move(actor)) : std::move(actor);
          },
          .settings = actor_settings_};
}

}  // namespace cairn::actor
