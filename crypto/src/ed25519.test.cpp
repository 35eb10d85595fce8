#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/crypto/ed25519.hpp>

namespace cairn::crypto {
namespace {

template <size_t size>
std::array<uint8_t, size> from_hex(std::string_view text) {
  std::array<uint8_t, size> bytes;
  for (size_t at = 0; at < size; ++at) {
    bytes[at] = static_cast<uint8_t>(std::stoi(std::string(text.substr(2 * at, 2)), nullptr, 16));
  }
  return bytes;
}

// RFC 8032, section 7.1, tests 1 to 3.
TEST(Ed25519, IsThatOfTheStandard) {
  struct Example {
    std::string_view seed, key, signature;
    Bytes message;
  };
  const Example examples[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb"
                               "8821590a33bacc61e39701cf9b4"
                               "6bd25bf5f0595bbe24655141438e7a100b",
                               {}},
                              {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085"
                               "ac1e43e15996e458f3613d0f11d"
                               "8c387b2eaeb4302aeeb00d291612bb0c00",
                               {0x72}},
                              {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                               "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                               "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18f"
                               "f9b538d16f290ae67f760984dc6"
                               "594a7c15e9716ed28dc027beceea1ec40a",
                               {0xaf, 0x82}}};
  for (const Example& example : examples) {
    const Ed25519Key key(from_hex<32>(example.seed));
    EXPECT_EQ(key.public_key(), from_hex<32>(example.key));
    const Ed25519Signature signature = key.sign(example.message);
    EXPECT_EQ(signature, from_hex<64>(example.signature));
    EXPECT_TRUE(verify(key.public_key(), example.message, signature));
  }
}

TEST(Ed25519, ForgeriesAreFound) {
  SeededRandom random(1);
  const Ed25519Key key = Ed25519Key::make(random);
  const Bytes message = {1, 2, 3};
  const Ed25519Signature signature = key.sign(message);
  for (size_t at = 0; at < signature.size(); ++at) {
    Ed25519Signature forged = signature;
    forged[at] ^= 0x10;
    EXPECT_FALSE(verify(key.public_key(), message, forged)) << at;
  }
  EXPECT_FALSE(verify(key.public_key(), Bytes{1, 2}, signature));
  EXPECT_FALSE(verify(Ed25519Key::make(random).public_key(), message, signature));
  EXPECT_FALSE(verify(Ed25519Public{}, message, Ed25519Signature{}));
}

}  // namespace
}  // namespace cairn::crypto
