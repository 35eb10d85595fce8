#include "tools/bindgen/c_types.hpp"

namespace cairn::component::tools {
namespace {

using wit::InterfaceId;
using wit::TypeId;
using wit::WorldItem;

constexpr std::string_view primitive_types[] = {"bool",     "int8_t",  "uint8_t",  "int16_t",
                                                "uint16_t", "int32_t", "uint32_t", "int64_t",
                                                "uint64_t", "float",   "double",   "uint32_t"};

std::string uint_of(uint32_t bytes) { return fmt::format("uint{}_t", bytes * 8); }

}  // namespace

// ---- Where types belong ------------------------------------------------------------------------

void CTypes::enter(Side side, const WorldItem* item) {
  side_ = side;
  item_ = item;
  prefix_ = item == nullptr ? world_name_ : interface_prefix(resolve_, *item);
  if (side == Side::export_) prefix_ = "exports_" + prefix_;
}

CTypes::Key CTypes::key_of(TypeId id) const {
  const auto* owner = std::get_if<InterfaceId>(&resolve_[id].owner);
  if (owner == nullptr) return {Side::import, nullptr, id};
  const auto* here = item_ == nullptr ? nullptr : std::get_if<InterfaceId>(&item_->item);
  if (here != nullptr && *here == *owner) return {side_, item_, id};
  if (side_ == Side::export_) {
    for (const WorldItem& item : world_.exports) {
      const auto* key = std::get_if<InterfaceId>(&item.key);
      if (key != nullptr && *key == *owner) return {Side::export_, &item, id};
    }
  }
  for (const WorldItem& item : world_.imports) {
    const auto* key = std::get_if<InterfaceId>(&item.key);
    if (key != nullptr && *key == *owner) return {Side::import, &item, id};
  }
  return {Side::import, nullptr, id};
}

bool CTypes::is_own_resource(TypeId id) const {
  const auto root = std::get<TypeId>(resolve_.dealias(id));
  return std::get<Side>(key_of(root)) == Side::export_;
}

std::string CTypes::resource_prefix(TypeId id) const {
  const auto root = std::get<TypeId>(resolve_.dealias(id));
  const auto [side, item, unused] = key_of(root);
  const std::string place = item == nullptr ? world_name_ : interface_prefix(resolve_, *item);
  return fmt::format("{}{}_{}", side == Side::export_ ? "exports_" : "", place,
                     name_part(resolve_[root].name));
}

// ---- Names -------------------------------------------------------------------------------------

Result<std::string> CTypes::name(const wit::Type& type) { return TRY(of(type)).name; }
Result<bool> CTypes::needs_free(const wit::Type& type) { return TRY(of(type)).needs_free; }

Result<std::string> CTypes::free_call(const wit::Type& type, const std::string& pointer) {
  const Named named = TRY(of(type));
  return fmt::format("{}_free({});", named.name.substr(0, named.name.size() - 2), pointer);
}

/// The name of a type as a part of another's: without "_t".
std::string CTypes::word(const Named& named) const {
  std::string text = named.name;
  if (text.ends_with("_t")) text.resize(text.size() - 2);
  return text;
}

Result<CTypes::Named> CTypes::of(const wit::Type& type) {
  if (const auto* primitive = std::get_if<wit::Primitive>(&type)) {
    if (*primitive == wit::Primitive::string) return string_type();
    if (*primitive == wit::Primitive::error_context) return error_context();
    return Named{std::string(primitive_types[static_cast<size_t>(*primitive)])};
  }
  return define(std::get<TypeId>(type));
}

Result<CTypes::Named> CTypes::define(TypeId id) {
  const wit::TypeDef& type = resolve_[id];
  if (const auto* own = std::get_if<wit::Own>(&type.kind)) return handle_type(own->resource, true);
  if (const auto* borrow = std::get_if<wit::Borrow>(&type.kind)) {
    return handle_type(borrow->resource, false);
  }
  if (resolve_.is_resource(id)) return handle_type(id, true);
  if (type.name.empty()) return in_place(id);
  const Key key = key_of(id);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  const Side side = side_;
  const WorldItem* const item = item_;
  enter(std::get<Side>(key), std::get<const WorldItem*>(key));
  const std::string name = fmt::format("{}_{}_t", prefix_, name_part(type.name));
  Named named = TRY(define_named(id, name));
  enter(side, item);
  known_.emplace(key, named);
  return named;
}

Result<CTypes::Named> CTypes::define_named(TypeId id, const std::string& name) {
  const wit::TypeDef& type = resolve_[id];
  if (const auto* alias = std::get_if<wit::Alias>(&type.kind)) return of(alias->type);
  Named named;
  if (const auto* record = std::get_if<wit::Record>(&type.kind)) {
    named = TRY(this->record(id, *record, name));
  } else if (const auto* variant = std::get_if<wit::Variant>(&type.kind)) {
    named = TRY(this->variant(id, *variant, name));
  } else if (const auto* flags = std::get_if<wit::Flags>(&type.kind)) {
    named = this->flags(id, *flags, name);
  } else if (const auto* cases = std::get_if<wit::Enum>(&type.kind)) {
    named = TRY(enumeration(id, *cases, name));
  } else {
    named = TRY(in_place(id));  // `type a = list<u8>`
    begin_definition(id);
    declarations_.line(fmt::format("typedef {} {};", named.name, name));
    return named;
  }
  TRY(check_size(id, name));
  return named;
}

/// The C compiler checks that the layout is that of the canonical ABI.
Result<> CTypes::check_size(TypeId id, const std::string& name) {
  const ValLayout& layout = TRY(abi_.info(id))->layout(PtrSize::bits32);
  definitions_.line(
      fmt::format("_Static_assert(sizeof({}) == {}, \"canonical layout\");", name, layout.size));
  return {};
}

Result<> CTypes::declare(InterfaceId id) {
  for (const TypeId type : resolve_[id].types) TRY(of(type));
  return {};
}

void CTypes::begin_definition(TypeId id) {
  declarations_.line("");
  declarations_.comment(resolve_[id].meta.docs);
}

// ---- Definitions -------------------------------------------------------------------------------

CTypes::Named CTypes::freed(const std::string& name, const CodeWriter& body) {
  if (body.text().empty()) return {name, false};
  const std::string function = name.substr(0, name.size() - 2) + "_free";
  declarations_.line(fmt::format("void {}({}* value);", function, name));
  definitions_.open(fmt::format("void {}({}* value) {{", function, name));
  definitions_.append(body);
  definitions_.close();
  return {name, true};
}

CTypes::Named CTypes::string_type() {
  const std::string name = world_name_ + "_string_t";
  const auto known = in_place_.find(name);
  if (known != in_place_.end()) return known->second;
  declarations_.line("/// UTF-8, without a zero at the end. What is not empty is of malloc(3).");
  declarations_.line(fmt::format("typedef struct {{ char* ptr; size_t len; }} {};", name));
  CodeWriter body(1);
  body.line("if (value->len != 0) free(value->ptr);");
  const Named named = freed(name, body);
  in_place_.emplace(name, named);
  return named;
}

Result<CTypes::Named> CTypes::record(TypeId id, const wit::Record& record,
                                     const std::string& name) {
  CodeWriter fields(1), body(1);
  for (const wit::Field& field : record.fields) {
    const std::string label = identifier(field.name);
    fields.comment(field.docs);
    fields.line(fmt::format("{} {};", TRY(this->name(field.type)), label));
    if (TRY(needs_free(field.type))) body.line(TRY(free_call(field.type, "&value->" + label)));
  }
  begin_definition(id);
  declarations_.line("typedef struct {");
  declarations_.append(fields);
  declarations_.line(fmt::format("}} {};", name));
  return freed(name, body);
}

Result<CTypes::Named> CTypes::variant(TypeId id, const wit::Variant& variant,
                                      const std::string& name) {
  CodeWriter cases(2), body(2);
  const std::string upper = upper_identifier(name.substr(0, name.size() - 2));
  std::string constants;
  bool has_payload = false;
  for (size_t i = 0; i < variant.cases.size(); ++i) {
    const wit::Case& each = variant.cases[i];
    constants += fmt::format("#define {}_{} {}\n", upper, upper_identifier(each.name), i);
    if (!each.type) continue;
    has_payload = true;
    const std::string label = identifier(each.name);
    cases.line(fmt::format("{} {};", TRY(this->name(*each.type)), label));
    if (TRY(needs_free(*each.type))) {
      body.line(
          fmt::format("case {}: {} break;", i, TRY(free_call(*each.type, "&value->val." + label))));
    }
  }
  const uint32_t tag = TRY(abi_.info(id))->discriminant_size;
  begin_definition(id);
  declarations_.line("typedef struct {");
  declarations_.line(fmt::format("  {} tag;", uint_of(tag)));
  if (has_payload) {
    declarations_.line("  union {");
    declarations_.append(cases);
    declarations_.line("  } val;");
  }
  declarations_.line(fmt::format("}} {};", name));
  declarations_.line(constants);
  if (body.text().empty()) return Named{name};
  CodeWriter whole(1);
  whole.line("switch (value->tag) {");
  whole.append(body);
  whole.line("}");
  return freed(name, whole);
}

CTypes::Named CTypes::flags(TypeId id, const wit::Flags& flags, const std::string& name) {
  const size_t count = flags.labels.size();
  begin_definition(id);
  declarations_.line(fmt::format("typedef {} {};",
                                 uint_of(count <= 8    ? 1
                                         : count <= 16 ? 2
                                                       : 4),
                                 name));
  const std::string upper = upper_identifier(name.substr(0, name.size() - 2));
  for (size_t i = 0; i < count; ++i) {
    declarations_.line(
        fmt::format("#define {}_{} (1u << {})", upper, upper_identifier(flags.labels[i].name), i));
  }
  return {name};
}

Result<CTypes::Named> CTypes::enumeration(TypeId id, const wit::Enum& cases,
                                          const std::string& name) {
  begin_definition(id);
  declarations_.line(
      fmt::format("typedef {} {};", uint_of(TRY(abi_.info(id))->discriminant_size), name));
  const std::string upper = upper_identifier(name.substr(0, name.size() - 2));
  for (size_t i = 0; i < cases.labels.size(); ++i) {
    declarations_.line(
        fmt::format("#define {}_{} {}", upper, upper_identifier(cases.labels[i].name), i));
  }
  return Named{name};
}

// ---- Types without a name ----------------------------------------------------------------------

Result<CTypes::Named> CTypes::in_place(TypeId id) {
  const wit::TypeKind& kind = resolve_[id].kind;
  if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) return this->tuple(*tuple);
  if (const auto* option = std::get_if<wit::Option>(&kind)) return this->option(*option);
  if (const auto* result = std::get_if<wit::ResultType>(&kind)) return this->result(*result);
  if (const auto* list = std::get_if<wit::List>(&kind)) return this->list(*list);
  if (const auto* map = std::get_if<wit::Map>(&kind)) return this->map(*map);
  if (const auto* stream = std::get_if<wit::Stream>(&kind)) return copy_end(true, stream->element);
  return copy_end(false, std::get<wit::Future>(kind).value);
}

