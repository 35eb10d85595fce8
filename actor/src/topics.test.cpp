#include "topics.hpp"

#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

std::vector<uint32_t> heard(const Topics& topics, std::string_view topic) {
  std::vector<uint32_t> ids;
  topics.publish(topic, [&](std::span<const ActorId> all) {
    for (const ActorId id : all) ids.push_back(id.index());
  });
  return ids;
}

TEST(Topics, PatternsMatchByWords) {
  Topics topics(100);
  const auto join = [&](uint32_t id, std::string_view pattern) {
    ASSERT_TRUE(topics.subscribe(pattern, ActorId(id, 1))) << pattern;
  };
  join(1, "a.b.c");
  join(2, "a.*.c");
  join(3, "a.>");
  join(4, ">");
  join(5, "*.b.*");
  join(6, "a.b");
  EXPECT_EQ(heard(topics, "a.b.c"), (std::vector<uint32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(heard(topics, "a.x.c"), (std::vector<uint32_t>{2, 3, 4}));
  EXPECT_EQ(heard(topics, "a"), (std::vector<uint32_t>{4}));
  EXPECT_EQ(heard(topics, "a.b"), (std::vector<uint32_t>{3, 4, 6}));
  EXPECT_EQ(heard(topics, "b.b.b.b"), (std::vector<uint32_t>{4}));
}

TEST(Topics, WhoLeavesHearsNothing) {
  Topics topics(100);
  const ActorId a(1, 1);
  EXPECT_EQ(topics.subscribe("a.*", a), true);
  EXPECT_EQ(topics.subscribe("a.*", a), false);
  EXPECT_EQ(topics.subscribe("a.b", a), true);
  EXPECT_EQ(heard(topics, "a.b").size(), 1) << "once, by however many patterns";
  EXPECT_TRUE(topics.unsubscribe("a.b", a));
  EXPECT_FALSE(topics.unsubscribe("a.b", a));
  EXPECT_FALSE(topics.unsubscribe("a", a));
  EXPECT_EQ(heard(topics, "a.b").size(), 1);
  EXPECT_TRUE(topics.unsubscribe("a.*", a));
  EXPECT_EQ(heard(topics, "a.b").size(), 0);
}

TEST(Topics, BadOnesAreRefused) {
  for (std::string_view bad : {"", ".", "a.", ".a", "a..b", "a.>.b", "a*", "*a.b", "a b", "a>"}) {
    EXPECT_FALSE(check_pattern(bad)) << bad;
    EXPECT_FALSE(check_topic(bad)) << bad;
  }
  EXPECT_FALSE(check_topic("a.*"));
  EXPECT_FALSE(check_topic(">"));
  EXPECT_EQ(check_pattern("a.b>").error().message,
            "'>' in word 2 of the pattern: '*' stands alone, '>' alone and last");
}

TEST(Topics, LimitsOnBothSides) {
  EXPECT_TRUE(check_topic(std::string(topic_bytes_max, 'x')));
  EXPECT_FALSE(check_topic(std::string(topic_bytes_max + 1, 'x')));
  std::string words = "w";
  for (size_t at = 1; at < topic_words_max; ++at) words += ".w";
  EXPECT_TRUE(check_topic(words));
  EXPECT_FALSE(check_topic(words + ".w"));
  Topics topics(1);
  EXPECT_TRUE(topics.subscribe("a", ActorId(1, 1)));
  auto full = topics.subscribe("a", ActorId(2, 1));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::limit);
  topics.unsubscribe("a", ActorId(1, 1));
  EXPECT_TRUE(topics.subscribe("a", ActorId(2, 1)));
}

}  // namespace
}  // namespace cairn::actor
