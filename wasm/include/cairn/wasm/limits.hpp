#pragma once
/// The implementation limits: how large a module, and what it makes at run time, may be. The
/// defaults are those of the WebAssembly JavaScript Interface, section "Implementation-defined
/// Limits", so that a module that browsers accept is accepted here; what that list leaves open is
/// marked "ours". A limit that is exceeded is an Error of kind `limit` that names it.

#include <cstdint>

namespace cairn::wasm {

/// All limits of one engine. A value is the largest that is still accepted.
struct ImplementationLimits {
  // Of a module, checked by the binary and the text parser as soon as the count is read.
  uint64_t module_bytes = uint64_t{1} << 30;
  uint32_t types = 1'000'000;            ///< in the type section, over all recursion groups
  uint32_t rec_groups = 1'000'000;       ///< recursion groups in the type section
  uint32_t rec_group_types = 1'000'000;  ///< types in one recursion group
  uint32_t functions = 1'000'000;        ///< defined in the module
  uint32_t imports = 1'000'000;
  uint32_t exports = 1'000'000;
  uint32_t globals = 1'000'000;  ///< defined in the module
  uint32_t tags = 1'000'000;     ///< defined in the module
  uint32_t data_segments = 100'000;
  uint32_t element_segments = 10'000'000;         ///< ours
  uint32_t element_segment_entries = 10'000'000;  ///< in one segment ("any table initialization")
  uint32_t tables = 100'000;                      ///< defined and imported
  uint32_t memories = 100;                        ///< defined and imported
  uint32_t custom_sections = 1'000'000;           ///< ours; each costs an entry in the module
  uint32_t name_bytes = 100'000;  ///< ours: of an import, an export or a custom section

  // Of a type.
  uint32_t params = 1'000;   ///< of a function or a block
  uint32_t results = 1'000;  ///< of a function or a block
  uint32_t struct_fields = 10'000;
  uint32_t subtype_depth = 63;  ///< a type without a supertype has depth 0

  // Of a function.
  uint32_t function_bytes = 7'654'321;  ///< the body with its declarations of locals
  uint32_t locals = 50'000;             ///< with the parameters
  uint32_t br_table_targets = 65'520;   ///< ours: labels of one br_table, without the default
  uint32_t array_new_fixed_operands = 10'000;
  uint32_t block_nesting = 1'000'000;  ///< ours: open blocks at one place of a function
  uint32_t operand_stack = 1'000'000;  ///< ours: operands at one place of a function

  /// Ours: rows of the table that maps code to lines of sources; the rest is not read.
  uint32_t debug_lines = 16'000'000;

  // Of a text: parentheses and blocks that are open at once. Ours.
  uint32_t text_nesting = 1'000'000;

  // At run time: a declaration above these is valid (the core suite has such modules), but
  // instantiation fails, and growth beyond them gives the spec's failure value.
  uint64_t table_size = 10'000'000;              ///< entries of one table
  uint64_t memory32_bytes = uint64_t{4} << 30;   ///< of one memory with 32-bit addresses
  uint64_t memory64_bytes = uint64_t{16} << 30;  ///< of one memory with 64-bit addresses
};

}  // namespace cairn::wasm
