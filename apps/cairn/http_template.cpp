// The template of a component that serves HTTP, with the interfaces of `wasi:http` 0.2 and
// `wasi:io` 0.2 that it is made of (proposals/{http,io}/wit of WebAssembly/WASI).

#include <array>

#include "templates.hpp"

namespace cairn::cli {
namespace {

constexpr std::string_view world = R"(package local:@NAME@;

world @NAME@ {
  import wasi:http/outgoing-handler@0.2.0;
  export wasi:http/incoming-handler@0.2.0;
}
)";

constexpr std::string_view io_interfaces = R"(package wasi:io@0.2.0;

interface error {
  resource error {
    to-debug-string: func() -> string;
  }
}

interface poll {
  resource pollable {
    ready: func() -> bool;
    block: func();
  }
  poll: func(in: list<borrow<pollable>>) -> list<u32>;
}

interface streams {
  use error.{error};
  use poll.{pollable};

  variant stream-error { last-operation-failed(error), closed }

  resource input-stream {
    read: func(len: u64) -> result<list<u8>, stream-error>;
    blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
    subscribe: func() -> pollable;
  }

  resource output-stream {
    check-write: func() -> result<u64, stream-error>;
    write: func(contents: list<u8>) -> result<_, stream-error>;
    flush: func() -> result<_, stream-error>;
    blocking-flush: func() -> result<_, stream-error>;
    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
    subscribe: func() -> pollable;
    blocking-splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
  }
}
)";

constexpr std::string_view http_interfaces = R"(package wasi:http@0.2.0;

interface types {
  use wasi:io/error@0.2.0.{error as io-error};
  use wasi:io/poll@0.2.0.{pollable};
  use wasi:io/streams@0.2.0.{input-stream, output-stream};

  type duration = u64;
  type status-code = u16;
  type field-key = string;
  type field-value = list<u8>;

  variant method { get, head, post, put, delete, connect, options, trace, patch, other(string) }
  variant scheme { HTTP, HTTPS, other(string) }

  record DNS-error-payload { rcode: option<string>, info-code: option<u16> }
  record TLS-alert-received-payload { alert-id: option<u8>, alert-message: option<string> }
  record field-size-payload { field-name: option<string>, field-size: option<u32> }

  variant error-code {
    DNS-timeout,
    DNS-error(DNS-error-payload),
    destination-not-found,
    destination-unavailable,
    destination-IP-prohibited,
    destination-IP-unroutable,
    connection-refused,
    connection-terminated,
    connection-timeout,
    connection-read-timeout,
    connection-write-timeout,
    connection-limit-reached,
    TLS-protocol-error,
    TLS-certificate-error,
    TLS-alert-received(TLS-alert-received-payload),
    HTTP-request-denied,
    HTTP-request-length-required,
    HTTP-request-body-size(option<u64>),
    HTTP-request-method-invalid,
    HTTP-request-URI-invalid,
    HTTP-request-URI-too-long,
    HTTP-request-header-section-size(option<u32>),
    HTTP-request-header-size(option<field-size-payload>),
    HTTP-request-trailer-section-size(option<u32>),
    HTTP-request-trailer-size(field-size-payload),
    HTTP-response-incomplete,
    HTTP-response-header-section-size(option<u32>),
    HTTP-response-header-size(field-size-payload),
    HTTP-response-body-size(option<u64>),
    HTTP-response-trailer-section-size(option<u32>),
    HTTP-response-trailer-size(field-size-payload),
    HTTP-response-transfer-coding(option<string>),
    HTTP-response-content-coding(option<string>),
    HTTP-response-timeout,
    HTTP-upgrade-failed,
    HTTP-protocol-error,
    loop-detected,
    configuration-error,
    internal-error(option<string>),
  }
  http-error-code: func(err: borrow<io-error>) -> option<error-code>;

  variant header-error { invalid-syntax, forbidden, immutable }

