#include "sandbox/resolver.hpp"

#include <gtest/gtest.h>

namespace cairn::wasi {
namespace {

TEST(Resolver, ReadsHosts) {
  const std::string_view text = "127.0.0.1 localhost\n::1\tLocalhost ip6 # comment\nbad x\n";
  EXPECT_EQ(find_in_hosts(text, "localhost"),
            (std::vector{*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}));
  EXPECT_EQ(find_in_hosts(text, "IP6").size(), 1u);
  EXPECT_TRUE(find_in_hosts(text, "comment").empty());
  EXPECT_TRUE(find_in_hosts(text, "x").empty());
  EXPECT_EQ(find_servers("search a.b\nnameserver 192.0.2.1\nnameserver ::1").size(), 2u);
}

TEST(Resolver, AsksAsRfc1035Says) {
  const auto query = make_query(0x1234, "ab.c.", RecordType::a);
  ASSERT_TRUE(query);
  EXPECT_EQ(*query,
            (Bytes{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 'a', 'b', 1, 'c', 0, 0, 1, 0, 1}));
  EXPECT_FALSE(make_query(1, "", RecordType::a));
  EXPECT_FALSE(make_query(1, "a..b", RecordType::a));
  EXPECT_FALSE(make_query(1, std::string(64, 'a'), RecordType::a));
}

Bytes answer_to(Bytes query, uint8_t code, uint8_t count, const Bytes& records) {
  query[2] |= 0x80;
  query[3] = static_cast<uint8_t>(0x80 | code);
  query[7] = count;
  query.insert(query.end(), records.begin(), records.end());
  return query;
}

TEST(Resolver, ReadsAnswers) {
  const Bytes query = *make_query(7, "ab.c", RecordType::a);
  // An alias to elsewhere, and the address of that.
  const Bytes records = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 3, 1,   'x', 0, 1,
                         'x',  0,  0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0,   2, 1};
  const Bytes answer = answer_to(query, 0, 2, records);
  const auto found = read_answer(answer, query, RecordType::a);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, std::vector{*IpAddress::parse("192.0.2.1")});
  for (size_t size = 0; size < answer.size(); ++size) {
    const auto cut = read_answer(ByteSpan(answer).first(size), query, RecordType::a);
    EXPECT_TRUE(!cut || cut->empty()) << size;
  }
  EXPECT_EQ(read_answer(answer_to(query, 3, 0, {}), query, RecordType::a).error(), Errno::noent);
  EXPECT_EQ(read_answer(answer_to(query, 2, 0, {}), query, RecordType::a).error(), Errno::again);
  const Bytes other = *make_query(8, "ab.c", RecordType::a);
  EXPECT_EQ(read_answer(answer, other, RecordType::a).error(), Errno::badmsg);
  EXPECT_EQ(read_answer(query, query, RecordType::a).error(), Errno::badmsg) << "no answer at all";
}

}  // namespace
}  // namespace cairn::wasi