Result<CTypes::Named> CTypes::tuple(const wit::Tuple& tuple) {
  std::string name = fmt::format("{}_tuple{}", world_name_, tuple.types.size());
  CodeWriter fields(1), body(1);
  for (size_t i = 0; i < tuple.types.size(); ++i) {
    const Named part = TRY(of(tuple.types[i]));
    name += "_" + word(part);
    fields.line(fmt::format("{} f{};", part.name, i));
    if (part.needs_free) {
      body.line(TRY(free_call(tuple.types[i], fmt::format("&value->f{}", i))));
    }
  }
  name += "_t";
  const auto known = in_place_.find(name);
  if (known != in_place_.end()) return known->second;
  declarations_.line("typedef struct {");
  declarations_.append(fields);
  declarations_.line(fmt::format("}} {};", name));
  return in_place_.emplace(name, freed(name, body)).first->second;
}

Result<CTypes::Named> CTypes::option(const wit::Option& option) {
  const Named some = TRY(of(option.type));
  const std::string name = fmt::format("{}_option_{}_t", world_name_, word(some));
  const auto known = in_place_.find(name);
  if (known != in_place_.end()) return known->second;
  declarations_.line(
      fmt::format("typedef struct {{ bool is_some; {} val; }} {};", some.name, name));
  CodeWriter body(1);
  if (some.needs_free) {
    body.line(fmt::format("if (value->is_some) {}", TRY(free_call(option.type, "&value->val"))));
  }
  return in_place_.emplace(name, freed(name, body)).first->second;
}

