#include "text/print/folded_printer.hpp"

namespace cairn::wasm::text {

Result<> FoldedPrinter::body(const Expr& expr, uint32_t results) {
  // Instructions are written to the module's text; here they go to a text of their own first.
  std::swap(context_.out, texts_);
  Result<> built = build(expr, results);
  std::swap(context_.out, texts_);
  TRY(std::move(built));
  print();
  return {};
}

Result<> FoldedPrinter::build(const Expr& expr, uint32_t results) {
  labels_.push_back(results);
  Nesting nesting;
  InstrDecoder decoder(expr, Features::all());
  for (;;) {
    TRY(decoder.next(body_.instruction_));
    const NestingStep step = TRY(nesting.step(body_.instruction_));
    if (step == NestingStep::finish) break;
    add(step);
  }
  if (!decoder.at_end()) {
    return fail_at(ErrorKind::malformed, decoder.offset(), "bytes after the end of a body");
  }
  return {};
}

void FoldedPrinter::add(NestingStep step) {
  switch (step) {
    case NestingStep::open: return open();
    case NestingStep::middle: return middle();
    case NestingStep::close: return close();
    default: return plain();
  }
}

uint32_t FoldedPrinter::new_node(std::string_view label) {
  Node node;
  node.text = context_.out.size();
  body_.writer_.write(body_.instruction_, label);
  node.text_end = context_.out.size();
  node.hint = body_.hint_at(body_.instruction_);
  nodes_.push_back(node);
  return static_cast<uint32_t>(nodes_.size() - 1);
}

uint32_t FoldedPrinter::new_arm(std::string_view word) {
  Node node;
  node.text = context_.out.size();
  context_.out += word;
  node.text_end = context_.out.size();
  nodes_.push_back(node);
  return static_cast<uint32_t>(nodes_.size() - 1);
}

void FoldedPrinter::append_child(uint32_t parent, uint32_t child) {
  Node& node = nodes_[parent];
  if (node.first_child == none) {
    node.first_child = child;
  } else {
    nodes_[node.last_child].next = child;
  }
  node.last_child = child;
}

void FoldedPrinter::take_operands(uint32_t node, uint32_t count) {
  const size_t bottom = blocks_.empty() ? 0 : blocks_.back().first_item;
  size_t first = items_.size();
  while (first > bottom && count > 0 && nodes_[items_[first - 1]].results == 1) {
    --first;
    --count;
  }
  for (size_t i = first; i < items_.size(); ++i) append_child(node, items_[i]);
  items_.resize(first);
}

void FoldedPrinter::plain() {
  const Arity arity = body_.arities_.of(body_.instruction_, labels_);
  const uint32_t node = new_node();
  nodes_[node].results = arity.results;
  nodes_[node].is_plain = true;
  take_operands(node, arity.operands);
  items_.push_back(node);
}

void FoldedPrinter::open() {
  const Instruction& in = body_.instruction_;
  const Arity arity = body_.arities_.of(in.block);
  // As in the flat form, catch clauses are outside of the label.
  const std::string label = body_.open_label();
  const std::optional<std::string_view> id = body_.scope_.labels.innermost();
  body_.scope_.labels.pop();
  Block block{.node = new_node(label), .results = arity.results};
  body_.scope_.labels.push(id);
  labels_.push_back(in.op == Op::loop ? arity.operands : arity.results);
  if (in.op == Op::if_) {
    take_operands(block.node, 1);
    block.arm = new_arm("then");
  } else if (in.op == Op::try_) {
    block.arm = new_arm("do");
  }
  block.first_item = items_.size();
  blocks_.push_back(block);
}

void FoldedPrinter::close_arm(Block& block) {
  const uint32_t parent = block.arm == none ? block.node : block.arm;
  for (size_t i = block.first_item; i < items_.size(); ++i) append_child(parent, items_[i]);
  items_.resize(block.first_item);
  if (block.arm != none) append_child(block.node, block.arm);
}

void FoldedPrinter::middle() {
  Block& block = blocks_.back();
  close_arm(block);
  block.arm = new_node();
}

void FoldedPrinter::close() {
  Block block = blocks_.back();
  close_arm(block);
  blocks_.pop_back();
  labels_.pop_back();
  body_.scope_.labels.pop();
  if (body_.instruction_.op == Op::delegate) append_child(block.node, new_node());
  nodes_[block.node].results = block.results;
  items_.push_back(block.node);
}

void FoldedPrinter::print_text(const Node& node) {
  context_.out += '(';
  context_.out.append(texts_, node.text, node.text_end - node.text);
}

bool FoldedPrinter::fits_line(const Node& node) const {
  constexpr size_t longest = 80;
  size_t size = node.text_end - node.text;
  for (uint32_t child = node.first_child; child != none; child = nodes_[child].next) {
    const Node& operand = nodes_[child];
    size += operand.text_end - operand.text + 3;
    if (operand.first_child != none || operand.hint || size > longest) return false;
  }
  return node.is_plain;
}

bool FoldedPrinter::print_opening(const Node& node, uint64_t depth) {
  if (node.hint) body_.hint_line(*node.hint, depth);
  body_.indent(depth);
  print_text(node);
  const bool on_line = node.first_child == none || fits_line(node);
  if (on_line) {
    for (uint32_t child = node.first_child; child != none; child = nodes_[child].next) {
      context_.out += ' ';
      print_text(nodes_[child]);
      context_.out += ')';
    }
    context_.out += ')';
  }
  context_.out += '\n';
  return !on_line;
}

void FoldedPrinter::print() {
  constexpr uint64_t base = 2;
  std::vector<uint32_t> next;  // of each open node, the child that comes next
  for (const uint32_t item : items_) {
    if (print_opening(nodes_[item], base)) next.push_back(nodes_[item].first_child);
    while (!next.empty()) {
      const uint32_t child = next.back();
      if (child == none) {
        next.pop_back();
        body_.indent(base + next.size());
        context_.out += ")\n";
        continue;
      }
      next.back() = nodes_[child].next;
      if (print_opening(nodes_[child], base + next.size())) {
        next.push_back(nodes_[child].first_child);
      }
    }
  }
}

}  // namespace cairn::wasm::text
