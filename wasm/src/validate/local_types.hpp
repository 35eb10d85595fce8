#pragma once
/// The locals of one function: their types, and which of them have a value already. The
/// declarations stay in groups, so a function costs what its bytes cost, however many locals it
/// declares.

#include <cairn/wasm/module.hpp>
#include <cairn/wasm/type_registry.hpp>

#include <span>
#include <vector>

namespace cairn::wasm {

class LocalTypes {
 public:
  /// Starts a new function, with its parameters as the first locals.
  void reset(const std::vector<ValType>& params);
  /// Adds `count` locals of a canonical type.
  void add(uint32_t count, ValType type);

  uint32_t size() const { return size_; }
  /// The types of the first locals; the others are only to be had one by one.
  std::span<const ValType> first() const { return flat_; }
  /// The type of a local that exists.
  ValType type(uint32_t index) const {
    return index < flat_.size() ? flat_[index] : type_in_groups(index);
  }

  /// Whether `local.get` may read it: parameters, defaultable locals and those set before.
  bool is_set(uint32_t index, ValType type) const {
    return type.defaultable() || index < params_ || is_marked(index);
  }
  /// Marks a local as set until `unset_down_to` goes below the mark.
  void set(uint32_t index, ValType type) {
    if (!is_set(index, type)) mark(index);
  }
  uint32_t marks() const { return static_cast<uint32_t>(marks_.size()); }
  void unset_down_to(uint32_t marks);

 private:
  struct Group {
    uint32_t end;  ///< index after the last local of the group
    ValType type;
  };
  static constexpr uint32_t flat_max = 512;

  ValType type_in_groups(uint32_t index) const;
  bool is_marked(uint32_t index) const {
    return index < marked_in_.size() && marked_in_[index] == function_;
  }
  void mark(uint32_t index);

  uint32_t size_ = 0;
  uint32_t params_ = 0;
  std::vector<ValType> flat_;  ///< the first locals, for quick access
  std::vector<Group> groups_;  ///< the locals after them
  std::vector<uint32_t> marks_;
  std::vector<uint32_t> marked_in_;  ///< for each local, the function in which it is marked
  uint32_t function_ = 0;
};

}  // namespace cairn::wasm
