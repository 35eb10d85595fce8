// `wasi:http` 0.2 (proposals/http/wit of WebAssembly/WASI at v0.2.12).

#include "components/http/messages_02.hpp"
#include "components/http/syntax.hpp"

namespace cairn::wasi {
namespace {

template <class T>
using HeaderResult = Result<std::expected<T, HeaderError2>>;
/// A result without a reason.
template <class T = void>
using Plain = std::expected<T, std::monostate>;
using FieldsRef = const HostRef<Fields>&;

/// This version has no error for fields that are too large.
std::unexpected<Error> too_large() { return guest_error("too many bytes of HTTP fields"); }

template <class T>
HeaderResult<T> header_result(FieldsResult<T> result) {
  if (result) {
    if constexpr (std::is_void_v<T>)
      return std::expected<T, HeaderError2>();
    else
      return std::expected<T, HeaderError2>(*std::move(result));
  }
  if (result.error() == HeaderError::size_exceeded) return too_large();
  return std::expected<T, HeaderError2>(std::unexpected(HeaderError2{result.error()}));
}

Plain<> done(bool well) {
  if (!well) return std::unexpected(std::monostate());
  return {};
}

void add_fields(HostInterface& types) {
  types.resource<Fields>("fields")
      .func("[constructor]fields",
            [](HostCall& call) {
              return HostOwn<Fields>(std::make_shared<Fields>(Guest::of(call).fields_budget()));
            })
      .func("[static]fields.from-list",
            [](HostCall& call, const FieldList& entries) -> HeaderResult<HostOwn<Fields>> {
              auto made = fields_of(entries, Guest::of(call).fields_budget());
              if (!made) return header_result<HostOwn<Fields>>(std::unexpected(made.error()));
              return HostOwn<Fields>(*std::move(made));
            })
      .func("[method]fields.get",
            [](HostCall&, FieldsRef self, const std::string& name) { return self->get(name); })
      .func("[method]fields.has",
            [](HostCall&, FieldsRef self, const std::string& name) { return self->has(name); })
      .func(
          "[method]fields.set",
          [](HostCall&, FieldsRef self, const std::string& name, const std::vector<Bytes>& values) {
            return header_result<void>(self->set(name, values));
          })
      .func("[method]fields.delete",
            [](HostCall&, FieldsRef self, const std::string& name) -> HeaderResult<void> {
              const auto removed = self->remove(name);
              if (!removed) return header_result<void>(std::unexpected(removed.error()));
              return std::expected<void, HeaderError2>();
            })
      .func("[method]fields.append",
            [](HostCall&, FieldsRef self, const std::string& name, const Bytes& value) {
              return header_result<void>(self->append(name, as_text(value)));
            })
      .func("[method]fields.entries", [](HostCall&, FieldsRef self) { return list_of(*self); })
      .func("[method]fields.clone", [](HostCall& call, FieldsRef self) -> Result<HostOwn<Fields>> {
        auto copy = self->clone(Guest::of(call).fields_budget());
        if (!copy) return too_large();
        return HostOwn<Fields>(*std::move(copy));
      });
}

// ---- Messages that come in --------------------------------------------------------------------

Plain<HostOwn<IncomingBody2>> consume(std::shared_ptr<BodySource>& body) {
  if (!body) return std::unexpected(std::monostate());
  return HostOwn<IncomingBody2>(std::make_shared<IncomingBody2>(std::exchange(body, nullptr)));
}

void add_incoming(HostInterface& types) {
  using Request = const HostRef<IncomingRequest2>&;
  using Response = const HostRef<IncomingResponse2>&;
  types.resource<IncomingRequest2>("incoming-request")
      .func("[method]incoming-request.method",
            [](HostCall&, Request self) { return HttpMethod{self->head.method}; })
      .func("[method]incoming-request.path-with-query",
            [](HostCall&, Request self) { return self->head.path_with_query; })
      .func("[method]incoming-request.scheme",
            [](HostCall&, Request self) { return scheme_of(self->head); })
      .func("[method]incoming-request.authority",
            [](HostCall&, Request self) { return self->head.authority; })
      .func("[method]incoming-request.headers",
            [](HostCall&, Request self) { return HostOwn<Fields>(self->head.fields); })
      .func("[method]incoming-request.consume",
            [](HostCall&, Request self) { return consume(self->body); });
  types.resource<IncomingResponse2>("incoming-response")
      .func("[method]incoming-response.status",
            [](HostCall&, Response self) { return self->status; })
      .func("[method]incoming-response.headers",
            [](HostCall&, Response self) { return HostOwn<Fields>(self->fields); })
      .func("[method]incoming-response.consume",
            [](HostCall&, Response self) { return consume(self->body); });
}

using MaybeTrailers = std::expected<std::optional<HostOwn<Fields>>, HttpError>;

std::optional<Plain<MaybeTrailers>> get_trailers(HostCall&, const HostRef<FutureTrailers2>& self) {
  if (self->is_taken()) return Plain<MaybeTrailers>(std::unexpected(std::monostate()));
  auto came = self->take();
  if (!came) return std::nullopt;
  if (!*came) return Plain<MaybeTrailers>(MaybeTrailers(std::unexpected(came->error())));
  std::optional<HostOwn<Fields>> fields;
  if (**came) fields.emplace(**std::move(came));
  return Plain<MaybeTrailers>(MaybeTrailers(std::move(fields)));
}

void add_incoming_body(HostInterface& types) {
  types.resource<IncomingBody2>("incoming-body")
      .resource<FutureTrailers2>("future-trailers")
      .func("[method]incoming-body.stream",
            [](HostCall& call, const HostRef<IncomingBody2>& self) -> Plain<HostOwn<InputStream>> {
              if (self->stream_taken) return std::unexpected(std::monostate());
              auto source = Guest::of(call).count(byte_source(self->source));
              if (!source) return std::unexpected(std::monostate());
              self->stream_taken = true;
              return HostOwn<InputStream>(std::make_shared<InputStream>(*std::move(source)));
            })
      .func("[static]incoming-body.finish",
            [](HostCall&, const HostOwn<IncomingBody2>& self) {
              return HostOwn<FutureTrailers2>(std::make_shared<FutureTrailers2>(self->source));
            })
      .func("[method]future-trailers.subscribe",
            [](HostCall&, const HostRef<FutureTrailers2>& self) {
              return HostOwn<Pollable>(std::make_shared<FunctionPollable>(
                  [future = self.share()] { return future->ready(); },
                  [future = self.share()](EventLoop::Callback run) {
                    return future->when_ready(std::move(run));
                  }));
            })
      .func("[method]future-trailers.get", &get_trailers);
}

// ---- Messages that go out ---------------------------------------------------------------------

std::optional<uint64_t> length_of(const Fields& fields) {
  const std::string* const text = fields.find("content-length");
  return text ? parse_length(trimmed(*text)) : std::nullopt;
}

/// `body` of a message: once.
Plain<HostOwn<OutgoingBody2>> take_body(Guest& guest, std::shared_ptr<BodyPipe>& body,
                                        const Fields& fields, HttpErrorCode size_error) {
  if (body) return std::unexpected(std::monostate());
  body = std::make_shared<BodyPipe>(guest, length_of(fields), size_error);
  return HostOwn<OutgoingBody2>(std::make_shared<OutgoingBody2>(body));
}

void add_outgoing_request(HostInterface& types) {
  using Request = const HostRef<OutgoingRequest2>&;
  types.resource<OutgoingRequest2>("outgoing-request")
      .func(
          "[constructor]outgoing-request",
          [](HostCall& call, const HostOwn<Fields>& headers) -> Result<HostOwn<OutgoingRequest2>> {
            auto request = std::make_shared<OutgoingRequest2>();
            request->head.place = TRY(request_place(call));
            headers->freeze();
            request->head.fields = headers.share();
            return HostOwn<OutgoingRequest2>(std::move(request));
          })
      .func("[method]outgoing-request.body",
            [](HostCall& call, Request self) {
              return take_body(Guest::of(call), self->body, *self->head.fields,
                               HttpErrorCode::request_body_size);
            })
      .func("[method]outgoing-request.method",
            [](HostCall&, Request self) { return HttpMethod{self->head.method}; })
      .func("[method]outgoing-request.set-method",
            [](HostCall&, Request self, const HttpMethod& method) {
              return done(set_method(self->head, method));
            })
      .func("[method]outgoing-request.path-with-query",
            [](HostCall&, Request self) { return self->head.path_with_query; })
      .func("[method]outgoing-request.set-path-with-query",
            [](HostCall&, Request self, std::optional<std::string> path) {
              return done(set_path_with_query(self->head, std::move(path)));
            })
      .func("[method]outgoing-request.scheme",
            [](HostCall&, Request self) { return scheme_of(self->head); })
      .func("[method]outgoing-request.set-scheme",
            [](HostCall&, Request self, const std::optional<HttpScheme>& scheme) {
              return done(set_scheme(self->head, scheme));
            })
      .func("[method]outgoing-request.authority",
            [](HostCall&, Request self) { return self->head.authority; })
      .func("[method]outgoing-request.set-authority",
            [](HostCall&, Request self, std::optional<std::string> authority) {
              return done(set_authority(self->head, std::move(authority)));
            })
      .func("[method]outgoing-request.headers",
            [](HostCall&, Request self) { return HostOwn<Fields>(self->head.fields); });
}

void add_outgoing_response(HostInterface& types) {
  using Response = const HostRef<OutgoingResponse2>&;
  types.resource<OutgoingResponse2>("outgoing-response")
      .func("[constructor]outgoing-response",
            [](HostCall&, const HostOwn<Fields>& headers) {
              auto response = std::make_shared<OutgoingResponse2>();
              headers->freeze();
              response->fields = headers.share();
              return HostOwn<OutgoingResponse2>(std::move(response));
            })
      .func("[method]outgoing-response.status-code",
            [](HostCall&, Response self) { return self->status; })
      .func("[method]outgoing-response.set-status-code",
            [](HostCall&, Response self, uint16_t status) {
              if (!is_status(status)) return done(false);
              self->status = status;
              return done(true);
            })
      .func("[method]outgoing-response.headers",
            [](HostCall&, Response self) { return HostOwn<Fields>(self->fields); })
      .func("[method]outgoing-response.body", [](HostCall& call, Response self) {
        return take_body(Guest::of(call), self->body, *self->fields,
                         HttpErrorCode::response_body_size);
      });
  types.resource<ResponseOutparam>("response-outparam")
      .func("[static]response-outparam.set",
            [](HostCall&, const HostOwn<ResponseOutparam>& param,
               const std::expected<HostOwn<OutgoingResponse2>, HttpError>& response) {
              const auto set = std::exchange(param->set, nullptr);
              if (!set) return;
              if (response)
                set(response->share());
              else
                set(std::unexpected(response.error()));
            });
}

void add_outgoing_body(HostInterface& types) {
  types.resource<OutgoingBody2>("outgoing-body")
      .func("[method]outgoing-body.write",
            [](HostCall& call, const HostRef<OutgoingBody2>& self) -> Plain<HostOwn<OutputStream>> {
              if (self->stream_taken) return std::unexpected(std::monostate());
              Guest& guest = Guest::of(call);
              auto sink = guest.count(byte_sink(self->pipe));
              if (!sink) return std::unexpected(std::monostate());
              self->stream_taken = true;
              return HostOwn<OutputStream>(
                  std::make_shared<OutputStream>(guest.loop(), *std::move(sink)));
            })
      .func("[static]outgoing-body.finish",
            [](HostCall&, const HostOwn<OutgoingBody2>& self,
               const std::optional<HostOwn<Fields>>& trailers) -> Http<> {
              const auto pipe = std::exchange(self->pipe, nullptr);
              if (!pipe) return http_fail(HttpErrorCode::internal_error);
              if (trailers) (*trailers)->freeze();
              return pipe->finish(trailers ? trailers->share() : nullptr);
            });
}

// ---- Options ----------------------------------------------------------------------------------

template <std::optional<uint64_t> RequestOptions::* which>
void add_option(HostInterface& types, const std::string& name) {
  types
      .func("[method]request-options." + name,
            [](HostCall&, const HostRef<RequestOptions>& self) { return (*self).*which; })
      .func("[method]request-options.set-" + name,
            [](HostCall&, const HostRef<RequestOptions>& self, std::optional<uint64_t> value) {
              (*self).*which = value;
              return done(true);
            });
}

void add_options(HostInterface& types) {
  types.resource<RequestOptions>("request-options")
      .func("[constructor]request-options",
            [](HostCall&) { return HostOwn<RequestOptions>(std::make_shared<RequestOptions>()); });
  add_option<&RequestOptions::connect_timeout>(types, "connect-timeout");
  add_option<&RequestOptions::first_byte_timeout>(types, "first-byte-timeout");
  add_option<&RequestOptions::between_bytes_timeout>(types, "between-bytes-timeout");
}

// ---- The client -------------------------------------------------------------------------------

using MaybeResponse = Http<HostOwn<IncomingResponse2>>;

std::optional<Plain<MaybeResponse>> get_response(HostCall&, const HostRef<FutureResponse2>& self) {
  if (!self->came) return std::nullopt;
  if (std::exchange(self->taken, true))
    return Plain<MaybeResponse>(std::unexpected(std::monostate()));
  if (!*self->came)
    return Plain<MaybeResponse>(MaybeResponse(std::unexpected(self->came->error())));
  ClientResponse came = **std::move(self->came);
  auto response = std::make_shared<IncomingResponse2>(came.status, std::move(came.fields),
                                                      std::move(came.body));
  return Plain<MaybeResponse>(MaybeResponse(HostOwn<IncomingResponse2>(std::move(response))));
}

void add_future_response(HostInterface& types) {
  types.resource<FutureResponse2>("future-incoming-response")
      .func("[method]future-incoming-response.subscribe",
            [](HostCall& call, const HostRef<FutureResponse2>& self) {
              EventLoop* const loop = &Guest::of(call).loop();
              return HostOwn<Pollable>(std::make_shared<FunctionPollable>(
                  [future = self.share()] { return future->came.has_value(); },
                  [future = self.share(), loop](EventLoop::Callback run) {
                    if (future->came) return loop->at(0, std::move(run));
                    return future->signal.wait(std::move(run));
                  }));
            })
      .func("[method]future-incoming-response.get", &get_response);
}

Http<HostOwn<FutureResponse2>> handle(HostCall& call, const HostOwn<OutgoingRequest2>& request,
                                      const std::optional<HostOwn<RequestOptions>>& options) {
  auto future = std::make_shared<FutureResponse2>();
  const std::weak_ptr<FutureResponse2> to = future;
  future->call = send_request(
      Guest::of(call), request->head, options ? **options : RequestOptions(),
      request->body != nullptr,
      [to](Http<ClientResponse> came) {
        const auto waiting = to.lock();
        if (!waiting) return;
        waiting->came.emplace(std::move(came));
        waiting->signal.fire();
      },
      nullptr);
  if (request->body) request->body->attach(future->call->body());
  return HostOwn<FutureResponse2>(std::move(future));
}

}  // namespace

void add_http_02(ComponentLinker& linker) {
  HostInterface& types = linker.interface("wasi:http/types@0.2.12");
  types.resource<InputStream>("input-stream")
      .resource<OutputStream>("output-stream")
      .resource<Pollable>("pollable")
      .resource<IoError>("io-error")
      .resource<IoError>("error")
      .func("http-error-code", [](HostCall&, const HostRef<IoError>& error) {
        return std::optional<HttpError>(HttpError::of_connection(error->code));
      });
  add_fields(types);
  add_incoming(types);
  add_incoming_body(types);
  add_outgoing_request(types);
  add_outgoing_response(types);
  add_outgoing_body(types);
  add_options(types);
  add_future_response(types);
  linker.interface("wasi:http/outgoing-handler@0.2.12")
      .resource<OutgoingRequest2>("outgoing-request")
      .resource<RequestOptions>("request-options")
      .resource<FutureResponse2>("future-incoming-response")
      .func("handle", &handle);
  // Exported by proxies, which name the types by it.
  linker.interface("wasi:http/incoming-handler@0.2.12")
      .resource<IncomingRequest2>("incoming-request")
      .resource<ResponseOutparam>("response-outparam");
}

}  // namespace cairn::wasi
