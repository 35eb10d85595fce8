// The code section: locals, and bodies as runs of bytes that validation looks into.

#include <fmt/format.h>

#include "binary/sections.hpp"

namespace cairn::wasm {

namespace {

Result<std::vector<LocalGroup>> local_groups(Reader& in) {
  std::vector<LocalGroup> groups;
  const uint64_t at = in.offset();
  const uint32_t count = TRY(in.count("groups of locals", in.left()));
  in.reserve(groups, count, 2);
  uint64_t locals = 0;
  for (uint32_t i = 0; i < count; ++i) {
    LocalGroup group;
    group.count = TRY(in.u32("the number of locals"));
    group.type = TRY(in.val_type());
    locals += group.count;
    groups.push_back(group);
  }
  // A sum that does not fit 32 bits breaks the grammar, a smaller one may still be over our limit.
  if (locals > UINT32_MAX) {
    return fail_at(ErrorKind::malformed, at,
                   fmt::format("too many locals: expected fewer than 2^32, found {}", locals));
  }
  if (locals > in.limits().locals) return over_limit(at, "locals", locals, in.limits().locals);
  return groups;
}

}  // namespace

Result<> decode_code(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("function bodies", in.limits().functions));
  in.reserve(module.code, count, 3);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t size = TRY(in.u32("the size of a function body"));
    if (size > in.limits().function_bytes) {
      return over_limit(in.offset(), "bytes in a function body", size, in.limits().function_bytes);
    }
    const uint64_t offset = in.offset();
    const ByteSpan bytes = TRY(in.bytes(size, "a function body"));
    Reader body(bytes, offset, in.features(), in.limits());
    Code& code = module.code.emplace_back();
    code.locals = TRY(local_groups(body));
    code.locals_bytes = static_cast<uint32_t>(body.offset() - offset);
    code.body = body.rest_as_expr();
  }
  return {};
}

}  // namespace cairn::wasm
