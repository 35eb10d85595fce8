#include "text/instruction_parser.hpp"

#include <fmt/format.h>

namespace cairn::wasm::text {

namespace {

bool is_block(Op op) {
  const Imm imm = info(op).imm;
  return imm == Imm::block || imm == Imm::try_table;
}

/// A word that belongs to the text format, only not here.
bool is_clause(std::string_view word) {
  return word == "type" || word == "param" || word == "result" || word == "local" ||
         word == "then" || word == "import" || word == "export" || word == "item" ||
         word == "offset" || word == "do";
}

constexpr std::string_view hint_id = "metadata.code.branch_hint";

// Frame::progress of a folded legacy try: which clauses may still come.
enum : uint8_t { try_start, try_body, try_catches, try_catch_all, try_delegated };

}  // namespace

void InstructionParser::begin_function() {
  scope_.locals.clear();
  scope_.labels.clear();
  label_names_.clear();
  hints_.clear();
  blocks_ = 0;
}

Result<Expr> InstructionParser::expression(Frame::Kind kind) {
  const uint64_t begin = context_.code.size();
  frames_.clear();
  pending_.clear();
  hint_.reset();
  TRY(push({.kind = kind, .token = in_.position()}));
  while (!frames_.empty()) TRY(step());
  return context_.finish_expression(begin);
}

Result<> InstructionParser::push(Frame frame) {
  TRY(context_.check_limit(frames_.size(), context_.limits.text_nesting, "nested instructions"));
  frames_.push_back(std::move(frame));
  return {};
}

Result<> InstructionParser::step() {
  Frame& top = frames_.back();
  if (top.kind == Frame::Kind::single && top.progress++ > 0) {
    emit(Op::end, in_.position());
    frames_.pop_back();
    return {};
  }
  switch (in_.kind()) {
    case TokenKind::lparen: return open();
    case TokenKind::rparen: return close();
    case TokenKind::keyword: return keyword();
    case TokenKind::annotation: return annotation();
    default: return in_.unexpected("an instruction");
  }
}

// ---- Writing ---------------------------------------------------------------------------------

void InstructionParser::emit(const Instruction& instruction, uint32_t token) {
  context_.map_source(in_.tokens().list[token]);
  encode(instruction, context_.code);
}

void InstructionParser::emit(Op op, uint32_t token) {
  instruction_.op = op;
  emit(instruction_, token);
}

void InstructionParser::emit_pending(const Frame& frame) {
  note_hint(frame.hint);
  context_.map_source(in_.tokens().list[frame.token]);
  context_.code.insert(context_.code.end(), pending_.begin() + frame.pending, pending_.end());
  pending_.resize(frame.pending);
}

void InstructionParser::note_hint(std::optional<uint8_t> hint) {
  if (hint) hints_.push_back({context_.code.size(), *hint});
}

void InstructionParser::enter_label(const Frame& frame) {
  scope_.labels.push(frame.label);
  if (frame.label_name) label_names_.push_back({blocks_, *frame.label_name});
  ++blocks_;
}

// ---- Annotations -----------------------------------------------------------------------------

Result<> InstructionParser::annotation() {
  const Token& token = in_.token();
  if (!in_.at_annotation(hint_id)) return in_.unexpected("an instruction");
  if (hint_) return in_.error(token, fmt::format("@{} annotation: duplicate annotation", hint_id));
  in_.advance();
  std::string value;
  in_.take_strings(value);
  if (value.size() != 1 || static_cast<uint8_t>(value[0]) > 1) {
    return in_.error(token, fmt::format("@{} annotation: invalid hint value", hint_id));
  }
  TRY(in_.expect_close());
  hint_ = static_cast<uint8_t>(value[0]);
  hint_token_ = &token;
  return {};
}

Result<> InstructionParser::expect_no_hint() const {
  if (!hint_) return {};
  return in_.error(*hint_token_, fmt::format("misplaced @{} annotation", hint_id));
}

Result<> InstructionParser::take_hint(Op op, std::optional<uint8_t>& hint) {
  if (!hint_) return {};
  if (op != Op::if_ && op != Op::br_if) {
    return in_.error(ErrorKind::invalid, *hint_token_,
                     fmt::format("@{} annotation: invalid target", hint_id));
  }
  hint = std::exchange(hint_, std::nullopt);
  return {};
}

// ---- Flat instructions -----------------------------------------------------------------------

Result<Op> InstructionParser::operation() {
  const Token& token = in_.token();
  if (token.kind != TokenKind::keyword) return in_.unexpected("an instruction");
  const std::optional<Op> op = op_from_text(in_.text());
  if (!op) {
    if (is_clause(in_.text())) return in_.unexpected("an instruction");
    return in_.error(token, fmt::format("unknown operator '{}'", in_.text()));
  }
  const Feature feature = info(*op).feature;
  if (!context_.features.has(feature)) {
    return in_.error(ErrorKind::unsupported, token,
                     fmt::format("unknown operator '{}': the feature {} is off", in_.text(),
                                 wasm::to_string(feature)));
  }
  in_.advance();
  return *op;
}

Result<> InstructionParser::block_head(Op op, Frame& frame) {
  instruction_.op = op;
  TRY(take_hint(op, frame.hint));
  if (in_.kind() == TokenKind::id || in_.kind() == TokenKind::annotation) {
    if (in_.kind() == TokenKind::id) frame.label = in_.id_of(in_.token());
    if (in_.kind() == TokenKind::id || in_.at_annotation("name")) {
      frame.label_name = TRY(context_.binding_name());
    }
  }
  instruction_.block = TRY(types_.block_type());
  if (op == Op::try_table) TRY(immediates_.catch_clauses(instruction_.catches));
  return {};
}

Result<> InstructionParser::keyword() {
  using Kind = Frame::Kind;
  const Kind kind = frames_.back().kind;
  if (kind == Kind::folded_plain || kind == Kind::folded_if || kind == Kind::folded_try ||
      kind == Kind::single) {
    return in_.unexpected("a folded instruction");
  }
  const uint32_t token = in_.position();
  const Op op = TRY(operation());
  switch (op) {
    case Op::end: return flat_end(false);
    case Op::delegate: return flat_end(true);
    case Op::else_: return flat_else();
    case Op::catch_:
    case Op::catch_all: return flat_catch(op);
    default: break;
  }
  if (is_block(op)) {
    Frame frame{.kind = op == Op::if_    ? Kind::flat_if
                        : op == Op::try_ ? Kind::flat_try
                                         : Kind::flat_block,
                .token = token};
    TRY(block_head(op, frame));
    note_hint(frame.hint);
    emit(instruction_, token);
    enter_label(frame);
    return push(std::move(frame));
  }
  instruction_.op = op;
  std::optional<uint8_t> hint;
  TRY(take_hint(op, hint));
  TRY(immediates_.read(instruction_));
  note_hint(hint);
  emit(instruction_, token);
  return {};
}

/// The label after `end` or `else` must be the block's own.
Result<> InstructionParser::end_label(const Frame& frame) {
  TRY(expect_no_hint());
  if (in_.kind() != TokenKind::id) return {};
  const Token& token = in_.token();
  if (in_.take_id() != frame.label) {
    return in_.error(token, fmt::format("mismatching label {}", in_.tokens().text(token)));
  }
  return {};
}

Result<> InstructionParser::flat_end(bool is_delegate) {
  using Kind = Frame::Kind;
  const uint32_t token = in_.position() - 1;
  const Frame& top = frames_.back();
  const bool is_try = top.kind == Kind::flat_try || top.kind == Kind::flat_catch_all;
  const bool matches = is_delegate ? top.kind == Kind::flat_try && top.progress == 0
                                   : is_try || top.kind == Kind::flat_block ||
                                         top.kind == Kind::flat_if || top.kind == Kind::flat_else;
  if (!matches) {
    return in_.error(in_.tokens().list[token],
                     fmt::format("unexpected token '{}': it ends no block that is open here",
                                 in_.tokens().text(in_.tokens().list[token])));
  }
  if (is_delegate) {
    TRY(expect_no_hint());
  } else {
    TRY(end_label(top));
  }
  scope_.labels.pop();
  if (is_delegate) {
    // The label of a delegate is counted from outside of its try.
    instruction_.index = TRY(immediates_.label());
    emit(Op::delegate, token);
  } else {
    emit(Op::end, token);
  }
  frames_.pop_back();
  return {};
}

Result<> InstructionParser::flat_else() {
  const uint32_t token = in_.position() - 1;
  Frame& top = frames_.back();
  if (top.kind != Frame::Kind::flat_if) {
    return in_.error(in_.tokens().list[token], "unexpected token 'else': there is no if before it");
  }
  TRY(end_label(top));
  top.kind = Frame::Kind::flat_else;
  emit(Op::else_, token);
  return {};
}

Result<> InstructionParser::flat_catch(Op op) {
  const uint32_t token = in_.position() - 1;
  Frame& top = frames_.back();
  if (top.kind != Frame::Kind::flat_try) {
    return in_.error(in_.tokens().list[token], "unexpected catch: there is no try before it");
  }
  if (op == Op::catch_) {
    instruction_.index = TRY(context_.index(Space::tag));
    top.progress = 1;  // a delegate is no longer possible
  } else {
    top.kind = Frame::Kind::flat_catch_all;
  }
  emit(op, token);
  return {};
}

// ---- Folded instructions ---------------------------------------------------------------------

Result<> InstructionParser::open() {
  using Kind = Frame::Kind;
  const Kind kind = frames_.back().kind;
  if (kind == Kind::folded_if && (in_.at_open("then") || in_.at_open("else"))) return if_arm();
  if (kind == Kind::folded_try) return try_clause();
  if (kind == Kind::folded_if && frames_.back().progress > 0) {
    in_.advance();
    return in_.unexpected("'else'");
  }
  return folded_instruction();
}

Result<> InstructionParser::folded_instruction() {
  using Kind = Frame::Kind;
  in_.advance();
  const uint32_t token = in_.position();
  const Op op = TRY(operation());
  Frame frame{.token = token, .pending = static_cast<uint32_t>(pending_.size())};
  switch (op) {
    case Op::end:
    case Op::else_:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate:
      return in_.error(
          in_.tokens().list[token],
          fmt::format("unexpected token '{}', expected an instruction", info(op).text));
    default: break;
  }
  if (!is_block(op)) {
    instruction_.op = op;
    TRY(take_hint(op, frame.hint));
    TRY(immediates_.read(instruction_));
    if (in_.kind() == TokenKind::rparen) {
      in_.advance();
      note_hint(frame.hint);
      emit(instruction_, token);
      return {};
    }
    frame.kind = Kind::folded_plain;
    encode(instruction_, pending_);
    return push(std::move(frame));
  }
  TRY(block_head(op, frame));
  if (op == Op::if_) {
    frame.kind = Kind::folded_if;
    encode(instruction_, pending_);
    return push(std::move(frame));
  }
  emit(instruction_, token);
  enter_label(frame);
  frame.kind = op == Op::try_ ? Kind::folded_try : Kind::folded_block;
  return push(std::move(frame));
}

Result<> InstructionParser::if_arm() {
  TRY(expect_no_hint());
  Frame& top = frames_.back();
  const bool is_then = in_.at_open("then");
  if (top.progress != (is_then ? 0 : 1)) {
    in_.advance();
    return in_.unexpected(top.progress == 0 ? "'then'" : "')'");
  }
  in_.advance();
  if (is_then) {
    emit_pending(top);
    enter_label(top);
  } else {
    emit(Op::else_, in_.position());
  }
  ++top.progress;
  in_.advance();
  return push({.kind = Frame::Kind::folded_arm, .token = in_.position() - 1});
}

Result<> InstructionParser::try_clause() {
  TRY(expect_no_hint());
  Frame& top = frames_.back();
  in_.advance();
  const uint32_t token = in_.position();
  if (top.progress == try_start && in_.take_keyword("do")) {
    top.progress = try_body;
  } else if ((top.progress == try_body || top.progress == try_catches) &&
             in_.take_keyword("catch")) {
    top.progress = try_catches;
    instruction_.index = TRY(context_.index(Space::tag));
    emit(Op::catch_, token);
  } else if ((top.progress == try_body || top.progress == try_catches) &&
             in_.take_keyword("catch_all")) {
    top.progress = try_catch_all;
    emit(Op::catch_all, token);
  } else if (top.progress == try_body && in_.take_keyword("delegate")) {
    top.progress = try_delegated;
    scope_.labels.pop();
    instruction_.index = TRY(immediates_.label());
    emit(Op::delegate, token);
    return in_.expect_close();
  } else {
    return in_.unexpected("a clause of try");
  }
  return push({.kind = Frame::Kind::folded_arm, .token = token});
}

Result<> InstructionParser::close() {
  using Kind = Frame::Kind;
  TRY(expect_no_hint());
  Frame& top = frames_.back();
  switch (top.kind) {
    case Kind::sequence: emit(Op::end, in_.position()); break;
    case Kind::folded_plain:
      emit_pending(top);
      in_.advance();
      break;
    case Kind::folded_arm: in_.advance(); break;
    case Kind::folded_try:
    case Kind::folded_if:
    case Kind::folded_block:
      if (top.kind == Kind::folded_if && top.progress == 0) return in_.unexpected("'(then'");
      if (top.kind == Kind::folded_try && top.progress == try_start) {
        return in_.unexpected("'(do'");
      }
      if (top.kind != Kind::folded_try || top.progress != try_delegated) {
        emit(Op::end, in_.position());
        scope_.labels.pop();
      }
      in_.advance();
      break;
    case Kind::single: return in_.unexpected("an instruction");
    case Kind::flat_block:
    case Kind::flat_if:
    case Kind::flat_else:
    case Kind::flat_try:
    case Kind::flat_catch_all: return in_.unexpected("'end'");
  }
  frames_.pop_back();
  return {};
}

}  // namespace cairn::wasm::text