Result<CTypes::Named> CTypes::result(const wit::ResultType& result) {
  std::string name = world_name_ + "_result", members;
  CodeWriter body(1);
  const auto add = [&](const std::optional<wit::Type>& type, const char* label,
                       const char* condition) -> Result<> {
    if (!type) {
      name += "_void";
      return {};
    }
    const Named part = TRY(of(*type));
    name += "_" + word(part);
    members += fmt::format("{} {}; ", part.name, label);
    if (part.needs_free) {
      body.line(fmt::format("if ({}value->is_err) {}", condition,
                            TRY(free_call(*type, fmt::format("&value->val.{}", label)))));
    }
    return {};
  };
  TRY(add(result.ok, "ok", "!"));
  TRY(add(result.error, "err", ""));
  name += "_t";
  const auto known = in_place_.find(name);
  if (known != in_place_.end()) return known->second;
  const std::string values = members.empty() ? "" : fmt::format("union {{ {}}} val; ", members);
  declarations_.line(fmt::format("typedef struct {{ bool is_err; {}}} {};", values, name));
  return in_place_.emplace(name, freed(name, body)).first->second;
}

Result<CTypes::Named> CTypes::list(const wit::List& list) {
  const Named element = TRY(of(list.element));
  const std::string name =
      list.length ? fmt::format("{}_list{}_{}_t", world_name_, *list.length, word(element))
                  : fmt::format("{}_list_{}_t", world_name_, word(element));
  const auto known = in_place_.find(name);
  if (known != in_place_.end()) return known->second;
  CodeWriter body(1);
  if (list.length) {
    declarations_.line(
        fmt::format("typedef struct {{ {} v[{}]; }} {};", element.name, *list.length, name));
  } else {
    declarations_.line("/// What is not empty is of malloc(3).");
    declarations_.line(
        fmt::format("typedef struct {{ {}* ptr; size_t len; }} {};", element.name, name));
  }
  const std::string count = list.length ? fmt::format("{}", *list.length) : "value->len";
  const std::string at = list.length ? "&value->v[i]" : "&value->ptr[i]";
  if (element.needs_free) {
    body.line(
        fmt::format("for (size_t i = 0; i < {}; ++i) {}", count, TRY(free_call(list.element, at))));
  }
  if (!list.length) body.line("if (value->len != 0) free(value->ptr);");
  return in_place_.emplace(name, freed(name, body)).first->second;
}

