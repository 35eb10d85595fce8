#include <cairn/component/linker.hpp>

#include "link/program.hpp"

namespace cairn::component {

HostInterface& HostInterface::func(std::string_view name, HostFunction function) {
  return define(name, {.function = std::move(function)});
}

HostInterface& HostInterface::define(std::string_view name, HostDefinition definition) {
  funcs_.insert_or_assign(std::string(name), std::move(definition));
  return *this;
}

HostInterface& HostInterface::resource(std::string_view name, HostDestructor destructor) {
  return define(name, HostResource{.destructor = std::move(destructor)});
}

HostInterface& HostInterface::define(std::string_view name, HostResource resource) {
  resources_.insert_or_assign(std::string(name), std::move(resource));
  return *this;
}

HostInterface& HostInterface::value(std::string_view name, Value value) {
  values_.insert_or_assign(std::string(name), std::move(value));
  return *this;
}

namespace {
template <class Map>
const Map::mapped_type* find_in(const Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}
}  // namespace

const HostDefinition* HostInterface::find_func(std::string_view name) const {
  return find_in(funcs_, name);
}
const HostResource* HostInterface::find_resource(std::string_view name) const {
  return find_in(resources_, name);
}
const Value* HostInterface::find_value(std::string_view name) const {
  return find_in(values_, name);
}

void ComponentLinker::component(std::string_view name, Component component) {
  components_.insert_or_assign(std::string(name), std::move(component));
}

namespace {
/// The name of an interface without its version.
std::string_view base_of(std::string_view name) { return name.substr(0, name.find('@')); }

template <class Map>
auto* find_compatible(Map& map, std::string_view name) {
  auto found = map.find(name);
  // Versions of the same interface are near each other.
  const std::string_view base = base_of(name);
  for (auto at = map.lower_bound(base); found == map.end() && at != map.end(); ++at) {
    if (!at->first.starts_with(base)) break;
    if (base_of(at->first) == base && rt::name_serves(name, at->first)) found = at;
  }
  return found == map.end() ? nullptr : &found->second;
}
}  // namespace

const HostInterface* ComponentLinker::find_interface(std::string_view name) const {
  return find_compatible(interfaces_, name);
}

const Component* ComponentLinker::find_component(std::string_view name) const {
  return find_compatible(components_, name);
}

Result<ComponentPre> ComponentLinker::prepare(const Component& component) const {
  return ComponentPre(TRY(rt::link(engine_, *this, component)));
}

Result<Instance> ComponentLinker::instantiate(Store& store, const Component& component) const {
  return TRY(prepare(component)).instantiate(store);
}

Result<Instance> ComponentPre::instantiate(Store& store) const {
  rt::StoreState& state = store.state();
  if (state.instance_count + program_->parents.size() > state.limits.instances_max)
    return fail(ErrorKind::limit, "too many component instances in the store");
  state.instance_count += static_cast<uint32_t>(program_->parents.size());
  auto world = std::make_shared<rt::World>(program_, state);
  rt::World& made = *world;
  // Kept also if it fails: what it has made in the store may refer to it.
  state.kept.push_back(std::move(world));
  TRY(made.run());
  return Instance(&made, program_->exports.get());
}

}  // namespace cairn::component
