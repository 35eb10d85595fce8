#include <gtest/gtest.h>
#include <cairn/component/binary.hpp>

namespace cairn::component {
namespace {

Bytes component(const std::vector<Bytes>& sections) {
  Bytes bytes = {0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00};
  for (const Bytes& section : sections) append(bytes, section);
  return bytes;
}

Bytes section(uint8_t id, Bytes content) {
  Bytes bytes = {id, static_cast<uint8_t>(content.size())};
  append(bytes, content);
  return bytes;
}

TEST(Decode, TellsComponentsFromModules) {
  EXPECT_TRUE(is_component(component({})));
  EXPECT_FALSE(is_component(Bytes{0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00}));
  EXPECT_FALSE(is_component(Bytes{0x00, 0x61}));
}

TEST(Decode, SaysWhereAndWhat) {
  const auto types = decode(component({section(7, {0x02, 0x73, 0x62})}));
  ASSERT_FALSE(types);
  EXPECT_EQ(types.error().to_string(),
            "invalid leading byte (0x62) for component defined type (at offset 0xc)");
  // In a component inside of one, offsets count from the outermost.
  const Bytes inner = component({section(7, {0x01, 0x62})});
  const auto nested = decode(component({section(4, inner)}));
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().offset, 8u + 2 + 8 + 2 + 1);
}

TEST(Decode, ReadsLongTypeIndicesAsSignedNumbers) {
  // (list 64): as an unsigned number, one byte would do, but that one is the code of a type.
  const auto good = decode(component({section(7, {0x01, 0x70, 0xC0, 0x00})}));
  ASSERT_TRUE(good) << good.error().to_string();
  const auto& type = std::get<syntax::Type>(good->definitions[0].what);
  EXPECT_EQ(std::get<syntax::List>(type.what).element, syntax::ValType::index(64));
  EXPECT_EQ(encode(*good), component({section(7, {0x01, 0x70, 0xC0, 0x00})}));
  EXPECT_FALSE(decode(component({section(7, {0x01, 0x70, 0xFF, 0x7F})})));  // -1 in two bytes
}

TEST(Decode, RefusesWhatAFeatureThatIsOffWouldAllow) {
  struct Case {
    Feature feature;
    Bytes section;
  };
  const Case cases[] = {
      {Feature::async, section(7, {0x01, 0x66, 0x00})},
      {Feature::async, section(7, {0x01, 0x43, 0x00, 0x01, 0x00})},
      {Feature::async, section(8, {0x01, 0x05})},
      {Feature::map, section(7, {0x01, 0x63, 0x73, 0x79})},
      {Feature::fixed_length_lists, section(7, {0x01, 0x67, 0x7D, 0x03})},
      {Feature::error_context, section(7, {0x01, 0x64})},
      {Feature::error_context, section(8, {0x01, 0x1E})},
      {Feature::threading, section(8, {0x01, 0x26})},
      {Feature::values, section(12, {0x01, 0x7F, 0x01, 0x01})},
      {Feature::attributes, section(10, {0x01, 0x02, 0x01, 'a', 0x00, 0x03, 0x01})},
  };
  for (const Case& row : cases) {
    const Bytes bytes = component({row.section});
    EXPECT_TRUE(decode(bytes)) << to_string(row.feature);
    ReadOptions options;
    options.features = options.features.with(row.feature, false);
    const auto refused = decode(bytes, options);
    ASSERT_FALSE(refused) << to_string(row.feature);
    EXPECT_EQ(refused.error().kind, ErrorKind::malformed);
  }
}

TEST(Decode, HoldsItsLimits) {
  const auto kind = [](const Bytes& bytes, const ReadOptions& options) {
    const auto result = decode(bytes, options);
    return result ? std::nullopt : std::optional(result.error().kind);
  };
  ReadOptions options;
  options.limits.nesting = 3;
  Bytes nested = component({});
  for (int depth = 0; depth < 3; ++depth) nested = component({section(4, nested)});
  EXPECT_EQ(kind(nested, options), std::nullopt);
  EXPECT_EQ(kind(component({section(4, nested)}), options), ErrorKind::limit);

  Bytes type = {0x42, 0x00};
  for (int depth = 0; depth < 3; ++depth) {
    Bytes outer = {0x42, 0x01, 0x01};
    append(outer, type);
    type = outer;
  }
  Bytes content = {0x01};
  append(content, type);
  EXPECT_EQ(kind(component({section(7, content)}), options), std::nullopt);
  content.insert(content.begin() + 1, {0x42, 0x01, 0x01});
  EXPECT_EQ(kind(component({section(7, content)}), options), ErrorKind::limit);

  options.limits.definitions = 2;
  EXPECT_EQ(kind(component({section(7, {0x02, 0x73, 0x73})}), options), std::nullopt);
  EXPECT_EQ(kind(component({section(7, {0x03, 0x73, 0x73, 0x73})}), options), ErrorKind::limit);
  EXPECT_EQ(kind(component({section(7, {0x02, 0x73, 0x73}), section(7, {0x01, 0x73})}), options),
            ErrorKind::limit);
  options.limits.component_bytes = 8;
  EXPECT_EQ(kind(component({}), options), std::nullopt);
  EXPECT_EQ(kind(component({section(7, {0x00})}), options), ErrorKind::limit);
}

TEST(Decode, EndsWhereverTheBytesEnd) {
  const Bytes whole = component({section(7, {0x02, 0x72, 0x01, 0x01, 'x', 0x79, 0x70, 0x00}),
                                 section(10, {0x01, 0x00, 0x01, 'f', 0x01, 0x00})});
  ASSERT_TRUE(decode(whole));
  size_t good = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto part = decode(ByteSpan(whole).first(size));
    if (part) {
      ++good;  // it ends between two sections
    } else {
      EXPECT_EQ(part.error().kind, ErrorKind::malformed);
      EXPECT_TRUE(part.error().offset.has_value());
    }
  }
  EXPECT_EQ(good, 2u);
}

}  // namespace
}  // namespace cairn::component
