#pragma once
/// A linked component: what there is to do to instantiate it, in order.

#include <cairn/component/linker.hpp>

#include "link/items.hpp"
#include "runtime/builtin.hpp"
#include "runtime/host_state.hpp"

namespace cairn::component::rt {

/// Canonical options with slots in place of indices.
struct OptionSlots {
  Encoding encoding = Encoding::utf8;
  PtrSize ptr = PtrSize::bits32;
  bool is_async = false;
  std::optional<uint32_t> memory = {}, realloc = {}, post_return = {}, callback = {};
};

/// A core module is instantiated; imports are slots in the module's order.
struct InstantiateStep {
  const engine::Module* module = nullptr;
  std::vector<uint32_t> imports = {};
  uint32_t core_instance = 0, instance = 0;
};
/// An export of a core instance goes to a slot.
struct ExportStep {
  uint32_t core_instance = 0;
  const wasm::Export* item = nullptr;  ///< of its module
  uint32_t slot = 0;
};
struct ResourceStep {
  ResourceId resource = {};
  std::optional<uint32_t> owner = {};  ///< a component instance; nothing: the host
  std::optional<uint32_t> dtor = {};   ///< a slot
  const FuncPlan* plan = nullptr;
  std::shared_ptr<const HostDestructor> host_dtor = nullptr;
  TypeKey host_objects = nullptr;
  std::string name = {};  ///< of the host: in which interface, and what
};
struct LiftStep {
  uint32_t lifted = 0, core = 0, instance = 0;
  const FuncPlan* plan = nullptr;
  OptionSlots options = {};
};
struct LowerStep {
  uint32_t slot = 0, instance = 0;
  FuncItem callee = {};
  const FuncPlan* plan = nullptr;
  OptionSlots options = {};
  std::shared_ptr<const engine::HostFunc> host = nullptr;  ///< without `env`
};
struct BuiltinStep {
  uint32_t slot = 0, instance = 0;
  BuiltinFunc func = {};
  OptionSlots options = {};
  std::optional<uint32_t> table = {};
  std::shared_ptr<const engine::HostFunc> host = nullptr;
};
struct ValueStep {
  uint32_t slot = 0;
  Value value;
};
/// A function is called, with values and for one.
struct StartStep {
  FuncItem callee = {};
  const FuncPlan* plan = nullptr;
  std::vector<uint32_t> args = {};
  std::optional<uint32_t> result = {};
};
using Step = std::variant<InstantiateStep, ExportStep, ResourceStep, LiftStep, LowerStep,
                          BuiltinStep, ValueStep, StartStep>;

struct Program {
  explicit Program(engine::Engine& of) : engine(of), types(of.types()), plans(types) {}
  engine::Engine& engine;
  Types types;
  Plans plans;
  std::vector<std::shared_ptr<const ComponentState>> kept;
  std::vector<std::shared_ptr<const TuplePlan>> tuples;
  std::vector<std::optional<uint32_t>> parents;  ///< of the component instances
  std::vector<bool> calls_out;                   ///< … which have built-ins or lowered functions
  uint32_t core_instances = 0, slots = 0, lifted = 0, lowered = 0, builtins = 0, values = 0;
  uint32_t resources = 1;
  std::vector<Step> steps;
  std::deque<HostFuncState> host_funcs;
  std::shared_ptr<const Exports> exports;
};

/// An instance of a program in a store. Nothing in it moves.
struct World {
  World(std::shared_ptr<const Program> of, StoreState& in);
  Result<> run();

  std::shared_ptr<const Program> program;
  StoreState& store;
  std::deque<InstanceState> instances;
  std::vector<ResourceState> resources;
  std::vector<engine::Instance> core_instances;
  std::vector<engine::Extern> slots;
  std::vector<LiftedFunc> lifted;
  std::vector<LoweredFunc> lowered;
  std::vector<BuiltinFunc> builtins;
  std::vector<engine::HostFunc> host_funcs;  ///< of the lowered functions and the built-ins
  std::vector<Value> values;
  /// What the lifted functions of each component instance share with `canon` definitions.
  Options options_of(const OptionSlots& from, uint32_t instance) const;

 private:
  Result<> run(const InstantiateStep& step);
  Result<> run(const ExportStep& step);
  Result<> run(const ResourceStep& step);
  Result<> run(const LiftStep& step);
  Result<> run(const LowerStep& step);
  Result<> run(const BuiltinStep& step);
  Result<> run(const ValueStep& step);
  Result<> run(const StartStep& step);
};

/// Links a component (flatten.cpp).
Result<std::shared_ptr<const Program>> link(engine::Engine& engine, const ComponentLinker& linker,
                                            const Component& component);

}  // namespace cairn::component::rt
