// The type section (spec: Binary Format > Types).

#include <fmt/format.h>

#include "binary/sections.hpp"

namespace cairn::wasm {

namespace {

constexpr uint8_t rec_code = 0x4E, sub_final_code = 0x4F, sub_code = 0x50;
constexpr uint8_t array_code = 0x5E, struct_code = 0x5F, func_code = 0x60;

Result<std::vector<ValType>> result_type(Reader& in, std::string_view what, uint32_t limit) {
  std::vector<ValType> types;
  const uint32_t count = TRY(in.count(what, limit));
  types.reserve(count);
  for (uint32_t i = 0; i < count; ++i) types.push_back(TRY(in.val_type()));
  return types;
}

Result<CompositeType> composite_type(Reader& in) {
  const uint8_t code = TRY(in.byte("a composite type"));
  if (code == func_code) {
    FuncType func;
    func.params = TRY(result_type(in, "parameters", in.limits().params));
    func.results = TRY(result_type(in, "results", in.limits().results));
    return func;
  }
  if (code == struct_code && in.has(Feature::gc)) {
    StructType structure;
    const uint32_t count = TRY(in.count("fields", in.limits().struct_fields));
    in.reserve(structure.fields, count, 2);
    for (uint32_t i = 0; i < count; ++i) structure.fields.push_back(TRY(in.field_type()));
    return structure;
  }
  if (code == array_code && in.has(Feature::gc)) return ArrayType{TRY(in.field_type())};
  return fail_at(ErrorKind::malformed, in.offset() - 1,
                 fmt::format("malformed definition type: expected a function, structure or array "
                             "type, found 0x{:02x}",
                             code));
}

Result<SubType> sub_type(Reader& in) {
  SubType type;
  const uint8_t code = in.peek();
  if ((code == sub_code || code == sub_final_code) && in.has(Feature::gc)) {
    TRY(in.byte("a subtype"));
    type.is_final = code == sub_final_code;
    const uint32_t count = TRY(in.count("supertypes", in.limits().types));
    for (uint32_t i = 0; i < count; ++i) type.supertypes.push_back(TRY(in.u32("a type index")));
  }
  type.composite = TRY(composite_type(in));
  return type;
}

}  // namespace

Result<RecGroup> decode_rec_group(Reader& in, std::vector<SubType>& types) {
  RecGroup group = {.first = static_cast<uint32_t>(types.size())};
  if (in.peek() == rec_code && in.has(Feature::gc)) {
    TRY(in.byte("a recursive type"));
    group.explicit_rec = true;
    group.count = TRY(in.count("types in a recursive type", in.limits().rec_group_types));
  }
  const uint64_t total = uint64_t{group.first} + group.count;
  if (total > in.limits().types) return over_limit(in.offset(), "types", total, in.limits().types);
  for (uint32_t j = 0; j < group.count; ++j) types.push_back(TRY(sub_type(in)));
  return group;
}

Result<> decode_types(Reader& in, Module& module) {
  const uint32_t groups = TRY(in.count("recursive types", in.limits().rec_groups));
  in.reserve(module.rec_groups, groups, 2);
  in.reserve(module.types, groups, 3);
  for (uint32_t i = 0; i < groups; ++i) {
    module.rec_groups.push_back(TRY(decode_rec_group(in, module.types)));
  }
  return {};
}

}  // namespace cairn::wasm
