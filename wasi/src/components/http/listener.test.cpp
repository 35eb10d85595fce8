// Who connects, as the listening socket tells it.

#include <algorithm>

#include "components/http/test_server.hpp"

namespace cairn::wasi {
namespace {

/// Nobody can be taken.
class FullListener final : public Socket {
 public:
  explicit FullListener(Errno why) : why_(why) {}
  int wait_fd() const override { return -1; }
  Outcome<> bind(const SocketAddress&, bool) override { return {}; }
  Outcome<> connect(const SocketAddress&) override { return fail(Errno::notsup); }
  Outcome<> connect_result() override { return fail(Errno::notsup); }
  Outcome<> disconnect() override { return fail(Errno::notsup); }
  Outcome<> listen(int) override { return {}; }
  Outcome<std::shared_ptr<Socket>> accept() override {
    ++asked;
    return fail(why_);
  }
  Outcome<SocketAddress> local_address() override { return SocketAddress(); }
  Outcome<SocketAddress> remote_address() override { return SocketAddress(); }
  Outcome<uint64_t> option(SocketOption) override { return fail(Errno::notsup); }
  Outcome<> set_option(SocketOption, uint64_t) override { return {}; }
  Outcome<> shut_down(bool, bool) override { return {}; }
  std::shared_ptr<Handle> stream() override { return nullptr; }
  Outcome<> send_to(ByteSpan, const std::optional<SocketAddress>&) override {
    return fail(Errno::notsup);
  }
  Outcome<Datagram> receive_from() override { return fail(Errno::notsup); }

  int asked = 0;

 private:
  Errno why_;
};

TEST(Listener, SaysNowAndThenThatNobodyCanBeTaken) {
  constexpr uint64_t minute = 60'000'000'000;
  for (const auto& [why, lines] : {std::pair(Errno::mfile, 2), std::pair(Errno::connaborted, 0)}) {
    ServedHandler served(Speaks::http, 1,
                         [](const HttpRequest&, const std::shared_ptr<HttpResponder>&) {});
    const auto listener = std::make_shared<FullListener>(why);
    served.server->listen(listener);
    served.run(minute + minute / 2);
    EXPECT_GT(listener->asked, 100) << "it goes on trying";
    const auto told = std::ranges::count_if(served.log.lines(), [](const std::string& line) {
      return line.contains("who connects has to wait: ");
    });
    EXPECT_EQ(told, lines) << to_string(why);
    served.server->abort();
  }
}

}  // namespace
}  // namespace cairn::wasi
