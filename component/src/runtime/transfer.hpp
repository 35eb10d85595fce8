#pragma once
/// Moves values between linear memories, core values and the host (CanonicalABI.md, "Lifting and
/// Lowering"). What goes from one component to another is read in one place and written in the
/// other in one pass.

#include <cairn/base/result.hpp>
#include <cairn/component/value.hpp>
#include <cairn/engine/store.hpp>

#include <optional>
#include <span>

#include "runtime/plan.hpp"

namespace cairn::component::rt {

struct InstanceState;
struct Side;
struct Subtask;
struct Task;

enum class Encoding : uint8_t { utf8, utf16, latin1_utf16 };

/// The options of a canonical definition, with what they refer to.
struct Options {
  Encoding encoding = Encoding::utf8;
  PtrSize ptr = PtrSize::bits32;
  bool is_async = false;
  engine::Memory memory = {};
  engine::Func realloc = {}, post_return = {}, callback = {};
  InstanceState* instance = nullptr;

  size_t p() const { return static_cast<size_t>(ptr); }
  uint32_t ptr_bytes() const { return ptr == PtrSize::bits32 ? 4 : 8; }
};

/// Largest strings and lists (CanonicalABI.md, `MAX_STRING_BYTE_LENGTH`, `MAX_LIST_BYTE_LENGTH`),
/// and longest buffers (`Buffer.MAX_LENGTH`).
inline constexpr uint64_t content_bytes_max = (1u << 28) - 1;

/// One transfer: who fails says why here. The functions below return false then.
struct Transfer {
  explicit Transfer(bool in_deterministic_profile) : deterministic(in_deterministic_profile) {}
  std::optional<Error> error;
  bool deterministic;
  /// The other side is the host: the words of some messages depend on it.
  bool with_host = false;
  /// Lists of numbers become raw values.
  bool raw_lists = false;
  /// What is read from, if the other side's `realloc` can reach it: a component may call itself,
  /// and then memory moves and strings change while they are written. Null otherwise: memories
  /// belong to one component instance, and `realloc` cannot leave its own.
  Side* exposed = nullptr;
  /// The host's values were found to be of their types.
  bool checked = false;
  /// What the host may still keep of a guest's values (`RuntimeLimits::host_value_bytes_max`).
  uint64_t host_bytes_left = UINT64_MAX;

  bool charge(uint64_t bytes) {
    if (bytes > host_bytes_left) return trap("too many bytes in values for the host");
    host_bytes_left -= bytes;
    return true;
  }
  [[gnu::cold]] bool trap(std::string message) {
    error = Error{.kind = ErrorKind::trap, .message = std::move(message)};
    return false;
  }
  [[gnu::cold]] bool fail(Error with) {
    error = std::move(with);
    return false;
  }
  Result<> result(bool ok) {
    if (ok) return {};
    return std::unexpected(std::move(*error));
  }
};

/// A component's side of a transfer.
struct Side {
  Side(const Options& of, Subtask* lends_to = nullptr, Task* scope_of_borrows = nullptr)
      : options(&of), instance(of.instance), lender(lends_to), scope(scope_of_borrows) {
    if (of.memory) refresh();
  }
  void refresh() { memory = options->memory.bytes(); }
  bool holds(uint64_t ptr, uint64_t bytes) const {
    return ptr <= memory.size() && bytes <= memory.size() - ptr;
  }
  uint64_t load_ptr(uint64_t at) const {
    return options->ptr == PtrSize::bits32 ? load_le<uint32_t>(&memory[at])
                                           : load_le<uint64_t>(&memory[at]);
  }
  void store_ptr(uint64_t at, uint64_t value) const {
    if (options->ptr == PtrSize::bits32)
      store_le(&memory[at], static_cast<uint32_t>(value));
    else
      store_le(&memory[at], value);
  }

