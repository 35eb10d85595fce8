/// Instantiation (spec: Execution > Modules > Instantiation).

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "interp/interp.hpp"
#include "runtime/const_expr.hpp"
#include "runtime/imports.hpp"
#include "runtime/segments.hpp"

namespace cairn::engine {
namespace {

std::unexpected<Error> trapped(StoreData& store, Trap trap) {
  store.last_trap = {};
  store.last_trap.trap = trap;
  return fail(ErrorKind::trap, std::string(message(trap)));
}

/// One instantiation under way.
class Instantiation {
 public:
  Instantiation(StoreData& store, std::shared_ptr<const ResolvedImports> imports)
      : store_(store),
        imports_(std::move(imports)),
        module_(*imports_->module.state()),
        layout_(module_.layout) {}

  Result<Instance> run() {
    if (store_.instance_count >= store_.limits.instances_max) {
      return fail(ErrorKind::limit,
                  fmt::format("more than {} instances in the store", store_.limits.instances_max));
    }
    if (!make_instance()) return fail(ErrorKind::limit, "no memory left for an instance");
    if (const Result<> made = make_parts(); !made) {
      // Nothing can have got hold of the instance yet.
      store_.instances = instance_->next;
      --store_.instance_count;
      destroy_instance(instance_);
      return std::unexpected(made.error());
    }
    if (const Trap trap = init_elems(); trap != Trap::none) {
      undo_images();
      return trapped(store_, trap);
    }
    if (const Trap trap = init_datas(); trap != Trap::none) return trapped(store_, trap);
    if (module_.ast.start) {
      TRY(Func(func_ref(*instance_, *module_.ast.start)).call(*store_.face, {}));
    }
    return Instance(instance_);
  }

 private:
  template <class T>
  T* part(uint32_t offset) const {
    return reinterpret_cast<T*>(reinterpret_cast<uint8_t*>(instance_) + offset);
  }

  bool make_instance();
  Result<> make_parts();
  Result<> make_memories();
  Result<> make_tables();
  Result<> make_globals();
  void make_tags();
  Trap init_elems();
  Trap init_elem(uint32_t index);
  Trap keep_elem(uint32_t index);
  Trap init_datas();
  bool comes_with_image(uint32_t memory) const;
  void undo_images();

