// A collection of objects of six classes behind one interface: a virtual call for every element.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernel.h"

namespace {

class Node {
 public:
  virtual ~Node() = default;
  virtual std::int64_t apply(std::int64_t x) = 0;
};

class Add final : public Node {
 public:
  explicit Add(std::int64_t by) : by_(by) {}
  std::int64_t apply(std::int64_t x) override { return x + by_; }

 private:
  std::int64_t by_;
};

class Multiply final : public Node {
 public:
  explicit Multiply(std::int64_t by) : by_(by | 1) {}
  std::int64_t apply(std::int64_t x) override { return x * by_; }

 private:
  std::int64_t by_;
};

class Exclusive final : public Node {
 public:
  explicit Exclusive(std::int64_t with) : with_(with) {}
  std::int64_t apply(std::int64_t x) override { return x ^ with_; }

 private:
  std::int64_t with_;
};

class Shift final : public Node {
 public:
  explicit Shift(int by) : by_(by % 31 + 1) {}
  std::int64_t apply(std::int64_t x) override {
    return x + static_cast<std::int64_t>(static_cast<std::uint64_t>(x) >> by_);
  }

 private:
  int by_;
};

class Counter final : public Node {
 public:
  std::int64_t apply(std::int64_t x) override { return x + ++calls_; }

 private:
  std::int64_t calls_ = 0;
};

class Choice final : public Node {
 public:
  Choice(std::unique_ptr<Node> even, std::unique_ptr<Node> odd)
      : even_(std::move(even)), odd_(std::move(odd)) {}
  std::int64_t apply(std::int64_t x) override { return (x & 1) ? odd_->apply(x) : even_->apply(x); }

 private:
  std::unique_ptr<Node> even_;
  std::unique_ptr<Node> odd_;
};

std::unique_ptr<Node> make_node(std::uint32_t* random) {
  std::uint32_t draw = next_random(random);
  switch (draw % 6) {
    case 0: return std::make_unique<Add>(draw >> 8);
    case 1: return std::make_unique<Multiply>(draw >> 8);
    case 2: return std::make_unique<Exclusive>(draw >> 4);
    case 3: return std::make_unique<Shift>(static_cast<int>(draw >> 16));
    case 4: return std::make_unique<Counter>();
    default:
      return std::make_unique<Choice>(std::make_unique<Add>(draw >> 9),
                                      std::make_unique<Exclusive>(draw >> 3));
  }
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 26000);
  std::uint32_t random = 2463534242U;
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 256; ++i) nodes.push_back(make_node(&random));
  std::int64_t value = 1;
  for (long r = 0; r < rounds; ++r) {
    for (auto& node : nodes) value = node->apply(value);
  }
  return kernel_done("virtual_dispatch", static_cast<std::uint64_t>(value));
}