// ---- Handles -----------------------------------------------------------------------------------

void CTypes::declare_resource(TypeId id) {
  const std::string prefix = resource_prefix(id);
  if (!resources_.emplace(prefix, true).second) return;
  const auto root = std::get<TypeId>(resolve_.dealias(id));
  declarations_.line("");
  declarations_.comment(resolve_[root].meta.docs);
  declarations_.line("/// A handle that has to be dropped, or passed on, once.");
  declarations_.line(fmt::format("typedef struct {{ int32_t handle; }} {}_own_t;", prefix));
  if (is_own_resource(id)) {
    declarations_.line("/// What a handle stands for; yours to define.");
    declarations_.line(fmt::format("typedef struct {0}_t {0}_t;", prefix));
    declarations_.line(fmt::format("typedef {0}_t* {0}_borrow_t;", prefix));
    declarations_.line(fmt::format("{0}_own_t {0}_new({0}_t* rep);", prefix));
    declarations_.line(fmt::format("{0}_t* {0}_rep({0}_own_t handle);", prefix));
    declarations_.line("/// To be implemented: the last handle is gone.");
    declarations_.line(fmt::format("void {0}_destructor({0}_t* rep);", prefix));
  } else {
    declarations_.line("/// A handle that somebody else owns.");
    declarations_.line(fmt::format("typedef struct {{ int32_t handle; }} {}_borrow_t;", prefix));
    declarations_.line(fmt::format("{0}_borrow_t {0}_borrow({0}_own_t handle);", prefix));
    declarations_.line(
        "/// What an exported function was lent has to be dropped before it returns.");
    declarations_.line(fmt::format("void {0}_drop_borrow({0}_borrow_t handle);", prefix));
  }
  declarations_.line(fmt::format("void {0}_drop({0}_own_t handle);", prefix));
  declarations_.line(fmt::format("void {0}_own_free({0}_own_t* value);", prefix));
}

Result<CTypes::Named> CTypes::handle_type(TypeId resource, bool own) {
  declare_resource(resource);
  return Named{fmt::format("{}_{}_t", resource_prefix(resource), own ? "own" : "borrow"), own};
}

}  // namespace cairn::component::tools
