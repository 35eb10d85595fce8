#pragma once
/// Lines of source files for places in the code of a binary module, from the section `.debug_line`
/// that compilers write (DWARF 2 to 5, "Line Number Information"; in WebAssembly addresses count
/// from the start of the code section's contents).

#include <cairn/base/bytes.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::wasm {

/// A place in a source file, as its compiler named it.
struct SourceLine {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;  ///< 0: unknown
};

/// The line table of one module. It borrows the module's bytes.
class DebugLines {
 public:
  DebugLines() = default;
  /// A module without the section, or with one that makes no sense, has no lines: nothing here is
  /// an error. What stands before the first mistake counts.
  explicit DebugLines(const Module& module, const ImplementationLimits& limits = {});

  bool empty() const { return rows_.empty(); }
  /// Where the instruction at this offset in the module's bytes came from.
  std::optional<SourceLine> find(uint64_t offset) const;

 private:
  friend class DebugLineReader;

  /// What holds from `address` up to the next row.
  struct Row {
    uint32_t address = 0;
    uint32_t file = 0;  ///< in `files_`
    uint32_t line = 0;  ///< 0: no line
    uint32_t column = 0;
  };
  struct File {
    std::string_view directory, name;
  };

  uint64_t code_offset_ = 0;
  std::vector<Row> rows_;  ///< by address
  std::vector<File> files_;
};

}  // namespace cairn::wasm
