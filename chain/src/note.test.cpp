#include <gtest/gtest.h>
#include <cairn/base/random.hpp>
#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/note.hpp>

namespace cairn::chain {
namespace {

// The example of C2SP signed-note.
constexpr std::string_view vkey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view example =
    "This is an example message.\n\n"
    "\xe2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

TEST(Note, TheExampleOfTheStandardIsVerified) {
  const Verifier verifier = *Verifier::parse(vkey);
  EXPECT_EQ(verifier.to_string(), vkey);
  const Note note = *Note::parse(example);
  EXPECT_EQ(note.to_string(), example);
  EXPECT_EQ(note.text, "This is an example message.\n");
  EXPECT_TRUE(note.verify(verifier));
}

TEST(Note, WhatIsSignedIsVerifiedAndForgeriesAreFound) {
  SeededRandom random(1);
  const crypto::Ed25519Key author = crypto::Ed25519Key::make(random);
  const crypto::Ed25519Key witness = crypto::Ed25519Key::make(random);
  Note note = {.text = "one\n\ntwo\n"};
  ASSERT_TRUE(note.sign("author", author));
  ASSERT_TRUE(note.cosign("witness", witness, 1'700'000'000));
  const Note read = *Note::parse(note.to_string());
  const Verifier by_author = {"author", SignatureType::ed25519, author.public_key()};
  const Verifier by_witness = {"witness", SignatureType::cosignature, witness.public_key()};
  EXPECT_EQ(read.verify(by_author), 0);
  EXPECT_EQ(read.verify(by_witness), 1'700'000'000);
  EXPECT_EQ(Verifier::parse(by_witness.to_string())->key_id(), by_witness.key_id());

  Verifier stranger = by_author;
  stranger.name = "stranger";
  EXPECT_EQ(read.verify(stranger).error().message, "the note is not signed by stranger");
  Note forged = read;
  forged.text = "one\n\nthree\n";
  EXPECT_EQ(forged.verify(by_author).error().message, "the signature by author is not good");
  EXPECT_FALSE(forged.verify(by_witness));
  Note later = read;
  later.signatures[1].signature[7] ^= 1;  // the time
  EXPECT_FALSE(later.verify(by_witness));
}

TEST(Note, BadOnesAreRefused) {
  const std::string good(example);
  EXPECT_TRUE(Note::parse(good));
  for (const std::string& bad :
       {std::string("text\n"), std::string("text\n\n"), good.substr(0, good.size() - 1),
        good + "\n", "\x01" + good, "\xff" + good, good + "- name AAAAAAAA\n",
        good + "\xe2\x80\x94 na+me AAAAAAAA\n", good + "\xe2\x80\x94 name AAAA\n",
        good + "\xe2\x80\x94 name AAAAAAAB\n\n", good + "\xe2\x80\x94 name AA AA\n",
        good + "\xe2\x80\x94  AAAAAAAA\n"}) {
    EXPECT_FALSE(Note::parse(bad)) << bad;
  }
  EXPECT_FALSE(check_key_name("a b"));
  EXPECT_FALSE(check_key_name("a\xe2\x80\x83z"));
  EXPECT_TRUE(check_key_name("\xc3\xa4"));
  Note note = {.text = "no newline"};
  EXPECT_EQ(note.sign("a", crypto::Ed25519Key({})).error().kind, ErrorKind::usage);
}

TEST(Note, LimitsOnBothSides) {
  std::string note = "text\n\n";
  for (size_t at = 0; at < note_signatures_max; ++at) note += "\xe2\x80\x94 name AAAAAAAA\n";
  EXPECT_TRUE(Note::parse(note));
  EXPECT_EQ(Note::parse(note + "\xe2\x80\x94 name AAAAAAAA\n").error().kind, ErrorKind::malformed);
  const std::string signature = "\n\n\xe2\x80\x94 name AAAAAAAA\n";
  const std::string longest(note_bytes_max - signature.size(), 'x');
  EXPECT_TRUE(Note::parse(longest + signature));
  EXPECT_EQ(Note::parse(longest + "x" + signature).error().kind, ErrorKind::malformed);
}

TEST(Note, BadVerifierKeys) {
  for (std::string_view bad :
       {"", "a", "a+b", "a+b+c", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"}) {
    EXPECT_FALSE(Verifier::parse(bad)) << bad;
  }
}

// The example of C2SP tlog-checkpoint and tlog-cosignature.
TEST(Checkpoint, TextAndBack) {
  constexpr std::string_view text =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const Checkpoint checkpoint = *Checkpoint::parse(text);
  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.size, 20852163);
  EXPECT_EQ(checkpoint.to_string(), text);
  Checkpoint extended = checkpoint;
  extended.extensions = {"more", "and more"};
  EXPECT_EQ(*Checkpoint::parse(extended.to_string()), extended);
}

TEST(Checkpoint, BadOnesAreRefused) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  EXPECT_TRUE(Checkpoint::parse("o\n0\n" + root));
  for (const std::string& bad :
       {std::string(), std::string("o\n1\n"), "o\n1\n" + root.substr(0, 44), "o\n01\n" + root,
        "o\n-1\n" + root, "o\n1 \n" + root, "o\n18446744073709551616\n" + root, "\n1\n" + root,
        "o\n1\n" + root + "\n", std::string("o\n1\nAAAA\n"), "o\n\n" + root}) {
    EXPECT_FALSE(Checkpoint::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace cairn::chain