  StoreData& store_;
  std::shared_ptr<const ResolvedImports> imports_;
  const ModuleState& module_;
  const InstanceLayout& layout_;
  InstanceData* instance_ = nullptr;
};

bool Instantiation::make_instance() {
  void* block = std::calloc(layout_.size, 1);
  if (!block) return false;
  instance_ = new (block) InstanceData;
  instance_->store = &store_;
  instance_->module = &module_;
  instance_->codes = module_.codes.get();
  instance_->type_ids = module_.types->ids();
  instance_->call_cache = &no_calls;
  instance_->globals = part<GlobalInst*>(layout_.globals);
  instance_->memories = part<MemoryInst*>(layout_.memories);
  instance_->tables = part<TableInst*>(layout_.tables);
  instance_->tags = part<TagInst*>(layout_.tags);
  instance_->imported_funcs = const_cast<FuncInst**>(imports_->funcs.data());
  instance_->own_funcs = part<FuncInst>(layout_.own_funcs);
  instance_->own_globals = part<GlobalInst>(layout_.own_globals);
  instance_->own_memories = part<MemoryInst>(layout_.own_memories);
  instance_->own_tables = part<TableInst>(layout_.own_tables);
  instance_->own_tags = part<TagInst>(layout_.own_tags);
  instance_->elem_refs = part<uint64_t*>(layout_.elem_refs);
  instance_->dropped_elems = part<bool>(layout_.dropped_elems);
  instance_->dropped_datas = part<bool>(layout_.dropped_datas);
  instance_->imports = imports_;
  instance_->next = store_.instances;
  store_.instances = instance_;
  ++store_.instance_count;
  return true;
}

template <class T>
void copy_pointers(T** to, const std::vector<T*>& from) {
  std::ranges::copy(from, to);
}

Result<> Instantiation::make_parts() {
  copy_pointers(instance_->globals, imports_->globals);
  copy_pointers(instance_->memories, imports_->memories);
  copy_pointers(instance_->tables, imports_->tables);
  copy_pointers(instance_->tags, imports_->tags);
  make_tags();
  TRY(make_memories());
  TRY(make_globals());
  return make_tables();
}

void Instantiation::make_tags() {
  for (uint32_t i = 0; i < module_.ast.tags.size(); ++i) {
    TagInst& tag = instance_->own_tags[i];
    tag.type_id = (*module_.types)[module_.ast.tags[i].type_index];
    tag.type = module_.engine->types.get(tag.type_id).type.func();
    instance_->tags[module_.ast.imported_tags + i] = &tag;
  }
}

Result<> Instantiation::make_memories() {
  for (uint32_t i = 0; i < module_.ast.memories.size(); ++i) {
    const wasm::MemoryType& type = module_.ast.memories[i];
    MemoryInst* memory = new (&instance_->own_memories[i]) MemoryInst;
    ++instance_->made_memories;
    if (type.shared) {
      const uint64_t left = store_.limits.memory_bytes_max - store_.memory_bytes;
      auto shared = TRY(make_shared_memory(store_.engine, type, left));
      memory = shared.get();
      // Any thread may grow it later, without asking this store: so all that it may grow to counts.
      store_.memory_bytes += shared->max_bytes;
      store_.items().shared_memories.push_back(std::move(shared));
    } else {
      TRY(open_memory(store_, *memory, type, module_.image_of(i)));
    }
    instance_->memories[module_.ast.imported_memories + i] = memory;
  }
  if (!module_.memory_types.empty() && instance_->memories[0]->guarded) {
    instance_->memory0_base = instance_->memories[0]->base;
  }
  return {};
}

Result<> Instantiation::make_globals() {
  const uint32_t imported = module_.ast.imported_globals;
  for (uint32_t i = 0; i < module_.ast.globals.size(); ++i) {
    GlobalInst& global = instance_->own_globals[i];
    global.type = module_.global_types[imported + i];
    global.store = &store_;
    if (const Trap trap = evaluate(*instance_, module_.ast.globals[i].init, global.slots);
        trap != Trap::none) {
      return trapped(store_, trap);
    }
    instance_->globals[imported + i] = &global;
  }
  return {};
}

Result<> Instantiation::make_tables() {
  uint64_t placed = 0;
  auto* place = part<uint64_t>(layout_.table_elements);
  for (uint32_t i = 0; i < module_.ast.tables.size(); ++i) {
    const wasm::Table& table = module_.ast.tables[i];
    uint64_t init = 0;  // needs no root: nothing allocates before it is in the table
    if (table.init) {
      if (const Trap trap = evaluate(*instance_, *table.init, &init); trap != Trap::none) {
        return trapped(store_, trap);
      }
    }
    const wasm::TableType& type = module_.table_types[module_.ast.imported_tables + i];
    const uint64_t size = type.limits.min;
    const bool is_inline = size <= inline_table_max && placed + size <= inline_table_max;
    TableInst* made = new (&instance_->own_tables[i]) TableInst;
    ++instance_->made_tables;
    TRY(open_table(store_, *made, type, is_inline ? place + placed : nullptr, init));
    if (is_inline) placed += size;
    instance_->tables[module_.ast.imported_tables + i] = made;
  }
  return {};
}

uint64_t offset_of(InstanceData& instance, const wasm::Expr& expr) {
  uint64_t slots[2] = {0, 0};
  CAIRN_ASSERT(evaluate(instance, expr, slots) == Trap::none);  // numbers allocate nothing
  return slots[0];
}

/// Active segments go to their tables. Passive ones whose references have an identity of their own
/// are computed here, once.
Trap Instantiation::init_elems() {
  for (uint32_t i = 0; i < module_.ast.elems.size(); ++i) {
    if (const Trap trap = keep_elem(i); trap != Trap::none) return trap;
  }
  for (uint32_t i = 0; i < module_.ast.elems.size(); ++i) {
    if (module_.ast.elems[i].mode == wasm::SegmentMode::active) {
      if (const Trap trap = init_elem(i); trap != Trap::none) return trap;
    }
    if (module_.ast.elems[i].mode != wasm::SegmentMode::passive) elem_drop(*instance_, i);
  }
  return Trap::none;
}

Trap Instantiation::keep_elem(uint32_t index) {
  const wasm::Elem& elem = module_.ast.elems[index];
  if (elem.mode != wasm::SegmentMode::passive || !elem.uses_exprs) return Trap::none;
  instance_->elem_refs[index] = new uint64_t[elem.exprs.size()]();
  for (size_t i = 0; i < elem.exprs.size(); ++i) {
    uint64_t ref = 0;
    if (const Trap trap = evaluate(*instance_, elem.exprs[i], &ref); trap != Trap::none) {
      return trap;
    }
    instance_->elem_refs[index][i] = ref;
  }
  return Trap::none;
}

Trap Instantiation::init_elem(uint32_t index) {
  const wasm::Elem& elem = module_.ast.elems[index];
  TableInst& table = *instance_->tables[elem.table];
  const uint64_t offset = offset_of(*instance_, *elem.offset);
  const uint64_t count = elem_size(*instance_, index);
  if (count > table.size || offset > table.size - count) return Trap::out_of_bounds_table_access;
  uint64_t* to = table.elements + offset;
  if (!elem.uses_exprs) {
    for (const uint32_t func : elem.functions) {
      *to++ = reinterpret_cast<uint64_t>(func_ref(*instance_, func));
    }
    return Trap::none;
  }
  for (const wasm::Expr& expr : elem.exprs) {
    if (const Trap trap = evaluate(*instance_, expr, to++); trap != Trap::none) return trap;
  }
  return Trap::none;
}

/// Does the provider's block already hold the data of this (defined) memory?
bool Instantiation::comes_with_image(uint32_t memory) const {
  if (memory < module_.ast.imported_memories) return false;
  const uint32_t own = memory - module_.ast.imported_memories;
  return module_.image >= first_image &&
         instance_->own_memories[own].block.image == module_.image_of(own);
}

Trap Instantiation::init_datas() {
  for (uint32_t i = 0; i < module_.ast.datas.size(); ++i) {
    const wasm::Data& data = module_.ast.datas[i];
    if (data.mode != wasm::SegmentMode::active) continue;
    if (!comes_with_image(data.memory)) {
      // Another instance's memory is no longer what that instance's module made of it.
      MemoryInst& memory = *instance_->memories[data.memory];
      if (data.memory < module_.ast.imported_memories && memory.store) memory.touched = true;
      const uint64_t offset = offset_of(*instance_, *data.offset);
      if (const Trap trap = memory_init(*instance_, i, data.memory, offset, 0, data.bytes.size());
          trap != Trap::none) {
        return trap;
      }
    }
    instance_->dropped_datas[i] = true;
  }
  for (uint32_t i = 0; i < instance_->made_memories; ++i) {
    instance_->own_memories[i].image = module_.image_of(i);
  }
  return Trap::none;
}

/// Takes data back that came too early: a trap in an element segment comes before all data
/// segments, and other instances may hold functions that read this memory.
void Instantiation::undo_images() {
  for (const wasm::Data& data : module_.ast.datas) {
    if (data.mode != wasm::SegmentMode::active || !comes_with_image(data.memory)) continue;
    std::memset(instance_->memories[data.memory]->base + offset_of(*instance_, *data.offset), 0,
                data.bytes.size());
  }
}

}  // namespace

Result<Instance> instantiate(StoreData& store, std::shared_ptr<const ResolvedImports> imports) {
  if (imports->mixes_stores || (imports->store && imports->store != &store)) {
    return fail(ErrorKind::usage, "an import lives in another store");
  }
  return Instantiation(store, std::move(imports)).run();
}

void destroy_instance(InstanceData* instance) {
  for (uint32_t i = 0; i < instance->made_memories; ++i) instance->own_memories[i].~MemoryInst();
  for (uint32_t i = 0; i < instance->made_tables; ++i) {
    TableInst& table = instance->own_tables[i];
    table.store->table_elements -= table.size;
    table.~TableInst();
  }
  for (uint32_t i = 0; i < instance->module->ast.elems.size(); ++i) delete[] instance->elem_refs[i];
  instance->~InstanceData();
  std::free(instance);
}

FuncInst* func_ref(InstanceData& instance, uint32_t func_index) {
  const ModuleState& module = *instance.module;
  const uint32_t imported = module.ast.imported_functions;
  if (func_index < imported) return instance.imported_funcs[func_index];
  const uint32_t slot = module.escape_slot[func_index - imported];
  FuncInst* func = nullptr;
  if (slot != ModuleState::no_slot) {
    func = &instance.own_funcs[slot];
    if (func->code) return func;
  } else {
    for (const auto& other : instance.store->other_funcs) {
      if (other->instance == &instance && other->func_index == func_index) return other.get();
    }
    func = instance.store->other_funcs.emplace_back(std::make_unique<FuncInst>()).get();
  }
  const RuntimeType& type = module.runtime_types[module.func_type_index[func_index]];
  const auto count = [](const std::vector<wasm::ValType>& types) {
    uint32_t slots = 0;
    for (const wasm::ValType each : types) slots += slots_of(each);
    return slots;
  };
  *func = {.type_id = type.id,
           .func_index = func_index,
           .code = code_of(module, func_index - imported),
           .instance = &instance,
           .host = nullptr,
           .type = type.type->func(),
           .param_slots = count(type.type->func()->params),
           .result_slots = count(type.type->func()->results)};
  return func;
}

}  // namespace cairn::engine
