// The types of definitions, imported or not.

#include <fmt/format.h>

#include "validate/definitions.hpp"

namespace cairn::wasm {

namespace {

Result<> check_limits(const Limits& limits, uint64_t most, std::string_view what) {
  for (const uint64_t size : {limits.min, limits.max.value_or(limits.min)}) {
    if (size > most) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} size must be at most {} {}, found {}", what, most,
                              what == "memory" ? "pages" : "elements", size));
    }
  }
  if (limits.max && *limits.max < limits.min) {
    return fail(ErrorKind::invalid,
                fmt::format("size minimum must not be greater than maximum: found {} and {}",
                            limits.min, *limits.max));
  }
  return {};
}

Result<ValType> canonical(const ModuleContext& context, ValType type) {
  if (!context.knows(type)) {
    return fail(ErrorKind::invalid, fmt::format("unknown type {}", type.heap().index()));
  }
  return context.handle.canonical(type);
}

}  // namespace

Result<TableType> checked_table_type(const ModuleContext& context, TableType type) {
  TRY(check_limits(type.limits, type.address == AddrType::i32 ? UINT32_MAX : UINT64_MAX, "table"));
  type.element = TRY(canonical(context, type.element));
  return type;
}

Result<> check_memory_type(const MemoryType& type) {
  if (type.page_size_log2 != 0 && type.page_size_log2 != 16) {
    return fail(ErrorKind::invalid,
                fmt::format("invalid custom page size: expected 1 or 65536, found 2^{}",
                            type.page_size_log2));
  }
  // The whole address space, in pages; with pages of one byte the largest count that fits.
  const bool wide = type.address == AddrType::i64;
  const uint64_t address_space = wide ? UINT64_MAX : UINT32_MAX;
  const uint64_t most =
      type.page_size_log2 == 0 ? address_space : (address_space >> type.page_size_log2) + 1;
  TRY(check_limits(type.limits, most, "memory"));
  if (type.shared && !type.limits.max) {
    return fail(ErrorKind::invalid, "shared memory must have maximum");
  }
  return {};
}

Result<GlobalType> checked_global_type(const ModuleContext& context, GlobalType type) {
  type.type = TRY(canonical(context, type.type));
  return type;
}

Result<const FuncType*> checked_tag_type(const ModuleContext& context, TagType type) {
  const ModuleContext::Func func = TRY(checked_func(context, type.type_index));
  if (!func.signature->results.empty()) {
    return fail(ErrorKind::invalid, fmt::format("non-empty tag result type: type {} has {} results",
                                                type.type_index, func.signature->results.size()));
  }
  return func.signature;
}

Result<ModuleContext::Func> checked_func(const ModuleContext& context, uint32_t type_index) {
  if (type_index >= context.types.size()) {
    return fail(ErrorKind::invalid, fmt::format("unknown type {}", type_index));
  }
  const FuncType* signature = context.types[type_index]->type.func();
  if (signature == nullptr) {
    return fail(ErrorKind::invalid,
                fmt::format("type mismatch: expected type {} to be a function type", type_index));
  }
  return ModuleContext::Func{context.handle[type_index], signature};
}

}  // namespace cairn::wasm
