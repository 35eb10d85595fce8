#pragma once
/// Canonical definitions (Explainer.md, "Canonical Definitions"). What each one is called, how it
/// is coded and which immediates it has is in canon.def.

#include <cairn/component/features.hpp>
#include <cairn/component/syntax_types.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::component {

enum class CanonKind : uint8_t {
#define CAIRN_CANON(id, code, text, form, feature) id,
#include <cairn/component/canon.def>
};

/// Which immediates a canonical definition has; each names the members of `syntax::Canon` in use.
enum class CanonForm : uint8_t {
  none,
  lift,                    ///< func (core), options, type
  lower,                   ///< func, options
  type,                    ///< type
  async_flag,              ///< flag: async
  result_options,          ///< result, options
  slot,                    ///< core_type, slot
  type_options,            ///< type, options
  type_async,              ///< type, flag: async
  options,                 ///< options
  cancellable,             ///< flag: cancellable
  cancellable_memory,      ///< flag: cancellable, memory
  core_type_table,         ///< type (core), table
  shared,                  ///< flag: shared
  shared_core_type,        ///< flag: shared, type (core)
  shared_core_type_table,  ///< flag: shared, type (core), table
};

struct CanonRow {
  CanonKind kind;
  uint8_t code;
  std::string_view text;
  CanonForm form;
  std::optional<Feature> feature;  ///< nothing: part of the language without features
};
const CanonRow& row_of(CanonKind kind);
/// The row with that binary code or that word, or null.
const CanonRow* canon_row(uint8_t code);
const CanonRow* canon_row(std::string_view text);

namespace syntax {

struct CanonOption {
  /// The binary codes.
  enum class Kind : uint8_t {
    utf8 = 0,
    utf16 = 1,
    latin1_utf16 = 2,
    memory = 3,
    realloc = 4,
    post_return = 5,
    async = 6,
    callback = 7,
  };
  Kind kind = Kind::utf8;
  uint32_t index = 0;  ///< memory, realloc, post_return, callback
  bool operator==(const CanonOption&) const = default;

  bool has_index() const {
    return kind == Kind::memory || kind == Kind::realloc || kind == Kind::post_return ||
           kind == Kind::callback;
  }
};

/// One canonical definition. `lift` defines a function, all others define a core function.
struct Canon {
  CanonKind kind = CanonKind::lift;
  uint32_t func = 0;  ///< lift: a core function; lower: a function
  uint32_t type = 0;  ///< a type index, or a core type index (see CanonForm)
  std::vector<CanonOption> options = {};
  std::optional<ValType> result = {};
  bool flag = false;
  wasm::ValType core_type = wasm::i32;
  uint32_t slot = 0;
  uint32_t memory = 0;
  uint32_t table = 0;
  bool operator==(const Canon&) const = default;
};

}  // namespace syntax
}  // namespace cairn::component
