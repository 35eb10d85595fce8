#include <gtest/gtest.h>
#include <cairn/wasi/sandbox/network.hpp>

namespace cairn::wasi {
namespace {

SocketAddress at(std::string_view ip, uint16_t port) {
  return {.ip = *IpAddress::parse(ip), .port = port};
}
NetworkPolicy allowing(const std::vector<std::string>& rules) {
  return *NetworkPolicy::parse(rules, {});
}

TEST(NetworkPolicy, DeniesByDefault) {
  const NetworkPolicy none;
  EXPECT_FALSE(none.may_connect(at("127.0.0.1", 80)));
  EXPECT_FALSE(none.may_listen(at("127.0.0.1", 80)));
  EXPECT_FALSE(none.may_look_up("example.org"));
}

TEST(NetworkPolicy, AllowsAddressesRangesAndPorts) {
  const NetworkPolicy policy =
      allowing({"192.0.2.7:5432", "10.0.0.0/9:*", "[2001:db8::1]:80", "[fd00::]/8:1"});
  EXPECT_TRUE(policy.may_connect(at("192.0.2.7", 5432)));
  EXPECT_FALSE(policy.may_connect(at("192.0.2.7", 5433)));
  EXPECT_FALSE(policy.may_connect(at("192.0.2.8", 5432)));
  EXPECT_TRUE(policy.may_connect(at("10.127.255.255", 1)));
  EXPECT_FALSE(policy.may_connect(at("10.128.0.0", 1)));
  EXPECT_TRUE(policy.may_connect(at("2001:db8::1", 80)));
  EXPECT_FALSE(policy.may_look_up("example.org"));
}

TEST(NetworkPolicy, AllowsNamesByWhatTheyWereFoundToBe) {
  NetworkPolicy policy = allowing({"Example.org:443"});
  EXPECT_TRUE(policy.may_look_up("example.ORG."));
  EXPECT_FALSE(policy.may_look_up("example.com"));
  EXPECT_FALSE(policy.may_connect(at("192.0.2.1", 443)));
  policy.learn("example.org", {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("169.254.1.1")});
  EXPECT_TRUE(policy.may_connect(at("192.0.2.1", 443)));
  EXPECT_FALSE(policy.may_connect(at("192.0.2.1", 80)));
  EXPECT_FALSE(policy.may_connect(at("169.254.1.1", 443))) << "whatever DNS says";
}

TEST(NetworkPolicy, GuardsWhereSecretsAre) {
  const NetworkPolicy all = allowing({"*"});
  EXPECT_TRUE(all.may_connect(at("203.0.113.1", 80)));
  EXPECT_TRUE(all.may_look_up("example.org"));
  for (const std::string_view ip :
       {"169.254.169.254", "fd00:ec2::254", "fe80::1", "100.100.100.200", "168.63.129.16",
        "::ffff:169.254.169.254", "64:ff9b::169.254.169.254"}) {
    EXPECT_TRUE(NetworkPolicy::is_guarded(*IpAddress::parse(ip))) << ip;
    EXPECT_FALSE(all.may_connect(at(ip, 80))) << ip;
  }
  EXPECT_TRUE(allowing({"169.254.169.254:80"}).may_connect(at("169.254.169.254", 80)));
  EXPECT_TRUE(allowing({"169.254.0.0/16:*"}).may_connect(at("169.254.169.254", 80)));
}

TEST(NetworkPolicy, ListensWhereItMay) {
  const NetworkPolicy policy = *NetworkPolicy::parse({}, {"127.0.0.1:8080", "localhost:0"});
  EXPECT_TRUE(policy.may_listen(at("127.0.0.1", 8080)));
  EXPECT_TRUE(policy.may_listen(at("::1", 0)));
  EXPECT_FALSE(policy.may_listen(at("0.0.0.0", 8080)));
  EXPECT_FALSE(policy.may_connect(at("127.0.0.1", 8080)));
}

TEST(NetworkPolicy, RefusesOtherTexts) {
  for (const char* const text :
       {"", "example.org", ":80", "a b:80", "[::1:80", "::1:80", "10.0.0.0/33:1", "x/8:1",
        "127.0.0.1:65536", "127.0.0.1:http", "[example.org]:1", "10.0.0.0/:1"}) {
    const auto parsed = NetworkPolicy::parse({text}, {});
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  }
}

TEST(IpAddress, KnowsItsKinds) {
  EXPECT_FALSE(IpAddress::parse("localhost"));
  EXPECT_EQ(IpAddress::parse("2001:DB8::1")->to_string(), "2001:db8::1");
  EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
  EXPECT_FALSE(IpAddress::parse("255.255.255.255")->is_unicast());
  EXPECT_FALSE(IpAddress::parse("239.1.2.3")->is_unicast());
  EXPECT_FALSE(IpAddress::parse("ff02::1")->is_unicast());
  EXPECT_TRUE(IpAddress::parse("::ffff:1.2.3.4")->is_v4_mapped());
}

}  // namespace
}  // namespace cairn::wasi
