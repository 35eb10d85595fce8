#pragma once
/// What the parsers of one module share: the tokens, the identifiers, the module that grows, and
/// the bytes that its expressions are written to.

#include <cairn/base/bytes.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/names.hpp>
#include <cairn/wasm/text.hpp>

#include <array>
#include <deque>
#include <vector>

#include "text/line_index.hpp"
#include "text/scope.hpp"
#include "text/token_reader.hpp"

namespace cairn::wasm::text {

struct Context {
  Context(const Tokens& tokens, Features the_features, const ImplementationLimits& the_limits,
          SourceMap* the_source_map)
      : in(tokens),
        features(the_features),
        limits(the_limits),
        source_map(the_source_map),
        lines(tokens.source) {}

  TokenReader in;
  Features features;
  const ImplementationLimits& limits;
  SourceMap* source_map;  ///< may be null
  LineIndex lines;

  Module module;
  ModuleNames names;
  std::array<IdTable, space_count> ids;
  std::vector<IdTable> fields;  ///< by type index; shorter than the types where none has a name

  /// The bytes of expressions, data and custom sections; the module's storage in the end.
  Bytes code;
  /// Where each expression ends in `code`, in order of their begins (`Expr::offset`).
  struct Range {
    uint64_t begin = 0, end = 0;
  };
  std::vector<Range> expressions;
  bool uses_data = false;  ///< an instruction names a data segment: a data count is needed

  /// An expression from `begin` to the end of `code`. Its span is set when `code` is complete.
  Expr finish_expression(uint64_t begin) {
    expressions.push_back({begin, code.size()});
    return {.code = {}, .offset = begin};
  }
  /// Notes that what follows in `code` comes from this token.
  void map_source(const Token& token) {
    if (source_map) source_map->add(code.size(), lines.locate(token.begin));
  }

  /// An index: a number or an identifier of the space.
  Result<uint32_t> index(Space space);
  bool at_index() const { return in.kind() == TokenKind::number || in.kind() == TokenKind::id; }

  /// Takes an optional identifier and an optional name annotation; the name that the name section
  /// gives to what is bound here, if any.
  Result<std::optional<std::string>> binding_name();
  /// The same, put into a map of names.
  Result<> bind_name(NameMap& names_of_space, uint32_t index_bound);
  /// A name annotation, if there is one.
  Result<std::optional<std::string>> name_annotation();

  /// An error of kind `limit` when `count` is above it.
  Result<> check_limit(uint64_t count, uint64_t limit, std::string_view what) const;
};

}  // namespace cairn::wasm::text
