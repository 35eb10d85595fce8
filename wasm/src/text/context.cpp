#include "text/context.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

namespace cairn::wasm::text {

Result<uint32_t> Context::index(Space space) {
  if (in.kind() != TokenKind::id) {
    if (in.kind() != TokenKind::number) {
      return in.unexpected(fmt::format("the index of a {}", to_string(space)));
    }
    return in.expect_u32();
  }
  const Token& token = in.token();
  const std::optional<uint32_t> found = ids[static_cast<size_t>(space)].find(*in.take_id());
  if (!found) {
    return in.error(token, fmt::format("unknown {} {}", to_string(space), in.tokens().text(token)));
  }
  return *found;
}

Result<std::optional<std::string>> Context::name_annotation() {
  if (!in.at_annotation("name")) return std::nullopt;
  in.advance();
  std::string name = TRY(in.expect_name());
  TRY(in.expect_close());
  if (in.at_annotation("name")) {
    return in.error(in.token(), "@name annotation: multiple names for one thing");
  }
  return name;
}

Result<std::optional<std::string>> Context::binding_name() {
  const std::optional<std::string_view> id = in.take_id();
  std::optional<std::string> name = TRY(name_annotation());
  if (!name && id) name.emplace(*id);
  return name;
}

Result<> Context::bind_name(NameMap& names_of_space, uint32_t index_bound) {
  if (in.kind() == TokenKind::lparen) return {};
  std::optional<std::string> name = TRY(binding_name());
  if (name) names_of_space.push_back({index_bound, *std::move(name)});
  return {};
}

Result<> Context::check_limit(uint64_t count, uint64_t limit, std::string_view what) const {
  if (count <= limit) return {};
  return in.error(ErrorKind::limit, in.token(), fmt::format("more than {} {}", limit, what));
}

}  // namespace cairn::wasm::text
