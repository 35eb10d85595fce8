#include <fmt/format.h>

#include <algorithm>

#include "text/print/print_names.hpp"
#include "text/string_literal.hpp"
#include "wat/printer.hpp"

namespace cairn::component::text {

using namespace syntax;

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string limits_text(const wasm::Limits& limits, wasm::AddrType address) {
  std::string text = address == wasm::AddrType::i64 ? "i64 " : "";
  text += fmt::format("{}", limits.min);
  if (limits.max) text += fmt::format(" {}", *limits.max);
  return text;
}

std::string storage_text(wasm::ValType type) {
  if (type == wasm::i8_storage) return "i8";
  if (type == wasm::i16_storage) return "i16";
  return wasm::to_string(type);
}

std::string field_text(const wasm::FieldType& field) {
  const std::string storage = storage_text(field.storage);
  return field.is_mutable ? fmt::format("(mut {})", storage) : storage;
}

std::string list_text(std::string_view word, const std::vector<wasm::ValType>& types) {
  if (types.empty()) return {};
  std::string text = fmt::format(" ({}", word);
  for (const wasm::ValType type : types) text += fmt::format(" {}", wasm::to_string(type));
  return text + ")";
}

}  // namespace

void TypePrinter::newline() {
  out_ += '\n';
  out_.append(static_cast<size_t>(indent_) * 2, ' ');
}

void TypePrinter::quoted(std::string_view text) { wasm::text::append_quoted(text, true, out_); }

Result<> TypePrinter::extern_name(const ExternName& name) {
  constexpr std::string_view words[] = {"implements", "versionsuffix", "external-id"};
  quoted(name.name);
  for (const Attribute& attribute : name.attributes) {
    if (std::ranges::count(name.attributes, attribute.kind, &Attribute::kind) > 1) {
      return fail(ErrorKind::unsupported,
                  fmt::format("`{}` has an attribute twice, which has no text form", name.name));
    }
    out_ += fmt::format(" ({} ", words[static_cast<size_t>(attribute.kind)]);
    quoted(attribute.value);
    out_ += ')';
  }
  return {};
}

// ---- Indices -----------------------------------------------------------------------------------

void TypePrinter::id_of(Sort sort, uint32_t index) {
  const std::string* name = names_ ? wasm::find_name(names_->of(sort), index) : nullptr;
  if (name) out_ += " " + wasm::text::identifier_of(*name);
}

void TypePrinter::index(Sort sort, uint32_t index) {
  const std::string* name = names_ ? wasm::find_name(names_->of(sort), index) : nullptr;
  out_ += name ? wasm::text::identifier_of(*name) : fmt::format("{}", index);
}

void TypePrinter::sort_index(SortIndex item, bool in_core) {
  std::string_view word = to_string(item.sort);
  if (in_core) word.remove_prefix(std::string_view("core ").size());
  out_ += fmt::format("({} ", word);
  index(item.sort, item.index);
  out_ += ')';
}

Result<> TypePrinter::alias(const Alias& alias, std::optional<uint32_t> id) {
  out_ += "(alias ";
  if (const auto* outer = std::get_if<Alias::Outer>(&alias.target)) {
    out_ += fmt::format("outer {} {}", outer->count, outer->index);
  } else if (const auto* core = std::get_if<Alias::CoreExport>(&alias.target)) {
    if (!is_core(alias.sort) || alias.sort == Sort::core_module) {
      return fail(ErrorKind::unsupported,
                  fmt::format("a {} in a core instance has no text form", to_string(alias.sort)));
    }
    out_ += "core export ";
    index(Sort::core_instance, core->instance);
    out_ += ' ';
    quoted(core->name);
  } else {
    const auto& item = std::get<Alias::Export>(alias.target);
    out_ += "export ";
    index(Sort::instance, item.instance);
    out_ += ' ';
    quoted(item.name);
  }
  out_ += fmt::format(" ({}", to_string(alias.sort));
  if (id) id_of(alias.sort, *id);
  out_ += "))";
  return {};
}

Result<> TypePrinter::extern_desc(const ExternDesc& desc, std::optional<uint32_t> id) {
  const Sort sort = desc.sort();
  out_ += fmt::format("({}", to_string(sort));
  if (id) id_of(sort, *id);
  const auto use = [&](Sort space, uint32_t type) {
    out_ += " (type ";
    index(space, type);
    out_ += ')';
  };
  std::visit(Overloaded{
                 [&](ExternDesc::CoreModule of) { use(Sort::core_type, of.type); },
                 [&](ExternDesc::Func of) { use(Sort::type, of.type); },
                 [&](ExternDesc::Component of) { use(Sort::type, of.type); },
                 [&](ExternDesc::Instance of) { use(Sort::type, of.type); },
                 [&](ExternDesc::ValueEq of) {
                   out_ += " (eq ";
                   index(Sort::value, of.value);
                   out_ += ')';
                 },
                 [&](ExternDesc::Value of) {
                   out_ += ' ';
                   val_type(of.type);
                 },
                 [&](ExternDesc::TypeEq of) {
                   out_ += " (eq ";
                   index(Sort::type, of.type);
                   out_ += ')';
                 },
                 [&](ExternDesc::SubResource) { out_ += " (sub resource)"; },
             },
             desc.what);
  out_ += ')';
  return {};
}

