#pragma once
/// Instructions of the text format, flat and folded (spec: Text Format > Instructions).
///
/// Nesting is kept on an explicit stack of frames, so its depth is bounded by a limit and not by
/// the native stack. Instructions are written in binary form as they are complete: a folded one
/// waits in `pending_` until its operands are written.

#include <cairn/wasm/instruction.hpp>

#include <optional>
#include <string_view>
#include <vector>

#include "text/context.hpp"
#include "text/immediate_parser.hpp"
#include "text/type_parser.hpp"

namespace cairn::wasm::text {

/// A branch hint of a function.
struct BranchHint {
  uint64_t offset = 0;  ///< of the instruction in `Context::code`
  uint8_t value = 0;
};

class InstructionParser {
 public:
  InstructionParser(Context& context, TypeParser& types)
      : context_(context), in_(context.in), types_(types), immediates_(context, types, scope_) {}

  /// The instructions up to the ")" of what contains them; that ")" is left.
  Result<Expr> sequence() { return expression(Frame::Kind::sequence); }
  /// One folded instruction.
  Result<Expr> single() { return expression(Frame::Kind::single); }

  /// Forgets the locals, labels, names and hints of the function before.
  void begin_function();
  IdTable& locals() { return scope_.locals; }
  const NameMap& label_names() const { return label_names_; }
  const std::vector<BranchHint>& hints() const { return hints_; }

 private:
  struct Frame {
    enum class Kind : uint8_t {
      sequence,
      single,
      flat_block,  ///< block, loop, try_table … end
      flat_if,
      flat_else,
      flat_try,  ///< legacy try and its catch clauses
      flat_catch_all,
      folded_plain,  ///< the operands of an instruction
      folded_block,
      folded_if,   ///< the condition of (if …), and the places between its arms
      folded_try,  ///< legacy (try …), the places between its clauses
      folded_arm,  ///< (then …), (else …), (do …), (catch …)
    } kind{};
    uint8_t progress = 0;  ///< folded_if: arms seen; folded_try: see `clause`; single: done
    uint32_t token = 0;    ///< of the keyword
    uint32_t pending = 0;  ///< where its bytes begin in `pending_`
    std::optional<std::string_view> label = {};
    std::optional<std::string> label_name = {};
    std::optional<uint8_t> hint = {};
  };

  Result<Expr> expression(Frame::Kind kind);
  Result<> step();
  Result<> open();
  Result<> close();
  Result<> keyword();
  Result<> annotation();
  Result<> folded_instruction();
  Result<> flat_else();
  Result<> flat_catch(Op op);
  Result<> flat_end(bool is_delegate);
  Result<> if_arm();
  Result<> try_clause();
  Result<> end_label(const Frame& frame);
  /// No branch hint may wait here for an instruction.
  Result<> expect_no_hint() const;

  /// The instruction at the current keyword; the reader moves past the keyword.
  Result<Op> operation();
  /// Label and block type (and catch clauses) of a block instruction.
  Result<> block_head(Op op, Frame& frame);
  Result<> push(Frame frame);
  void enter_label(const Frame& frame);
  void emit(const Instruction& instruction, uint32_t token);
  void emit(Op op, uint32_t token);
  void emit_pending(const Frame& frame);
  Result<> take_hint(Op op, std::optional<uint8_t>& hint);
  void note_hint(std::optional<uint8_t> hint);

  Context& context_;
  TokenReader& in_;
  TypeParser& types_;
  FunctionScope scope_;
  ImmediateParser immediates_;
  std::vector<Frame> frames_;
  Bytes pending_;
  Instruction instruction_;
  uint32_t blocks_ = 0;  ///< block instructions so far in this function
  NameMap label_names_;
  std::vector<BranchHint> hints_;
  std::optional<uint8_t> hint_;  ///< annotated for the next instruction
  const Token* hint_token_ = nullptr;
};

}  // namespace cairn::wasm::text
