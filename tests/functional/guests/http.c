// A handler with a path for each thing that a server has to cope with.

#include <stdlib.h>
#include <string.h>

#include "app.h"

static int served;  // by this instance

static app_string_t text(const char* of) { return (app_string_t){(char*)of, strlen(of)}; }
static app_list_uint8_t bytes(const char* of) {
  return (app_list_uint8_t){(uint8_t*)of, strlen(of)};
}

typedef struct {
  wasi_http_types_outgoing_body_own_t body;
  wasi_io_streams_output_stream_own_t stream;
} response_t;

/// Sends the head, with a field so many times.
static response_t start_with(wasi_http_types_response_outparam_own_t out, uint16_t status,
                             const char* name, const char* value, int times) {
  wasi_http_types_fields_own_t fields = wasi_http_types_fields_create();
  for (int i = 0; i < times; ++i)
    wasi_http_types_fields_append(wasi_http_types_fields_borrow(fields), text(name), bytes(value));
  wasi_http_types_outgoing_response_own_t made = wasi_http_types_outgoing_response_create(fields);
  wasi_http_types_outgoing_response_borrow_t borrowed =
      wasi_http_types_outgoing_response_borrow(made);
  wasi_http_types_outgoing_response_set_status_code(borrowed, status);
  response_t response;
  response.body = wasi_http_types_outgoing_response_body(borrowed).val.ok;
  response.stream =
      wasi_http_types_outgoing_body_write(wasi_http_types_outgoing_body_borrow(response.body))
          .val.ok;
  app_result_wasi_http_types_outgoing_response_own_wasi_http_types_error_code_t result;
  result.is_err = false;
  result.val.ok = made;
  wasi_http_types_response_outparam_set(out, result);
  return response;
}

/// Sends the head; `name` may be null.
static response_t start(wasi_http_types_response_outparam_own_t out, uint16_t status,
                        const char* name, const char* value) {
  return start_with(out, status, name, value, name ? 1 : 0);
}

/// False: nobody takes any more.
static bool put(response_t response, const uint8_t* data, size_t size) {
  while (size > 0) {
    size_t piece = size < 4096 ? size : 4096;
    app_list_uint8_t list = {(uint8_t*)data, piece};
    app_result_void_wasi_io_streams_stream_error_t result =
        wasi_io_streams_output_stream_blocking_write_and_flush(
            wasi_io_streams_output_stream_borrow(response.stream), list);
    if (result.is_err) return false;
    data += piece;
    size -= piece;
  }
  return true;
}

static void finish(response_t response) {
  wasi_io_streams_output_stream_drop(response.stream);
  wasi_http_types_outgoing_body_finish(response.body, (app_option_wasi_http_types_fields_own_t){0});
}

static void say(wasi_http_types_response_outparam_own_t out, const char* what) {
  response_t response = start(out, 200, NULL, NULL);
  put(response, (const uint8_t*)what, strlen(what));
  finish(response);
}

/// Sends back what comes, as it comes.
static void copy(wasi_http_types_incoming_body_own_t from, response_t to) {
  wasi_io_streams_input_stream_own_t input =
      wasi_http_types_incoming_body_stream(wasi_http_types_incoming_body_borrow(from)).val.ok;
  for (;;) {
    app_result_app_list_uint8_wasi_io_streams_stream_error_t read =
        wasi_io_streams_input_stream_blocking_read(wasi_io_streams_input_stream_borrow(input),
                                                   4096);
    if (read.is_err) break;
    bool more = put(to, read.val.ok.ptr, read.val.ok.len);
    app_list_uint8_free(&read.val.ok);
    if (!more) break;
  }
  wasi_io_streams_input_stream_drop(input);
  wasi_http_types_incoming_body_drop(from);
  finish(to);
}

