#include "text/print/body_printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "text/print/folded_printer.hpp"

namespace cairn::wasm::text {

void BodyPrinter::indent(uint64_t depth) {
  // Deeper than this nobody reads it, and the text would grow with the square of the depth.
  constexpr uint64_t deepest = 40;
  context_.out.append(2 * std::min(depth, deepest), ' ');
}

const uint8_t* BodyPrinter::hint_at(const Instruction& in) const {
  if (!hints_) return nullptr;
  const auto at = hints_->find(in.offset);
  return at == hints_->end() ? nullptr : &at->second;
}

void BodyPrinter::hint_line(uint8_t hint, uint64_t depth) {
  indent(depth);
  context_.out +=
      hint ? "(@metadata.code.branch_hint \"\\01\")\n" : "(@metadata.code.branch_hint \"\\00\")\n";
}

void BodyPrinter::begin_labels(uint32_t function) {
  scope_.labels.clear();
  label_ids_.clear();
  printed_labels_.clear();
  blocks_ = 0;
  label_names_ = context_.names.labels_of(function);
}

std::string BodyPrinter::open_label() {
  const uint32_t block = blocks_++;
  const std::string* name = label_names_ ? find_name(*label_names_, block) : nullptr;
  if (!name) {
    scope_.labels.push(std::nullopt);
    return fmt::format(" (;@{};)", scope_.labels.depth());
  }
  printed_labels_.push_back({block, *name});
  const PrintedName printed = label_name_of(*name);
  if (printed.id.empty()) {
    scope_.labels.push(std::nullopt);
    return " " + printed.annotation;
  }
  scope_.labels.push(label_ids_.emplace_back(printed.id));
  return " " + printed.id;
}

void BodyPrinter::local_declarations(const Code& code, uint32_t param_count) {
  if (std::ranges::all_of(code.locals, [](const LocalGroup& group) { return group.count == 0; })) {
    return;
  }
  std::string& out = context_.out;
  out += "   ";
  if (!scope_.locals.has_any()) {
    out += " (local";
    for (const LocalGroup& group : code.locals) {
      for (uint32_t i = 0; i < group.count; ++i) {
        out += ' ';
        context_.type(group.type);
      }
      context_.settle();
    }
    out += ")\n";
    return;
  }
  uint32_t index = param_count;
  for (const LocalGroup& group : code.locals) {
    for (uint32_t i = 0; i < group.count; ++i) {
      const PrintedName& name = scope_.locals.at(index++);
      out += " (local ";
      if (!name.id.empty()) out += name.id + " ";
      if (!name.annotation.empty()) out += name.annotation + " ";
      context_.type(group.type);
      out += ')';
      context_.settle();
    }
  }
  out += '\n';
}

Result<> BodyPrinter::function(uint32_t defined_index) {
  const Module& module = context_.module;
  const uint32_t index = module.imported_functions + defined_index;
  const uint32_t type = module.functions[defined_index];
  const FuncType* signature = context_.function_type_at(type);
  const Code& code = module.code[defined_index];
  const auto param_count = static_cast<uint32_t>(signature ? signature->params.size() : 0);
  uint64_t local_count = param_count;
  for (const LocalGroup& group : code.locals) local_count += group.count;

  scope_.locals = context_.names.locals_of(
      index, static_cast<uint32_t>(std::min<uint64_t>(local_count, UINT32_MAX)));
  std::string& out = context_.out;
  out += "  (func";
  context_.definition(Space::func, index);
  out += " (type ";
  context_.use(Space::type, type);
  out += ')';
  if (signature) context_.function_type(*signature, &scope_.locals);
  if (context_.options.skeleton) {
    out += " ...)\n";
    return {};
  }
  out += '\n';
  local_declarations(code, param_count);
  begin_labels(index);
  if (context_.options.fold) {
    const auto results = static_cast<uint32_t>(signature ? signature->results.size() : 0);
    TRY(FoldedPrinter(*this).body(code.body, results));
  } else {
    TRY(flat_body(code.body));
  }
  context_.names.note_labels(index, std::move(printed_labels_));
  out += "  )\n";
  return {};
}

Result<> BodyPrinter::flat_body(const Expr& body) {
  constexpr uint64_t base = 2;
  Nesting nesting;
  InstrDecoder decoder(body, Features::all());
  for (;;) {
    TRY(decoder.next(instruction_));
    const uint64_t depth = nesting.depth();
    const NestingStep step = TRY(nesting.step(instruction_));
    if (step == NestingStep::finish) break;
    const bool outdented = step == NestingStep::middle || step == NestingStep::close;
    const uint64_t line_depth = base + depth - (outdented ? 1 : 0);
    if (const uint8_t* hint = hint_at(instruction_)) hint_line(*hint, line_depth);
    indent(line_depth);
    if (step == NestingStep::close) scope_.labels.pop();
    if (step == NestingStep::open) {
      // The catch clauses of a try_table are outside of its label, so they are written before it is
      // open; but the label's own text comes first.
      const std::string label = open_label();
      const std::optional<std::string_view> id = scope_.labels.innermost();
      scope_.labels.pop();
      writer_.write(instruction_, label);
      scope_.labels.push(id);
    } else {
      writer_.write(instruction_);
    }
    context_.out += '\n';
    context_.settle();
  }
  if (!decoder.at_end()) {
    return fail_at(ErrorKind::malformed, decoder.offset(), "bytes after the end of a body");
  }
  return {};
}

Result<> BodyPrinter::constant(const Expr& expr) {
  scope_.labels.clear();
  label_names_ = nullptr;
  Nesting nesting;
  InstrDecoder decoder(expr, Features::all());
  for (bool first = true;; first = false) {
    TRY(decoder.next(instruction_));
    const NestingStep step = TRY(nesting.step(instruction_));
    if (step == NestingStep::finish) return {};
    if (!first) context_.out += ' ';
    writer_.write(instruction_);
  }
}

Result<> BodyPrinter::folded_constant(const Expr& expr, std::string_view word) {
  InstrDecoder decoder(expr, Features::all());
  TRY(decoder.next(instruction_));
  const Imm imm = info(instruction_.op).imm;
  const bool plain = instruction_.op != Op::end && imm != Imm::block && imm != Imm::try_table;
  bool single = false;
  if (plain) {
    Instruction next;
    TRY(decoder.next(next));
    single = next.op == Op::end && decoder.at_end();
  }
  context_.out += '(';
  if (!single) {
    context_.out += word;
    context_.out += ' ';
  }
  TRY(constant(expr));
  context_.out += ')';
  return {};
}

}  // namespace cairn::wasm::text
