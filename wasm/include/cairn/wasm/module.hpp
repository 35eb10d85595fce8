#pragma once
/// A module as the spec's abstract syntax has it (spec: Structure > Modules), one step above its
/// bytes. Function bodies and constant expressions stay in binary form: the decoder points into the
/// module's bytes, the text parser into bytes that it wrote. So loading is one pass, and every
/// consumer (validator, translator, printer) reads the same form through `InstrDecoder`.
///
/// Ownership: `storage` owns all bytes that the spans refer to; modules are copied by reference.

#include <cairn/base/bytes.hpp>
#include <cairn/wasm/types.hpp>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace cairn::wasm {

/// A run of instructions in binary form, the final `end` (0x0B) included.
struct Expr {
  ByteSpan code;
  uint64_t offset =
      0;  ///< of code[0] in the module's bytes (or in the text parser's), for messages
};

struct Import {
  std::string module;
  std::string name;
  ExternKind kind = ExternKind::func;
  /// func: its type index; tag: its TagType; else the type.
  std::variant<uint32_t, TableType, MemoryType, GlobalType, TagType> type = 0u;
};

struct Export {
  std::string name;
  ExternKind kind = ExternKind::func;
  uint32_t index = 0;
};

/// A run of consecutive types that form one recursive group.
struct RecGroup {
  uint32_t first = 0;
  uint32_t count = 1;
  bool explicit_rec = false;  ///< written as `rec` (0x4E) in the source
};

struct Table {
  TableType type;
  std::optional<Expr> init;  ///< absent: null
};

struct Global {
  GlobalType type;
  Expr init;
};

enum class SegmentMode : uint8_t { active, passive, declarative };

/// An element segment. Exactly one of `functions` and `exprs` is used, as in the binary format.
struct Elem {
  SegmentMode mode = SegmentMode::passive;
  uint32_t table = 0;
  std::optional<Expr> offset;  ///< active only
  ValType type = funcref;
  bool uses_exprs = false;
  bool explicit_table = false;  ///< the encoding that names the table (flags 2, 6)
  std::vector<uint32_t> functions;
  std::vector<Expr> exprs;
};

struct Data {
  SegmentMode mode = SegmentMode::passive;
  uint32_t memory = 0;
  bool explicit_memory = false;  ///< the encoding that names the memory (flag 2)
  std::optional<Expr> offset;    ///< active only
  ByteSpan bytes;
};

/// `count` locals of one type, as the code section has them.
struct LocalGroup {
  uint32_t count = 0;
  ValType type;
};

/// The body of a function that the module defines.
struct Code {
  std::vector<LocalGroup> locals;
  Expr body;
  /// How many bytes the declarations of the locals take in front of the body; 0 where the module
  /// does not come from a binary, which means: as the encoder writes them.
  uint32_t locals_bytes = 0;
};

/// Section ids of the binary format; `SectionId::custom` sections carry a name.
enum class SectionId : uint8_t {
  custom = 0,
  type = 1,
  import = 2,
  function = 3,
  table = 4,
  memory = 5,
  global = 6,
  export_ = 7,
  start = 8,
  element = 9,
  code = 10,
  data = 11,
  data_count = 12,
  tag = 13,
};

struct CustomSection {
  std::string name;
  ByteSpan payload;
  /// The section that it follows (custom: it stands before every other); keeps order on
  /// re-encoding.
  SectionId after = SectionId::custom;
  uint64_t offset = 0;  ///< of the payload in the module's bytes
};

/// Where each section lay in the binary; for `inspect`.
struct SectionRange {
  SectionId id = SectionId::custom;
  uint64_t offset = 0;
  uint64_t size = 0;
  std::string name;  ///< custom sections only
};

struct Module {
  std::shared_ptr<const Bytes> storage;

  std::vector<SubType> types;
  std::vector<RecGroup> rec_groups;  ///< in order, covering `types`
  std::vector<Import> imports;
  std::vector<uint32_t> functions;  ///< type index of each defined function
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<TagType> tags;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::optional<uint32_t> start;
  std::vector<Elem> elems;
  std::optional<uint32_t> data_count;
  std::vector<Code> code;
  std::vector<Data> datas;
  std::vector<CustomSection> customs;
  std::vector<SectionRange> sections;

  // Imports come first in every index space. The counts are kept by whoever fills `imports`.
  uint32_t imported_functions = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0,
           imported_tags = 0;

  uint32_t function_count() const { return imported_functions + uint32_t(functions.size()); }
  uint32_t table_count() const { return imported_tables + uint32_t(tables.size()); }
  uint32_t memory_count() const { return imported_memories + uint32_t(memories.size()); }
  uint32_t global_count() const { return imported_globals + uint32_t(globals.size()); }
  uint32_t tag_count() const { return imported_tags + uint32_t(tags.size()); }

  /// Appends an import and keeps the counts.
  void add_import(Import import);
};

}  // namespace cairn::wasm
