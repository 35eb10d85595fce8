/// Element and data segments (spec: Text Format > Modules > Element Segments, Data Segments).

#include <cairn/wasm/instruction.hpp>

#include "text/module_parser.hpp"

namespace cairn::wasm::text {

/// `(offset …)`, or one folded instruction.
Result<Expr> ModuleParser::segment_offset() {
  if (!in_.take_open("offset")) return instructions_.single();
  Expr offset = TRY(instructions_.sequence());
  TRY(in_.expect_close());
  return offset;
}

Expr ModuleParser::zero_offset(AddrType address) {
  const uint64_t begin = context_.code.size();
  context_.map_source(in_.token());
  Instruction instruction;
  instruction.op = address == AddrType::i64 ? Op::i64_const : Op::i32_const;
  encode(instruction, context_.code);
  instruction.op = Op::end;
  encode(instruction, context_.code);
  return context_.finish_expression(begin);
}

// ---- Elements --------------------------------------------------------------------------------

Result<> ModuleParser::elem_field() {
  Elem elem;
  TRY(context_.bind_name(context_.names.elems,
                         static_cast<uint32_t>(context_.module.elems.size())));
  bool may_omit_kind = false;
  if (in_.take_keyword("declare")) {
    elem.mode = SegmentMode::declarative;
  } else if (in_.kind() == TokenKind::number ||
             (in_.kind() == TokenKind::lparen && !types_.at_value_type())) {
    elem.mode = SegmentMode::active;
    may_omit_kind = true;
    // WebAssembly 1.0 wrote the table, which had to be 0, as a bare number.
    if (in_.kind() == TokenKind::number) elem.table = TRY(context_.index(Space::table));
    if (in_.take_open("table")) {
      elem.table = TRY(context_.index(Space::table));
      elem.explicit_table = true;
      may_omit_kind = false;
      TRY(in_.expect_close());
    }
    if (in_.kind() != TokenKind::lparen) return in_.unexpected("the offset of the segment");
    elem.offset = TRY(segment_offset());
  }
  TRY(elem_list(elem, may_omit_kind));
  return add_elem(std::move(elem));
}

Result<> ModuleParser::elem_list(Elem& elem, bool may_omit_kind) {
  if (in_.take_keyword("func") || (may_omit_kind && !types_.at_value_type())) {
    return elem_functions(elem);
  }
  elem.type = TRY(types_.reference_type());
  return elem_expressions(elem);
}

Result<> ModuleParser::elem_functions(Elem& elem) {
  elem.type = ValType::ref(AbsHeapType::func, false);
  while (in_.kind() != TokenKind::rparen) {
    elem.functions.push_back(TRY(context_.index(Space::func)));
  }
  return {};
}

Result<> ModuleParser::elem_expressions(Elem& elem) {
  elem.uses_exprs = true;
  while (in_.kind() == TokenKind::lparen) {
    if (in_.take_open("item")) {
      elem.exprs.push_back(TRY(instructions_.sequence()));
      TRY(in_.expect_close());
    } else {
      elem.exprs.push_back(TRY(instructions_.single()));
    }
  }
  return {};
}

Result<> ModuleParser::add_elem(Elem elem) {
  const uint64_t size = elem.uses_exprs ? elem.exprs.size() : elem.functions.size();
  TRY(context_.check_limit(size, context_.limits.element_segment_entries, "elements"));
  // The encoding without a table implies table 0 and, with expressions, the type funcref.
  if (elem.mode == SegmentMode::active &&
      (elem.table != 0 || (elem.uses_exprs && elem.type != funcref))) {
    elem.explicit_table = true;
  }
  std::vector<Elem>& elems = context_.module.elems;
  elems.push_back(std::move(elem));
  return context_.check_limit(elems.size(), context_.limits.element_segments, "element segments");
}

// ---- Data ------------------------------------------------------------------------------------

Result<> ModuleParser::data_field() {
  Data data;
  TRY(context_.bind_name(context_.names.datas,
                         static_cast<uint32_t>(context_.module.datas.size())));
  if (in_.kind() == TokenKind::number || in_.kind() == TokenKind::lparen) {
    data.mode = SegmentMode::active;
    // As with elements, WebAssembly 1.0 wrote a bare number.
    if (in_.kind() == TokenKind::number) data.memory = TRY(context_.index(Space::memory));
    if (in_.take_open("memory")) {
      data.memory = TRY(context_.index(Space::memory));
      data.explicit_memory = true;
      TRY(in_.expect_close());
    }
    if (in_.kind() != TokenKind::lparen) return in_.unexpected("the offset of the segment");
    data.offset = TRY(segment_offset());
  }
  return data_strings(data);
}

/// The strings of a data segment, up to a ")" that is left.
Result<> ModuleParser::data_strings(Data data) {
  std::string bytes;
  in_.take_strings(bytes);
  if (in_.kind() != TokenKind::rparen) return in_.unexpected("a string or ')'");
  if (data.memory != 0) data.explicit_memory = true;
  const uint64_t begin = context_.code.size();
  append(context_.code, as_bytes(bytes));
  data_.push_back({begin, context_.code.size()});
  std::vector<Data>& datas = context_.module.datas;
  datas.push_back(data);
  return context_.check_limit(datas.size(), context_.limits.data_segments, "data segments");
}

}  // namespace cairn::wasm::text
