// A guest for tests: a resident actor that knows nothing of WASI but what its C library does for
// it. The library opens the standard streams once, and keeps them.

#include "resident_actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef resident_actor_result_void_cairn_actor_types_error_t init_t;
typedef resident_actor_result_resident_actor_option_cairn_actor_types_payload_cairn_actor_types_error_t
    handled_t;

static int count;

init_t exports_cairn_actor_resident_handler_init(cairn_actor_types_payload_t argument) {
  cairn_actor_types_payload_free(&argument);
  return (init_t){.is_err = false};
}

/// The count, and the time on the clock.
static cairn_actor_types_payload_t answer(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char* const text = malloc(64);
  const int length = snprintf(text, 64, "%d at %lld", count, (long long)now.tv_sec);
  return (cairn_actor_types_payload_t){.data = {(uint8_t*)text, (size_t)length},
                                       .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_TEXT}};
}

handled_t exports_cairn_actor_resident_handler_handle(cairn_actor_types_message_t message) {
  printf("%d: %.*s\n", ++count, (int)message.payload.data.len, (char*)message.payload.data.ptr);
  fflush(stdout);
  cairn_actor_types_message_free(&message);
  return (handled_t){.is_err = false, .val.ok = {.is_some = true, .val = answer()}};
}
