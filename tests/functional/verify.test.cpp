// `cairn verify`: what it finds, and what it says.

#include <gtest/gtest.h>

#include <cairn/chain/note.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "actor_server.hpp"

namespace cairn::functional {
namespace {

/// A key that has signed nothing.
constexpr const char* somebody =
    "example.com/foo+7c264079+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

/// A log in the folder `data` of two machines and the system, with some of everything. The key of
/// the log.
std::string write_log(const Folder& folder) {
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {});
  EXPECT_EQ(server.tell("alice", "add 5").status, 200);
  EXPECT_EQ(server.tell("alice", "take 500").status, 422);
  EXPECT_EQ(server.tell("alice", "send bob add 11").status, 200);
  EXPECT_EQ(server.tell("alice", "trap").status, 500);
  EXPECT_EQ(server.tell("alice", "ask bob get").status, 200);
  EXPECT_EQ(server.tell("bob", "now").status, 200);
  EXPECT_EQ(server.tell("bob", "take 1").status, 200);
  EXPECT_EQ(server.ask("POST", "/v1/checkpoint").status, 200);
  const Outcome served = server.cli({"verify", server.url(), "--key", server.key()});
  EXPECT_EQ(served.code, 0) << "over HTTP: " << served.err;
  EXPECT_NE(served.out.find("3 chains"), std::string::npos) << served.out;
  server.stop();
  return server.key();
}

std::string segment(const Folder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "data/log"))
    if (entry.path().extension() == ".log") return entry.path().string();
  return "";
}

/// Changes a byte at the first place where `text` stands, `behind` bytes from its beginning.
void forge(const std::string& file, const std::string& text, size_t behind) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(std::filesystem::file_size(file), 0);
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const size_t at = bytes.find(text);
  ASSERT_NE(at, std::string::npos);
  stream.seekp(static_cast<std::streamoff>(at + behind));
  stream.put(static_cast<char>(bytes[at + behind] ^ 1));
}

class VerifyCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
    key_ = write_log(folder_);
  }
  Outcome verify(std::vector<std::string> args) {
    args.insert(args.begin(), "verify");
    return cairn(folder_, args);
  }
  Folder folder_;
  std::string key_;
};

TEST_F(VerifyCommand, RunsEverythingAgain) {
  const Outcome good = verify({"data", "--key", key_, "-o", "json"});
  ASSERT_EQ(good.code, 0) << good.err;
  const auto report = nlohmann::json::parse(good.out);
  EXPECT_EQ(report["good"], true);
  EXPECT_EQ(report["verdict"], "good");
  EXPECT_EQ(report["origin"], "test.example");
  EXPECT_EQ(report["chains"], 3);
  EXPECT_EQ(report["rejections"], 2);
  EXPECT_EQ(report["signed_records"], report["records"]) << "it ended in order";
  EXPECT_GE(report["replayed"].get<int>(), 8);
  EXPECT_EQ(report["not_replayed"], 0);
  EXPECT_EQ(report["torn_bytes"], 0);

  // Without what is needed, less is found; and nothing of the server is needed.
  std::filesystem::copy(folder_ / "data/log", folder_ / "copy");
  const auto alone = nlohmann::json::parse(verify({"copy", "-o", "json"}).out);
  EXPECT_EQ(alone["replayed"], 0);
  EXPECT_EQ(alone["signed_records"], 0);
  const auto with_module =
      nlohmann::json::parse(verify({"copy", "--module", machine_component(), "-o", "json"}).out);
  EXPECT_EQ(with_module["replayed"], report["replayed"]);
  const Outcome text = verify({"data"});
  EXPECT_TRUE(text.out.ends_with("good\n")) << text.out;
}

TEST_F(VerifyCommand, NamesWhatIsWrongInItsArguments) {
  const auto signatures = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"data", "-o", "json"});
    return nlohmann::json::parse(verify(args).out)["signatures"];
  };
  EXPECT_EQ(signatures({"--key", key_, "--key", key_}), signatures({"--key", key_}));
  const std::string note = folder_.write("note.txt", "no note");
  const Outcome checkpoint = verify({"data", "--checkpoint", note});
  EXPECT_EQ(checkpoint.code, 1);
  EXPECT_NE(checkpoint.err.find("note.txt: a note"), std::string::npos) << checkpoint.err;
  const Outcome address = verify({"https://a.example"});
  EXPECT_EQ(address.code, 2);
  EXPECT_NE(address.err.find("only http://"), std::string::npos) << address.err;
  EXPECT_EQ(verify({""}).code, 2);
}