// ---- Types -------------------------------------------------------------------------------------

void TypePrinter::val_type(ValType type) {
  if (type.is_index()) {
    index(Sort::type, type.index());
  } else {
    out_ += to_string(type.prim());
  }
}

void TypePrinter::optional(const std::optional<ValType>& type) {
  if (!type) return;
  out_ += ' ';
  val_type(*type);
}

void TypePrinter::value_types(std::string_view word, const std::vector<ValType>& types) {
  out_ += fmt::format("({}", word);
  for (const ValType type : types) optional(type);
  out_ += ')';
}

void TypePrinter::labels(std::string_view word, const std::vector<std::string>& list) {
  out_ += fmt::format("({}", word);
  for (const std::string& label : list) {
    out_ += ' ';
    quoted(label);
  }
  out_ += ')';
}

void TypePrinter::func_type(const FuncType& type) {
  out_ += type.is_async ? "(func async" : "(func";
  for (const LabeledType& param : type.params) {
    out_ += " (param ";
    quoted(param.label);
    optional(param.type);
    out_ += ')';
  }
  if (type.result) {
    out_ += " (result";
    optional(type.result);
    out_ += ')';
  }
  out_ += ')';
}

Result<> TypePrinter::type(const Type& type) {
  Result<> result;
  std::visit(
      Overloaded{
          [&](PrimType prim) { out_ += to_string(prim); },
          [&](const Record& record) {
            out_ += "(record";
            for (const LabeledType& field : record.fields) {
              out_ += " (field ";
              quoted(field.label);
              optional(field.type);
              out_ += ')';
            }
            out_ += ')';
          },
          [&](const Variant& variant) {
            out_ += "(variant";
            for (const Case& entry : variant.cases) {
              out_ += " (case ";
              quoted(entry.label);
              optional(entry.type);
              out_ += ')';
            }
            out_ += ')';
          },
          [&](const List& list) {
            out_ += "(list";
            optional(list.element);
            if (list.length) out_ += fmt::format(" {}", *list.length);
            out_ += ')';
          },
          [&](const Tuple& tuple) { value_types("tuple", tuple.types); },
          [&](const Flags& flags) { labels("flags", flags.labels); },
          [&](const Enum& cases) { labels("enum", cases.labels); },
          [&](const Option& option) { value_types("option", {option.type}); },
          [&](const ResultType& of) {
            out_ += "(result";
            optional(of.ok);
            if (of.error) {
              out_ += " (error";
              optional(of.error);
              out_ += ')';
            }
            out_ += ')';
          },
          [&](const Own& own) { value_types("own", {ValType::index(own.resource)}); },
          [&](const Borrow& borrow) { value_types("borrow", {ValType::index(borrow.resource)}); },
          [&](const Stream& stream) {
            out_ += "(stream";
            optional(stream.type);
            out_ += ')';
          },
          [&](const Future& future) {
            out_ += "(future";
            optional(future.type);
            out_ += ')';
          },
          [&](const Map& map) { value_types("map", {map.key, map.value}); },
          [&](const FuncType& func) { func_type(func); },
          [&](const ComponentType& of) { result = declarators("component", of.declarators); },
          [&](const InstanceType& of) { result = declarators("instance", of.declarators); },
          [&](const ResourceType& resource) {
            out_ += fmt::format("(resource (rep {})", wasm::to_string(resource.rep));
            if (resource.dtor) {
              out_ += " (dtor ";
              sort_index({Sort::core_func, *resource.dtor});
              out_ += ')';
            }
            out_ += ')';
          },
      },
      type.what);
  return result;
}

/// A scope of its own: no identifier of the component around it means anything in it.
Result<> TypePrinter::declarators(std::string_view word, const std::vector<Declarator>& list) {
  const ComponentNames* const outer = std::exchange(names_, nullptr);
  out_ += fmt::format("({}", word);
  ++indent_;
  Result<> result;
  for (const Declarator& declarator : list) {
    newline();
    result = this->declarator(declarator);
    if (!result) break;
  }
  --indent_;
  out_ += ')';
  names_ = outer;
  return result;
}

