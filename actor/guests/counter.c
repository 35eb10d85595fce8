// A guest for measurements: counts messages, and answers with the count. No contracts.

#ifdef RESIDENT
#include "resident_actor.h"
#define NAME(rest) resident_actor_##rest
#else
#include "actor.h"
#define NAME(rest) actor_##rest
#endif

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile uint64_t sink;

static cairn_actor_types_payload_t count_payload(uint64_t count) {
  uint8_t* const bytes = malloc(sizeof(count));
  memcpy(bytes, &count, sizeof(count));
  return (cairn_actor_types_payload_t){.data = {bytes, sizeof(count)}};
}

/// A message of two bytes loops for ever.
static void work(const cairn_actor_types_message_t* message) {
  if (message->payload.data.len != 2) return;
  for (;;) ++sink;
}

#ifdef RESIDENT

static uint64_t count;

NAME(result_void_cairn_actor_types_error_t)
exports_cairn_actor_resident_handler_init(cairn_actor_types_payload_t argument) {
  cairn_actor_types_payload_free(&argument);
  return (NAME(result_void_cairn_actor_types_error_t)){.is_err = false};
}

NAME(result_resident_actor_option_cairn_actor_types_payload_cairn_actor_types_error_t)
exports_cairn_actor_resident_handler_handle(cairn_actor_types_message_t message) {
  NAME(result_resident_actor_option_cairn_actor_types_payload_cairn_actor_types_error_t)
  result = {.is_err = false};
  work(&message);
  ++count;
  if (message.origin.tag == CAIRN_ACTOR_TYPES_ORIGIN_REQUESTED) {
    result.val.ok.is_some = true;
    result.val.ok.val = count_payload(count);
  }
  cairn_actor_types_message_free(&message);
  return result;
}

#else

NAME(result_cairn_actor_types_payload_cairn_actor_types_error_t)
exports_cairn_actor_handler_init(cairn_actor_types_payload_t argument) {
  cairn_actor_types_payload_free(&argument);
  NAME(result_cairn_actor_types_payload_cairn_actor_types_error_t)
  result = {.is_err = false, .val.ok = count_payload(0)};
  return result;
}

NAME(result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t)
exports_cairn_actor_handler_handle(cairn_actor_types_message_t message,
                                   cairn_actor_types_payload_t state) {
  NAME(result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t)
  result = {.is_err = false};
  work(&message);
  // The state's own bytes become the new one.
  uint64_t count = 0;
  memcpy(&count, state.data.ptr, sizeof(count));
  ++count;
  memcpy(state.data.ptr, &count, sizeof(count));
  result.val.ok.state.is_some = true;
  result.val.ok.state.val = state;
  if (message.origin.tag == CAIRN_ACTOR_TYPES_ORIGIN_REQUESTED) {
    result.val.ok.reply.is_some = true;
    result.val.ok.reply.val = count_payload(count);
  }
  cairn_actor_types_message_free(&message);
  return result;
}

#endif
