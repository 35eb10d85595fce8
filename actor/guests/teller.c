// A guest for tests: answers with what WASI tells it. A message is the word for what it asks.

#if defined RESIDENT
#include "resident_teller.h"
#define NAME(rest) resident_teller_##rest
#elif defined WASI3
#include "teller3.h"
#define NAME(rest) teller3_##rest
#else
#include "teller.h"
#define NAME(rest) teller_##rest
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static cairn_actor_types_payload_t payload(const void* bytes, size_t length) {
  uint8_t* const copy = malloc(length + 1);
  memcpy(copy, bytes, length);
  return (cairn_actor_types_payload_t){.data = {copy, length},
                                       .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_TEXT}};
}

static bool is(const cairn_actor_types_message_t* message, const char* word) {
  const size_t length = strlen(word);
  return message->payload.data.len >= length &&
         memcmp(message->payload.data.ptr, word, length) == 0;
}

static cairn_actor_types_payload_t digits(uint64_t value) {
  char text[20];
  size_t at = sizeof(text);
  do text[--at] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  return payload(text + at, sizeof(text) - at);
}

static cairn_actor_types_payload_t letters(const uint8_t* bytes, size_t count) {
  char text[80];
  for (size_t i = 0; i < count; ++i) {
    text[2 * i] = (char)('a' + bytes[i] % 16);
    text[2 * i + 1] = (char)('a' + bytes[i] / 16);
  }
  return payload(text, 2 * count);
}

static uint64_t time_ns(void) {
#ifdef WASI3
  const wasi_clocks_system_clock_instant_t now = wasi_clocks_system_clock_now();
  return (uint64_t)now.seconds * 1000000000 + now.nanoseconds;
#else
  const wasi_clocks_wall_clock_datetime_t now = wasi_clocks_wall_clock_now();
  return now.seconds * 1000000000 + now.nanoseconds;
#endif
}

#ifndef WASI3
static void sleep_ns(uint64_t duration) {
  const wasi_io_poll_pollable_own_t end = wasi_clocks_monotonic_clock_subscribe_duration(duration);
  wasi_io_poll_pollable_block(wasi_io_poll_pollable_borrow(end));
  wasi_io_poll_pollable_drop(end);
}

/// As C libraries do: the stream is opened once, and kept.
static bool print(const uint8_t* bytes, size_t length) {
  static wasi_io_streams_output_stream_own_t out;
  static bool is_open = false;
  if (!is_open) out = wasi_cli_stdout_get_stdout();
  is_open = true;
  const NAME(list_uint8_t) text = {(uint8_t*)bytes, length};
  const bool failed = wasi_io_streams_output_stream_blocking_write_and_flush(
                          wasi_io_streams_output_stream_borrow(out), text)
                          .is_err;
  return failed;
}
#endif

static cairn_actor_types_payload_t answer(const cairn_actor_types_message_t* message) {
  if (is(message, "random")) return letters(wasi_random_random_get_random_bytes(40).ptr, 40);
  if (is(message, "number")) return digits(wasi_random_random_get_random_u64());
  if (is(message, "seed")) {
#ifdef WASI3
    __auto_type seed = wasi_random_insecure_seed_get_insecure_seed();
#else
    __auto_type seed = wasi_random_insecure_seed_insecure_seed();
#endif
    return letters((const uint8_t*)&seed, sizeof(seed));
  }
  if (is(message, "time")) return digits(time_ns());
  if (is(message, "env")) {
    __auto_type all = wasi_cli_environment_get_environment();
    return all.len == 0 ? payload("", 0) : payload(all.ptr[0].f1.ptr, all.ptr[0].f1.len);
  }
  if (is(message, "exit")) wasi_cli_exit_exit((NAME(result_void_void_t)){.is_err = true});
#ifndef WASI3
  if (is(message, "ticks")) return digits(wasi_clocks_monotonic_clock_now());
  if (is(message, "sleep")) {
    const uint64_t before = wasi_clocks_monotonic_clock_now();
    sleep_ns(3000000000);
    sleep_ns(1000);
    return digits(wasi_clocks_monotonic_clock_now() - before);
  }
  if (is(message, "forever")) sleep_ns(UINT64_MAX);
  if (is(message, "print ")) {
    return digits(print(message->payload.data.ptr + 6, message->payload.data.len - 6));
  }
#endif
  return payload("?", 1);
}

#ifdef RESIDENT

NAME(result_void_cairn_actor_types_error_t)
exports_cairn_actor_resident_handler_init(cairn_actor_types_payload_t argument) {
  cairn_actor_types_payload_free(&argument);
  return (NAME(result_void_cairn_actor_types_error_t)){.is_err = false};
}

NAME(result_resident_teller_option_cairn_actor_types_payload_cairn_actor_types_error_t)
exports_cairn_actor_resident_handler_handle(cairn_actor_types_message_t message) {
  NAME(result_resident_teller_option_cairn_actor_types_payload_cairn_actor_types_error_t)
  result = {.is_err = false};
  result.val.ok.is_some = true;
  result.val.ok.val = answer(&message);
  cairn_actor_types_message_free(&message);
  return result;
}

#else

NAME(result_cairn_actor_types_payload_cairn_actor_types_error_t)
exports_cairn_actor_handler_init(cairn_actor_types_payload_t argument) {
  NAME(result_cairn_actor_types_payload_cairn_actor_types_error_t)
  result = {.is_err = false, .val.ok = argument};
  return result;
}

NAME(result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t)
exports_cairn_actor_handler_handle(cairn_actor_types_message_t message,
                                   cairn_actor_types_payload_t state) {
  NAME(result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t)
  result = {.is_err = false};
  result.val.ok.reply.is_some = true;
  result.val.ok.reply.val = answer(&message);
  cairn_actor_types_message_free(&message);
  cairn_actor_types_payload_free(&state);
  return result;
}

#endif
