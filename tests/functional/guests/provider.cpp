// Implements the world `provider` of echo.wit in C++: gives back what it gets.

#include "provider.hpp"

namespace exports::test::echo::values {

double scalars(bool a, int8_t b, uint8_t c, int16_t d, uint16_t e, int32_t f, uint32_t g, int64_t h,
               uint64_t i, float j, double k, char32_t l) {
  return a + b + c + d + e + f + g + double(h) + double(i) + double(j) + k + l;
}

std::string text(std::string s) { return s; }
std::vector<Point> points(std::vector<Point> l) { return l; }
Shape shapes(Shape s) { return s; }

std::expected<std::optional<uint32_t>, std::string> maybe(std::optional<Shape> o) {
  if (!o) return std::unexpected("nothing");
  if (o->index() == Shape::none) return std::nullopt;
  return uint32_t(o->index());
}

Everything all(Everything e) { return e; }
std::tuple<Color, Rights> colors(Color c, Rights r) { return {c, r}; }

std::expected<void, std::monostate> void_result(bool ok) {
  if (ok) return {};
  return std::unexpected(std::monostate{});
}

void nothing() {}

}  // namespace exports::test::echo::values

namespace exports::test::echo::counters {
namespace {

class Counting : public Counter {
 public:
  explicit Counting(uint32_t start) : value_(start) {}
  uint32_t next() override { return value_++; }
  void add(const Counting& other) { value_ += other.value_; }

 private:
  uint32_t value_;
};

}  // namespace

Own<Counter> counter_create(uint32_t start) {
  return Own<Counter>(std::make_unique<Counting>(start));
}

Own<Counter> counter_join(Own<Counter> a, Counter& b) {
  static_cast<Counting&>(*a).add(static_cast<Counting&>(b));
  return a;
}

std::vector<Own<Counter>> make(std::vector<uint32_t> starts) {
  std::vector<Own<Counter>> counters;
  for (const uint32_t start : starts) counters.push_back(counter_create(start));
  return counters;
}

}  // namespace exports::test::echo::counters
