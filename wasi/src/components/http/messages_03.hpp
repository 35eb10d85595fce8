#pragma once
/// Requests and responses of `wasi:http` 0.3.

#include <cairn/component/host_streams.hpp>
#include <cairn/component/pending_call.hpp>

#include "components/http/body.hpp"
#include "components/http/types.hpp"
#include "components/interfaces.hpp"

namespace cairn::wasi {

using component::Future;
using component::HostOwn;
using component::HostRef;
using component::Promise;
using component::Stream;

using Trailers3 = std::expected<std::optional<HostOwn<Fields>>, HttpError>;
using Sent3 = std::expected<void, HttpError>;

/// A body: the guest's, which comes as a stream and a future, or one of the host's.
struct Contents3 {
  std::optional<Stream<uint8_t>> stream;
  std::optional<Future<Trailers3>> trailers;
  std::optional<Promise<Sent3>> sent;  ///< how its transmission has ended
  std::shared_ptr<BodySource> source;

  Contents3() = default;
  ~Contents3() {
    if (sent) (*sent)(http_fail(HttpErrorCode::internal_error, {}, "the message was not sent"));
  }
  Contents3(const Contents3&) = delete;
  Contents3& operator=(const Contents3&) = delete;

  bool has_body() const { return stream || source; }
  /// Sends it where the sink leads. `sent` of it is left to the caller, who takes it before.
  Result<> send(Guest& guest, component::rt::StoreState& store,
                const std::shared_ptr<BodySink>& sink);
};

struct Request3 {
  RequestHead head;
  std::shared_ptr<RequestOptions> options;
  Contents3 contents;
};

struct Response3 {
  uint16_t status = 200;
  std::shared_ptr<Fields> fields;
  Contents3 contents;
};

}  // namespace cairn::wasi
