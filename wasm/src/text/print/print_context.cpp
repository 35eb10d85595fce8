#include "text/print/print_context.hpp"

#include <fmt/format.h>

#include <iterator>

#include "text/string_literal.hpp"

namespace cairn::wasm::text {

void PrintContext::number(uint64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void PrintContext::quoted(std::string_view bytes, bool keep_utf8) {
  append_quoted(bytes, keep_utf8, out);
}

void PrintContext::definition(const PrintedName& name, uint32_t index) {
  out += ' ';
  if (!name.id.empty()) {
    out += name.id;
    out += ' ';
  }
  if (!name.annotation.empty()) {
    out += name.annotation;
    out += ' ';
  }
  out += "(;";
  number(index);
  out += ";)";
}

void PrintContext::use(const PrintedName& name, uint32_t index) {
  if (name.id.empty()) {
    number(index);
  } else {
    out += name.id;
  }
}

void PrintContext::heap_type(HeapType type) {
  if (type.is_index()) {
    use(Space::type, type.index());
  } else {
    out += to_string(type);
  }
}

void PrintContext::type(ValType type) {
  if (!type.is_ref() || !type.heap().is_index()) {
    out += to_string(type);
    return;
  }
  out += type.nullable() ? "(ref null " : "(ref ";
  heap_type(type.heap());
  out += ')';
}

void PrintContext::global_type(const GlobalType& global) {
  if (global.is_mutable) out += "(mut ";
  type(global.type);
  if (global.is_mutable) out += ')';
}

void PrintContext::limits(const Limits& limits) {
  number(limits.min);
  if (limits.max) {
    out += ' ';
    number(*limits.max);
  }
}

void PrintContext::table_type(const TableType& table) {
  if (table.address == AddrType::i64) out += "i64 ";
  limits(table.limits);
  out += ' ';
  type(table.element);
}

void PrintContext::memory_type(const MemoryType& memory) {
  if (memory.address == AddrType::i64) out += "i64 ";
  limits(memory.limits);
  if (memory.shared) out += " shared";
  if (memory.page_size_log2 != 16) {
    fmt::format_to(std::back_inserter(out), " (pagesize {})", uint64_t{1} << memory.page_size_log2);
  }
}

void PrintContext::function_type(const FuncType& function, const PrintedNames* params) {
  const bool named = params && params->has_any();
  if (!function.params.empty() && !named) {
    out += " (param";
    for (const ValType param : function.params) {
      out += ' ';
      type(param);
    }
    out += ')';
  }
  for (uint32_t i = 0; named && i < function.params.size(); ++i) {
    const PrintedName& name = params->at(i);
    out += " (param ";
    if (!name.id.empty()) out += name.id + " ";
    if (!name.annotation.empty()) out += name.annotation + " ";
    type(function.params[i]);
    out += ')';
  }
  if (function.results.empty()) return;
  out += " (result";
  for (const ValType result : function.results) {
    out += ' ';
    type(result);
  }
  out += ')';
}

void PrintContext::field_type(const FieldType& field) {
  if (field.is_mutable) out += "(mut ";
  type(field.storage);
  if (field.is_mutable) out += ')';
}

void PrintContext::composite_type(uint32_t index, const CompositeType& composite) {
  if (const auto* function = std::get_if<FuncType>(&composite)) {
    out += "(func";
    function_type(*function, nullptr);
  } else if (const auto* array = std::get_if<ArrayType>(&composite)) {
    out += "(array ";
    field_type(array->element);
  } else {
    const PrintedNames& names_of_fields = names.fields_of(index);
    out += "(struct";
    const auto& fields = std::get<StructType>(composite).fields;
    for (uint32_t i = 0; i < fields.size(); ++i) {
      const PrintedName& name = names_of_fields.at(i);
      out += " (field ";
      if (!name.id.empty()) out += name.id + " ";
      if (!name.annotation.empty()) out += name.annotation + " ";
      field_type(fields[i]);
      out += ')';
    }
  }
  out += ')';
}

void PrintContext::sub_type(uint32_t index) {
  const SubType& sub = module.types[index];
  out += "(type";
  definition(Space::type, index);
  out += ' ';
  const bool is_explicit = !sub.is_final || !sub.supertypes.empty();
  if (is_explicit) {
    out += sub.is_final ? "(sub final " : "(sub ";
    for (const uint32_t super : sub.supertypes) {
      use(Space::type, super);
      out += ' ';
    }
  }
  composite_type(index, sub.composite);
  out += is_explicit ? "))\n" : ")\n";
}

void PrintContext::types() {
  for (const RecGroup& group : module.rec_groups) {
    const bool rec = group.explicit_rec || group.count != 1;
    if (rec) out += "  (rec\n";
    for (uint32_t i = 0; i < group.count; ++i) {
      out += rec ? "    " : "  ";
      sub_type(group.first + i);
    }
    if (rec) out += "  )\n";
  }
}

}  // namespace cairn::wasm::text
