#pragma once
/// Types as they are written in place, for the printer and for JSON.

#include <cairn/component/wit.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace cairn::component::wit {

class TypeText {
 public:
  /// `name` writes the name of a type.
  TypeText(const Resolve& resolve, std::function<std::string(std::string_view)> name)
      : resolve_(resolve), name_(std::move(name)) {}

  std::string type(const Type& type) const;
  /// Of anything but records, flags, variants, enums and resources, which are not written in place.
  std::string kind(const TypeKind& kind) const;

 private:
  std::string with_part(std::string_view word, const std::optional<Type>& part) const;
  std::string named(TypeId id) const;

  const Resolve& resolve_;
  std::function<std::string(std::string_view)> name_;
};

}  // namespace cairn::component::wit
