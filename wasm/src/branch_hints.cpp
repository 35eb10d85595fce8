#include <cairn/wasm/branch_hints.hpp>

#include <cairn/base/leb128.hpp>
#include <cairn/wasm/instruction.hpp>

#include <algorithm>

#include "binary/cursor.hpp"
#include "binary/section_order.hpp"
#include "text/custom_annotation.hpp"

namespace cairn::wasm {

namespace {

constexpr std::string_view section_name = "metadata.code.branch_hint";

/// The section, if it is the only one and stands where the text parser will put it.
const CustomSection* find_section(const Module& module) {
  const CustomSection* found = nullptr;
  const std::vector<PlacedCustom> customs = placed_customs(module);
  for (size_t i = 0; i < customs.size(); ++i) {
    if (customs[i].section->name != section_name) continue;
    const bool before_code = customs[i].after != SectionId::code &&
                             customs[i].after != SectionId::data && !module.code.empty();
    const bool last_there = i + 1 == customs.size() || customs[i + 1].after == SectionId::code ||
                            customs[i + 1].after == SectionId::data;
    if (found || !before_code || !last_there) return nullptr;
    found = customs[i].section;
  }
  return found;
}

/// Bytes that the declarations of locals take before the body.
uint64_t locals_size(const Code& code) {
  Bytes bytes;
  append_unsigned_leb(bytes, code.locals.size());
  for (const LocalGroup& group : code.locals) {
    append_unsigned_leb(bytes, group.count);
    append_val_type(bytes, group.type);
  }
  return bytes.size();
}

/// The hints of one function, read by `in`; every one must be at an if or br_if, in order.
bool read_function(Cursor& in, const Code& code, BranchHints& hints) {
  uint32_t count = 0;
  if (!in.u32(count) || count == 0) return false;
  const uint64_t before = locals_size(code);
  InstrDecoder decoder(code.body, Features::all());
  Instruction instruction;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t offset = 0, size = 0;
    uint8_t value = 0;
    if (!in.u32(offset) || !in.u32(size) || size != 1 || !in.byte(value) || value > 1) return false;
    bool found = false;
    while (!found && !decoder.at_end()) {
      const uint64_t at = decoder.consumed();
      if (before + at > offset || !decoder.step(instruction)) return false;
      found = before + at == offset;
    }
    if (!found || (instruction.op != Op::if_ && instruction.op != Op::br_if)) return false;
    hints.emplace(instruction.offset, value);
  }
  return true;
}

}  // namespace

std::optional<BranchHints> branch_hints(const Module& module) {
  const CustomSection* section = find_section(module);
  if (!section) return std::nullopt;
  BranchHints hints;
  Cursor in{section->payload.data(), section->payload.data() + section->payload.size()};
  uint32_t functions = 0, last = 0;
  if (!in.u32(functions) || functions == 0) return std::nullopt;
  for (uint32_t i = 0; i < functions; ++i) {
    uint32_t index = 0;
    if (!in.u32(index) || index < module.imported_functions ||
        index - module.imported_functions >= module.code.size() || (i > 0 && index <= last) ||
        !read_function(in, module.code[index - module.imported_functions], hints)) {
      return std::nullopt;
    }
    last = index;
  }
  if (in.left() != 0) return std::nullopt;
  return hints;
}

}  // namespace cairn::wasm