  const Options* options;
  InstanceState* instance;
  Subtask* lender;  ///< of lifted borrows
  Task* scope;      ///< of lowered borrows
  std::span<uint8_t> memory;
};

/// Calls the guest's `realloc`. The memory of `to` is looked at anew.
bool reallocate(Transfer& t, Side& to, uint64_t old_ptr, uint64_t old_bytes, uint64_t alignment,
                uint64_t new_bytes, uint64_t& ptr);

/// The same for memory that has to be there: checks alignment and bounds. `what` is for the words.
bool allocate(Transfer& t, Side& to, uint64_t alignment, uint64_t bytes, std::string_view what,
              uint64_t& ptr);

/// How many core values there may be before they go through memory, and where results go.
struct FlatLimit {
  uint32_t max = max_flat_params;
  /// The address for values that do not fit; nothing: they are allocated.
  std::optional<uint64_t> out = {};
};

// From and to core values, one slot each; those that exceed the limit are in memory.
bool guest_to_guest(Transfer& t, const TuplePlan& plan, Side& from, const uint64_t* flat,
                    uint32_t max, Side& to, uint64_t* flat_to, const FlatLimit& limit);
bool guest_to_values(Transfer& t, const TuplePlan& plan, Side& from, const uint64_t* flat,
                     uint32_t max, std::span<Value> values);
bool values_to_guest(Transfer& t, const TuplePlan& plan, std::span<const Value> values, Side& to,
                     uint64_t* flat_to, const FlatLimit& limit);

/// Whether a value of the host is of the type, all the way down. With an instance that it is for
/// also whether handles may be given to that; without, of handles that they are some.
bool is_value_of(const Plan& plan, const Value& value, const InstanceState* to = nullptr);
/// Kind `usage`: the values are not those that a function of the instance takes.
Result<> check_values(const TuplePlan& plan, std::span<const Value> values,
                      const InstanceState& to);

/// Makes what core code gave for numbers, chars and bools values of their types, as core values.
bool narrow_scalars(Transfer& t, const TuplePlan& plan, uint64_t* slots);

// The elements of a list that lie at valid places.
bool elements_to_guest(Transfer& t, const Plan& element, Side& from, uint64_t ptr, Side& to,
                       uint64_t ptr_to, uint64_t count);
bool elements_to_values(Transfer& t, const Plan& element, Side& from, uint64_t ptr, uint64_t count,
                        std::vector<Value>& values);
bool elements_from_values(Transfer& t, const Plan& element, std::span<const Value> values, Side& to,
                          uint64_t ptr);

// ---- Strings -----------------------------------------------------------------------------------

/// Code units in a memory or of the host; checked.
struct SourceString {
  enum class Units : uint8_t { utf8, utf16, latin1 } units = Units::utf8;
  bool from_latin1_utf16 = false;  ///< the source's option
  const uint8_t* data = nullptr;
  uint64_t count = 0;  ///< of code units
};
bool lift_string(Transfer& t, const Side& from, uint64_t ptr, uint64_t tagged, SourceString& out);
bool lower_string(Transfer& t, Side& to, const SourceString& from, uint64_t& ptr, uint64_t& tagged);
/// As UTF-8: as many of its first code points as fit in so many bytes.
void append_string(std::string& out, const SourceString& from, uint64_t bytes_max = UINT64_MAX);

// ---- Handles (handles.cpp, streams.cpp) -------------------------------------------------------

bool lift_own(Transfer& t, Side& from, const Plan& plan, uint32_t index, uint64_t& rep);
bool lift_borrow(Transfer& t, Side& from, const Plan& plan, uint32_t index, uint64_t& rep);
bool lower_own(Transfer& t, Side& to, const Plan& plan, uint64_t rep, uint32_t& index);
bool lower_borrow(Transfer& t, Side& to, const Plan& plan, uint64_t rep, uint32_t& index);

struct Object;
/// Streams, futures and error contexts: what is behind the handle.
bool lift_object(Transfer& t, Side& from, const Plan& plan, uint32_t index,
                 std::shared_ptr<Object>& object);
bool lower_object(Transfer& t, Side& to, const Plan& plan, std::shared_ptr<Object> object,
                  uint32_t& index);

// Of the host.
/// Why a value's handle cannot be given to an instance; nothing when it can.
std::optional<std::string> refused_handle(const InstanceState& to, const Plan& plan,
                                          const Value& value);
bool value_to_rep(Transfer& t, Side& to, const Plan& plan, const Value& value, uint64_t& rep);
bool rep_to_value(Transfer& t, Side& from, const Plan& plan, uint64_t rep, Value& value);
bool value_to_object(Transfer& t, Side& to, const Plan& plan, const Value& value,
                     std::shared_ptr<Object>& object);
bool object_to_value(Transfer& t, Side& from, const Plan& plan, std::shared_ptr<Object> object,
                     Value& value);

}  // namespace cairn::component::rt
