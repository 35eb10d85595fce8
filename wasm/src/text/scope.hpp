#pragma once
/// Identifiers and what they stand for (spec: Text Format > Contexts).

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::wasm::text {

/// The index spaces of a module.
enum class Space : uint8_t { type, func, table, memory, global, tag, elem, data };
inline constexpr size_t space_count = 8;

/// The word for an index space in messages: "unknown func $f".
std::string_view to_string(Space space);

/// The identifiers of one index space. The keys are borrowed.
class IdTable {
 public:
  /// False if the identifier is bound already.
  bool bind(std::string_view id, uint32_t index) { return ids_.try_emplace(id, index).second; }
  std::optional<uint32_t> find(std::string_view id) const {
    const auto at = ids_.find(id);
    return at == ids_.end() ? std::nullopt : std::optional(at->second);
  }
  void clear() {
    // Clearing costs as much as the table is wide: one large function must not slow all others.
    if (ids_.bucket_count() > 256) {
      ids_ = {};
    } else if (!ids_.empty()) {
      ids_.clear();
    }
  }

 private:
  std::unordered_map<std::string_view, uint32_t> ids_;
};

/// The labels around an instruction, innermost last. Inner labels shadow outer ones.
class LabelStack {
 public:
  void push(std::optional<std::string_view> id);
  void pop();
  void clear();
  uint32_t depth() const { return static_cast<uint32_t>(labels_.size()); }
  /// The identifier of the innermost label.
  std::optional<std::string_view> innermost() const { return labels_.back().id; }
  /// The identifier of a label by its relative index; nothing beyond the outermost.
  std::optional<std::string_view> at(uint32_t index) const {
    return index < depth() ? labels_[depth() - 1 - index].id : std::nullopt;
  }
  /// The relative index of a label, 0 for the innermost.
  std::optional<uint32_t> find(std::string_view id) const;

 private:
  static constexpr uint32_t none = ~0u;
  struct Label {
    std::optional<std::string_view> id;
    uint32_t shadowed = none;  ///< position of the outer label of the same name
  };
  std::vector<Label> labels_;
  std::unordered_map<std::string_view, uint32_t> positions_;
};

}  // namespace cairn::wasm::text
