#pragma once
/// What components import: functions and resources of the host, or instances of other components.

#include <cairn/component/component.hpp>
#include <cairn/component/host.hpp>
#include <cairn/component/instance.hpp>

#include <map>
#include <string>

namespace cairn::component {

namespace rt {
struct Program;
}

/// What happens when the last handle of a resource of the host goes away.
using HostDestructor = std::function<void(uint64_t rep)>;

/// An interface that the host implements.
class HostInterface {
 public:
  HostInterface& func(std::string_view name, HostFunction function);
  /// A resource type. What a `rep` means is for the host to say.
  HostInterface& resource(std::string_view name, HostDestructor destructor = nullptr);

  const HostFunction* find_func(std::string_view name) const;
  const HostDestructor* find_resource(std::string_view name) const;

 private:
  std::map<std::string, HostFunction, std::less<>> funcs_;
  std::map<std::string, HostDestructor, std::less<>> resources_;
};

/// A component, linked: everything is decided that does not need a store. A cheap handle, which
/// threads may share.
class ComponentPre {
 public:
  Result<Instance> instantiate(Store& store) const;

 private:
  friend class ComponentLinker;
  explicit ComponentPre(std::shared_ptr<const rt::Program> program)
      : program_(std::move(program)) {}
  std::shared_ptr<const rt::Program> program_;
};

/// Names for what components import. Interface names match by semantic versions: what is defined as
/// `a:b/c@1.2.3` serves an import of `a:b/c@1.1.0`.
class ComponentLinker {
 public:
  explicit ComponentLinker(engine::Engine& engine) : engine_(engine) {}

  /// The interface of that name, to be filled.
  HostInterface& interface(std::string_view name) { return interfaces_[std::string(name)]; }
  /// What is imported without an interface.
  HostInterface& root() { return root_; }
  /// Imports of these names are exports of an instance of `component`, one for each linked
  /// component; what it imports itself is looked up here, too.
  void component(std::string_view name, Component component);

  /// Missing imports: `unlinkable`.
  Result<ComponentPre> prepare(const Component& component) const;
  Result<Instance> instantiate(Store& store, const Component& component) const;

  /// The definition that serves an import of this name, or null.
  const HostInterface* find_interface(std::string_view name) const;
  const Component* find_component(std::string_view name) const;
  const HostInterface& root() const { return root_; }

 private:
  engine::Engine& engine_;
  HostInterface root_;
  std::map<std::string, HostInterface, std::less<>> interfaces_;
  std::map<std::string, Component, std::less<>> components_;
};

}  // namespace cairn::component
