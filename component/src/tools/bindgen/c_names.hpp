#pragma once
/// Names of WIT as identifiers of C and C++.

#include <cairn/component/wit.hpp>

#include <string>
#include <string_view>

namespace cairn::component::tools {

/// "list-all" → "list_all"; what neither C nor C++ allows as a name gets a line behind it.
std::string identifier(std::string_view name);
/// "list-all" → "LIST_ALL".
std::string upper_identifier(std::string_view name);
/// The same as a part of a longer name: words of the languages need no care.
std::string name_part(std::string_view name);

/// What names of an interface begin with: "my_app_shop" for my:app/shop@0.1.0.
std::string interface_prefix(const wit::Resolve& resolve, const wit::WorldItem& item);
std::string interface_prefix(const wit::Resolve& resolve, wit::InterfaceId id);

}  // namespace cairn::component::tools
