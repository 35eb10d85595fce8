#pragma once
/// What types are made of.

#include <cairn/component/wit.hpp>

#include <optional>
#include <variant>

namespace cairn::component::wit {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

/// Calls `visit` with each type that `kind` is directly made of.
template <class F>
void for_each_part(const TypeKind& kind, const F& visit) {
  const auto visit_optional = [&](const std::optional<Type>& type) {
    if (type) visit(*type);
  };
  std::visit(Overloaded{
                 [&](const Alias& alias) { visit(alias.type); },
                 [&](const Record& record) {
                   for (const Field& field : record.fields) visit(field.type);
                 },
                 [&](const Variant& variant) {
                   for (const Case& each : variant.cases) visit_optional(each.type);
                 },
                 [&](const Tuple& tuple) {
                   for (const Type& type : tuple.types) visit(type);
                 },
                 [&](const Option& option) { visit(option.type); },
                 [&](const ResultType& result) {
                   visit_optional(result.ok);
                   visit_optional(result.error);
                 },
                 [&](const List& list) { visit(list.element); },
                 [&](const Map& map) {
                   visit(map.key);
                   visit(map.value);
                 },
                 [&](const Stream& stream) { visit_optional(stream.element); },
                 [&](const Future& future) { visit_optional(future.value); },
                 [](const Flags&) {},
                 [](const Enum&) {},
                 [](const Resource&) {},
                 [](const Own&) {},
                 [](const Borrow&) {},
             },
             kind);
}

}  // namespace cairn::component::wit
