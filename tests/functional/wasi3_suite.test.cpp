// The official WASI suite for 0.3 (its SPECIFICATION.md says how a test is run and judged).

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "command.hpp"
#include "conversation.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// How many there are at the pinned revision.
constexpr size_t tests_min = 55;

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
      else if (type == "request")
        wrong = request(operation);
      else if (type == "kill")
        command_->signal(operation.value("signal", "SIGTERM") == "SIGINT" ? SIGINT : SIGTERM);
      else
        wrong = "there is no operation " + type;
      if (!wrong.empty()) return type + ": " + wrong;
    }
    return "";
  }

 private:
  void run(const json& operation) {
    const bool serves = spec_.value("world", "") == "wasi:http/service";
    std::vector<std::string> args = {serves ? "serve-http" : "run", "--cache", "off", "--tier",
                                     tier_};
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
    for (const std::string& variable : start_servers())
      args.insert(args.end(), {"--env", variable});
    if (serves) {
      args.insert(args.end(), {"--addr", "127.0.0.1:0", "--threads", "1", "--allow-net", "*"});
      args.push_back(wasm_.string());
      command_.emplace(folder_.path(), args);
      port_ = port_in(command_->read_line(2));
      return;
    }
    args.insert(args.end(), {"--argv0", wasm_.filename().string(), wasm_.string()});
    for (const json& arg : operation.value("args", json::array())) args.push_back(arg);
    command_.emplace(folder_.path(), args);
  }

  /// What the test speaks to, and the variables that say where.
  std::vector<std::string> start_servers() {
    std::vector<std::string> variables;
    for (const json& server : spec_.value("servers", json::array())) {
      std::string address;
      if (server.value("kind", "") == "closed") {
        address = closed_address();
      } else {
        servers_.push_back(
            std::make_unique<HttpEndpoints>(server.value("endpoints", json::array())));
        address = servers_.back()->address();
      }
      std::string name = server.at("name");
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
      variables.push_back("HTTP_SERVER_" + name + "=" + address);
    }
    return variables;
  }

  std::string request(const json& operation) {
    if (port_ == 0) return "nobody serves\n" + command_->rest(2);
    std::string fields;
    for (const auto& [name, value] : operation.value("headers", json::object()).items())
      fields += name + ": " + value.get<std::string>() + "\r\n";
    const std::string body = operation.value("body", "");
    const HttpReply reply = HttpClient(port_).ask(
        operation.value("method", "GET"), operation.at("path").get<std::string>(), body, fields);
    const json expected = operation.value("response", json::object());
    if (reply.status != expected.value("status", 200) || !reply.whole) {
      command_->signal(SIGKILL);
      return "status " + std::to_string(reply.status) + "\n" + reply.body + command_->rest(2);
    }
    for (const auto& [name, value] : expected.value("headers", json::object()).items())
      if (reply.field(name) != value.get<std::string>()) return name + ": " + reply.field(name);
    return reply.body == expected.value("body", "") ? "" : "body " + reply.body;
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
  std::vector<std::unique_ptr<HttpEndpoints>> servers_;
  uint16_t port_ = 0;
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
    EXPECT_EQ(Script(entry.path(), GetParam()).failure(), "") << name;
  }
  EXPECT_GE(count, tests_min);
}

INSTANTIATE_TEST_SUITE_P(Tiers, Wasi3Suite, testing::Values("interpret", "baseline"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace cairn::functional
