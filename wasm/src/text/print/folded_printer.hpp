#pragma once
/// Prints function bodies folded: operands inside of the parentheses of their instruction.
///
/// A body becomes a tree of nodes; instructions that directly precede another one and give it one
/// operand each become its children. Since `(op a b)` means `a b op`, every such grouping is right;
/// the operand counts only decide how far it goes. The tree is walked with explicit stacks.

#include "text/print/arity.hpp"
#include "text/print/body_printer.hpp"

namespace cairn::wasm::text {

class FoldedPrinter {
 public:
  explicit FoldedPrinter(BodyPrinter& body) : body_(body), context_(body.context_) {}
  /// Appends the body of a function with that many results.
  Result<> body(const Expr& expr, uint32_t results);

 private:
  static constexpr uint32_t none = ~0u;
  struct Node {
    size_t text = 0, text_end = 0;  ///< in `texts_`
    uint32_t first_child = none, last_child = none, next = none;
    uint32_t results = 0;
    bool is_plain = false;  ///< no block and no arm of one
    const uint8_t* hint = nullptr;
  };
  struct Block {
    uint32_t node = none;
    uint32_t arm = none;    ///< the node of the open arm; none where the block has no arms
    size_t first_item = 0;  ///< where its instructions begin in `items_`
    uint32_t results = 0;
  };

  Result<> build(const Expr& expr, uint32_t results);
  void add(NestingStep step);
  void open();
  void middle();
  void close();
  void plain();
  uint32_t new_node(std::string_view label = {});
  uint32_t new_arm(std::string_view word);
  void append_child(uint32_t parent, uint32_t child);
  /// Makes the last items children of a node: up to `count`, while each gives one result.
  void take_operands(uint32_t node, uint32_t count);
  /// Makes all items of the innermost block children of its open arm, or of the block itself.
  void close_arm(Block& block);
  void print();
  /// Writes the beginning of a node, or all of it where it fits on one line. True when its children
  /// and its ")" are still to come.
  bool print_opening(const Node& node, uint64_t depth);
  /// Whether an instruction and its operands, all leaves, make a short line.
  bool fits_line(const Node& node) const;
  void print_text(const Node& node);

  BodyPrinter& body_;
  PrintContext& context_;
  std::string texts_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> items_;  ///< finished nodes of the open blocks, in order
  std::vector<Block> blocks_;
  std::vector<uint32_t> labels_;  ///< arities of branches
};

}  // namespace cairn::wasm::text