Result<> TypePrinter::declarator(const Declarator& declarator) {
  if (const auto* core = std::get_if<CoreType>(&declarator.what)) {
    return core_type_field(*core, "core ", std::nullopt);
  }
  if (const auto* of = std::get_if<Alias>(&declarator.what)) return alias(*of, std::nullopt);
  if (const auto* of = std::get_if<Type>(&declarator.what)) {
    out_ += "(type ";
    TRY(type(*of));
  } else {
    const auto* import = std::get_if<ImportDecl>(&declarator.what);
    const auto* item = std::get_if<ExportDecl>(&declarator.what);
    out_ += import ? "(import " : "(export ";
    TRY(extern_name(import ? import->name : item->name));
    out_ += ' ';
    TRY(extern_desc(import ? import->desc : item->desc, std::nullopt));
  }
  out_ += ')';
  return {};
}

// ---- Core types --------------------------------------------------------------------------------

void TypePrinter::core_sub_type(const wasm::SubType& type) {
  const bool is_plain = type.is_final && type.supertypes.empty();
  if (!is_plain) {
    out_ += type.is_final ? "(sub final" : "(sub";
    for (const uint32_t super : type.supertypes) out_ += fmt::format(" {}", super);
    out_ += ' ';
  }
  if (const wasm::FuncType* func = type.func()) {
    out_ += fmt::format("(func{}{})", list_text("param", func->params),
                        list_text("result", func->results));
  } else if (const wasm::StructType* structure = type.structure()) {
    out_ += "(struct";
    for (const wasm::FieldType& field : structure->fields) {
      out_ += fmt::format(" (field {})", field_text(field));
    }
    out_ += ')';
  } else {
    out_ += fmt::format("(array {})", field_text(type.array()->element));
  }
  if (!is_plain) out_ += ')';
}

Result<> TypePrinter::core_type_field(const CoreType& type, std::string_view core,
                                      std::optional<uint32_t> id) {
  const auto* group = std::get_if<CoreRecGroup>(&type.what);
  if (group && group->explicit_rec) {
    out_ += fmt::format("({}rec", core);
    for (const wasm::SubType& sub : group->types) {
      out_ += " (type";
      if (id) id_of(Sort::core_type, (*id)++);
      out_ += ' ';
      core_sub_type(sub);
      out_ += ')';
    }
    out_ += ')';
    return {};
  }
  out_ += fmt::format("({}type", core);
  if (id) id_of(Sort::core_type, *id);
  out_ += ' ';
  if (group) {
    core_sub_type(group->types.front());
  } else {
    TRY(core_module_type(std::get<CoreModuleType>(type.what)));
  }
  out_ += ')';
  return {};
}

Result<> TypePrinter::core_module_type(const CoreModuleType& type) {
  const ComponentNames* const outer = std::exchange(names_, nullptr);
  Result<> result;
  out_ += "(module";
  ++indent_;
  for (const CoreModuleDecl& decl : type.declarators) {
    newline();
    std::visit(Overloaded{
                   [&](const CoreImportDecl& import) {
                     out_ += "(import ";
                     quoted(import.module);
                     out_ += ' ';
                     quoted(import.name);
                     core_extern_desc(import.desc);
                   },
                   [&](const CoreType& nested) {
                     if (result) result = core_type_field(nested, "", std::nullopt);
                   },
                   [&](const CoreOuterAlias& of) {
                     out_ += fmt::format("(alias outer {} {} (type))", of.count, of.index);
                   },
                   [&](const CoreExportDecl& item) {
                     out_ += "(export ";
                     quoted(item.name);
                     core_extern_desc(item.desc);
                   },
               },
               decl.what);
  }
  --indent_;
  out_ += ')';
  names_ = outer;
  return result;
}

/// With the space before it and the parenthesis of what it stands in.
void TypePrinter::core_extern_desc(const CoreExternDesc& desc) {
  out_ += fmt::format(" ({} ", wasm::to_string(desc.kind()));
  std::visit(
      Overloaded{
          [&](uint32_t type) { out_ += fmt::format("(type {})", type); },
          [&](const wasm::TableType& type) {
            out_ += fmt::format("{} {}", limits_text(type.limits, type.address),
                                wasm::to_string(type.element));
          },
          [&](const wasm::MemoryType& type) {
            out_ += limits_text(type.limits, type.address);
            if (type.shared) out_ += " shared";
            if (type.page_size_log2 != 16) {
              out_ += fmt::format(" (pagesize {})", uint64_t{1} << type.page_size_log2);
            }
          },
          [&](const wasm::GlobalType& type) { out_ += field_text({type.type, type.is_mutable}); },
          [&](const wasm::TagType& type) { out_ += fmt::format("(type {})", type.type_index); },
      },
      desc.type);
  out_ += "))";
}

}  // namespace cairn::component::text
