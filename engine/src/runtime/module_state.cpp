#include <algorithm>
#include <atomic>
#include <cairn/wasm/instruction.hpp>
#include <numeric>

#include "interp/interp.hpp"
#include "runtime/const_expr.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

/// Fills the index spaces: imports first, then what the module defines.
void make_index_spaces(ModuleState& module) {
  const wasm::Module& ast = module.ast;
  const auto& types = *module.types;
  module.func_type_index.reserve(ast.function_count());
  for (const wasm::Import& import : ast.imports) {
    switch (import.kind) {
      case wasm::ExternKind::func:
        module.func_type_index.push_back(std::get<uint32_t>(import.type));
        break;
      case wasm::ExternKind::table:
        module.table_types.push_back(canonical(types, std::get<wasm::TableType>(import.type)));
        break;
      case wasm::ExternKind::memory:
        module.memory_types.push_back(std::get<wasm::MemoryType>(import.type));
        break;
      case wasm::ExternKind::global:
        module.global_types.push_back(canonical(types, std::get<wasm::GlobalType>(import.type)));
        break;
      case wasm::ExternKind::tag:
        module.tag_type_index.push_back(std::get<wasm::TagType>(import.type).type_index);
        break;
    }
  }
  module.func_type_index.insert(module.func_type_index.end(), ast.functions.begin(),
                                ast.functions.end());
  for (const wasm::Table& table : ast.tables) {
    module.table_types.push_back(canonical(types, table.type));
  }
  module.memory_types.insert(module.memory_types.end(), ast.memories.begin(), ast.memories.end());
  for (const wasm::Global& global : ast.globals) {
    module.global_types.push_back(canonical(types, global.type));
  }
  for (const wasm::TagType& tag : ast.tags) module.tag_type_index.push_back(tag.type_index);
}

/// Numbers the functions to which references can be made: those that occur outside of code. (Code
/// may only name functions that occur there too: spec, Validation > Modules, C.refs.)
class EscapeNumbering {
 public:
  explicit EscapeNumbering(ModuleState& module) : module_(module) {
    module.escape_slot.assign(module.ast.functions.size(), ModuleState::no_slot);
  }
  void run() {
    const wasm::Module& ast = module_.ast;
    for (const wasm::Export& item : ast.exports) {
      if (item.kind == wasm::ExternKind::func) add(item.index);
    }
    for (const wasm::Elem& elem : ast.elems) {
      for (const uint32_t index : elem.functions) add(index);
      for (const wasm::Expr& expr : elem.exprs) add(expr);
    }
    for (const wasm::Global& global : ast.globals) add(global.init);
    for (const wasm::Table& table : ast.tables) {
      if (table.init) add(*table.init);
    }
  }

 private:
  void add(uint32_t func_index) {
    const uint32_t imported = module_.ast.imported_functions;
    if (func_index < imported) return;
    uint32_t& slot = module_.escape_slot[func_index - imported];
    if (slot == ModuleState::no_slot) slot = module_.escape_count++;
  }
  void add(const wasm::Expr& expr) {
    const SimpleConst simple = simple_const(expr);
    if (simple.kind == SimpleConst::Kind::func) add(static_cast<uint32_t>(simple.value));
    if (simple.kind != SimpleConst::Kind::none) return;
    wasm::InstrDecoder decoder(expr, wasm::Features::all());
    wasm::Instruction instruction;
    while (!decoder.at_end() && decoder.step(instruction)) {
      if (instruction.op == wasm::Op::ref_func) add(instruction.index);
    }
  }

  ModuleState& module_;
};

/// Gives places to an instance's parts, each aligned for what it holds.
InstanceLayout make_layout(const ModuleState& module) {
  const wasm::Module& ast = module.ast;
  InstanceLayout layout;
  uint64_t size = sizeof(InstanceData);
  const auto place = [&](uint64_t count, uint64_t bytes, uint64_t align) {
    size = (size + align - 1) & ~(align - 1);
    const uint64_t at = size;
    size += count * bytes;
    return static_cast<uint32_t>(at);
  };
  layout.own_globals = place(ast.globals.size(), sizeof(GlobalInst), alignof(GlobalInst));
  layout.globals = place(module.global_types.size(), sizeof(void*), alignof(void*));
  layout.memories = place(module.memory_types.size(), sizeof(void*), alignof(void*));
  layout.tables = place(module.table_types.size(), sizeof(void*), alignof(void*));
  layout.tags = place(module.tag_type_index.size(), sizeof(void*), alignof(void*));
  layout.own_memories = place(ast.memories.size(), sizeof(MemoryInst), alignof(MemoryInst));
  layout.own_tables = place(ast.tables.size(), sizeof(TableInst), alignof(TableInst));
  layout.own_tags = place(ast.tags.size(), sizeof(TagInst), alignof(TagInst));
  layout.own_funcs = place(module.escape_count, sizeof(FuncInst), alignof(FuncInst));
  layout.elem_refs = place(ast.elems.size(), sizeof(void*), alignof(void*));
  layout.dropped_elems = place(ast.elems.size(), 1, 1);
  layout.dropped_datas = place(ast.datas.size(), 1, 1);
  layout.table_elements = place(inline_table_elements(module), sizeof(uint64_t), sizeof(uint64_t));
  layout.size = size;
  return layout;
}

