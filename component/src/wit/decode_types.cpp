// Types and functions of components as WIT.

#include <fmt/format.h>
#include <cairn/component/names.hpp>

#include <set>

#include "wit/decoder.hpp"
#include "wit/environment.hpp"

namespace cairn::component::wit {
namespace {

Primitive primitive_of(syntax::PrimType type) {
  switch (type) {
    case syntax::PrimType::bool_: return Primitive::bool_;
    case syntax::PrimType::s8: return Primitive::s8;
    case syntax::PrimType::u8: return Primitive::u8;
    case syntax::PrimType::s16: return Primitive::s16;
    case syntax::PrimType::u16: return Primitive::u16;
    case syntax::PrimType::s32: return Primitive::s32;
    case syntax::PrimType::u32: return Primitive::u32;
    case syntax::PrimType::s64: return Primitive::s64;
    case syntax::PrimType::u64: return Primitive::u64;
    case syntax::PrimType::f32: return Primitive::f32;
    case syntax::PrimType::f64: return Primitive::f64;
    case syntax::PrimType::char_: return Primitive::char_;
    case syntax::PrimType::string: return Primitive::string;
    case syntax::PrimType::error_context: return Primitive::error_context;
  }
  return Primitive::bool_;
}

Result<> check_label(const std::string& name) {
  if (is_label(name)) return {};
  return fail(ErrorKind::invalid, fmt::format("`{}` is no name in kebab case", name));
}

/// Labels that are unique without regard to case; at least one.
class LabelCheck {
 public:
  Result<> add(const std::string& label) {
    TRY(check_label(label));
    if (seen_.insert(lower_case(label)).second) return {};
    return fail(ErrorKind::invalid, fmt::format("the name `{}` stands twice in one type", label));
  }
  Result<> done() const {
    if (!seen_.empty()) return {};
    return fail(ErrorKind::invalid, "a record, variant, enum or flags type without anything in it");
  }

 private:
  std::set<std::string> seen_;
};

Result<std::vector<Label>> labels_of(const std::vector<std::string>& names) {
  LabelCheck check;
  std::vector<Label> labels;
  for (const std::string& name : names) {
    TRY(check.add(name));
    labels.push_back({name});
  }
  TRY(check.done());
  return labels;
}

bool must_have_name(const syntax::Type::What& what) {
  return std::holds_alternative<syntax::Record>(what) ||
         std::holds_alternative<syntax::Variant>(what) ||
         std::holds_alternative<syntax::Enum>(what) || std::holds_alternative<syntax::Flags>(what);
}

}  // namespace

// ---- Which type a node is --------------------------------------------------------------------

void Decoder::know(NodeId node, TypeId type) {
  known_.emplace(node, type);
  const NodeId root = evaluator_.root(node);
  by_root_.emplace(root, type);
  local_by_root_.emplace(root, type);
}

std::optional<TypeId> Decoder::known(NodeId node) const {
  for (NodeId at = node;; at = *evaluator_.node(at).alias_of) {
    const auto found = known_.find(at);
    if (found != known_.end()) return found->second;
    if (!evaluator_.node(at).alias_of) return std::nullopt;
  }
}

std::string Decoder::free_name(const std::string& wanted) {
  std::string name = wanted;
  for (uint32_t n = 2; !scope_.names.insert(lower_case(name)).second; ++n) {
    name = fmt::format("{}-{}", wanted, n);
  }
  return name;
}

Result<TypeId> Decoder::in_scope(TypeId type) {
  const Owner owner = resolve_[type].owner;
  if (owner == scope_.owner) return type;
  const auto known = uses_.find({scope_.owner, type});
  if (known != uses_.end()) return known->second;
  const auto* from = std::get_if<InterfaceId>(&owner);
  if (from == nullptr || resolve_[*from].name.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("the type `{}` is used outside of its world or of an interface without "
                            "a name, which WIT cannot say",
                            resolve_[type].name));
  }
  const std::string name = free_name(resolve_[type].name);
  const TypeId alias =
      TRY(resolve_.add({.name = name, .owner = scope_.owner, .kind = Alias{type}}, limits_));
  uses_.emplace(std::pair(scope_.owner, type), alias);
  if (const auto* interface = std::get_if<InterfaceId>(&scope_.owner)) {
    resolve_[*interface].types.push_back(alias);
    types_of_[*interface].emplace(name, alias);
  } else {
    resolve_[std::get<WorldId>(scope_.owner)].imports.push_back({.key = name, .item = alias});
    world_types_.emplace(name, alias);
  }
  return alias;
}

