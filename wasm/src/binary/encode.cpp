// Modules to their binary form; the inverse of decode*.cpp, in the shortest encodings.

#include <cairn/wasm/binary.hpp>

#include "binary/section_order.hpp"
#include "binary/type_writer.hpp"

namespace cairn::wasm {

namespace {

/// Appends to one section.
class Writer : public TypeWriter {
 public:
  void expr(const Expr& value) { bytes(value.code); }

  void import(const Import& value) {
    name(value.module);
    name(value.name);
    byte(static_cast<uint8_t>(value.kind));
    switch (value.kind) {
      case ExternKind::func: number(std::get<uint32_t>(value.type)); break;
      case ExternKind::table: table_type(std::get<TableType>(value.type)); break;
      case ExternKind::memory: memory_type(std::get<MemoryType>(value.type)); break;
      case ExternKind::global: global_type(std::get<GlobalType>(value.type)); break;
      case ExternKind::tag: tag_type(std::get<TagType>(value.type)); break;
    }
  }
  void table(const Table& value) {
    if (value.init) {
      byte(0x40);
      byte(0x00);
    }
    table_type(value.type);
    if (value.init) expr(*value.init);
  }
  void elem(const Elem& value) {
    const bool active = value.mode == SegmentMode::active;
    const bool typed = value.uses_exprs && value.type != funcref;
    const bool explicit_table = active && (value.explicit_table || value.table != 0 || typed);
    const bool declarative = value.mode == SegmentMode::declarative;
    number((active ? 0u : 1u) | (explicit_table || declarative ? 2u : 0u) |
           (value.uses_exprs ? 4u : 0u));
    if (explicit_table) number(value.table);
    if (active && value.offset) expr(*value.offset);
    if (!active || explicit_table) {
      if (value.uses_exprs) {
        type(value.type);
      } else {
        byte(0x00);
      }
    }
    if (value.uses_exprs) {
      number(value.exprs.size());
      for (const Expr& item : value.exprs) expr(item);
    } else {
      number(value.functions.size());
      for (uint32_t function : value.functions) number(function);
    }
  }
  void code(const Code& value) {
    Writer body;
    body.number(value.locals.size());
    for (const LocalGroup& group : value.locals) {
      body.number(group.count);
      body.type(group.type);
    }
    body.expr(value.body);
    byte_list(body.content());
  }
  void data(const Data& value) {
    const bool active = value.mode == SegmentMode::active;
    const bool explicit_memory = active && (value.explicit_memory || value.memory != 0);
    number(!active ? 1u : explicit_memory ? 2u : 0u);
    if (explicit_memory) number(value.memory);
    if (active && value.offset) expr(*value.offset);
    byte_list(value.bytes);
  }

  template <class T, class W>
  void list(const std::vector<T>& items, void (W::*item)(const T&)) {
    number(items.size());
    for (const T& value : items) (this->*item)(value);
  }
  void rec_groups(const Module& module) {
    number(module.rec_groups.size());
    for (const RecGroup& group : module.rec_groups) {
      if (group.explicit_rec || group.count != 1) {
        byte(0x4E);
        number(group.count);
      }
      for (uint32_t i = 0; i < group.count; ++i) sub_type(module.types[group.first + i]);
    }
  }
  void exports(const Module& module) {
    number(module.exports.size());
    for (const Export& value : module.exports) {
      name(value.name);
      byte(static_cast<uint8_t>(value.kind));
      number(value.index);
    }
  }
  void globals(const Module& module) {
    number(module.globals.size());
    for (const Global& value : module.globals) {
      global_type(value.type);
      expr(value.init);
    }
  }
};

void write_section(Writer& out, const Module& module, SectionId id) {
  switch (id) {
    case SectionId::custom: break;
    case SectionId::type: out.rec_groups(module); break;
    case SectionId::import: out.list(module.imports, &Writer::import); break;
    case SectionId::function:
      out.number(module.functions.size());
      for (uint32_t type : module.functions) out.number(type);
      break;
    case SectionId::table: out.list(module.tables, &Writer::table); break;
    case SectionId::memory: out.list(module.memories, &Writer::memory_type); break;
    case SectionId::tag: out.list(module.tags, &Writer::tag_type); break;
    case SectionId::global: out.globals(module); break;
    case SectionId::export_: out.exports(module); break;
    case SectionId::start: out.number(module.start.value_or(0)); break;
    case SectionId::element: out.list(module.elems, &Writer::elem); break;
    case SectionId::data_count: out.number(module.data_count.value_or(0)); break;
    case SectionId::code: out.list(module.code, &Writer::code); break;
    case SectionId::data: out.list(module.datas, &Writer::data); break;
  }
}

}  // namespace

Bytes encode(const Module& module) {
  Writer out;
  out.bytes(Bytes{0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00});
  const std::vector<PlacedCustom> customs = placed_customs(module);
  auto next_custom = customs.begin();
  const auto write_customs_after = [&](SectionId id) {
    for (; next_custom != customs.end() && next_custom->after == id; ++next_custom) {
      Writer content;
      content.name(next_custom->section->name);
      content.bytes(next_custom->section->payload);
      out.byte(static_cast<uint8_t>(SectionId::custom));
      out.byte_list(content.content());
    }
  };
  write_customs_after(SectionId::custom);
  for (SectionId id : section_order) {
    if (!has_section(module, id)) continue;
    Writer content;
    write_section(content, module, id);
    out.byte(static_cast<uint8_t>(id));
    out.byte_list(content.content());
    write_customs_after(id);
  }
  return out.content();
}

}  // namespace cairn::wasm
