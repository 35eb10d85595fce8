#pragma once
/// Reads a constant and writes it as its type demands.

#include <cairn/base/leb128.hpp>

#include "wat/component_parser.hpp"

namespace cairn::component::text {

class ValueWriter {
 public:
  ValueWriter(TokenReader& in, const Scope& scope, const Limits& limits)
      : in_(in), scope_(scope), limits_(limits) {}

  Result<> write(syntax::ValType type, uint32_t depth);
  Bytes bytes() && { return std::move(out_); }

 private:
  Result<> prim(syntax::PrimType type);
  Result<> integer(syntax::PrimType type);
  Result<> floating(syntax::PrimType type);
  Result<> option(const syntax::Option& type, uint32_t depth);
  Result<> result(const syntax::ResultType& type, uint32_t depth);
  Result<> variant(const syntax::Variant& type, uint32_t depth);
  Result<> list(const syntax::List& type, uint32_t depth);
  Result<> flags(const syntax::Flags& type);
  Result<uint32_t> label_index(const std::vector<std::string>& labels);

  TokenReader& in_;
  const Scope& scope_;
  const Limits& limits_;
  Bytes out_;
};

}  // namespace cairn::component::text