Result<TypeId> Decoder::define(NodeId node, const syntax::ExternName& name, Owner owner) {
  TRY(check_label(name.name));
  TypeDef type{.name = name.name, .owner = owner, .kind = Resource{}};
  const std::string* external_id = name.attribute(syntax::Attribute::Kind::external_id);
  if (external_id != nullptr) type.meta.external_id = *external_id;
  const NodeId root = evaluator_.root(node);
  const TypeNode& behind = evaluator_.node(root);
  const auto same_resource = behind.is_resource ? by_root_.find(root) : by_root_.end();
  const std::optional<TypeId> before = same_resource == by_root_.end() || known(node)
                                           ? known(node)
                                           : std::optional(same_resource->second);
  if (before) {
    type.kind = Alias{*before};
    const auto* from = std::get_if<InterfaceId>(&resolve_[*before].owner);
    const bool nameless = from != nullptr && resolve_[*from].name.empty();
    if (resolve_[*before].owner != owner && (from == nullptr || nameless)) {
      return fail(ErrorKind::unsupported,
                  fmt::format("the type `{}` is used outside of its world or of an interface "
                              "without a name, which WIT cannot say",
                              resolve_[*before].name));
    }
  } else if (const auto* primitive = std::get_if<syntax::PrimType>(&behind.what);
             primitive != nullptr && !behind.is_resource) {
    type.kind = Alias{primitive_of(*primitive)};
  } else if (!behind.is_resource) {
    type.kind = TRY(kind(root, 0));
  }
  const TypeId id = TRY(resolve_.add(std::move(type), limits_));
  know(node, id);
  return id;
}

Result<Type> Decoder::type(const syntax::ValType& type, uint32_t depth) {
  if (!type.is_index()) return primitive_of(type.prim());
  return node_type(type.index(), depth);
}

Result<std::optional<Type>> Decoder::type(const std::optional<syntax::ValType>& type,
                                          uint32_t depth) {
  if (!type) return std::nullopt;
  return TRY(this->type(*type, depth));
}

Result<Type> Decoder::node_type(NodeId node, uint32_t depth) {
  if (depth >= limits_.type_depth) {
    return fail(ErrorKind::limit,
                fmt::format("more than {} types inside each other", limits_.type_depth));
  }
  if (const auto type = known(node)) {
    if (!resolve_.is_resource(*type)) return TRY(in_scope(*type));
    return fail(ErrorKind::invalid, fmt::format("the resource `{}` stands where a handle or "
                                                "another value is expected",
                                                resolve_[*type].name));
  }
  const NodeId root = evaluator_.root(node);
  const TypeNode& behind = evaluator_.node(root);
  if (behind.is_resource) return fail(ErrorKind::invalid, "a resource stands in place of a value");
  if (const auto* primitive = std::get_if<syntax::PrimType>(&behind.what)) {
    return primitive_of(*primitive);
  }
  if (must_have_name(behind.what)) {
    for (const auto* names : {&local_by_root_, &by_root_}) {
      const auto found = names->find(root);
      if (found != names->end()) return TRY(in_scope(found->second));
    }
    return fail(ErrorKind::unsupported,
                "a record, variant, enum or flags type has no name here, and needs one in WIT");
  }
  TypeDef type{.name = {}, .owner = {}, .kind = TRY(kind(root, depth + 1))};
  return TRY(resolve_.add(std::move(type), limits_));
}

Result<TypeId> Decoder::resource(NodeId node) {
  if (const auto type = known(node)) {
    if (resolve_.is_resource(*type)) return in_scope(*type);
  } else {
    for (const auto* names : {&local_by_root_, &by_root_}) {
      const auto found = names->find(evaluator_.root(node));
      if (found != names->end() && resolve_.is_resource(found->second)) {
        return in_scope(found->second);
      }
    }
  }
  return fail(ErrorKind::invalid, "a handle of something that is no resource with a name");
}

Result<TypeKind> Decoder::kind(NodeId root, uint32_t depth) {
  const syntax::Type::What& what = evaluator_.node(root).what;
  if (const auto* record = std::get_if<syntax::Record>(&what)) {
    Record out;
    LabelCheck check;
    for (const syntax::LabeledType& field : record->fields) {
      TRY(check.add(field.label));
      out.fields.push_back({field.label, TRY(type(field.type, depth))});
    }
    TRY(check.done());
    return out;
  }
  if (const auto* variant = std::get_if<syntax::Variant>(&what)) {
    Variant out;
    LabelCheck check;
    for (const syntax::Case& each : variant->cases) {
      TRY(check.add(each.label));
      out.cases.push_back({each.label, TRY(type(each.type, depth))});
    }
    TRY(check.done());
    return out;
  }
  if (const auto* flags = std::get_if<syntax::Flags>(&what)) {
    return Flags{TRY(labels_of(flags->labels))};
  }
  if (const auto* cases = std::get_if<syntax::Enum>(&what)) {
    return Enum{TRY(labels_of(cases->labels))};
  }
  if (const auto* tuple = std::get_if<syntax::Tuple>(&what)) {
    Tuple out;
    for (const syntax::ValType& part : tuple->types) out.types.push_back(TRY(type(part, depth)));
    if (out.types.empty()) return fail(ErrorKind::invalid, "a tuple without anything in it");
    return out;
  }
  if (const auto* option = std::get_if<syntax::Option>(&what)) {
    return Option{TRY(type(option->type, depth))};
  }
  if (const auto* result = std::get_if<syntax::ResultType>(&what)) {
    const auto ok = TRY(type(result->ok, depth));
    return ResultType{ok, TRY(type(result->error, depth))};
  }
  if (const auto* list = std::get_if<syntax::List>(&what)) {
    if (list->length == 0) return fail(ErrorKind::invalid, "a list of the length 0");
    return List{TRY(type(list->element, depth)), list->length};
  }
  if (const auto* map = std::get_if<syntax::Map>(&what)) {
    const Type key = TRY(type(map->key, depth));
    return Map{key, TRY(type(map->value, depth))};
  }
  if (const auto* stream = std::get_if<syntax::Stream>(&what)) {
    return Stream{TRY(type(stream->type, depth))};
  }
  if (const auto* future = std::get_if<syntax::Future>(&what)) {
    return Future{TRY(type(future->type, depth))};
  }
  if (const auto* own = std::get_if<syntax::Own>(&what)) return Own{TRY(resource(own->resource))};
  if (const auto* borrow = std::get_if<syntax::Borrow>(&what)) {
    return Borrow{TRY(resource(borrow->resource))};
  }
  return fail(ErrorKind::invalid, "expected the type of a value");
}