TEST_F(VerifyCommand, SaysWhatWasNotRunAgain) {
  const auto all = nlohmann::json::parse(verify({"data", "-o", "json"}).out);
  // None of the modules given is passed over.
  const Outcome unused = verify({"data", "--module", folder_.write("empty.wasm", "")});
  EXPECT_EQ(unused.code, 1);
  EXPECT_NE(unused.err.find("empty.wasm: no record of the log names it"), std::string::npos)
      << unused.err;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data/components"))
    std::filesystem::resize_file(entry.path(), 0);
  const Outcome damaged = verify({"data"});
  EXPECT_EQ(damaged.code, 0) << damaged.err;
  EXPECT_NE(damaged.err.find(".wasm: it is damaged"), std::string::npos) << damaged.err;
  EXPECT_TRUE(damaged.out.ends_with("good as far as it was checked\n")) << damaged.out;

  std::filesystem::remove_all(folder_ / "data/components");
  const auto none = nlohmann::json::parse(verify({"data", "-o", "json"}).out);
  EXPECT_EQ(none["replayed"], 0);
  EXPECT_EQ(none["verdict"], "good as far as it was checked");
  EXPECT_EQ(none["not_replayed"], all["replayed"]);
}

/// Chains name the limits that they began with.
TEST_F(VerifyCommand, AllowsForLimitsThatWereRaised) {
  const Folder folder;
  const std::string manifest = machine_manifest();
  const size_t fuel = manifest.find("fuel = ");
  ASSERT_NE(fuel, std::string::npos) << manifest;
  const size_t end = manifest.find_first_not_of("0123456789_", fuel + 7);
  const auto serve = [&](const std::string& units, int expected) {
    folder.write("cairn.toml", manifest.substr(0, fuel + 7) + units + manifest.substr(end));
    ActorServer server(folder, {});
    EXPECT_EQ(server.tell("alice", "spin 100000").status, expected);
    server.stop();
  };
  serve("100000", 500);
  serve("100000000", 200);
  const Outcome good = cairn(folder, {"verify", "data"});
  EXPECT_EQ(good.code, 0) << good.err;
}

/// What a guest does depends on whether it is given memory; each instance says how much it may
/// have.
TEST_F(VerifyCommand, KnowsLimitsOfMemoryThatWereChanged) {
  const Folder folder;
  const std::string before = "memory = \"4MiB\"";
  const auto serve = [&](const std::string& memory, int expected) {
    std::string manifest = machine_manifest();
    manifest.replace(manifest.find(before), before.size(), "memory = \"" + memory + "\"");
    folder.write("cairn.toml", manifest);
    ActorServer server(folder, {});
    EXPECT_EQ(server.tell("alice", "much 3000000").status, expected) << memory;
    server.stop();
  };
  serve("1MiB", 500);
  serve("16MiB", 200);
  serve("2MiB", 500);
  const Outcome good = cairn(folder, {"verify", "data", "-o", "json"});
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_EQ(nlohmann::json::parse(good.out)["not_replayed"], 0) << good.out;
}

/// Whoever has the folder can append to it.
TEST_F(VerifyCommand, TellsWhatIsSignedFromWhatIsNot) {
  const auto signed_log = nlohmann::json::parse(verify({"data", "--key", key_, "-o", "json"}).out);
  EXPECT_EQ(signed_log["keys_checked"], true);
  EXPECT_EQ(signed_log["unsigned_records"], 0);
  const auto unchecked = nlohmann::json::parse(verify({"data", "-o", "json"}).out);
  EXPECT_EQ(unchecked["keys_checked"], false);
  EXPECT_TRUE(verify({"data", "--key", key_}).out.ends_with("\ngood\n"));
  const Outcome unseen = verify({"data", "--witness", somebody});
  EXPECT_EQ(unseen.code, 1);
  EXPECT_NE(unseen.err.find("no checkpoint is cosigned by witness"), std::string::npos)
      << unseen.err;
  for (const char* const quorum : {"0", "2"}) {
    const Outcome wrong = verify({"data", "--witness", somebody, "--witness-quorum", quorum});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_NE(wrong.err.find("it is from 1 to 1, the number of --witness"), std::string::npos)
        << wrong.err;
  }
  EXPECT_EQ(verify({"data", "--witness", somebody, "--witness-quorum", "1"}).code, 1);
  const Outcome own = verify({"data", "--witness", key_});
  EXPECT_EQ(own.code, 2) << "who signs a log is no witness of it";
  EXPECT_NE(own.err.find("no key of a witness"), std::string::npos) << own.err;
  // A server that is killed leaves records that are not signed yet.
  uint64_t behind = 0;
  for (int tries = 0; tries < 20 && behind == 0; ++tries) {
    ActorServer server(folder_, {});
    EXPECT_EQ(server.ask("POST", "/v1/checkpoint").status, 200);
    EXPECT_EQ(server.tell("alice", "add 1").status, 200);
    server.kill();
    behind = nlohmann::json::parse(
        verify({"data", "--key", key_, "-o", "json"}).out)["unsigned_records"];
  }
  ASSERT_NE(behind, 0u);
  const Outcome text = verify({"data", "--key", key_});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(text.out.ends_with("behind the last signed checkpoint are signed by nobody\n"))
      << text.out;
}

