// The official WASI suite for 0.3 (its SPECIFICATION.md says how a test is run and judged).

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "command.hpp"
#include "conversation.hpp"

namespace cairn::functional {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// How many there are at the pinned revision.
constexpr size_t tests_min = 55;

/// Tests that do not pass yet. The list may only shrink. All are of proposals that the host does
/// not have.
bool expected_to_fail(const std::string& name) { return name.starts_with("http-"); }

/// What is said to a test and expected of it, in order.
class Script {
 public:
  Script(const fs::path& wasm, const std::string& tier) : wasm_(wasm), tier_(tier) {
    fs::path path = wasm;
    path.replace_extension(".json");
    if (fs::exists(path)) spec_ = json::parse(std::ifstream(path));
  }
  ~Script() {
    for (const auto& [id, fd] : connections_) close(fd);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  /// Nothing when the test passes, else what was wrong.
  std::string failure() {
    // The older form of a specification is one run.
    json operations = spec_.value("operations", json::array());
    if (operations.empty()) {
      json run = spec_;
      run["type"] = "run";
      operations = {run, {{"type", "wait"}, {"exit_code", spec_.value("exit_code", 0)}}};
    }
    for (const json& operation : operations) {
      const std::string type = operation.at("type");
      std::string wrong;
      if (type == "run")
        run(operation);
      else if (type == "wait")
        wrong = wait(operation);
      else if (type == "read")
        wrong = read(operation);
      else if (type == "write")
        write(operation);
      else if (type == "connect")
        wrong = connect(operation);
      else if (type == "send")
        wrong = send(operation);
      else if (type == "recv")
        wrong = receive(operation);
      else
        wrong = "there is no operation " + type;
      if (!wrong.empty()) return type + ": " + wrong;
    }
    return "";
  }

 private:
  void run(const json& operation) {
    std::vector<std::string> args = {"run", "--cache", "off", "--tier", tier_};
    if (operation.contains("root")) {
      const fs::path root = fs::path(folder_.path()) / "root";
      fs::copy(wasm_.parent_path() / operation["root"].get<std::string>(), root,
               fs::copy_options::recursive);
      for (const auto& entry : fs::recursive_directory_iterator(root))
        fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
      fs::permissions(root, fs::perms::owner_all, fs::perm_options::add);
      args.insert(args.end(), {"--dir", root.string() + "::/"});
    }
    for (const auto& [name, value] : operation.value("env", json::object()).items())
      args.insert(args.end(), {"--env", name + "=" + value.get<std::string>()});
    for (const json& proposal : spec_.value("proposals", json::array()))
      if (proposal == "sockets") args.insert(args.end(), {"--allow-net", "*", "--listen", "*"});
    args.insert(args.end(), {"--argv0", wasm_.filename().string(), wasm_.string()});
    for (const json& arg : operation.value("args", json::array())) args.push_back(arg);
    command_.emplace(folder_.path(), args);
  }

  std::string wait(const json& operation) {
    const int code = command_->wait();
    const int expected = operation.value("exit_code", 0);
    if (code == expected) return "";
    return "exit code " + std::to_string(code) + ", not " + std::to_string(expected) + "\n" +
           command_->rest(2);
  }

  void write(const json& operation) {
    command_->write(operation.value("payload", ""));
    wrote_ = true;
  }

  std::string read(const json& operation) {
    const std::string payload = operation.value("payload", "");
    const int stream = operation.value("id", "stdout") == "stderr" ? 2 : 1;
    // The writer of a round trip waits for the end of its input.
    if (stream == 1 && wrote_) command_->close_input();
    const std::string text = command_->read(stream, payload.size());
    return text == payload ? "" : "got " + text;
  }

  std::string connect(const json& operation) {
    const std::string address = command_->read_line();
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos) return "no address: " + address + "\n" + command_->rest(2);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connections_[operation.value("id", "server")] = fd;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return "refused";
    return "";
  }

  std::string send(const json& operation) {
    const std::string payload = operation.value("payload", "");
    const int fd = connections_.at(operation.at("id"));
    return ::send(fd, payload.data(), payload.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(payload.size())
               ? ""
               : "not sent";
  }

  std::string receive(const json& operation) {
    const std::string payload = operation.value("payload", "");
    std::string got(payload.size(), ' ');
    const ssize_t count =
        recv(connections_.at(operation.at("id")), got.data(), got.size(), MSG_WAITALL);
    got.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    return got == payload ? "" : "got " + got;
  }

  fs::path wasm_;
  std::string tier_;
  json spec_ = json::object();
  Folder folder_;
  std::optional<Conversation> command_;
  bool wrote_ = false;
  std::map<std::string, int> connections_;
};

class Wasi3Suite : public testing::TestWithParam<std::string> {};

TEST_P(Wasi3Suite, Passes) {
  const fs::path tests = fs::path(CAIRN_TESTSUITES) / "wasi/rust/wasm32-wasip3";
  if (!fs::exists(tests)) {
    GTEST_SKIP() << "the official WASI suite is not at " << tests
                 << " (`./dev setup` fetches it); skipped";
  }
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(tests)) {
    if (entry.path().extension() != ".wasm") continue;
    ++count;
    const std::string name = entry.path().stem().string();
    if (expected_to_fail(name)) continue;
    EXPECT_EQ(Script(entry.path(), GetParam()).failure(), "") << name;
  }
  EXPECT_GE(count, tests_min);
}

INSTANTIATE_TEST_SUITE_P(Tiers, Wasi3Suite, testing::Values("interpret", "baseline"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace cairn::functional