// ---- Functions -------------------------------------------------------------------------------

Result<Function> Decoder::function(const syntax::ExternName& name, NodeId node,
                                   const std::map<std::string, TypeId, std::less<>>& types) {
  const ParsedName parsed = TRY(parse_extern_name(name.name, Features::all()));
  const auto* func = std::get_if<syntax::FuncType>(&evaluator_.node(evaluator_.root(node)).what);
  if (func == nullptr || parsed.is_interface()) {
    return fail(ErrorKind::invalid,
                fmt::format("`{}` is no function of an interface or world", name.name));
  }
  Function function{.name = name.name, .is_async = func->is_async};
  const std::string* external_id = name.attribute(syntax::Attribute::Kind::external_id);
  if (external_id != nullptr) function.meta.external_id = *external_id;
  switch (parsed.kind) {
    case ParsedName::Kind::constructor: function.kind = Function::Kind::constructor; break;
    case ParsedName::Kind::method: function.kind = Function::Kind::method; break;
    case ParsedName::Kind::static_: function.kind = Function::Kind::static_; break;
    default: break;
  }
  if (function.kind != Function::Kind::freestanding) {
    const auto found = types.find(parsed.label);
    if (found == types.end() || !resolve_.is_resource(found->second)) {
      return fail(ErrorKind::invalid,
                  fmt::format("there is no resource `{}` for `{}`", parsed.label, name.name));
    }
    if (!std::holds_alternative<Resource>(resolve_[found->second].kind)) {
      return fail(ErrorKind::unsupported,
                  fmt::format("`{}` is a function of a resource that is declared elsewhere, which "
                              "WIT cannot say",
                              name.name));
    }
    function.resource = found->second;
  }
  std::set<std::string> seen;
  for (const syntax::LabeledType& param : func->params) {
    TRY(check_label(param.label));
    if (!seen.insert(lower_case(param.label)).second) {
      return fail(ErrorKind::invalid, fmt::format("two parameters `{}`", param.label));
    }
    function.params.push_back({param.label, TRY(type(param.type, 0))});
  }
  function.result = TRY(type(func->result, 0));
  TRY(check_function(function));
  return function;
}

/// What the name of a function says of its parameters and results.
Result<> Decoder::check_function(const Function& function) const {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorKind::invalid, fmt::format("`{}` {}", function.name, what));
  };
  const auto kind_of = [&](const std::optional<Type>& type) -> const TypeKind* {
    const auto* id = type ? std::get_if<TypeId>(&*type) : nullptr;
    return id == nullptr ? nullptr : &resolve_[*id].kind;
  };
  if (function.kind == Function::Kind::method) {
    const auto* self = function.params.empty() || function.params[0].name != "self"
                           ? nullptr
                           : kind_of(function.params[0].type);
    const auto* borrow = self == nullptr ? nullptr : std::get_if<Borrow>(self);
    if (borrow == nullptr || borrow->resource != *function.resource) {
      return wrong("has no parameter `self` that borrows its resource");
    }
  }
  if (function.kind == Function::Kind::constructor) {
    const TypeKind* kind = kind_of(function.result);
    const auto* result = kind == nullptr ? nullptr : std::get_if<ResultType>(kind);
    if (result != nullptr) kind = kind_of(result->ok);
    const auto* own = kind == nullptr ? nullptr : std::get_if<Own>(kind);
    if (own == nullptr || own->resource != *function.resource || function.is_async) {
      return wrong("does not give its resource");
    }
  }
  if (function.result && resolve_.has_borrow(*function.result)) {
    return wrong("gives a borrowed handle");
  }
  return {};
}

}  // namespace cairn::component::wit