/// Asks http://HOST:PORT/answer, where "HOST:PORT" stands behind the path, and hands that on.
static void fetch(wasi_http_types_response_outparam_own_t out, uint8_t scheme_tag,
                  const char* authority) {
  wasi_http_types_outgoing_request_own_t request =
      wasi_http_types_outgoing_request_create(wasi_http_types_fields_create());
  wasi_http_types_outgoing_request_borrow_t borrowed =
      wasi_http_types_outgoing_request_borrow(request);
  app_option_wasi_http_types_scheme_t scheme = {.is_some = true};
  scheme.val.tag = scheme_tag;
  wasi_http_types_outgoing_request_set_scheme(borrowed, scheme);
  wasi_http_types_outgoing_request_set_authority(borrowed,
                                                 (app_option_app_string_t){true, text(authority)});
  wasi_http_types_outgoing_request_set_path_with_query(
      borrowed, (app_option_app_string_t){true, text("/answer")});
  app_result_wasi_http_types_future_incoming_response_own_wasi_http_types_error_code_t sent =
      wasi_http_outgoing_handler_handle(request,
                                        (app_option_wasi_http_types_request_options_own_t){0});
  if (sent.is_err) return say(out, "refused");
  wasi_http_types_future_incoming_response_borrow_t future =
      wasi_http_types_future_incoming_response_borrow(sent.val.ok);
  wasi_io_poll_pollable_own_t ready = wasi_http_types_future_incoming_response_subscribe(future);
  wasi_io_poll_pollable_block(wasi_io_poll_pollable_borrow(ready));
  wasi_io_poll_pollable_drop(ready);
  __auto_type came = wasi_http_types_future_incoming_response_get(future);
  if (!came.is_some || came.val.is_err) return say(out, "failed");
  if (came.val.val.ok.is_err) {
    bool untrusted =
        came.val.val.ok.val.err.tag == WASI_HTTP_TYPES_ERROR_CODE_TLS_CERTIFICATE_ERROR;
    return say(out, untrusted ? "untrusted" : "failed");
  }
  wasi_http_types_incoming_response_borrow_t response =
      wasi_http_types_incoming_response_borrow(came.val.val.ok.val.ok);
  wasi_http_types_incoming_body_own_t body =
      wasi_http_types_incoming_response_consume(response).val.ok;
  copy(body, start(out, wasi_http_types_incoming_response_status(response), NULL, NULL));
}

static bool is(const app_option_app_string_t* path, const char* wanted) {
  return path->is_some && path->val.len == strlen(wanted) &&
         memcmp(path->val.ptr, wanted, path->val.len) == 0;
}

static bool begins(const app_option_app_string_t* path, const char* wanted) {
  return path->is_some && path->val.len > strlen(wanted) &&
         memcmp(path->val.ptr, wanted, strlen(wanted)) == 0;
}

/// What stands behind the second slash.
static const char* rest(const app_option_app_string_t* path) {
  static char text[64];
  size_t at = 1;
  while (path->val.ptr[at] != '/') ++at;
  size_t size = path->val.len - at - 1;
  memcpy(text, path->val.ptr + at + 1, size < 63 ? size : 63);
  return text;
}

static void swallow(wasi_http_types_incoming_body_own_t from) {
  wasi_io_streams_input_stream_own_t input =
      wasi_http_types_incoming_body_stream(wasi_http_types_incoming_body_borrow(from)).val.ok;
  for (;;) {
    app_result_app_list_uint8_wasi_io_streams_stream_error_t read =
        wasi_io_streams_input_stream_blocking_read(wasi_io_streams_input_stream_borrow(input),
                                                   4096);
    if (read.is_err) break;
    app_list_uint8_free(&read.val.ok);
  }
  wasi_io_streams_input_stream_drop(input);
  wasi_http_types_incoming_body_drop(from);
}

