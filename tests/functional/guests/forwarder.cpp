// Implements the world `forwarder` of echo.wit in C++: hands everything on to what it imports.

#include "forwarder.hpp"

namespace exports::test::echo::values {

namespace imported = ::test::echo::values;

namespace {

imported::Point handed_on(const Point& point) { return {point.x, point.y}; }
Point handed_back(const imported::Point& point) { return {point.x, point.y}; }

template <class To, class From>
std::vector<To> each(const std::vector<From>& list) {
  std::vector<To> out;
  for (const From& point : list) out.push_back({point.x, point.y});
  return out;
}

/// A shape of the one interface as the same of the other.
template <class To, class Points, class OnePoint, class From>
To changed(From from, OnePoint one_point) {
  switch (from.index()) {
    case From::dot: return To(std::in_place_index<0>, one_point(std::get<0>(from)));
    case From::label: return To(std::in_place_index<1>, std::get<1>(std::move(from)));
    case From::many: return To(std::in_place_index<2>, each<Points>(std::get<2>(from)));
    case From::ratio: return To(std::in_place_index<3>, std::get<3>(from));
    case From::big: return To(std::in_place_index<4>, std::get<4>(from));
    default: return To(std::in_place_index<5>);
  }
}

imported::Shape handed_on(Shape shape) {
  return changed<imported::Shape, imported::Point>(
      std::move(shape), [](const Point& point) { return handed_on(point); });
}
Shape handed_back(imported::Shape shape) {
  return changed<Shape, Point>(std::move(shape),
                               [](const imported::Point& point) { return handed_back(point); });
}

}  // namespace

double scalars(bool a, int8_t b, uint8_t c, int16_t d, uint16_t e, int32_t f, uint32_t g, int64_t h,
               uint64_t i, float j, double k, char32_t l) {
  return imported::scalars(a, b, c, d, e, f, g, h, i, j, k, l);
}

std::string text(std::string s) { return imported::text(s); }
std::vector<Point> points(std::vector<Point> l) {
  return each<Point>(imported::points(each<imported::Point>(l)));
}
Shape shapes(Shape s) { return handed_back(imported::shapes(handed_on(std::move(s)))); }

std::expected<std::optional<uint32_t>, std::string> maybe(std::optional<Shape> o) {
  if (!o) return imported::maybe(std::nullopt);
  return imported::maybe(handed_on(*std::move(o)));
}

Everything all(Everything e) {
  imported::Everything on{.a = e.a,
                          .b = e.b,
                          .c = e.c,
                          .d = e.d,
                          .e = e.e,
                          .f = e.f,
                          .g = std::nullopt,
                          .h = "",
                          .i = e.i,
                          .j = imported::Rights(e.j),
                          .k = handed_on(e.k)};
  if (e.g) on.g = handed_on(*e.g);
  if (e.h) {
    on.h = *e.h;
  } else {
    on.h = std::unexpected(imported::Color(e.h.error()));
  }
  imported::Everything back = imported::all(on);
  e.e = back.e;
  e.f = back.f;
  e.g.reset();
  if (back.g) e.g = handed_back(*back.g);
  e.k = handed_back(back.k);
  return e;
}

std::tuple<Color, Rights> colors(Color c, Rights r) {
  const auto [color, rights] = imported::colors(imported::Color(c), imported::Rights(r));
  return {Color(color), Rights(rights)};
}

std::expected<void, std::monostate> void_result(bool ok) { return imported::void_result(ok); }
void nothing() { imported::nothing(); }

}  // namespace exports::test::echo::values

/// Two counters from `start` and from 10; what they give one after another, then joined.
std::vector<uint32_t> exports::forwarder::use_counters(uint32_t start) {
  using ::test::echo::counters::Counter;
  std::vector<Counter> made = ::test::echo::counters::make({10, 20});
  Counter own(start);
  std::vector<uint32_t> result = {own.next(), own.next(), made[0].next()};
  own = Counter::join(std::move(own), made[1]);
  result.push_back(own.next());
  return result;
}
