/// Modules as text. The fields come in the order of the binary's sections.

#include <fmt/format.h>
#include <cairn/wasm/branch_hints.hpp>
#include <cairn/wasm/text.hpp>

#include "binary/section_order.hpp"
#include "text/custom_annotation.hpp"
#include "text/print/body_printer.hpp"

namespace cairn::wasm {

namespace text {

namespace {

class ModulePrinter {
 public:
  ModulePrinter(const Module& module, const PrintOptions& options, const TextSink& sink)
      : context_(module, options, sink),
        out_(context_.out),
        module_(module),
        hints_(branch_hints(module)),
        body_(context_, hints_ ? &*hints_ : nullptr) {}

  Result<> print();

 private:
  void imports();
  void import_type(const Import& import, uint32_t index);
  Result<> tables();
  void memories();
  void tags();
  Result<> globals();
  void exports();
  Result<> elems();
  Result<> elem(const Elem& elem, uint32_t index);
  Result<> datas();
  void customs();

  PrintContext context_;
  std::string& out_;
  const Module& module_;
  std::optional<BranchHints> hints_;
  BodyPrinter body_;
};

Result<> ModulePrinter::print() {
  const PrintedName& name = context_.names.module_name();
  out_ += "(module";
  if (!name.id.empty()) out_ += " " + name.id;
  if (!name.annotation.empty()) out_ += " " + name.annotation;
  out_ += '\n';
  context_.types();
  imports();
  for (uint32_t i = 0; i < module_.code.size(); ++i) {
    TRY(body_.function(i));
    context_.settle();
  }
  TRY(tables());
  memories();
  tags();
  TRY(globals());
  exports();
  if (module_.start) {
    out_ += "  (start ";
    context_.use(Space::func, *module_.start);
    out_ += ")\n";
  }
  TRY(elems());
  TRY(datas());
  if (!context_.options.skeleton) customs();
  out_ += ")\n";
  context_.hand_out();
  return {};
}

void ModulePrinter::import_type(const Import& import, uint32_t index) {
  switch (import.kind) {
    case ExternKind::func: {
      const uint32_t type = std::get<uint32_t>(import.type);
      context_.definition(Space::func, index);
      out_ += " (type ";
      context_.use(Space::type, type);
      out_ += ')';
      if (const FuncType* signature = context_.function_type_at(type)) {
        const PrintedNames params =
            context_.names.locals_of(index, static_cast<uint32_t>(signature->params.size()));
        context_.function_type(*signature, &params);
      }
      return;
    }
    case ExternKind::table:
      context_.definition(Space::table, index);
      out_ += ' ';
      return context_.table_type(std::get<TableType>(import.type));
    case ExternKind::memory:
      context_.definition(Space::memory, index);
      out_ += ' ';
      return context_.memory_type(std::get<MemoryType>(import.type));
    case ExternKind::global:
      context_.definition(Space::global, index);
      out_ += ' ';
      return context_.global_type(std::get<GlobalType>(import.type));
    case ExternKind::tag:
      context_.definition(Space::tag, index);
      out_ += " (type ";
      context_.use(Space::type, std::get<TagType>(import.type).type_index);
      out_ += ')';
  }
}

void ModulePrinter::imports() {
  std::array<uint32_t, 5> counts{};
  for (const Import& import : module_.imports) {
    out_ += "  (import ";
    context_.quoted(import.module);
    out_ += ' ';
    context_.quoted(import.name);
    out_ += " (";
    out_ += wasm::to_string(import.kind);
    import_type(import, counts[static_cast<size_t>(import.kind)]++);
    out_ += "))\n";
    context_.settle();
  }
}

Result<> ModulePrinter::tables() {
  for (uint32_t i = 0; i < module_.tables.size(); ++i) {
    const Table& table = module_.tables[i];
    out_ += "  (table";
    context_.definition(Space::table, module_.imported_tables + i);
    out_ += ' ';
    context_.table_type(table.type);
    if (table.init) {
      out_ += ' ';
      TRY(body_.constant(*table.init));
    }
    out_ += ")\n";
  }
  return {};
}

void ModulePrinter::memories() {
  for (uint32_t i = 0; i < module_.memories.size(); ++i) {
    out_ += "  (memory";
    context_.definition(Space::memory, module_.imported_memories + i);
    out_ += ' ';
    context_.memory_type(module_.memories[i]);
    out_ += ")\n";
  }
}

void ModulePrinter::tags() {
  for (uint32_t i = 0; i < module_.tags.size(); ++i) {
    const uint32_t type = module_.tags[i].type_index;
    out_ += "  (tag";
    context_.definition(Space::tag, module_.imported_tags + i);
    out_ += " (type ";
    context_.use(Space::type, type);
    out_ += ')';
    if (const FuncType* signature = context_.function_type_at(type)) {
      context_.function_type(*signature, nullptr);
    }
    out_ += ")\n";
    context_.settle();
  }
}

Result<> ModulePrinter::globals() {
  for (uint32_t i = 0; i < module_.globals.size(); ++i) {
    out_ += "  (global";
    context_.definition(Space::global, module_.imported_globals + i);
    out_ += ' ';
    context_.global_type(module_.globals[i].type);
    out_ += ' ';
    TRY(body_.constant(module_.globals[i].init));
    out_ += ")\n";
  }
  return {};
}

void ModulePrinter::exports() {
  constexpr Space spaces[] = {Space::func, Space::table, Space::memory, Space::global, Space::tag};
  for (const Export& item : module_.exports) {
    out_ += "  (export ";
    context_.quoted(item.name);
    out_ += " (";
    out_ += wasm::to_string(item.kind);
    out_ += ' ';
    context_.use(spaces[static_cast<size_t>(item.kind)], item.index);
    out_ += "))\n";
    context_.settle();
  }
}

Result<> ModulePrinter::elem(const Elem& elem, uint32_t index) {
  out_ += "  (elem";
  context_.definition(Space::elem, index);
  if (elem.mode == SegmentMode::declarative) out_ += " declare";
  if (elem.mode == SegmentMode::active) {
    if (elem.explicit_table || elem.table != 0) {
      out_ += " (table ";
      context_.use(Space::table, elem.table);
      out_ += ')';
    }
    out_ += ' ';
    TRY(body_.folded_constant(*elem.offset, "offset"));
  }
  out_ += ' ';
  if (!elem.uses_exprs) {
    out_ += "func";
    for (const uint32_t function : elem.functions) {
      out_ += ' ';
      context_.use(Space::func, function);
    }
  } else {
    context_.type(elem.type);
    for (const Expr& expr : elem.exprs) {
      out_ += ' ';
      TRY(body_.folded_constant(expr, "item"));
    }
  }
  out_ += ")\n";
  return {};
}

Result<> ModulePrinter::elems() {
  for (uint32_t i = 0; i < module_.elems.size(); ++i) {
    TRY(elem(module_.elems[i], i));
    context_.settle();
  }
  return {};
}

Result<> ModulePrinter::datas() {
  for (uint32_t i = 0; i < module_.datas.size(); ++i) {
    const Data& data = module_.datas[i];
    out_ += "  (data";
    context_.definition(Space::data, i);
    if (data.mode == SegmentMode::active) {
      if (data.explicit_memory || data.memory != 0) {
        out_ += " (memory ";
        context_.use(Space::memory, data.memory);
        out_ += ')';
      }
      out_ += ' ';
      TRY(body_.folded_constant(*data.offset, "offset"));
    }
    out_ += ' ';
    if (context_.options.skeleton) {
      out_ += "...";
    } else {
      context_.quoted(as_text(data.bytes), false);
    }
    out_ += ")\n";
    context_.settle();
  }
  return {};
}

/// Custom sections, those left out that the names and hints of the text stand for. The parser puts
/// the name section that it makes after the last section, but before what has no placement.
void ModulePrinter::customs() {
  const std::vector<PlacedCustom> customs = placed_customs(module_);
  SectionId last = SectionId::custom;
  for (const SectionId id : section_order) {
    if (has_section(module_, id)) last = id;
  }
  size_t names_at = customs.size(), name_sections = 0;
  for (size_t i = 0; i < customs.size(); ++i) {
    if (customs[i].section->name != "name") continue;
    ++name_sections;
    const Bytes made = encode_names(context_.names.printed());
    const bool same = std::ranges::equal(made, customs[i].section->payload);
    if (same && !made.empty() && customs[i].after == last) names_at = i;
  }
  const bool names_implied = name_sections == 1 && names_at < customs.size();
  for (size_t i = 0; i < customs.size(); ++i) {
    const CustomSection& section = *customs[i].section;
    if (names_implied && i == names_at) continue;
    if (hints_ && section.name == "metadata.code.branch_hint") continue;
    out_ += "  (@custom ";
    context_.quoted(section.name);
    if (customs[i].after != last || (names_implied && i < names_at)) {
      if (customs[i].after == SectionId::custom) {
        out_ += " (before first)";
      } else {
        out_ += fmt::format(" (after {})", placement_word(customs[i].after));
      }
    }
    out_ += ' ';
    context_.quoted(as_text(section.payload), false);
    out_ += ")\n";
  }
}

}  // namespace
}  // namespace text

Result<> print_text(const Module& module, const PrintOptions& options, const TextSink& sink) {
  return text::ModulePrinter(module, options, sink).print();
}

Result<std::string> print_text(const Module& module, const PrintOptions& options) {
  std::string text;
  TRY(print_text(module, options, [&](std::string_view piece) { text += piece; }));
  return text;
}

}  // namespace cairn::wasm
