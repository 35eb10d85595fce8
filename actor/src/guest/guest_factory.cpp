#include "guest/guest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace cairn::actor {

namespace {

using component::has_signature;
using component::Types;

constexpr std::string_view package = "cairn:actor/";
constexpr std::string_view version = "@0.1.0";

std::string interface_name(std::string_view name) {
  return fmt::format("{}{}{}", package, name, version);
}

using Fits = bool (*)(const Types& types, const component::FuncType& type);
template <class Signature>
struct Of;
template <class R, class... Args>
struct Of<R(Args...)> {
  static bool fits(const Types& types, const component::FuncType& type) {
    return has_signature<R, Args...>(types, type);
  }
};

using Checked = std::expected<void, wire::Error>;

struct Export {
  std::string_view interface, name;
  Fits fits;
};

/// By `GuestFunc`.
constexpr std::array<Export, guest_func_count> exports_of(StateStyle style) {
  const bool resident = style == StateStyle::resident;
  const std::string_view handler = resident ? "resident-handler" : "handler";
  return {{
      {handler, "init",
       resident ? &Of<Checked(wire::Payload)>::fits
                : &Of<std::expected<wire::Payload, wire::Error>(wire::Payload)>::fits},
      {handler, "handle",
       resident
           ? &Of<std::expected<std::optional<wire::Payload>, wire::Error>(wire::Message)>::fits
           : &Of<std::expected<wire::Outcome, wire::Error>(wire::Message, wire::Payload)>::fits},
      {"message-contract", "check", &Of<Checked(wire::Message, wire::Payload)>::fits},
      {"state-contract", "check", &Of<Checked(wire::Payload)>::fits},
      {"observable", "state", &Of<wire::Payload()>::fits},
      {"lifecycle", "pre-start", &Of<Checked()>::fits},
      {"lifecycle", "post-start", &Of<Checked()>::fits},
      {"lifecycle", "pre-stop", &Of<Checked()>::fits},
      {"lifecycle", "post-stop", &Of<Checked()>::fits},
      {"lifecycle", "on-restart", &Of<Checked(std::string)>::fits},
      {"lifecycle", "health-check", &Of<Checked()>::fits},
      {"error-handler", "on-error", &Of<wire::DirectiveCode(wire::CauseCode, wire::Error)>::fits},
  }};
}

/// What components of `wasi:http` export, whatever their versions behind these.
struct HttpExport {
  std::string_view begins, any;
};
constexpr HttpExport http_export(wasi::HttpVersion which) {
  if (which == wasi::HttpVersion::proxy_02) {
    return {"wasi:http/incoming-handler@0.2.", "wasi:http/incoming-handler@0.2.0"};
  }
  return {"wasi:http/handler@0.3.", "wasi:http/handler@0.3.0"};
}

bool exports_http(const component::Component& component, wasi::HttpVersion which) {
  return std::ranges::any_of(component.type().exports, [&](const component::NamedExtern& item) {
    return item.name.starts_with(http_export(which).begins);
  });
}

bool exports_interface(const component::Component& component, std::string_view name) {
  return std::ranges::any_of(component.type().exports, [&](const component::NamedExtern& item) {
    return item.name == interface_name(name);
  });
}

/// Without its version: grants are for what it is.
std::string_view without_version(std::string_view name) { return name.substr(0, name.find('@')); }

/// Types alone do nothing, nor do streams that nobody hands out.
bool needs_grant(std::string_view name) {
  return name != "cairn:actor/types" && !name.starts_with("wasi:io/");
}

Result<> check_grants(const component::Component& component, const Grants& grants) {
  std::string_view first;
  std::set<std::string_view> missing;
  for (const component::NamedExtern& item : component.type().imports) {
    const std::string_view name = without_version(item.name);
    if (!needs_grant(name) || grants.has(name)) continue;
    if (first.empty()) first = name;
    missing.insert(name.substr(0, name.find('/')));
  }
  if (missing.empty()) return {};
  return fail(ErrorKind::denied,
              fmt::format("the component imports '{}', which is not granted; it would link with "
                          "more grants: \"{}\"",
                          first, fmt::join(missing, "\", \"")));
}

/// For each worker, where none may go from one message to another as it is.
constexpr uint32_t renewed_max = 16;

/// What a guest needs is allocated in small pieces, for which glibc asks the system page by page
/// when a thread has used up what it has: several calls for each guest. One for all of them does,
/// and its free pieces are joined before.
void make_room() {
  constexpr size_t bytes = 100 << 10;  // from 128 KiB on it would give them back
  ::operator delete(::operator new(bytes));
}

}  // namespace

std::string_view name_of(GuestFunc which) {
  return exports_of(StateStyle::explicit_state)[static_cast<size_t>(which)].name;
}

std::optional<GuestFunc> hook_of(std::string_view name) {
  const auto exports = exports_of(StateStyle::explicit_state);
  const auto found = std::ranges::find_if(exports, [&](const Export& item) {
    return (item.interface == "lifecycle" || item.interface == "error-handler") &&
           item.name == name;
  });
  if (found == exports.end()) return std::nullopt;
  return static_cast<GuestFunc>(found - exports.begin());
}

GuestFactory::GuestFactory(engine::Engine& engine, component::ComponentPre pre,
                           const KindSettings& settings, bool has_wasi)
    : engine_(engine),
      pre_(std::move(pre)),
      kept_max_(settings.instances_kept != 0 ? settings.instances_kept : renewed_max),
      renews_(settings.instances_kept == 0),
      has_wasi_(has_wasi) {
  const ActorLimits& limits = settings.settings->limits;
  if (limits.memory_bytes != 0) limits_.memory_bytes_max = limits.memory_bytes;
}

