// The custom section "metadata.code.branch_hint" (branch hinting proposal): for functions in
// ascending order, which `if` and `br_if` are likely (1) or unlikely (0). Offsets count from the
// start of the function's entry, its declarations of locals included.

#include <fmt/format.h>
#include <cairn/wasm/instruction.hpp>
#include <cairn/wasm/validate.hpp>

#include "binary/cursor.hpp"

namespace cairn::wasm {

namespace {

constexpr std::string_view section_name = "metadata.code.branch_hint";

uint32_t locals_bytes(const Code& code) {
  if (code.locals_bytes != 0) return code.locals_bytes;
  Bytes bytes;
  append_unsigned_leb(bytes, code.locals.size());
  for (const LocalGroup& group : code.locals) {
    append_unsigned_leb(bytes, group.count);
    append_val_type(bytes, group.type);
  }
  return static_cast<uint32_t>(bytes.size());
}

class BranchHints {
 public:
  BranchHints(const Module& module, const CustomSection& section, Features features)
      : module_(module),
        section_(section),
        features_(features),
        in_{section.payload.data(), section.payload.data() + section.payload.size()} {}

  Result<> check() {
    const uint32_t functions = TRY(number());
    std::optional<uint32_t> last;
    for (uint32_t i = 0; i < functions; ++i) {
      const uint32_t index = TRY(number());
      if (last && index <= *last) return malformed("functions out of order");
      last = index;
      TRY(function(index));
    }
    if (in_.left() != 0) return malformed("bytes after the last function");
    return {};
  }

 private:
  Result<> function(uint32_t index) {
    const bool defined = index >= module_.imported_functions && index < module_.function_count();
    if (!defined) return invalid(fmt::format("function {} has no body", index));
    const Code& code = module_.code[index - module_.imported_functions];
    const uint32_t locals = locals_bytes(code);
    InstrDecoder decoder(code.body, features_);
    const uint32_t hints = TRY(number());
    std::optional<uint32_t> last;
    for (uint32_t i = 0; i < hints; ++i) {
      const uint32_t offset = TRY(number());
      if (last && offset <= *last) return malformed("hints out of order");
      last = offset;
      if (TRY(number()) != 1) return malformed("a hint has one byte");
      if (TRY(number()) > 1) return malformed("a hint is 0 or 1");
      if (offset < locals || !TRY(is_target(decoder, offset - locals))) {
        return invalid(
            fmt::format("invalid target: expected an if or br_if at byte {} of "
                        "function {}",
                        offset, index));
      }
    }
    return {};
  }

  /// Whether a conditional branch starts there. Hints ascend, so one decoder serves all of them.
  Result<bool> is_target(InstrDecoder& decoder, uint32_t at) {
    while (!decoder.at_end() && decoder.consumed() <= at) {
      const size_t start = decoder.consumed();
      TRY(decoder.next(instruction_));
      if (start == at) return instruction_.op == Op::if_ || instruction_.op == Op::br_if;
    }
    return false;
  }

  Result<uint32_t> number() {
    uint32_t value = 0;
    if (!in_.u32(value)) return malformed(to_string(in_.fault));
    return value;
  }
  std::unexpected<Error> malformed(std::string_view what) const {
    return error(ErrorKind::malformed, what);
  }
  std::unexpected<Error> invalid(std::string_view what) const {
    return error(ErrorKind::invalid, what);
  }
  std::unexpected<Error> error(ErrorKind kind, std::string_view what) const {
    return fail_at(kind, section_.offset + static_cast<uint64_t>(in_.p - section_.payload.data()),
                   fmt::format("{}: {}", section_name, what));
  }

  const Module& module_;
  const CustomSection& section_;
  Features features_;
  Cursor in_;
  Instruction instruction_;
};

}  // namespace

Result<> validate_custom_sections(const Module& module, Features features) {
  if (!features.has(Feature::branch_hints)) return {};
  for (const CustomSection& section : module.customs) {
    if (section.name == section_name) TRY(BranchHints(module, section, features).check());
  }
  return {};
}

}  // namespace cairn::wasm
