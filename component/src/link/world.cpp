// Instantiation: the steps of a program, one after another.

#include "link/host_calls.hpp"
#include "link/program.hpp"

namespace cairn::component::rt {

World::World(std::shared_ptr<const Program> of, StoreState& in)
    : program(std::move(of)), store(in) {
  for (const std::optional<uint32_t>& parent : program->parents)
    instances.emplace_back(store, parent ? &instances[*parent] : nullptr);
  for (size_t i = 0; i < instances.size(); ++i) instances[i].calls_out = program->calls_out[i];
  resources.resize(program->resources);
  for (InstanceState& instance : instances) instance.resources = resources.data();
  core_instances.resize(program->core_instances);
  slots.resize(program->slots);
  lifted.resize(program->lifted);
  lowered.reserve(program->lowered);
  builtins.reserve(program->builtins);
  host_funcs.reserve(program->lowered + program->builtins);
  values.resize(program->values);
}

Result<> World::run() {
  for (const Step& step : program->steps)
    TRY(std::visit([&](const auto& what) { return run(what); }, step));
  return {};
}

Options World::options_of(const OptionSlots& from, uint32_t instance) const {
  Options options{.encoding = from.encoding, .ptr = from.ptr, .is_async = from.is_async};
  options.instance = const_cast<InstanceState*>(&instances[instance]);
  if (from.memory) options.memory = engine::Memory(slots[*from.memory].memory);
  const auto func = [&](const std::optional<uint32_t>& slot) {
    return slot ? engine::Func(slots[*slot].func) : engine::Func();
  };
  options.realloc = func(from.realloc);
  options.post_return = func(from.post_return);
  options.callback = func(from.callback);
  return options;
}

Result<> World::run(const InstantiateStep& step) {
  std::vector<engine::Extern> imports;
  imports.reserve(step.imports.size());
  for (const uint32_t slot : step.imports) imports.push_back(slots[slot]);
  // What start functions call finds itself inside of the instance, on a thread that cannot block.
  InstanceState& instance = instances[step.instance];
  const auto thread = std::make_shared<Thread>(nullptr);
  thread->running = true;
  instance.set_may_enter(nullptr, false);
  store.begin_turn();
  Thread* const outer = std::exchange(store.current, thread.get());
  Result<engine::Instance> made = store.core.instantiate(*step.module, imports);
  store.current = outer;
  if (!made) {
    if (made.error().kind == ErrorKind::exception) made.error().kind = ErrorKind::trap;
    return std::unexpected(std::move(made).error());
  }
  instance.set_may_enter(nullptr, true);
  core_instances[step.core_instance] = *made;
  return {};
}

Result<> World::run(const ExportStep& step) {
  slots[step.slot] = core_instances[step.core_instance].get(*step.item);
  return {};
}

Result<> World::run(const ResourceStep& step) {
  ResourceState& resource = resources[step.resource.value];
  resource.host_dtor = step.host_dtor;
  resource.host_objects = step.host_objects;
  resource.name = step.name;
  if (!step.owner) return {};
  resource.owner = &instances[*step.owner];
  resource.dtor.instance = resource.owner;
  resource.dtor.options.instance = resource.owner;
  resource.dtor.plan = step.plan;
  if (step.dtor) resource.dtor.core = engine::Func(slots[*step.dtor].func);
  return {};
}

Result<> World::run(const LiftStep& step) {
  lifted[step.lifted] = {.core = engine::Func(slots[step.core].func),
                         .plan = step.plan,
                         .options = options_of(step.options, step.instance),
                         .instance = &instances[step.instance]};
  lifted[step.lifted].find_out_whether_direct();
  return {};
}

namespace {
/// Neither is anyone's to free: both live as long as the store's component instances. The type in
/// full is the prototype's; what runs asks the registry.
template <class T>
engine::Func make_func(StoreState& store, const engine::HostFunc& prototype, T& target,
                       engine::HostFunc& host) {
  host.type_handle = prototype.type_handle;
  host.type_id = prototype.type_id;
  host.callback = prototype.callback;
  host.env = std::shared_ptr<void>(std::shared_ptr<void>(), &target);
  return store.core.new_func(
      std::shared_ptr<const engine::HostFunc>(std::shared_ptr<void>(), &host));
}
std::optional<wasm::ValType> result_of(const engine::HostFunc& host) {
  if (host.type.results.empty()) return std::nullopt;
  return host.type.results.front();
}
}  // namespace

Result<> World::run(const LowerStep& step) {
  LoweredFunc& func = lowered.emplace_back();
  if (step.callee.is_host)
    func.host = &program->host_funcs[step.callee.index];
  else
    func.lifted = &lifted[step.callee.index];
  func.plan = step.plan;
  func.options = options_of(step.options, step.instance);
  func.instance = &instances[step.instance];
  func.param_slots = static_cast<uint32_t>(step.host->type.params.size());
  func.is_direct = func.lifted && func.lifted->is_direct && !func.options.is_async;
  func.passes_scalars = func.is_direct && func.lifted->passes_scalars;
  if (func.is_direct) func.entered = func.lifted->instance->entered_from(func.instance);
  func.result_type = result_of(*step.host);
  slots[step.slot] = make_func(store, *step.host, func, host_funcs.emplace_back());
  return {};
}

Result<> World::run(const BuiltinStep& step) {
  BuiltinFunc& func = builtins.emplace_back(step.func);
  func.instance = &instances[step.instance];
  func.options = options_of(step.options, step.instance);
  if (step.table) func.table = engine::Table(slots[*step.table].table);
  func.result_type = result_of(*step.host);
  slots[step.slot] = make_func(store, *step.host, func, host_funcs.emplace_back());
  return {};
}

Result<> World::run(const ValueStep& step) {
  values[step.slot] = step.value;
  return {};
}

Result<> World::run(const StartStep& step) {
  std::vector<Value> args;
  for (const uint32_t slot : step.args) args.push_back(values[slot]);
  Value result;
  if (step.callee.is_host)
    TRY(call_host_function(store, program->host_funcs[step.callee.index], *step.plan,
                           std::move(args), result));
  else
    TRY(call_with_values(store, lifted[step.callee.index], args, result, false));
  if (step.result) values[*step.result] = std::move(result);
  return {};
}

}  // namespace cairn::component::rt