TEST_F(VerifyCommand, NamesWhatWasForged) {
  forge(segment(folder_), "add 5", 4);
  const Outcome forged = verify({"data", "--key", key_});
  EXPECT_EQ(forged.code, 1);
  EXPECT_NE(forged.err.find(".log"), std::string::npos) << forged.err;
  EXPECT_EQ(forged.out, "");
  const Outcome json = verify({"data", "--key", key_, "-o", "json"});
  EXPECT_EQ(json.code, 1);
  const auto report = nlohmann::json::parse(json.out);
  EXPECT_EQ(report["good"], false);
  EXPECT_FALSE(report["message"].get<std::string>().empty());
}

TEST_F(VerifyCommand, ServersDoNotOpenForgedLogs) {
  forge(segment(folder_), "add 5", 4);
  const Outcome outcome = cairn(folder_, {"serve", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find(".log"), std::string::npos) << outcome.err;
}

TEST_F(VerifyCommand, ForeignKeysAndCheckpointsDoNotFit) {
  const Folder other;
  const std::string foreign = write_log(other);
  const Outcome wrong_key = verify({"data", "--key", foreign});
  EXPECT_EQ(wrong_key.code, 1);
  EXPECT_NE(wrong_key.err.find("not signed by a key of this log"), std::string::npos)
      << wrong_key.err;
  // A log of the same name with other records is not the one that was seen before.
  std::string note;
  {
    ActorServer server(other, {});
    note = server.get("/checkpoint").body;
    server.stop();
  }
  const std::string file = folder_.write("seen.txt", note);
  EXPECT_EQ(verify({"data", "--checkpoint", file}).code, 1);
  std::string own;
  {
    ActorServer server(folder_, {});
    own = server.get("/checkpoint").body;
    EXPECT_EQ(server.tell("alice", "add 1").status, 200);
    server.stop();
  }
  const Outcome good =
      verify({"data", "--key", key_, "--checkpoint", folder_.write("own.txt", own)});
  EXPECT_EQ(good.code, 0) << good.err;
}

TEST_F(VerifyCommand, SaysWhatIsMissing) {
  EXPECT_NE(verify({"nowhere"}).err.find("nowhere"), std::string::npos);
  EXPECT_EQ(verify({"nowhere"}).code, 1);
  EXPECT_EQ(verify({"data", "--key", "nonsense"}).code, 2);
  EXPECT_EQ(verify({"data", "-o", "xml"}).code, 2);
  EXPECT_EQ(verify({"data", "--threads", "many"}).code, 2);
  EXPECT_EQ(verify({"data", "--module", "none.wasm"}).code, 1);
  EXPECT_EQ(verify({}).code, 2);
  EXPECT_EQ(verify({"http://" + closed_address()}).code, 1);
}

/// Contents go; records, proofs and what was signed before stay as they are.
TEST_F(VerifyCommand, IsTrueToWhatWasSignedBeforeContentsWereThrownAway) {
  const auto used = [&] {
    uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data/log"))
      bytes += entry.file_size();
    return bytes;
  };
  ActorServer server(folder_, {});
  ASSERT_EQ(server.tell("alice", "add 1").status, 200);
  const uint64_t early = server.json("/v1/actors/alice")["chain"]["sequence"];
  ASSERT_EQ(server.tell("alice", "add 1").status, 200);
  folder_.write("before.txt", server.ask("POST", "/v1/checkpoint").body);
  const std::string state = server.get("/v1/actors/alice/state").body;
  const std::string hashes = server.get("/tile/0/000.p/16").body;
  const std::string records = server.get("/tile/entries/000.p/16").body;
  EXPECT_EQ(hashes.size(), 16u * 32);
  const std::string large = "get " + std::string(1'000'000, 'x');
  for (int i = 0; i < 80; ++i) ASSERT_EQ(server.tell("alice", large).status, 200);
  const uintmax_t before = used();

  const std::string early_state = "/v1/actors/alice/state?at=" + std::to_string(early);
  EXPECT_EQ(server.get(early_state).status, 200);
  const Outcome kept = server.cli({"actor", "prune", "--age", "1h", "-o", "json"});
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_EQ(nlohmann::json::parse(kept.out)["bytes"], 0);
  const Outcome pruned = server.cli({"actor", "prune", "--records", "5"});
  EXPECT_EQ(pruned.code, 0) << pruned.err;
  EXPECT_NE(pruned.out.find("MiB were thrown away; all contents from record"), std::string::npos)
      << pruned.out;
  EXPECT_LT(used(), before - 50'000'000);

  EXPECT_EQ(server.get(early_state).status, 404);
  EXPECT_NE(server.get(early_state).body.find("was thrown away"), std::string::npos);
  EXPECT_EQ(server.get("/v1/actors/alice/state").body, state);
  EXPECT_EQ(server.get("/tile/0/000.p/16").body, hashes);
  EXPECT_EQ(server.get("/tile/entries/000.p/16").body, records);
  EXPECT_EQ(server.tell("alice", "add 1").status, 200);
  EXPECT_EQ(server.ask("POST", "/v1/checkpoint").status, 200);
  const Outcome served =
      server.cli({"verify", server.url(), "--key", key_, "--checkpoint", "before.txt"});
  EXPECT_EQ(served.code, 0) << served.err;
  const Outcome unseen = server.cli({"verify", server.url(), "--witness", somebody});
  EXPECT_EQ(unseen.code, 1);
  EXPECT_NE(unseen.err.find("no checkpoint is cosigned by witness"), std::string::npos)
      << unseen.err;
  const Outcome live = verify({"data", "--key", key_, "--checkpoint", "before.txt"});
  EXPECT_EQ(live.code, 0) << live.err;
  server.stop();
  const Outcome good = verify({"data", "--key", key_, "--checkpoint", "before.txt", "-o", "json"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_GT(nlohmann::json::parse(good.out)["contents_missing"], 50);
}

/// One is slow, and newer checkpoints have been cosigned by the other alone.
TEST(VerifyWitnesses, OfAServerHaveCosignedTheSameCheckpoint) {
  if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  const std::vector<std::string> names = {"one", "two"};
  const std::vector<crypto::Ed25519Key> keys = {crypto::Ed25519Key({7}), crypto::Ed25519Key({8})};
  std::vector<std::string> witnesses;
  for (size_t at = 0; at < keys.size(); ++at) {
    witnesses.push_back(
        chain::Verifier{names[at], chain::SignatureType::cosignature, keys[at].public_key()}
            .to_string());
  }
  Folder folder;
  folder.write("cairn.toml", "witnesses = [\"" + witnesses[0] + "\", \"" + witnesses[1] + "\"]\n" +
                                 machine_manifest());
  ActorServer server(folder, {});
  const auto cosign = [&](std::initializer_list<size_t> by) {
    auto note = chain::Note::parse(server.ask("POST", "/v1/checkpoint").body);
    ASSERT_TRUE(note.has_value()) << note.error().to_string();
    for (const size_t at : by) EXPECT_TRUE(note->cosign(names[at], keys[at], 7).has_value());
    const HttpReply taken = server.ask("POST", "/v1/checkpoint/cosignatures", note->to_string());
    EXPECT_EQ(taken.status, 202) << taken.body;
    EXPECT_EQ(server.tell("alice", "add 1").status, 200);
  };
  cosign({0, 1});
  cosign({1});
  const auto verified = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args = {"verify",     server.url(), "--witness",
                                     witnesses[0], "--witness",  witnesses[1]};
    args.insert(args.end(), more.begin(), more.end());
    return server.cli(args);
  };
  for (const std::vector<std::string>& more :
       {std::vector<std::string>(), {"--witness-quorum", "1"}, {"--witness-quorum", "2"}}) {
    const Outcome good = verified(more);
    EXPECT_EQ(good.code, 0) << good.err;
  }
  const Outcome lacking = verified({"--witness", somebody});
  EXPECT_EQ(lacking.code, 1);
  EXPECT_NE(lacking.err.find("1 of 3 have cosigned one"), std::string::npos) << lacking.err;
}

}  // namespace
}  // namespace cairn::functional