  resource fields {
    constructor();
    from-list: static func(entries: list<tuple<field-key, field-value>>)
      -> result<fields, header-error>;
    get: func(name: field-key) -> list<field-value>;
    has: func(name: field-key) -> bool;
    set: func(name: field-key, value: list<field-value>) -> result<_, header-error>;
    delete: func(name: field-key) -> result<_, header-error>;
    append: func(name: field-key, value: field-value) -> result<_, header-error>;
    entries: func() -> list<tuple<field-key, field-value>>;
    clone: func() -> fields;
  }
  type headers = fields;
  type trailers = fields;

  resource incoming-request {
    method: func() -> method;
    path-with-query: func() -> option<string>;
    scheme: func() -> option<scheme>;
    authority: func() -> option<string>;
    headers: func() -> headers;
    consume: func() -> result<incoming-body>;
  }

  resource outgoing-request {
    constructor(headers: headers);
    body: func() -> result<outgoing-body>;
    method: func() -> method;
    set-method: func(method: method) -> result;
    path-with-query: func() -> option<string>;
    set-path-with-query: func(path-with-query: option<string>) -> result;
    scheme: func() -> option<scheme>;
    set-scheme: func(scheme: option<scheme>) -> result;
    authority: func() -> option<string>;
    set-authority: func(authority: option<string>) -> result;
    headers: func() -> headers;
  }

  resource request-options {
    constructor();
    connect-timeout: func() -> option<duration>;
    set-connect-timeout: func(duration: option<duration>) -> result;
    first-byte-timeout: func() -> option<duration>;
    set-first-byte-timeout: func(duration: option<duration>) -> result;
    between-bytes-timeout: func() -> option<duration>;
    set-between-bytes-timeout: func(duration: option<duration>) -> result;
  }

  resource response-outparam {
    set: static func(param: response-outparam, response: result<outgoing-response, error-code>);
  }

  resource incoming-response {
    status: func() -> status-code;
    headers: func() -> headers;
    consume: func() -> result<incoming-body>;
  }

  resource incoming-body {
    %stream: func() -> result<input-stream>;
    finish: static func(this: incoming-body) -> future-trailers;
  }

  resource future-trailers {
    subscribe: func() -> pollable;
    get: func() -> option<result<result<option<trailers>, error-code>>>;
  }

  resource outgoing-response {
    constructor(headers: headers);
    status-code: func() -> status-code;
    set-status-code: func(status-code: status-code) -> result;
    headers: func() -> headers;
    body: func() -> result<outgoing-body>;
  }

  resource outgoing-body {
    write: func() -> result<output-stream>;
    finish: static func(this: outgoing-body, trailers: option<trailers>) -> result<_, error-code>;
  }

  resource future-incoming-response {
    subscribe: func() -> pollable;
    get: func() -> option<result<result<incoming-response, error-code>>>;
  }
}

interface incoming-handler {
  use types.{incoming-request, response-outparam};
  handle: func(request: incoming-request, response-out: response-outparam);
}

interface outgoing-handler {
  use types.{outgoing-request, request-options, future-incoming-response, error-code};
  handle: func(request: outgoing-request, options: option<request-options>)
    -> result<future-incoming-response, error-code>;
}
)";

constexpr std::string_view program = R"(#include <stdlib.h>
#include <string.h>

#include "@ID@.h"

/// A text as the bindings take it; they do not free it.
static @ID@_string_t text(const char* of) { return (@ID@_string_t){(char*)of, strlen(of)}; }
static @ID@_list_uint8_t bytes(const char* of) {
  return (@ID@_list_uint8_t){(uint8_t*)of, strlen(of)};
}

