#pragma once
/// Sends requests over HTTP for actors: a thread with the network of this machine, from the first
/// of them on.

#include <cairn/base/clock.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/random.hpp>
#include <cairn/wasi/guest.hpp>
#include <cairn/wasi/http_client.hpp>
#include <cairn/wasi/tls.hpp>

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace cairn::cli {

class HttpSender final : public wasi::HttpClient {
 public:
  HttpSender();
  ~HttpSender() override { stop(); }

  std::shared_ptr<void> send(wasi::HttpQuestion question, const wasi::NetworkPolicy& policy,
                             uint64_t body_bytes_max, Done done) override;
  /// Gives no more answers: before those who wait for any go away.
  void stop();

 private:
  /// One request; what it consists of is used by the thread alone.
  struct Sending;
  /// False: there is no thread, and will be none for this request.
  bool is_started();
  void run();
  void begin(const std::shared_ptr<Sending>& sending);
  void end(const std::shared_ptr<Sending>& sending);

  RealClock clock_;
  RealRandom random_;
  RealFiles files_;
  std::unique_ptr<EventLoop> loop_ = make_event_loop(clock_);
  std::unique_ptr<wasi::Network> network_ = wasi::make_network(*loop_, files_, random_);
  std::unique_ptr<wasi::TlsContext> tls_;
  std::list<std::shared_ptr<Sending>> sendings_;
  EventLoop::Ticket alive_;  ///< so that there is always something to wait for
  std::atomic<bool> is_ending_ = false;
  std::mutex starting_;
  std::thread thread_;  // last: it uses the others; under `starting_`
};

}  // namespace cairn::cli
