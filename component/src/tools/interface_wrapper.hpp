#pragma once
/// The component that gives an exported interface its names. What an instance exports may only
/// speak of types that have a name outside (Explainer.md, "External Visibility of Types"), and a
/// bundle of functions names no types. So the functions and types go through a component inside,
/// which imports them as they are and exports them as the interface has them.

#include "tools/component_writer.hpp"
#include "tools/outer_types.hpp"

namespace cairn::component::tools {

/// One import of the wrapper, which whoever instantiates it has to give.
struct WrapperArg {
  std::string name;
  std::variant<wit::TypeId, const wit::Function*> what;
};
struct WrappedInterface {
  syntax::Component component;
  std::vector<WrapperArg> args;
};

class InterfaceWrapper : private wit::ComponentTypeEncoder {
 public:
  explicit InterfaceWrapper(const wit::Resolve& resolve) : ComponentTypeEncoder(resolve) {}
  WrappedInterface wrap(wit::InterfaceId id);

 private:
  uint32_t type_index(wit::TypeId id) override;
  uint32_t import_type(wit::TypeId id, syntax::ExternDesc desc);
  void export_type(wit::TypeId id);
  void flush();

  ComponentWriter writer_;
  std::vector<WrapperArg> args_;
  std::map<wit::TypeId, uint32_t> imported_, exported_;
};

}  // namespace cairn::component::tools
