#include "wit/map_types.hpp"

namespace cairn::component::wit {
namespace {

class Mapper {
 public:
  explicit Mapper(const TypeMapping& map) : map_(map) {}

  Result<> operator()(Alias& alias) const { return one(alias.type); }
  Result<> operator()(Record& record) const {
    for (Field& field : record.fields) TRY(one(field.type));
    return {};
  }
  Result<> operator()(Variant& variant) const {
    for (Case& each : variant.cases) TRY(one(each.type));
    return {};
  }
  Result<> operator()(Tuple& tuple) const {
    for (Type& type : tuple.types) TRY(one(type));
    return {};
  }
  Result<> operator()(Option& option) const { return one(option.type); }
  Result<> operator()(ResultType& result) const {
    TRY(one(result.ok));
    return one(result.error);
  }
  Result<> operator()(List& list) const { return one(list.element); }
  Result<> operator()(Map& map) const {
    TRY(one(map.key));
    return one(map.value);
  }
  Result<> operator()(Stream& stream) const { return one(stream.element); }
  Result<> operator()(Future& future) const { return one(future.value); }
  Result<> operator()(Own& own) const { return one(own.resource); }
  Result<> operator()(Borrow& borrow) const { return one(borrow.resource); }
  Result<> operator()(Flags&) const { return {}; }
  Result<> operator()(Enum&) const { return {}; }
  Result<> operator()(Resource&) const { return {}; }

  Result<> one(TypeId& id) const {
    id = TRY(map_(id));
    return {};
  }
  Result<> one(Type& type) const {
    if (auto* id = std::get_if<TypeId>(&type)) return one(*id);
    return {};
  }
  Result<> one(std::optional<Type>& type) const { return type ? one(*type) : Result<>(); }

 private:
  const TypeMapping& map_;
};

}  // namespace

Result<> map_types(TypeKind& kind, const TypeMapping& map) { return std::visit(Mapper(map), kind); }

Result<> map_types(Function& function, const TypeMapping& map) {
  const Mapper mapper(map);
  if (function.resource) TRY(mapper.one(*function.resource));
  for (Param& param : function.params) TRY(mapper.one(param.type));
  return mapper.one(function.result);
}

}  // namespace cairn::component::wit
