// The smallest actor that is of any use: {"data": 5} adds 5, and the state is {"count":5}.

#include "actor.h"

#include <stdlib.h>
#include <string.h>

typedef cairn_actor_types_payload_t payload_t;

/// The first whole number behind a colon, or 0.
static int64_t number_in(const payload_t* from) {
  char text[64] = {0};
  memcpy(text, from->data.ptr, from->data.len < 63 ? from->data.len : 63);
  const char* const colon = strchr(text, ':');
  return colon == NULL ? 0 : strtoll(colon + 1, NULL, 10);
}

static payload_t count(int64_t value) {
  static const char name[] = "{\"count\":";
  char* const text = malloc(40);
  char digits[24];
  size_t first = sizeof(digits), at = sizeof(name) - 1;
  uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
  do digits[--first] = (char)('0' + left % 10);
  while ((left /= 10) != 0);
  memcpy(text, name, at);
  if (value < 0) text[at++] = '-';
  memcpy(text + at, digits + first, sizeof(digits) - first);
  at += sizeof(digits) - first;
  text[at++] = '}';
  return (payload_t){.data = {(uint8_t*)text, at},
                     .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_JSON}};
}

actor_result_cairn_actor_types_payload_cairn_actor_types_error_t
exports_cairn_actor_handler_init(payload_t argument) {
  cairn_actor_types_payload_free(&argument);
  return (actor_result_cairn_actor_types_payload_cairn_actor_types_error_t){.val.ok = count(0)};
}

actor_result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t
exports_cairn_actor_handler_handle(cairn_actor_types_message_t message, payload_t state) {
  const int64_t value = number_in(&state) + number_in(&message.payload);
  cairn_actor_types_message_free(&message);
  cairn_actor_types_payload_free(&state);
  actor_result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t result = {
      .is_err = false};
  result.val.ok.state.is_some = true;
  result.val.ok.state.val = count(value);
  result.val.ok.reply.is_some = true;
  result.val.ok.reply.val = count(value);
  return result;
}
