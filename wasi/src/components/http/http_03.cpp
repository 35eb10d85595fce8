// `wasi:http` 0.3 (proposals/http/wit of WebAssembly/WASI).

#include "components/http/messages_03.hpp"
#include "components/io.hpp"
#include "components/pumps.hpp"

namespace cairn::wasi {
namespace {

using component::Completer;
using component::Later;

template <class T>
using HeaderResult = std::expected<T, HeaderError3>;
using FieldsRef = const HostRef<Fields>&;
using RequestRef = const HostRef<Request3>&;
using ResponseRef = const HostRef<Response3>&;
using OptionsRef = const HostRef<RequestOptions>&;

// ---- Fields -----------------------------------------------------------------------------------

template <class T>
auto header_result(FieldsResult<T> result) -> HeaderResult<T> {
  if (!result) return std::unexpected(HeaderError3{result.error()});
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(result);
}

HeaderResult<HostOwn<Fields>> own(FieldsResult<std::shared_ptr<Fields>> fields) {
  if (!fields) return std::unexpected(HeaderError3{fields.error()});
  return HostOwn<Fields>(*std::move(fields));
}

void add_fields(HostInterface& types) {
  types.resource<Fields>("fields")
      .func("[constructor]fields",
            [](HostCall& call) {
              return HostOwn<Fields>(std::make_shared<Fields>(Guest::of(call).fields_budget()));
            })
      .func("[static]fields.from-list",
            [](HostCall& call, const FieldList& entries) {
              return own(fields_of(entries, Guest::of(call).fields_budget()));
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
              if (!removed) return std::unexpected(HeaderError3{removed.error()});
              return {};
            })
      .func("[method]fields.get-and-delete",
            [](HostCall&, FieldsRef self, const std::string& name) {
              return header_result<std::vector<Bytes>>(self->remove(name));
            })
      .func("[method]fields.append",
            [](HostCall&, FieldsRef self, const std::string& name, const Bytes& value) {
              return header_result<void>(self->append(name, as_text(value)));
            })
      .func("[method]fields.copy-all", [](HostCall&, FieldsRef self) { return list_of(*self); })
      .func("[method]fields.clone", [](HostCall& call, FieldsRef self) -> Result<HostOwn<Fields>> {
        auto copy = self->clone(Guest::of(call).fields_budget());
        if (!copy) return guest_error("too many bytes of HTTP fields");
        return HostOwn<Fields>(*std::move(copy));
      });
}

// ---- Request options --------------------------------------------------------------------------

/// `request-options-error`: not-supported, immutable, other.
struct OptionsError {};

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Typed<cairn::wasi::OptionsError> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 3;
  }
  static Value to_value(cairn::wasi::OptionsError) { return Value::variant(1); }
};

namespace cairn::wasi {
namespace {

template <std::optional<uint64_t> RequestOptions::* which>
void add_option(HostInterface& types, const std::string& name) {
  types
      .func("[method]request-options.get-" + name,
            [](HostCall&, OptionsRef self) { return (*self).*which; })
      .func("[method]request-options.set-" + name,
            [](HostCall&, OptionsRef self,
               std::optional<uint64_t> value) -> std::expected<void, OptionsError> {
              if (self->immutable) return std::unexpected(OptionsError());
              (*self).*which = value;
              return {};
            });
}

void add_options(HostInterface& types) {
  types.resource<RequestOptions>("request-options")
      .func("[constructor]request-options",
            [](HostCall&) { return HostOwn<RequestOptions>(std::make_shared<RequestOptions>()); })
      .func("[method]request-options.clone", [](HostCall&, OptionsRef self) {
        auto copy = std::make_shared<RequestOptions>(*self);
        copy->immutable = false;
        return HostOwn<RequestOptions>(std::move(copy));
      });
  add_option<&RequestOptions::connect_timeout>(types, "connect-timeout");
  add_option<&RequestOptions::first_byte_timeout>(types, "first-byte-timeout");
  add_option<&RequestOptions::between_bytes_timeout>(types, "between-bytes-timeout");
}

// ---- Bodies -----------------------------------------------------------------------------------

/// Fills a stream from a body of the host's, and a future with its trailers.
class BodyPump final : public component::StreamProducer {
 public:
  BodyPump(std::shared_ptr<BodySource> source, Promise<Trailers3> trailers)
      : source_(std::move(source)), trailers_(std::move(trailers)) {}

