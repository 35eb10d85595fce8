#pragma once
/// How values of a type are lifted and lowered, worked out once: offsets, sizes and strides for
/// both sizes of memories, and which parts can be copied as bytes.

#include <cairn/component/types.hpp>

#include <array>
#include <deque>
#include <unordered_map>

namespace cairn::component::rt {

/// How a value is transferred.
enum class Op : uint8_t {
  bool_,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  f32,
  f64,
  char_,
  flags,  ///< with a mask
  string,
  list,
  fixed_list,
  product,
  sum,
  own,
  borrow,
  error_context,
  stream,
  future,
};

/// Indexed by PtrSize.
template <class T>
using ByPtr = std::array<T, 2>;

struct Plan {
  struct Field {
    const Plan* plan = nullptr;  ///< null: a case without payload
    ByPtr<uint32_t> offset = {};
  };

  Op op = Op::bool_;
  ValType type = ValKind::bool_;  ///< a shape
  ByPtr<uint32_t> size = {};
  ByPtr<uint32_t> alignment = {};
  uint32_t flat_count = 0;  ///< saturates above `max_flat_params`
  /// Every pattern of bits is a value, and there is no padding: bytes can be copied. So it is also
  /// the same in both sizes of memory.
  bool plain = false;
  /// The same, but for NaNs that the deterministic profile makes canonical.
  bool plain_but_nans = false;
  uint32_t mask = 0;               ///< flags
  uint8_t discriminant_bytes = 0;  ///< sum; flags: bytes in memory
  ByPtr<uint32_t> payload_offset = {};
  std::vector<Field> fields;      ///< product: fields; sum: cases
  const Plan* element = nullptr;  ///< lists, streams and futures (null there: no payload)
  uint32_t length = 0;            ///< fixed_list
  ResourceId resource = {};       ///< own, borrow
  /// stream, future: of nothing, or of numbers
  bool none_or_number = false;
};

/// The values that a call passes in one direction.
struct TuplePlan {
  std::vector<const Plan*> items;
  ByPtr<std::vector<uint32_t>> offsets;
  ByPtr<uint32_t> size = {};
  ByPtr<uint32_t> alignment = {};
  uint32_t flat_count = 0;  ///< saturates above `max_flat_params`
  bool all_scalar = false;  ///< numbers, chars and bools only, few enough to be flat
  bool bits_only = false;   ///< and each is passed as it is: nothing to mask or to check
};

struct FuncPlan {
  FuncTypeId id;
  bool is_async = false;
  TuplePlan params, results;
};

/// Makes and keeps plans. Filled while components are linked, then only read.
class Plans {
 public:
  explicit Plans(const Types& types) : types_(types) {}
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

  const Plan* of(ValType type);
  const FuncPlan* of(FuncTypeId type);
  const Types& types() const { return types_; }

 private:
  void fill(Plan& plan, const ValTypeInfo& info);
  TuplePlan tuple(std::span<const ValType> items);

  const Types& types_;
  std::deque<Plan> plans_;
  std::deque<FuncPlan> funcs_;
  std::unordered_map<uint32_t, const Plan*> by_shape_;
  std::unordered_map<uint32_t, const FuncPlan*> by_func_;
};

constexpr uint64_t align_to(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

}  // namespace cairn::component::rt
