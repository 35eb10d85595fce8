#pragma once
/// The HTTP face of a deployment: /v1 (docs/serve.md, /openapi.json), tiles, health, metrics.

#include <cairn/platform/deployment.hpp>
#include <cairn/wasi/http_handler.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace cairn::platform {

class ApiState;

struct ApiSettings {
  uint64_t body_bytes_max = uint64_t{1} << 20;        ///< of a message
  uint64_t component_bytes_max = uint64_t{64} << 20;  ///< of an upload
  uint32_t watchers_max = 1'000;                      ///< event streams at once
  uint32_t uploads_max = 4;                           ///< that wait to be compiled, or are
  /// For /metrics: what the process has of memory. Null: not told.
  std::function<uint64_t()> resident_bytes = nullptr;
  /// Runs what takes long (the compilation of an upload) where it holds nobody up. Null: at once.
  std::function<void(std::function<void()>)> apart = nullptr;
  /// Likewise what changes actors, which waits for the disk and for others who do.
  std::function<void(std::function<void()>)> changes = nullptr;
};

/// Shared by all threads that serve. The deployment and the clock outlive what was asked here.
class Api final : public wasi::HttpHandler {
 public:
  Api(Deployment& deployment, Clock& clock, ApiSettings settings = {});
  ~Api() override;
  uint64_t body_bytes_max(const wasi::HttpRequest& head) override;
  std::string body_owner(const wasi::HttpRequest& head) override;
  void handle(wasi::HttpRequest request, std::shared_ptr<wasi::HttpResponder> responder) override;
  wasi::HttpResponse refusal(uint16_t status, std::string_view reason) override;

  /// From here on nothing new is taken, and /readyz says so.
  void drain();

  /// The text of /openapi.json.
  static std::string_view openapi();

 private:
  std::shared_ptr<ApiState> state_;
};

}  // namespace cairn::platform
