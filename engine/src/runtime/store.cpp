#include <cairn/engine/store.hpp>

#include <algorithm>

#include "runtime/imports.hpp"

namespace cairn::engine {

StoreData::StoreData(Store& store, Engine& of, const StoreLimits& store_limits)
    : face(&store),
      engine(of.state()),
      engine_face(&of),
      limits(store_limits),
      process_barriers(engine->process_barriers) {}

StoreData::~StoreData() {
  idle.clear(*engine);
  while (InstanceData* instance = instances) {
    instances = instance->next;
    destroy_instance(instance);
  }
}

Store::Store(Engine& engine, StoreLimits limits) : data_(new StoreData(*this, engine, limits)) {}
Store::~Store() = default;
void Store::Deleter::operator()(StoreData* data) const { delete data; }

Engine& Store::engine() const { return *data_->engine_face; }
const StoreLimits& Store::limits() const { return data_->limits; }

uint64_t Store::fuel() const { return data_->fuel > 0 ? static_cast<uint64_t>(data_->fuel) : 0; }
void Store::set_fuel(uint64_t fuel) {
  data_->fuel = static_cast<int64_t>(std::min<uint64_t>(fuel, INT64_MAX));
}

void Store::interrupt() {
  data_->interrupt.store(1);
  if (data_->process_barriers) process_barrier();
  data_->native.stack_limit.store(UINT64_MAX);  // see `set_stack_limit`
  data_->engine->parking.wake_interrupted(&data_->interrupt);
}
void Store::clear_interrupt() { data_->interrupt.store(0); }

Result<Instance> Store::instantiate(const Module& module, std::span<const Extern> imports) {
  return engine::instantiate(*data_, TRY(resolve_imports(module, imports)));
}

// ---- What a host makes -------------------------------------------------------------------------

Func Store::new_func(std::shared_ptr<const HostFunc> host) {
  HostItems& items = data_->items();
  items.funcs.push_back(std::make_unique<FuncInst>(make_func_inst(data_->engine->types, *host)));
  items.host_funcs.push_back(std::move(host));
  return Func(items.funcs.back().get());
}

Result<Memory> Store::new_memory(const wasm::MemoryType& type) {
  if (type.shared) return add(TRY(SharedMemory::create(engine(), type)));
  auto memory = std::make_unique<MemoryInst>();
  TRY(open_memory(*data_, *memory, type, zero_image));
  return Memory(data_->items().memories.emplace_back(std::move(memory)).get());
}

Memory Store::add(const SharedMemory& memory) {
  auto& memories = data_->items().shared_memories;
  if (std::ranges::find(memories, memory.inst()) == memories.end()) {
    memories.push_back(memory.inst());
  }
  return Memory(memory.inst().get());
}

Result<Table> Store::new_table(const wasm::TableType& type, Value init) {
  if (!value_fits(*data_, init, type.element)) {
    return fail(ErrorKind::usage, "the initial value is not of the table's element type");
  }
  auto table = std::make_unique<TableInst>();
  TRY(open_table(*data_, *table, type, nullptr, init.ref().bits));
  return Table(data_->items().tables.emplace_back(std::move(table)).get());
}

Result<Global> Store::new_global(const wasm::GlobalType& type, Value init) {
  if (!value_fits(*data_, init, type.type)) {
    return fail(ErrorKind::usage, "the initial value is not of the global's type");
  }
  auto global = std::make_unique<GlobalInst>();
  global->type = type;
  global->store = data_.get();
  init.to_slots(global->slots);
  return Global(data_->items().globals.emplace_back(std::move(global)).get());
}

Tag Store::new_tag(const wasm::FuncType& type) {
  HostItems& items = data_->items();
  auto handle = data_->engine->types.add_func(type);
  auto tag = std::make_unique<TagInst>();
  tag->type_id = (*handle)[0];
  tag->type = data_->engine->types.get(tag->type_id).type.func();
  items.types.push_back(std::move(handle));
  return Tag(items.tags.emplace_back(std::move(tag)).get());
}

Ref Store::new_extern(std::unique_ptr<HostObject> object) {
  GcObject* cell = heap_of(*data_).allocate(GcObject::Kind::host, nullptr, 0, sizeof(uint64_t));
  if (!cell) return Ref{};
  cell->slots()[0] = reinterpret_cast<uint64_t>(object.release());
  return Ref{reinterpret_cast<uint64_t>(cell)};
}

HostObject* Store::host_object(Ref ref) const {
  if (!data_->heap || !data_->heap->owns(ref.bits)) return nullptr;
  GcObject* object = reinterpret_cast<GcObject*>(ref.bits);
  if (object->kind != GcObject::Kind::host) return nullptr;
  return reinterpret_cast<HostObject*>(object->slots()[0]);
}

bool Store::ref_matches(Ref ref, wasm::ValType type) const {
  return type.is_ref() && engine::ref_matches(*data_, ref.bits, type.heap(), type.nullable());
}

void Store::collect_garbage() {
  if (data_->heap) data_->heap->collect();
}
uint64_t Store::gc_heap_bytes() const { return data_->heap ? data_->heap->bytes() : 0; }

// ---- How the last call ended -------------------------------------------------------------------

const TrapInfo& Store::last_trap() const { return data_->last_trap; }

std::vector<Value> Store::last_exception() const {
  std::vector<Value> payload;
  GcObject* exception = data_->last_exception;
  if (!exception) return payload;
  const uint64_t* slot = exception->slots() + 1;
  for (const wasm::ValType type : exception_tag(exception)->type->params) {
    payload.push_back(Value::from_slots(type, slot));
    slot += slots_of(type);
  }
  return payload;
}

Tag Store::last_exception_tag() const {
  return data_->last_exception ? Tag(exception_tag(data_->last_exception)) : Tag();
}

// ---- Shared memories ---------------------------------------------------------------------------

Result<SharedMemory> SharedMemory::create(Engine& engine, const wasm::MemoryType& type) {
  if (!type.shared || !type.limits.max) {
    return fail(ErrorKind::usage, "a shared memory needs a shared type with a maximum");
  }
  return SharedMemory(TRY(make_shared_memory(engine.state(), type, UINT64_MAX)));
}

std::optional<SharedMemory> SharedMemory::of(Memory memory) {
  if (!memory || !memory.inst()->type.shared) return std::nullopt;
  return SharedMemory(memory.inst()->shared_from_this());
}

}  // namespace cairn::engine