/// Do all active data segments lie at constant places within memories that the module defines?
bool has_fixed_image(const ModuleState& module) {
  const wasm::Module& ast = module.ast;
  for (const wasm::Data& data : ast.datas) {
    if (data.mode != wasm::SegmentMode::active) continue;
    if (data.memory < ast.imported_memories) return false;
    const SimpleConst offset = simple_const(*data.offset);
    if (offset.kind != SimpleConst::Kind::value) return false;
    const wasm::MemoryType& type = module.memory_types[data.memory];
    if (type.limits.min > UINT64_MAX >> type.page_size_log2) return false;
    const uint64_t size = type.limits.min << type.page_size_log2;
    if (data.bytes.size() > size || offset.value > size - data.bytes.size()) return false;
  }
  return true;
}

/// See `ModuleState::image`. Numbers are never used twice in a process, because engines may share a
/// provider: one for each memory of each module.
uint64_t new_image(const ModuleState& module) {
  static std::atomic<uint64_t> next = first_image;
  if (!has_fixed_image(module)) return unknown_image;
  const bool is_empty = std::ranges::none_of(module.ast.datas, [](const wasm::Data& data) {
    return data.mode == wasm::SegmentMode::active && !data.bytes.empty();
  });
  return is_empty ? zero_image : next.fetch_add(module.ast.memories.size());
}

uint32_t find_caller_memory(const ModuleState& module) {
  const wasm::Export* memory = find_export(module, "memory");
  if (memory && memory->kind == wasm::ExternKind::memory) return memory->index;
  return module.memory_types.empty() ? ModuleState::no_slot : 0;
}

/// Below this number of exports a walk over them is faster than a search.
constexpr size_t sorted_exports_min = 16;

/// A caller inside the module has to look for exceptions when something here throws or catches, or
/// when what a tail call has put in place of a function of the module may throw.
ControlTraits find_control_traits(const wasm::Module& module, wasm::BodyUse use) {
  const auto is_tag = [](const wasm::Import& import) {
    return import.kind == wasm::ExternKind::tag;
  };
  return {.exceptions = use.exceptions || use.tail_calls || !module.tags.empty() ||
                        std::ranges::any_of(module.imports, is_tag),
          .tail_calls = use.tail_calls};
}

}  // namespace

uint64_t inline_table_elements(const ModuleState& module) {
  uint64_t count = 0;
  for (const wasm::Table& table : module.ast.tables) {
    const uint64_t size = table.type.limits.min;
    if (size <= inline_table_max && count + size <= inline_table_max) count += size;
  }
  return count;
}

wasm::GlobalType canonical(const wasm::TypeRegistry::Handle& types, wasm::GlobalType type) {
  type.type = types.canonical(type.type);
  return type;
}

wasm::TableType canonical(const wasm::TypeRegistry::Handle& types, wasm::TableType type) {
  type.element = types.canonical(type.element);
  return type;
}

const wasm::Export* find_export(const ModuleState& module, std::string_view name) {
  const std::vector<wasm::Export>& exports = module.ast.exports;
  if (module.exports_by_name.empty()) {
    const auto at = std::ranges::find(exports, name, &wasm::Export::name);
    return at == exports.end() ? nullptr : &*at;
  }
  const auto name_of = [&](uint32_t index) -> std::string_view { return exports[index].name; };
  const auto at = std::ranges::lower_bound(module.exports_by_name, name, {}, name_of);
  return at != module.exports_by_name.end() && name_of(*at) == name ? &exports[*at] : nullptr;
}

Result<std::shared_ptr<ModuleState>> make_module_state(std::shared_ptr<EngineState> engine,
                                                       wasm::Module ast, wasm::ValidModule valid) {
  auto module = std::make_shared<ModuleState>();
  module->engine = std::move(engine);
  module->ast = std::move(ast);
  module->types = std::move(valid.types);
  module->body_use = valid.use;
  module->control_traits = find_control_traits(module->ast, valid.use);
  make_runtime_types(*module);
  make_index_spaces(*module);
  EscapeNumbering(*module).run();
  module->layout = make_layout(*module);
  if (module->ast.exports.size() >= sorted_exports_min) {
    module->exports_by_name.resize(module->ast.exports.size());
    std::iota(module->exports_by_name.begin(), module->exports_by_name.end(), 0);
    std::ranges::sort(module->exports_by_name, {}, [&](uint32_t index) -> std::string_view {
      return module->ast.exports[index].name;
    });
  }
  module->caller_memory = find_caller_memory(*module);
  module->image = new_image(*module);
  make_codes(*module);
  return module;
}

}  // namespace cairn::engine
