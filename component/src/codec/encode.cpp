// Components to their binary form; the inverse of decode.cpp.

#include <cairn/component/binary.hpp>
#include <cairn/wasm/binary.hpp>

#include "codec/component_writer.hpp"
#include "codec/preamble.hpp"
#include "codec/sort_codes.hpp"

namespace cairn::component {

using namespace syntax;

void ComponentWriter::core_sort(Sort sort) { byte(core_code_of(sort)); }

void ComponentWriter::sort(Sort sort) {
  if (is_core(sort)) {
    byte(0x00);
    core_sort(sort);
  } else {
    byte(code_of(sort));
  }
}

void ComponentWriter::sort_index(SortIndex item) {
  sort(item.sort);
  number(item.index);
}

void ComponentWriter::extern_name(const ExternName& of) {
  byte(of.attributes.empty() ? 0x00 : 0x02);
  name(of.name);
  if (of.attributes.empty()) return;
  number(of.attributes.size());
  for (const Attribute& attribute : of.attributes) {
    byte(static_cast<uint8_t>(attribute.kind));
    name(attribute.value);
  }
}

void ComponentWriter::alias(const Alias& alias) {
  sort(alias.sort);
  byte(static_cast<uint8_t>(alias.target.index()));
  if (const auto* outer = std::get_if<Alias::Outer>(&alias.target)) {
    number(outer->count);
    number(outer->index);
  } else if (const auto* core = std::get_if<Alias::CoreExport>(&alias.target)) {
    number(core->instance);
    name(core->name);
  } else {
    const auto& item = std::get<Alias::Export>(alias.target);
    number(item.instance);
    name(item.name);
  }
}

void ComponentWriter::core_instance(const CoreInstance& instance) {
  byte(static_cast<uint8_t>(instance.what.index()));
  if (const auto* made = std::get_if<Instantiate>(&instance.what)) {
    number(made->target);
    number(made->args.size());
    for (const Argument& argument : made->args) {
      name(argument.name);
      core_sort(argument.item.sort);
      number(argument.item.index);
    }
    return;
  }
  const auto& exports = std::get<std::vector<CoreInlineExport>>(instance.what);
  number(exports.size());
  for (const CoreInlineExport& entry : exports) {
    name(entry.name);
    core_sort(entry.item.sort);
    number(entry.item.index);
  }
}

void ComponentWriter::instance(const Instance& instance) {
  byte(static_cast<uint8_t>(instance.what.index()));
  if (const auto* made = std::get_if<Instantiate>(&instance.what)) {
    number(made->target);
    number(made->args.size());
    for (const Argument& argument : made->args) {
      name(argument.name);
      sort_index(argument.item);
    }
    return;
  }
  const auto& exports = std::get<std::vector<InlineExport>>(instance.what);
  number(exports.size());
  for (const InlineExport& entry : exports) {
    extern_name(entry.name);
    sort_index(entry.item);
  }
}

void ComponentWriter::options(const std::vector<CanonOption>& list) {
  number(list.size());
  for (const CanonOption& option : list) {
    byte(static_cast<uint8_t>(option.kind));
    if (option.has_index()) number(option.index);
  }
}

void ComponentWriter::canon(const Canon& canon) {
  const CanonRow& row = row_of(canon.kind);
  const auto flag = [&] { byte(canon.flag ? 1 : 0); };
  byte(row.code);
  switch (row.form) {
    case CanonForm::none: break;
    case CanonForm::lift:
      byte(0);
      number(canon.func);
      options(canon.options);
      number(canon.type);
      break;
    case CanonForm::lower:
      byte(0);
      number(canon.func);
      options(canon.options);
      break;
    case CanonForm::type: number(canon.type); break;
    case CanonForm::async_flag:
    case CanonForm::cancellable:
    case CanonForm::shared: flag(); break;
    case CanonForm::result_options:
      result_list(canon.result);
      options(canon.options);
      break;
    case CanonForm::slot:
      TypeWriter::type(canon.core_type);
      number(canon.slot);
      break;
    case CanonForm::type_options:
      number(canon.type);
      options(canon.options);
      break;
    case CanonForm::type_async:
      number(canon.type);
      flag();
      break;
    case CanonForm::options: options(canon.options); break;
    case CanonForm::cancellable_memory:
      flag();
      number(canon.memory);
      break;
    case CanonForm::core_type_table:
      number(canon.type);
      number(canon.table);
      break;
    case CanonForm::shared_core_type:
      flag();
      number(canon.type);
      break;
    case CanonForm::shared_core_type_table:
      flag();
      number(canon.type);
      number(canon.table);
      break;
  }
}

namespace {

/// By `Definition::What`.
constexpr std::array<SectionId, 13> section_of = {
    SectionId::core_module, SectionId::core_instance, SectionId::core_type, SectionId::component,
    SectionId::instance,    SectionId::alias,         SectionId::type,      SectionId::canon,
    SectionId::start,       SectionId::import,        SectionId::export_,   SectionId::value,
    SectionId::custom};
static_assert(section_of.size() == std::variant_size_v<Definition::What>);

bool is_list(SectionId id) {
  return id != SectionId::core_module && id != SectionId::component && id != SectionId::start &&
         id != SectionId::custom;
}

class DefinitionWriter : public ComponentWriter {
 public:
  void operator()(const CoreModule& module) { bytes(wasm::encode(*module.module)); }
  void operator()(const CoreInstance& value) { core_instance(value); }
  void operator()(const CoreType& value) { core_type(value); }
  void operator()(const NestedComponent& value) { bytes(encode(*value.component)); }
  void operator()(const Instance& value) { instance(value); }
  void operator()(const Alias& value) { alias(value); }
  void operator()(const Type& value) { type_definition(value); }
  void operator()(const Canon& value) { canon(value); }
  void operator()(const Start& start) {
    number(start.func);
    number(start.args.size());
    for (const uint32_t argument : start.args) number(argument);
    number(start.results);
  }
  void operator()(const Import& import) {
    extern_name(import.name);
    extern_desc(import.desc);
  }
  void operator()(const Export& item) {
    extern_name(item.name);
    sort_index(item.item);
    byte(item.desc ? 1 : 0);
    if (item.desc) extern_desc(*item.desc);
  }
  void operator()(const Value& value) {
    val_type(value.type);
    byte_list(value.bytes);
  }
  void operator()(const Custom& custom) {
    name(custom.name);
    bytes(custom.payload);
  }
};

}  // namespace

Bytes encode(const Component& component) {
  ComponentWriter out;
  out.bytes(magic);
  out.bytes(component_version);
  const std::vector<Definition>& all = component.definitions;
  for (size_t first = 0; first < all.size();) {
    const SectionId id = section_of[all[first].what.index()];
    size_t end = first + 1;
    while (is_list(id) && end < all.size() && section_of[all[end].what.index()] == id) ++end;
    DefinitionWriter section;
    if (is_list(id)) section.number(end - first);
    for (; first < end; ++first) std::visit(section, all[first].what);
    out.byte(static_cast<uint8_t>(id));
    out.byte_list(section.content());
  }
  return out.content();
}

}  // namespace cairn::component