 private:
  void produce(size_t max) override {
    max_ = std::min(max, GuestLimits{}.transfer_bytes_max);
    read();
  }
  /// Who does not want the body does not get its trailers.
  void dropped() override { trailers_(Trailers3()); }

  void read() {
    Http<BodySource::Read> read = source_->read(max_);
    if (!read) {
      trailers_(std::unexpected(read.error()));
      return end();
    }
    if (!read->bytes.empty()) return give(std::move(read->bytes));
    if (!read->ended) {
      ticket_ = source_->when_ready([this] { this->read(); });
      return;
    }
    std::shared_ptr<Fields> fields = source_->trailers();
    trailers_(fields ? Trailers3(HostOwn<Fields>(std::move(fields))) : Trailers3());
    end();
  }

  std::shared_ptr<BodySource> source_;
  Promise<Trailers3> trailers_;
  EventLoop::Ticket ticket_;
  size_t max_ = 0;
};

using Body = std::tuple<Stream<uint8_t>, Future<Trailers3>>;

/// `consume-body`
Result<Body> consume_body(HostCall& call, Contents3& contents, const Future<Sent3>& outcome) {
  if (contents.source) {
    auto [future, trailers] = TRY(Future<Trailers3>::make(call));
    auto pump =
        std::make_shared<BodyPump>(std::exchange(contents.source, nullptr), std::move(trailers));
    return Body(TRY(Stream<uint8_t>::make(call, std::move(pump))), std::move(future));
  }
  // What a guest has made goes to a guest as it is.
  if (contents.sent) {
    const auto sent = std::exchange(contents.sent, std::nullopt);
    TRY(outcome.await(call,
                      [sent](const std::optional<Sent3>& how) { (*sent)(how.value_or(Sent3())); }));
  }
  if (!contents.stream)
    contents.stream = TRY(Stream<uint8_t>::make(call, std::make_shared<EmptyPump>()));
  if (!contents.trailers) return guest_error("the body was consumed before");
  return Body(*std::exchange(contents.stream, std::nullopt),
              *std::exchange(contents.trailers, std::nullopt));
}

/// What `new` gives beside the message, and keeps in it.
Result<Future<Sent3>> take_contents(HostCall& call, Contents3& contents,
                                    const std::optional<Stream<uint8_t>>& stream,
                                    const Future<Trailers3>& trailers) {
  auto [future, sent] = TRY(Future<Sent3>::make(call));
  contents.stream = stream;
  contents.trailers = trailers;
  contents.sent = std::move(sent);
  return std::move(future);
}

// ---- Requests ---------------------------------------------------------------------------------

/// The result of a setter.
std::expected<void, std::monostate> done(bool well) {
  if (!well) return std::unexpected(std::monostate());
  return {};
}

using NewRequest = std::tuple<HostOwn<Request3>, Future<Sent3>>;
Result<NewRequest> new_request(HostCall& call, const HostOwn<Fields>& headers,
                               const std::optional<Stream<uint8_t>>& contents,
                               const Future<Trailers3>& trailers,
                               const std::optional<HostOwn<RequestOptions>>& options) {
  auto request = std::make_shared<Request3>();
  request->head.place = TRY(request_place(call));
  headers->freeze();
  request->head.fields = headers.share();
  if (options) {
    request->options = options->share();
    request->options->immutable = true;
  }
  auto sent = TRY(take_contents(call, request->contents, contents, trailers));
  return NewRequest(HostOwn<Request3>(std::move(request)), std::move(sent));
}

void add_request(HostInterface& types) {
  types.resource<Request3>("request")
      .func("[static]request.new", &new_request)
      .func("[method]request.get-method",
            [](HostCall&, RequestRef self) { return HttpMethod{self->head.method}; })
      .func("[method]request.set-method",
            [](HostCall&, RequestRef self, const HttpMethod& method) {
              return done(set_method(self->head, method));
            })
      .func("[method]request.get-path-with-query",
            [](HostCall&, RequestRef self) { return self->head.path_with_query; })
      .func("[method]request.set-path-with-query",
            [](HostCall&, RequestRef self, std::optional<std::string> path) {
              return done(set_path_with_query(self->head, std::move(path)));
            })
      .func("[method]request.get-scheme",
            [](HostCall&, RequestRef self) { return scheme_of(self->head); })
      .func("[method]request.set-scheme",
            [](HostCall&, RequestRef self, const std::optional<HttpScheme>& scheme) {
              return done(set_scheme(self->head, scheme));
            })
      .func("[method]request.get-authority",
            [](HostCall&, RequestRef self) { return self->head.authority; })
      .func("[method]request.set-authority",
            [](HostCall&, RequestRef self, std::optional<std::string> authority) {
              return done(set_authority(self->head, std::move(authority)));
            })
      .func("[method]request.get-options",
            [](HostCall&, RequestRef self) -> std::optional<HostOwn<RequestOptions>> {
              if (!self->options) return std::nullopt;
              return HostOwn<RequestOptions>(self->options);
            })
      .func("[method]request.get-headers",
            [](HostCall&, RequestRef self) { return HostOwn<Fields>(self->head.fields); })
      .func("[static]request.consume-body",
            [](HostCall& call, const HostOwn<Request3>& self, const Future<Sent3>& outcome) {
              return consume_body(call, self->contents, outcome);
            });
}

// ---- Responses --------------------------------------------------------------------------------

using NewResponse = std::tuple<HostOwn<Response3>, Future<Sent3>>;
Result<NewResponse> new_response(HostCall& call, const HostOwn<Fields>& headers,
                                 const std::optional<Stream<uint8_t>>& contents,
                                 const Future<Trailers3>& trailers) {
  auto response = std::make_shared<Response3>();
  headers->freeze();
  response->fields = headers.share();
  auto sent = TRY(take_contents(call, response->contents, contents, trailers));
  return NewResponse(HostOwn<Response3>(std::move(response)), std::move(sent));
}

void add_response(HostInterface& types) {
  types.resource<Response3>("response")
      .func("[static]response.new", &new_response)
      .func("[method]response.get-status-code",
            [](HostCall&, ResponseRef self) { return self->status; })
      .func("[method]response.set-status-code",
            [](HostCall&, ResponseRef self, uint16_t status) {
              if (!is_status(status)) return done(false);
              self->status = status;
              return done(true);
            })
      .func("[method]response.get-headers",
            [](HostCall&, ResponseRef self) { return HostOwn<Fields>(self->fields); })
      .func("[static]response.consume-body",
            [](HostCall& call, const HostOwn<Response3>& self, const Future<Sent3>& outcome) {
              return consume_body(call, self->contents, outcome);
            });
}

// ---- The client -------------------------------------------------------------------------------

using Answer3 = std::expected<HostOwn<Response3>, HttpError>;

Result<Later<Answer3>> send(HostCall& call, const HostOwn<Request3>& request) {
  Guest& guest = Guest::of(call);
  Contents3& contents = request->contents;
  const bool has_body = contents.has_body();
  const auto sent = std::exchange(contents.sent, std::nullopt);
  Later<Answer3> later(call);
  const std::shared_ptr<ClientCall> sending = send_request(
      guest, request->head, request->options ? *request->options : RequestOptions(), has_body,
      [done = later.done()](Http<ClientResponse> came) {
        if (!came) return done(std::unexpected(came.error()));
        auto response = std::make_shared<Response3>();
        response->status = came->status;
        response->fields = std::move(came->fields);
        response->contents.source = std::move(came->body);
        done(HostOwn<Response3>(std::move(response)));
      },
      [sent](const Http<>& how) {
        if (sent) (*sent)(how);
      });
  if (has_body) TRY(contents.send(guest, call.store(), sending->body()));
  later.done().keep(sending);
  return later;
}

}  // namespace

void add_http_03(ComponentLinker& linker) {
  HostInterface& types = linker.interface("wasi:http/types@0.3.0");
  add_fields(types);
  add_options(types);
  add_request(types);
  add_response(types);
  linker.interface("wasi:http/client@0.3.0")
      .resource<Request3>("request")
      .resource<Response3>("response")
      .func("send", &send);
  // Exported by services, which name the types by it.
  linker.interface("wasi:http/handler@0.3.0")
      .resource<Request3>("request")
      .resource<Response3>("response");
}

}  // namespace cairn::wasi