Result<std::unique_ptr<GuestFactory>> GuestFactory::make(engine::Engine& engine, ByteSpan bytes,
                                                         const KindSettings& settings,
                                                         StateStyle& style) {
  if (!engine.settings().fuel) {
    return fail(ErrorKind::usage, "components are actors only of an engine that counts fuel");
  }
  const component::Component component = TRY(component::Component::load(engine, bytes));
  TRY(check_wasi_imports(component));
  TRY(check_grants(component, settings.settings->grants));
  const bool has_wasi = imports_wasi(component);
  component::ComponentLinker linker(engine);
  add_actor_imports(linker);
  if (has_wasi) add_wasi_imports(linker);
  // Not within `new`, whose room nobody would free.
  component::ComponentPre pre = TRY(linker.prepare(component));
  auto factory =
      std::unique_ptr<GuestFactory>(new GuestFactory(engine, std::move(pre), settings, has_wasi));
  TRY(factory->look_at(style, component));
  return factory;
}

/// Finds out what it exports, with a first instance.
Result<> GuestFactory::look_at(StateStyle& style, const component::Component& component) {
  const bool is_explicit = exports_interface(component, "handler");
  const bool is_resident = exports_interface(component, "resident-handler");
  int handlers = int{is_explicit} + int{is_resident};
  for (const auto which : {wasi::HttpVersion::proxy_02, wasi::HttpVersion::service_03}) {
    if (!exports_http(component, which)) continue;
    http_ = which;
    ++handlers;
  }
  if (handlers != 1) {
    return fail(ErrorKind::invalid,
                fmt::format("the component exports {} of '{}', '{}', '{}' and '{}'; an actor "
                            "exports one",
                            handlers == 0 ? "none" : "several", interface_name("handler"),
                            interface_name("resident-handler"),
                            http_export(wasi::HttpVersion::proxy_02).any,
                            http_export(wasi::HttpVersion::service_03).any));
  }
  style = style_ = is_resident ? StateStyle::resident : StateStyle::explicit_state;
  const auto exports = exports_of(style_);
  for (size_t at = 0; at < exports.size(); ++at) {
    has_[at] = exports_interface(component, exports[at].interface);
    interfaces_[at] = interface_name(exports[at].interface);
  }
  if (http_) {
    if (!has_wasi_) {
      return fail(ErrorKind::invalid,
                  fmt::format("the component's '{}' is not of its type", http_export(*http_).any));
    }
    // Without a state; like a server of HTTP it has an instance for each request.
    has_[static_cast<size_t>(GuestFunc::handle)] = true;
    interfaces_[static_cast<size_t>(GuestFunc::handle)] = http_export(*http_).any;
    kept_max_ = 0;
  }
  std::unique_ptr<Guest> first = TRY(fresh());
  is_checked_ = true;
  if (style_ == StateStyle::resident || (renews_ && !has_wasi_)) {
    auto made = first->as_fresh(style_);
    if (made) {
      first->fresh_ = fresh_ = *std::move(made);
    } else if (style_ == StateStyle::resident) {
      return std::unexpected(std::move(made).error());
    }
  }
  give_back(std::move(first));
  return {};
}

Result<> GuestFactory::find_funcs(Guest& guest, StateStyle style) const {
  const component::Instance instance = TRY(pre_.instantiate(guest.store_));
  const auto exports = exports_of(style);
  for (size_t at = 0; at < exports.size(); ++at) {
    if (!has_[at]) continue;
    const component::Func func = instance.instance(interfaces_[at]).func(exports[at].name);
    const auto fits = [&] {
      return http_ && exports[at].name == "handle"
                 ? wasi::HttpExchange::fits(*http_, func.types(), func.type())
                 : exports[at].fits(func.types(), func.type());
    };
    if (!is_checked_ && (!func || !fits())) {
      return fail(ErrorKind::invalid, fmt::format("the component's '{}#{}' is not of its type",
                                                  interfaces_[at], exports[at].name));
    }
    guest.funcs_[at] = func;
  }
  return {};
}

Result<std::unique_ptr<Guest>> GuestFactory::fresh() {
  make_room();
  auto guest = std::make_unique<Guest>(engine_, limits_);
  if (has_wasi_) guest->use_wasi();
  guest->http_ = http_;
  // Start functions run on credit of a fixed size.
  constexpr uint64_t start_fuel = 10'000'000;
  guest->store_.core().set_fuel(start_fuel);
  TRY(find_funcs(*guest, style_));
  guest->fresh_ = fresh_;
  // As they are after a message: in which order its start has let go of some makes no difference.
  if (style_ == StateStyle::resident && fresh_ != nullptr) {
    TRY(component::load_handles(guest->store_, fresh_->handles, guest->keeper()));
  }
  return guest;
}

Result<std::unique_ptr<Guest>> GuestFactory::take() {
  Stripe& mine = stripe();
  {
    std::lock_guard lock(mine.mutex);
    if (!mine.kept.empty()) {
      auto guest = std::move(mine.kept.back());
      mine.kept.pop_back();
      return guest;
    }
  }
  return fresh();
}

Result<std::unique_ptr<Guest>> GuestFactory::take_new() { return renews_ ? take() : fresh(); }

void GuestFactory::give_back(std::unique_ptr<Guest> guest) {
  if (kept_max_ == 0 || (renews_ && !guest->renew())) return;
  Stripe& mine = stripe();
  std::lock_guard lock(mine.mutex);
  if (mine.kept.size() < kept_max_) mine.kept.push_back(std::move(guest));
}

}  // namespace cairn::actor
