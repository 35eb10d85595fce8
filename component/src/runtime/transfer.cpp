#include "runtime/transfer.hpp"

#include <cairn/base/utf8.hpp>

#include <type_traits>

#include "runtime/nan.hpp"
#include "runtime/places.hpp"

namespace cairn::component::rt {

namespace {

// ---- One value --------------------------------------------------------------------------------

template <class From, class To>
bool transfer(Transfer& t, const Plan& plan, From&& from, To&& to);

[[gnu::cold]] bool wrong_value(Transfer& t, std::string_view wanted) {
  return t.fail({.kind = ErrorKind::usage, .message = "a value is not " + std::string(wanted)});
}

/// Whether a value of the host has the shape that the type demands.
bool has_shape(const Plan& plan, const Value& value) {
  switch (plan.op) {
    case Op::f32: return value.is_f32();
    case Op::f64: return value.is_f64();
    case Op::string: return value.is_string();
    case Op::list:
      if (value.is_raw())
        return plan.element->plain_but_nans && value.raw().size() % plan.element->size[0] == 0;
      return value.is_sequence();
    case Op::fixed_list: return value.is_sequence() && value.items().size() == plan.length;
    case Op::product: return value.is_sequence() && value.items().size() == plan.fields.size();
    case Op::sum: {
      if (!value.is_variant() || value.variant().index >= plan.fields.size()) return false;
      const bool wants = plan.fields[value.variant().index].plan != nullptr;
      return value.variant().payload.size() == (wants ? 1 : 0);
    }
    case Op::own:
    case Op::borrow:
    case Op::error_context:
    case Op::stream:
    case Op::future: return value.is_handle();
    case Op::char_: return value.is_number() && is_unicode_scalar(value.number());
    default: return value.is_number();
  }
}

/// A string that stays as it was checked, whatever becomes of the memory it is in.
void keep(SourceString& string, Bytes& kept) {
  const uint64_t bytes = string.count * (string.units == SourceString::Units::utf16 ? 2 : 1);
  kept.assign(string.data, string.data + bytes);
  string.data = kept.data();
}

template <class From, class To>
bool transfer_string(Transfer& t, From&& from, To&& to) {
  SourceString string;
  if constexpr (std::remove_cvref_t<From>::is_host) {
    const std::string_view text = from.value.string();
    if (!t.checked && !is_utf8(text)) return wrong_value(t, "a string in UTF-8");
    string = {.data = reinterpret_cast<const uint8_t*>(text.data()), .count = text.size()};
  } else {
    uint64_t ptr, tagged;
    from.pair(ptr, tagged);
    if (!lift_string(t, from.side, ptr, tagged, string)) return false;
  }
  if constexpr (std::remove_cvref_t<To>::is_host) {
    // In UTF-8 a code unit of UTF-16 takes three bytes at most, one of Latin-1 two.
    const uint64_t most = string.units == SourceString::Units::utf8    ? 1
                          : string.units == SourceString::Units::utf16 ? 3
                                                                       : 2;
    if (!t.charge(string.count * most)) return false;
    append_string(to.value.make_string(), string);
  } else {
    Bytes kept;
    if (t.exposed) [[unlikely]]
      keep(string, kept);
    uint64_t ptr, tagged;
    if (!lower_string(t, to.side, string, ptr, tagged)) return false;
    to.pair(ptr, tagged);
  }
  return true;
}

bool can_copy(const Transfer& t, const Plan& plan) {
  return t.deterministic ? plan.plain : plan.plain_but_nans;
}

/// What a value takes that the host keeps: with what a payload or a handle needs besides.
constexpr uint64_t value_bytes = sizeof(Value);
constexpr uint64_t outer_value_bytes = 2 * sizeof(Value);

/// Makes room for the parts of a value of the host; in a guest there is some.
template <class To>
bool make_items(Transfer& t, To&& to, uint64_t count) {
  if constexpr (std::remove_cvref_t<To>::is_host) {
    if (!t.charge(count * value_bytes)) return false;
    to.value.make_items(count);
  }
  return true;
}

bool is_number(const Plan& plan) { return plan.op >= Op::u8 && plan.op <= Op::f64; }

/// Elements one after another in memory or in a sequence of values; `plan` is the list's.
template <class From, class To>
bool transfer_items(Transfer& t, const Plan& plan, From&& from, To&& to, uint64_t count) {
  if constexpr (std::remove_cvref_t<From>::is_memory && std::remove_cvref_t<To>::is_memory) {
    if (can_copy(t, *plan.element)) {
      const uint64_t bytes = count * plan.element->size[0];
      if (bytes != 0) std::memmove(&to.side.memory[to.at], &from.side.memory[from.at], bytes);
      return true;
    }
  }
  for (uint64_t i = 0; i < count; ++i)
    if (!transfer(t, *plan.element, from.item(plan, i), to.item(plan, i))) return false;
  return true;
}

template <class From, class To>
bool lower_list(Transfer& t, const Plan& plan, From&& items, To&& to, uint64_t count) {
  if constexpr (std::remove_cvref_t<To>::is_host) {
    if constexpr (std::remove_cvref_t<From>::is_memory) {
      if (t.raw_lists && is_number(*plan.element) && can_copy(t, *plan.element)) {
        const uint64_t bytes = count * plan.element->size[0];
        if (!t.charge(bytes)) return false;
        const uint8_t* const from = items.side.memory.data() + items.at;
        to.value.make_raw(0).assign(from, from + bytes);
        return true;
      }
    }
    return make_items(t, to, count) && transfer_items(t, plan, items, to, count);
  } else {
    const size_t p = to.side.options->p();
    const uint64_t bytes = count * plan.element->size[p];
    if (bytes > UINT32_MAX) return t.trap("list too long");
    uint64_t ptr;
    if (!allocate(t, to.side, plan.element->alignment[p], bytes, "list", ptr)) return false;
    if (!transfer_items(t, plan, items, MemoryTarget{to.side, ptr}, count)) return false;
    to.pair(ptr, count);
    return true;
  }
}

/// Elements that the host has as bytes.
template <class To>
bool lower_raw(Transfer& t, const Plan& plan, ByteSpan bytes, To&& to) {
  if constexpr (std::remove_cvref_t<To>::is_host) {
    return wrong_value(t, "of its type");
  } else {
    if (bytes.size() > UINT32_MAX) return t.trap("list too long");
    const Plan& element = *plan.element;
    uint64_t ptr;
    if (!allocate(t, to.side, element.alignment[0], bytes.size(), "list", ptr)) return false;
    if (!bytes.empty()) std::memcpy(&to.side.memory[ptr], bytes.data(), bytes.size());
    to.pair(ptr, bytes.size() / element.size[0]);
    return true;
  }
}

template <class From, class To>
bool transfer_list(Transfer& t, const Plan& plan, From&& from, To&& to) {
  if constexpr (std::remove_cvref_t<From>::is_host) {
    if (from.value.is_raw()) return lower_raw(t, plan, from.value.raw(), to);
    return lower_list(t, plan, from, to, from.value.items().size());
  } else {
    uint64_t ptr, count;
    from.pair(ptr, count);
    const size_t p = from.side.options->p();
    const uint64_t size = plan.element->size[p];
    if (size != 0 && count > content_bytes_max / size) return t.trap("list content out-of-bounds");
    if (ptr % plan.element->alignment[p] != 0) return t.trap("unaligned pointer");
    if (!from.side.holds(ptr, count * size)) return t.trap("list content out-of-bounds");
    return lower_list(t, plan, MemorySource{from.side, ptr}, to, count);
  }
}

template <class From, class To>
bool transfer_sum(Transfer& t, const Plan& plan, From&& from, To&& to) {
  const uint64_t* const from_mark = from.mark();
  const uint64_t* const to_mark = to.mark();
  const uint32_t index = from.discriminant(plan);
  if (index >= plan.fields.size()) return t.trap("invalid variant discriminant");
  to.discriminant(plan, index);
  if (const Plan* const payload = plan.fields[index].plan) {
    if constexpr (std::remove_cvref_t<To>::is_host)
      if (!t.charge(outer_value_bytes)) return false;
    if (!transfer(t, *payload, from.payload(plan), to.payload(plan))) return false;
  }
  from.end_sum(plan, from_mark);
  to.end_sum(plan, to_mark);
  return true;
}

template <class From, class To>
bool transfer_resource(Transfer& t, const Plan& plan, From&& from, To&& to) {
  const bool own = plan.op == Op::own;
  uint64_t rep = 0;
  if constexpr (std::remove_cvref_t<From>::is_host) {
    if (!value_to_rep(t, to.side, plan, from.value, rep)) return false;
  } else {
    const uint32_t index = from.handle(plan);
    if (!(own ? lift_own(t, from.side, plan, index, rep)
              : lift_borrow(t, from.side, plan, index, rep)))
      return false;
  }
  if constexpr (std::remove_cvref_t<To>::is_host) {
    if constexpr (std::remove_cvref_t<From>::is_host)
      return false;
    else
      return t.charge(outer_value_bytes) && rep_to_value(t, from.side, plan, rep, to.value);
  } else {
    uint32_t index = 0;
    if (!(own ? lower_own(t, to.side, plan, rep, index)
              : lower_borrow(t, to.side, plan, rep, index)))
      return false;
    to.handle(index);
    return true;
  }
}

template <class From, class To>
bool transfer_object(Transfer& t, const Plan& plan, From&& from, To&& to) {
  std::shared_ptr<Object> object;
  if constexpr (std::remove_cvref_t<From>::is_host) {
    if (!value_to_object(t, to.side, plan, from.value, object)) return false;
  } else {
    if (!lift_object(t, from.side, plan, from.handle(plan), object)) return false;
  }
  if constexpr (std::remove_cvref_t<To>::is_host) {
    if constexpr (std::remove_cvref_t<From>::is_host)
      return false;
    else
      return object_to_value(t, from.side, plan, std::move(object), to.value);
  } else {
    uint32_t index = 0;
    if (!lower_object(t, to.side, plan, std::move(object), index)) return false;
    to.handle(index);
    return true;
  }
}

template <class From, class To>
bool transfer(Transfer& t, const Plan& plan, From&& from, To&& to) {
  if constexpr (std::remove_cvref_t<From>::is_host) {
    if (!has_shape(plan, from.value)) return wrong_value(t, "of its type");
  }
  switch (plan.op) {
    case Op::char_: {
      const auto point = static_cast<uint32_t>(from.number(plan));
      if (!is_unicode_scalar(point)) return t.trap("invalid `char` bit pattern");
      to.number(plan, point);
      return true;
    }
    case Op::f32: {
      const auto bits = static_cast<uint32_t>(from.number(plan));
      to.number(plan, t.deterministic ? canonical_nan32(bits) : bits);
      return true;
    }
    case Op::f64: {
      const uint64_t bits = from.number(plan);
      to.number(plan, t.deterministic ? canonical_nan64(bits) : bits);
      return true;
    }
    case Op::flags: {
      const uint32_t bits = from.discriminant(plan);
      to.discriminant(plan, bits & plan.mask);
      return true;
    }
    case Op::string: return transfer_string(t, from, to);
    case Op::list: return transfer_list(t, plan, from, to);
    case Op::fixed_list:
      return make_items(t, to, plan.length) && transfer_items(t, plan, from, to, plan.length);
    case Op::product:
      if (!make_items(t, to, plan.fields.size())) return false;
      if constexpr (std::remove_cvref_t<From>::is_memory && std::remove_cvref_t<To>::is_memory) {
        if (can_copy(t, plan)) {
          std::memmove(&to.side.memory[to.at], &from.side.memory[from.at], plan.size[0]);
          return true;
        }
      }
      for (size_t i = 0; i < plan.fields.size(); ++i)
        if (!transfer(t, *plan.fields[i].plan, from.field(plan, i), to.field(plan, i)))
          return false;
      return true;
    case Op::sum: return transfer_sum(t, plan, from, to);
    case Op::own:
    case Op::borrow: return transfer_resource(t, plan, from, to);
    case Op::error_context:
    case Op::stream:
    case Op::future: return transfer_object(t, plan, from, to);
    default: to.number(plan, narrow(plan.op, from.number(plan))); return true;
  }
}

// ---- Several ----------------------------------------------------------------------------------

/// Calls `with` with a function that gives the place of the i-th value.
template <class With>
bool open_source(Transfer& t, const TuplePlan& plan, Side& side, const uint64_t* flat, uint32_t max,
                 With with) {
  if (plan.flat_count <= max) {
    FlatSource source{side, flat};
    return with([&](size_t) -> FlatSource& { return source; });
  }
  const size_t p = side.options->p();
  uint64_t ptr = flat[0];
  if (side.options->ptr == PtrSize::bits32) ptr = static_cast<uint32_t>(ptr);
  if (ptr % plan.alignment[p] != 0) return t.trap("unaligned pointer");
  if (!side.holds(ptr, plan.size[p])) return t.trap("pointer out of bounds of memory");
  return with([&, p, ptr](size_t i) { return MemorySource{side, ptr + plan.offsets[p][i]}; });
}

template <class With>
bool open_target(Transfer& t, const TuplePlan& plan, Side& side, uint64_t* flat,
                 const FlatLimit& limit, With with) {
  if (plan.flat_count <= limit.max) {
    FlatTarget target{side, flat};
    return with([&](size_t) -> FlatTarget& { return target; });
  }
  const size_t p = side.options->p();
  uint64_t ptr = 0;
  if (limit.out) {
    ptr = side.options->ptr == PtrSize::bits32 ? static_cast<uint32_t>(*limit.out) : *limit.out;
    if (ptr % plan.alignment[p] != 0) return t.trap("unaligned pointer");
    if (!side.holds(ptr, plan.size[p])) return t.trap("pointer out of bounds of memory");
  } else {
    if (!allocate(t, side, plan.alignment[p], plan.size[p], "list", ptr)) return false;
    flat[0] = ptr;
  }
  return with([&, p, ptr](size_t i) { return MemoryTarget{side, ptr + plan.offsets[p][i]}; });
}

}  // namespace

bool is_value_of(const Plan& plan, const Value& value, const InstanceState* to) {
  if (!has_shape(plan, value)) return false;
  const auto is_element = [&](const Value& item) { return is_value_of(*plan.element, item, to); };
  switch (plan.op) {
    case Op::string: return is_utf8(value.string());
    case Op::list:
    case Op::fixed_list: return value.is_raw() || std::ranges::all_of(value.items(), is_element);
    case Op::product:
      for (size_t i = 0; i < plan.fields.size(); ++i)
        if (!is_value_of(*plan.fields[i].plan, value.items()[i], to)) return false;
      return true;
    case Op::sum: {
      const Plan* const payload = plan.fields[value.variant().index].plan;
      return !payload || is_value_of(*payload, value.variant().payload.front(), to);
    }
    case Op::flags: return (value.number() & ~uint64_t{plan.mask}) == 0;
    case Op::own:
    case Op::borrow:
    case Op::error_context:
    case Op::stream:
    case Op::future: return value.handle() && !(to && refused_handle(*to, plan, value));
    default: return plan.op >= Op::f32 || narrow(plan.op, value.number()) == value.number();
  }
}

Result<> check_values(const TuplePlan& plan, std::span<const Value> values,
                      const InstanceState& to) {
  if (values.size() != plan.items.size())
    return fail(ErrorKind::usage, "a call with the wrong number of arguments");
  for (size_t i = 0; i < values.size(); ++i) {
    const Plan& type = *plan.items[i];
    if (is_value_of(type, values[i], &to)) continue;
    if (type.op == Op::string && values[i].is_string())
      return fail(ErrorKind::usage, "a value is not a string in UTF-8");
    const bool is_handle =
        values[i].is_handle() && values[i].handle() && has_shape(type, values[i]);
    return fail(ErrorKind::usage, (is_handle ? refused_handle(to, type, values[i]) : std::nullopt)
                                      .value_or("a value is not of its type"));
  }
  return {};
}

bool allocate(Transfer& t, Side& to, uint64_t alignment, uint64_t bytes, std::string_view what,
              uint64_t& ptr) {
  if (!reallocate(t, to, 0, 0, alignment, bytes, ptr)) return false;
  if (ptr % alignment != 0)
    return t.trap(t.with_host ? "realloc return: result not aligned" : "unaligned pointer");
  if (!to.holds(ptr, bytes))
    return t.trap(t.with_host ? "realloc return: beyond end of memory"
                              : std::string(what) + " content out-of-bounds");
  return true;
}

bool guest_to_guest(Transfer& t, const TuplePlan& plan, Side& from, const uint64_t* flat,
                    uint32_t max, Side& to, uint64_t* flat_to, const FlatLimit& limit) {
  if (from.instance == to.instance) t.exposed = &from;
  return open_source(t, plan, from, flat, max, [&](auto source) {
    return open_target(t, plan, to, flat_to, limit, [&](auto target) {
      for (size_t i = 0; i < plan.items.size(); ++i)
        if (!transfer(t, *plan.items[i], source(i), target(i))) return false;
      return true;
    });
  });
}

bool guest_to_values(Transfer& t, const TuplePlan& plan, Side& from, const uint64_t* flat,
                     uint32_t max, std::span<Value> values) {
  t.with_host = true;
  return open_source(t, plan, from, flat, max, [&](auto source) {
    for (size_t i = 0; i < plan.items.size(); ++i)
      if (!transfer(t, *plan.items[i], source(i), ValueTarget{values[i]})) return false;
    return true;
  });
}

bool values_to_guest(Transfer& t, const TuplePlan& plan, std::span<const Value> values, Side& to,
                     uint64_t* flat_to, const FlatLimit& limit) {
  t.with_host = true;
  if (values.size() != plan.items.size()) return wrong_value(t, "given for each type");
  return open_target(t, plan, to, flat_to, limit, [&](auto target) {
    for (size_t i = 0; i < plan.items.size(); ++i)
      if (!transfer(t, *plan.items[i], ValueSource{values[i]}, target(i))) return false;
    return true;
  });
}

bool narrow_scalars(Transfer& t, const TuplePlan& plan, uint64_t* slots) {
  for (size_t i = 0; i < plan.items.size(); ++i) {
    const Op op = plan.items[i]->op;
    uint64_t& slot = slots[i];
    if (op == Op::char_ && !is_unicode_scalar(static_cast<uint32_t>(slot)))
      return t.trap("invalid `char` bit pattern");
    if (t.deterministic && op == Op::f32) slot = canonical_nan32(static_cast<uint32_t>(slot));
    if (t.deterministic && op == Op::f64) slot = canonical_nan64(slot);
    slot = narrow(op, slot);
    if (op != Op::u64 && op != Op::f64) slot = static_cast<uint32_t>(slot);
  }
  return true;
}

bool elements_to_guest(Transfer& t, const Plan& element, Side& from, uint64_t ptr, Side& to,
                       uint64_t ptr_to, uint64_t count) {
  if (from.instance == to.instance) t.exposed = &from;
  Plan list;
  list.op = Op::list;
  list.element = &element;
  return transfer_items(t, list, MemorySource{from, ptr}, MemoryTarget{to, ptr_to}, count);
}

bool elements_to_values(Transfer& t, const Plan& element, Side& from, uint64_t ptr, uint64_t count,
                        std::vector<Value>& values) {
  const size_t first = values.size();
  values.resize(first + count);
  t.with_host = true;
  for (uint64_t i = 0; i < count; ++i) {
    const MemorySource source{from, ptr + i * element.size[from.options->p()]};
    if (!transfer(t, element, MemorySource(source), ValueTarget{values[first + i]})) return false;
  }
  return true;
}

bool elements_from_values(Transfer& t, const Plan& element, std::span<const Value> values, Side& to,
                          uint64_t ptr) {
  t.with_host = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const MemoryTarget target{to, ptr + i * element.size[to.options->p()]};
    if (!transfer(t, element, ValueSource{values[i]}, MemoryTarget(target))) return false;
  }
  return true;
}

}  // namespace cairn::component::rt
