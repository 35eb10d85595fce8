#include "tools/bindgen/c_flat.hpp"

namespace cairn::component::tools {
namespace {

using wit::TypeId;

std::string next(std::span<const std::string>& flat) {
  const std::string value = flat.front();
  flat = flat.subspan(1);
  return value;
}

/// A core value in a slot that several alternatives share (CanonicalABI.md, `join`).
std::string widened(const std::string& value, wasm::ValType from, wasm::ValType to) {
  if (from == to) return value;
  if (from == wasm::f32) {
    const std::string bits = fmt::format("bits_of_float({})", value);
    return to == wasm::i32 ? bits : fmt::format("(int64_t)(uint32_t){}", bits);
  }
  if (from == wasm::f64) return fmt::format("bits_of_double({})", value);
  return fmt::format("(int64_t){}", value);
}

std::string narrowed(const std::string& value, wasm::ValType from, wasm::ValType to) {
  if (from == to) return value;
  if (to == wasm::f32) return fmt::format("float_of_bits((int32_t){})", value);
  if (to == wasm::f64) return fmt::format("double_of_bits({})", value);
  return fmt::format("(int32_t){}", value);
}

}  // namespace

std::string_view c_core_type(wasm::ValType type) {
  if (type == wasm::i64) return "int64_t";
  if (type == wasm::f32) return "float";
  return type == wasm::f64 ? "double" : "int32_t";
}

Result<std::vector<wasm::ValType>> CFlat::flat_types(const std::optional<wit::Type>& type) {
  if (!type) return std::vector<wasm::ValType>();
  return TRY(abi_.info(*type))->layout(PtrSize::bits32).flat;
}

std::optional<CFlat::Sum> CFlat::sum_of(const wit::TypeKind& kind) const {
  if (const auto* variant = std::get_if<wit::Variant>(&kind)) {
    Sum sum{.tag = "tag", .alternatives = {}};
    for (size_t i = 0; i < variant->cases.size(); ++i) {
      const wit::Case& each = variant->cases[i];
      sum.alternatives.push_back(
          {fmt::format("case {}:", i), each.type, "val." + identifier(each.name)});
    }
    return sum;
  }
  if (const auto* option = std::get_if<wit::Option>(&kind)) {
    return Sum{"is_some", {{"case 0:", std::nullopt, ""}, {"case 1:", option->type, "val"}}};
  }
  if (const auto* result = std::get_if<wit::ResultType>(&kind)) {
    return Sum{"is_err",
               {{"case 0:", result->ok, "val.ok"}, {"case 1:", result->error, "val.err"}}};
  }
  return std::nullopt;
}

// ---- C values to core values -------------------------------------------------------------------

Result<> CFlat::take_apart(const wit::Type& type, const std::string& expression,
                           std::vector<std::string>& flat) {
  const wit::Type plain = resolve_.dealias(type);
  if (const auto* primitive = std::get_if<wit::Primitive>(&plain)) {
    if (*primitive == wit::Primitive::string) {
      flat.push_back(fmt::format("(int32_t){}.ptr", expression));
      flat.push_back(fmt::format("(int32_t){}.len", expression));
    } else if (*primitive == wit::Primitive::error_context) {
      flat.push_back(fmt::format("{}.handle", expression));
    } else {
      const wasm::ValType core = TRY(flat_types(plain))[0];
      flat.push_back(fmt::format("({}){}", c_core_type(core), expression));
    }
    return {};
  }
  const auto id = std::get<TypeId>(plain);
  const wit::TypeKind& kind = resolve_[id].kind;
  if (const auto* record = std::get_if<wit::Record>(&kind)) {
    for (const wit::Field& field : record->fields) {
      TRY(take_apart(field.type, expression + "." + identifier(field.name), flat));
    }
  } else if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    for (size_t i = 0; i < tuple->types.size(); ++i) {
      TRY(take_apart(tuple->types[i], fmt::format("{}.f{}", expression, i), flat));
    }
  } else if (const auto* list = std::get_if<wit::List>(&kind)) {
    if (!list->length) {
      flat.push_back(fmt::format("(int32_t){}.ptr", expression));
      flat.push_back(fmt::format("(int32_t){}.len", expression));
    }
    for (uint32_t i = 0; i < list->length.value_or(0) && flat.size() <= max_flat_params; ++i) {
      TRY(take_apart(list->element, fmt::format("{}.v[{}]", expression, i), flat));
    }
  } else if (std::holds_alternative<wit::Map>(kind)) {
    flat.push_back(fmt::format("(int32_t){}.ptr", expression));
    flat.push_back(fmt::format("(int32_t){}.len", expression));
  } else if (const auto sum = sum_of(kind)) {
    return take_sum_apart(id, *sum, expression, flat);
  } else if (const auto* borrow = std::get_if<wit::Borrow>(&kind);
             borrow != nullptr && types_.is_own_resource(borrow->resource)) {
    flat.push_back(fmt::format("(int32_t){}", expression));
  } else if (std::holds_alternative<wit::Flags>(kind) || std::holds_alternative<wit::Enum>(kind)) {
    flat.push_back(fmt::format("(int32_t){}", expression));
  } else {
    flat.push_back(fmt::format("{}.handle", expression));
  }
  return {};
}

