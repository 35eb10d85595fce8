#include "runtime/plan.hpp"

#include <algorithm>

namespace cairn::component::rt {

namespace {

constexpr PtrSize sizes[] = {PtrSize::bits32, PtrSize::bits64};

Op op_of(const ValTypeInfo& info) {
  switch (info.kind) {
    case ValKind::bool_: return Op::bool_;
    case ValKind::s8: return Op::s8;
    case ValKind::u8: return Op::u8;
    case ValKind::s16: return Op::s16;
    case ValKind::u16: return Op::u16;
    case ValKind::s32: return Op::s32;
    case ValKind::u32: return Op::u32;
    case ValKind::s64:
    case ValKind::u64: return Op::u64;
    case ValKind::f32: return Op::f32;
    case ValKind::f64: return Op::f64;
    case ValKind::char_: return Op::char_;
    case ValKind::string: return Op::string;
    case ValKind::error_context: return Op::error_context;
    case ValKind::record:
    case ValKind::tuple: return Op::product;
    case ValKind::variant:
    case ValKind::enum_:
    case ValKind::option:
    case ValKind::result: return Op::sum;
    case ValKind::list: return info.length ? Op::fixed_list : Op::list;
    case ValKind::map: return Op::list;
    case ValKind::flags: return Op::flags;
    case ValKind::own: return Op::own;
    case ValKind::borrow: return Op::borrow;
    case ValKind::stream: return Op::stream;
    case ValKind::future: return Op::future;
  }
  return Op::bool_;
}

bool is_number(const Plan* plan) { return plan->op >= Op::u8 && plan->op <= Op::f64; }

/// Fields one after another; says whether there is padding between or behind them.
bool place_fields(Plan& plan) {
  bool padded = false;
  for (const PtrSize ptr : sizes) {
    const auto p = static_cast<size_t>(ptr);
    uint64_t offset = 0;
    for (Plan::Field& field : plan.fields) {
      const uint64_t at = align_to(offset, field.plan->alignment[p]);
      padded |= at != offset;
      field.offset[p] = static_cast<uint32_t>(at);
      offset = at + field.plan->size[p];
    }
    padded |= offset != plan.size[p];
  }
  return padded;
}

}  // namespace

const Plan* Plans::of(ValType type) {
  const ValType shape = types_.shape(type);
  const auto [entry, is_new] = by_shape_.try_emplace(shape.id());
  if (!is_new) return entry->second;
  Plan plan;
  fill(plan, types_[shape]);
  plan.type = shape;
  return by_shape_[shape.id()] = &plans_.emplace_back(std::move(plan));
}

void Plans::fill(Plan& plan, const ValTypeInfo& info) {
  plan.op = op_of(info);
  for (const PtrSize ptr : sizes) {
    const ValLayout& layout = info.layout(ptr);
    plan.size[static_cast<size_t>(ptr)] = layout.size;
    plan.alignment[static_cast<size_t>(ptr)] = layout.alignment;
  }
  plan.flat_count = static_cast<uint32_t>(info.layouts[0].flat.size());
  plan.plain = plan.op >= Op::u8 && plan.op <= Op::s32;
  plan.plain_but_nans = plan.op >= Op::u8 && plan.op <= Op::f64;
  if (info.element) plan.element = of(*info.element);
  switch (plan.op) {
    case Op::flags: {
      const size_t count = info.parts.size();
      plan.mask = count >= 32 ? UINT32_MAX : (uint32_t{1} << count) - 1;
      plan.discriminant_bytes = static_cast<uint8_t>(plan.size[0]);
      break;
    }
    case Op::fixed_list:
      plan.length = *info.length;
      plan.plain = plan.element->plain;
      plan.plain_but_nans = plan.element->plain_but_nans;
      break;
    case Op::product: {
      plan.plain = plan.plain_but_nans = true;
      for (const ValPart& part : info.parts) {
        const Plan* const field = of(*part.type);
        plan.plain &= field->plain;
        plan.plain_but_nans &= field->plain_but_nans;
        plan.fields.push_back({.plan = field});
      }
      const bool padded = place_fields(plan);
      plan.plain &= !padded;
      plan.plain_but_nans &= !padded;
      break;
    }
    case Op::sum: {
      plan.discriminant_bytes = static_cast<uint8_t>(info.discriminant_size);
      ByPtr<uint32_t> alignment = {1, 1};
      for (uint32_t i = 0; i < info.case_count(); ++i) {
        const ValPart part = info.case_of(i);
        const Plan* const payload = part.type ? of(*part.type) : nullptr;
        plan.fields.push_back({.plan = payload});
        for (size_t p = 0; payload && p < 2; ++p)
          alignment[p] = std::max(alignment[p], payload->alignment[p]);
      }
      for (size_t p = 0; p < 2; ++p)
        plan.payload_offset[p] =
            static_cast<uint32_t>(align_to(plan.discriminant_bytes, alignment[p]));
      break;
    }
    case Op::own:
    case Op::borrow: plan.resource = info.resource.resource; break;
    case Op::stream:
    case Op::future: plan.none_or_number = !plan.element || is_number(plan.element); break;
    default: break;
  }
}

TuplePlan Plans::tuple(std::span<const ValType> items) {
  TuplePlan plan;
  plan.all_scalar = plan.bits_only = true;
  for (const ValType item : items) {
    const Plan* const part = of(item);
    plan.items.push_back(part);
    plan.flat_count = std::min(plan.flat_count + part->flat_count, max_flat_params + 1);
    plan.all_scalar &= part->op <= Op::char_;
    plan.bits_only &= part->op == Op::u32 || part->op == Op::s32 || part->op == Op::u64;
  }
  for (const PtrSize ptr : sizes) {
    const auto p = static_cast<size_t>(ptr);
    uint64_t offset = 0;
    plan.alignment[p] = 1;
    for (const Plan* part : plan.items) {
      offset = align_to(offset, part->alignment[p]);
      plan.offsets[p].push_back(static_cast<uint32_t>(offset));
      offset += part->size[p];
      plan.alignment[p] = std::max(plan.alignment[p], part->alignment[p]);
    }
    plan.size[p] = static_cast<uint32_t>(align_to(offset, plan.alignment[p]));
  }
  return plan;
}

const FuncPlan* Plans::of(FuncTypeId type) {
  const auto [entry, is_new] = by_func_.try_emplace(type.value);
  if (!is_new) return entry->second;
  const FuncType& func = types_[type];
  FuncPlan plan;
  plan.id = type;
  plan.is_async = func.is_async;
  std::vector<ValType> params;
  for (const FuncParam& param : func.params) params.push_back(param.type);
  plan.params = tuple(params);
  if (func.result)
    plan.results = tuple({&*func.result, 1});
  else
    plan.results = tuple({});
  return by_func_[type.value] = &funcs_.emplace_back(std::move(plan));
}

}  // namespace cairn::component::rt