void exports_wasi_http_incoming_handler_handle(wasi_http_types_incoming_request_own_t request,
                                               wasi_http_types_response_outparam_own_t out) {
  wasi_http_types_incoming_request_borrow_t borrowed =
      wasi_http_types_incoming_request_borrow(request);
  app_option_app_string_t path = wasi_http_types_incoming_request_path_with_query(borrowed);
  ++served;
  if (is(&path, "/trap")) {
    __builtin_trap();
  } else if (is(&path, "/late-trap")) {
    put(start(out, 200, NULL, NULL), (const uint8_t*)"begun", 5);
    __builtin_trap();
  } else if (is(&path, "/later-trap")) {
    static uint8_t much[1 << 20];
    put(start(out, 200, NULL, NULL), much, sizeof much);
    __builtin_trap();
  } else if (is(&path, "/loop")) {
    for (volatile int i = 0;; ++i) {
    }
  } else if (is(&path, "/begun-loop")) {
    // More than is kept back while a guest runs, and less than a socket takes.
    static uint8_t block[80 << 10];
    put(start(out, 200, NULL, NULL), block, sizeof block);
    for (volatile int i = 0;; ++i) {
    }
  } else if (is(&path, "/silent")) {
    return;
  } else if (is(&path, "/count")) {
    const char digit[] = {(char)('0' + served % 10), 0};
    say(out, digit);
  } else if (is(&path, "/memory")) {
    // A compiler may leave out memory that nobody uses.
    char* volatile memory = malloc(64 << 20);
    say(out, memory ? "enough" : "too little");
  } else if (is(&path, "/short")) {
    response_t response = start(out, 200, "content-length", "100");
    put(response, (const uint8_t*)"short", 5);
    finish(response);
  } else if (is(&path, "/big")) {
    static uint8_t block[4096];
    response_t response = start(out, 200, NULL, NULL);
    for (int i = 0; i < 16384; ++i)
      if (!put(response, block, sizeof block)) break;
    finish(response);
  } else if (is(&path, "/must") || is(&path, "/must-part")) {
    // As most programs do, it takes no error for an answer.
    static uint8_t much[2 << 20];
    response_t response = start(out, 200, NULL, NULL);
    if (!put(response, much, sizeof much)) __builtin_trap();
    if (is(&path, "/must")) finish(response);
  } else if (is(&path, "/left")) {
    // More than sockets take. The last of it is still here when the guest has returned.
    static uint8_t block[65536];
    response_t response = start(out, 200, NULL, NULL);
    wasi_io_streams_output_stream_borrow_t stream =
        wasi_io_streams_output_stream_borrow(response.stream);
    for (size_t left = 16 << 20; left > 0;) {
      wasi_io_poll_pollable_own_t ready = wasi_io_streams_output_stream_subscribe(stream);
      wasi_io_poll_pollable_block(wasi_io_poll_pollable_borrow(ready));
      wasi_io_poll_pollable_drop(ready);
      app_list_uint8_t list = {block, left < sizeof block ? left : sizeof block};
      __auto_type room = wasi_io_streams_output_stream_check_write(stream);
      if (room.is_err) break;
      if (room.val.ok < list.len) list.len = room.val.ok;
      wasi_io_streams_output_stream_write(stream, list);
      left -= list.len;
    }
    finish(response);
  } else if (is(&path, "/error")) {
    app_result_wasi_http_types_outgoing_response_own_wasi_http_types_error_code_t result;
    result.is_err = true;
    result.val.err.tag = WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_TIMEOUT;
    wasi_http_types_response_outparam_set(out, result);
  } else if (is(&path, "/interim")) {
    finish(start(out, 103, NULL, NULL));
  } else if (is(&path, "/fields")) {
    finish(start_with(out, 200, "x-many", "y", 1200));
  } else if (is(&path, "/echo")) {
    copy(wasi_http_types_incoming_request_consume(borrowed).val.ok,
         start(out, 200, "content-type", "application/octet-stream"));
  } else if (begins(&path, "/fetch/")) {
    fetch(out, WASI_HTTP_TYPES_SCHEME_HTTP, rest(&path));
  } else if (begins(&path, "/sfetch/")) {
    fetch(out, WASI_HTTP_TYPES_SCHEME_HTTPS, rest(&path));
  } else if (begins(&path, "/read-fetch/")) {
    // Reads the whole body before it asks.
    swallow(wasi_http_types_incoming_request_consume(borrowed).val.ok);
    fetch(out, WASI_HTTP_TYPES_SCHEME_HTTP, rest(&path));
  } else {
    say(out, "hello");
  }
}