Result<> CFlat::take_sum_apart(TypeId id, const Sum& sum, const std::string& expression,
                               std::vector<std::string>& flat) {
  const std::vector<wasm::ValType> slots = TRY(flat_types(id));
  std::vector<std::string> names;
  for (size_t i = 1; i < slots.size(); ++i) {
    names.push_back(code_.fresh("slot"));
    code_.line(fmt::format("{} {} = 0;", c_core_type(slots[i]), names.back()));
  }
  flat.push_back(fmt::format("(int32_t){}.{}", expression, sum.tag));
  if (!names.empty()) {
    code_.open(fmt::format("switch ((int32_t){}.{}) {{", expression, sum.tag));
    for (const Alternative& each : sum.alternatives) {
      if (!each.type) continue;
      const std::vector<wasm::ValType> types = TRY(flat_types(each.type));
      if (types.empty()) continue;
      code_.open(fmt::format("{} {{", each.condition));
      std::vector<std::string> values;
      TRY(take_apart(*each.type, expression + "." + each.member, values));
      for (size_t i = 0; i < values.size() && i < names.size(); ++i) {
        code_.line(fmt::format("{} = {};", names[i], widened(values[i], types[i], slots[i + 1])));
      }
      code_.line("break;");
      code_.close();
    }
    code_.close();
  }
  flat.insert(flat.end(), names.begin(), names.end());
  return {};
}

// ---- Core values to C values -------------------------------------------------------------------

Result<> CFlat::put_together(const wit::Type& type, const std::string& target,
                             std::span<const std::string>& flat) {
  const wit::Type plain = resolve_.dealias(type);
  const std::string c_type = TRY(types_.name(type));
  const auto pointer_and_length = [&](const std::string& element) {
    code_.line(fmt::format("{}.ptr = ({}*){};", target, element, next(flat)));
    code_.line(fmt::format("{}.len = (size_t){};", target, next(flat)));
  };
  if (const auto* primitive = std::get_if<wit::Primitive>(&plain)) {
    if (*primitive == wit::Primitive::string) {
      pointer_and_length("char");
    } else if (*primitive == wit::Primitive::error_context) {
      code_.line(fmt::format("{}.handle = {};", target, next(flat)));
    } else {
      code_.line(fmt::format("{} = ({}){};", target, c_type, next(flat)));
    }
    return {};
  }
  const auto id = std::get<TypeId>(plain);
  const wit::TypeKind& kind = resolve_[id].kind;
  if (const auto* record = std::get_if<wit::Record>(&kind)) {
    for (const wit::Field& field : record->fields) {
      TRY(put_together(field.type, target + "." + identifier(field.name), flat));
    }
  } else if (const auto* tuple = std::get_if<wit::Tuple>(&kind)) {
    for (size_t i = 0; i < tuple->types.size(); ++i) {
      TRY(put_together(tuple->types[i], fmt::format("{}.f{}", target, i), flat));
    }
  } else if (const auto* list = std::get_if<wit::List>(&kind)) {
    if (!list->length) pointer_and_length(TRY(types_.name(list->element)));
    for (uint32_t i = 0; i < list->length.value_or(0); ++i) {
      TRY(put_together(list->element, fmt::format("{}.v[{}]", target, i), flat));
    }
  } else if (std::holds_alternative<wit::Map>(kind)) {
    pointer_and_length(c_type.substr(0, c_type.size() - 2) + "_entry_t");
  } else if (const auto sum = sum_of(kind)) {
    return put_sum_together(id, *sum, target, flat);
  } else if (const auto* borrow = std::get_if<wit::Borrow>(&kind);
             borrow != nullptr && types_.is_own_resource(borrow->resource)) {
    code_.line(fmt::format("{} = ({}){};", target, c_type, next(flat)));
  } else if (std::holds_alternative<wit::Flags>(kind) || std::holds_alternative<wit::Enum>(kind)) {
    code_.line(fmt::format("{} = ({}){};", target, c_type, next(flat)));
  } else {
    code_.line(fmt::format("{}.handle = {};", target, next(flat)));
  }
  return {};
}

Result<> CFlat::put_sum_together(TypeId id, const Sum& sum, const std::string& target,
                                 std::span<const std::string>& flat) {
  const std::vector<wasm::ValType> slots = TRY(flat_types(id));
  const std::string tag = next(flat);
  const std::span<const std::string> own = flat.first(slots.size() - 1);
  flat = flat.subspan(own.size());
  code_.line(fmt::format("{}.{} = {};", target, sum.tag, tag));
  if (own.empty()) return {};
  code_.open(fmt::format("switch ({}) {{", tag));
  for (const Alternative& each : sum.alternatives) {
    if (!each.type) continue;
    const std::vector<wasm::ValType> types = TRY(flat_types(each.type));
    std::vector<std::string> values;
    for (size_t i = 0; i < types.size() && i < own.size(); ++i) {
      values.push_back(narrowed(own[i], slots[i + 1], types[i]));
    }
    std::span<const std::string> rest = values;
    code_.open(fmt::format("{} {{", each.condition));
    TRY(put_together(*each.type, target + "." + each.member, rest));
    code_.line("break;");
    code_.close();
  }
  code_.close();
  return {};
}

}  // namespace cairn::component::tools