/// Answers with a status and a text.
static void answer(wasi_http_types_response_outparam_own_t out, uint16_t status,
                   const char* content) {
  wasi_http_types_fields_own_t fields = wasi_http_types_fields_create();
  wasi_http_types_fields_append(wasi_http_types_fields_borrow(fields), text("content-type"),
                                bytes("text/plain"));
  wasi_http_types_outgoing_response_own_t response =
      wasi_http_types_outgoing_response_create(fields);
  wasi_http_types_outgoing_response_borrow_t borrowed =
      wasi_http_types_outgoing_response_borrow(response);
  wasi_http_types_outgoing_response_set_status_code(borrowed, status);
  wasi_http_types_outgoing_body_own_t body =
      wasi_http_types_outgoing_response_body(borrowed).val.ok;

  // From here on the response is on its way; its body follows.
  @ID@_result_wasi_http_types_outgoing_response_own_wasi_http_types_error_code_t result;
  result.is_err = false;
  result.val.ok = response;
  wasi_http_types_response_outparam_set(out, result);

  wasi_io_streams_output_stream_own_t stream =
      wasi_http_types_outgoing_body_write(wasi_http_types_outgoing_body_borrow(body)).val.ok;
  wasi_io_streams_output_stream_blocking_write_and_flush(
      wasi_io_streams_output_stream_borrow(stream), bytes(content));
  wasi_io_streams_output_stream_drop(stream);
  wasi_http_types_outgoing_body_finish(body, (@ID@_option_wasi_http_types_fields_own_t){0});
}

void exports_wasi_http_incoming_handler_handle(wasi_http_types_incoming_request_own_t request,
                                               wasi_http_types_response_outparam_own_t out) {
  @ID@_option_@ID@_string_t path = wasi_http_types_incoming_request_path_with_query(
      wasi_http_types_incoming_request_borrow(request));
  bool is_root = path.is_some && path.val.len == 1;
  @ID@_option_@ID@_string_free(&path);
  wasi_http_types_incoming_request_drop(request);
  answer(out, is_root ? 200 : 404, is_root ? "Hello from @NAME@!\n" : "There is no such page.\n");
}
)";

constexpr std::string_view makefile =
    R"(# `make` builds @NAME@.wasm, a component that serves HTTP; `make serve` serves it.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang-22 clang))
FLAGS := --target=wasm32-wasi -Wno-deprecated -mexec-model=reactor -O2 -Wall -Wextra -Igen

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: gen/@ID@.c main.c
@TAB@$(CLANG) $(FLAGS) -Wl,-s gen/@ID@.c main.c -o $@

gen/@ID@.c: wit/world.wit wit/deps/http.wit wit/deps/io.wit
@TAB@mkdir -p gen
@TAB@$(CAIRN) bindgen c wit -o gen

serve: @NAME@.wasm
@TAB@$(CAIRN) serve-http @NAME@.wasm

clean:
@TAB@rm -rf gen core.wasm @NAME@.wasm

.PHONY: serve clean
)";

constexpr std::string_view readme = R"(# @NAME@

A component that answers HTTP requests. Each one gets an instance of its own, so nothing of one is left for
the next. It needs clang with a C library for WebAssembly (on Debian: `clang-22 lld-22 wasi-libc
libclang-rt-22-dev-wasm32`) and `cairn`.

    make                        # builds @NAME@.wasm
    make serve                  # serves it on http://127.0.0.1:8080
    curl -i http://127.0.0.1:8080/

`wit/deps` has the interfaces of WASI 0.2 that it may use: it can also ask others (`outgoing-handler`),
where `cairn serve-http --allow-net HOST:PORT` lets it.
)";

constexpr std::array files = {TemplateFile{"wit/world.wit", world},
                              TemplateFile{"wit/deps/io.wit", io_interfaces},
                              TemplateFile{"wit/deps/http.wit", http_interfaces},
                              TemplateFile{"main.c", program},
                              TemplateFile{"Makefile", makefile},
                              TemplateFile{"README.md", readme},
                              TemplateFile{".gitignore", "*.wasm\ngen/\n"}};

}  // namespace

std::span<const TemplateFile> http_template_files() { return files; }

}  // namespace cairn::cli
