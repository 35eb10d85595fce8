// An auditor: hears of all movements in the bank, and knows how much money there should be. Its
// state is {"movements":3,"money":250}.

#include "bank_audit.h"

#include <stdlib.h>
#include <string.h>

typedef cairn_actor_types_payload_t payload_t;
typedef bank_audit_result_void_cairn_actor_types_error_t checked_t;

typedef struct {
  int64_t movements, money;
} books_t;

/// The next whole number in a text, or 0.
static int64_t next_number(const char** at, const char* end) {
  while (*at < end && **at != '-' && (**at < '0' || **at > '9')) ++*at;
  const int negative = *at < end && **at == '-';
  if (negative) ++*at;
  int64_t value = 0;
  for (; *at < end && **at >= '0' && **at <= '9'; ++*at) value = value * 10 + (**at - '0');
  return negative ? -value : value;
}

static books_t books_of(const payload_t* state) {
  const char* at = (const char*)state->data.ptr;
  const char* const end = at + state->data.len;
  books_t books;
  books.movements = next_number(&at, end);
  books.money = next_number(&at, end);
  return books;
}

static char* put_text(char* at, const char* text) { return strcpy(at, text) + strlen(text); }
static char* put_number(char* at, int64_t value) {
  char digits[24];
  size_t first = sizeof(digits);
  uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
  do digits[--first] = (char)('0' + left % 10);
  while ((left /= 10) != 0);
  if (value < 0) *at++ = '-';
  memcpy(at, digits + first, sizeof(digits) - first);
  return at + (sizeof(digits) - first);
}

static payload_t state_of(books_t books) {
  char* const text = malloc(96);
  char* at = put_number(put_text(text, "{\"movements\":"), books.movements);
  at = put_text(put_number(put_text(at, ",\"money\":"), books.money), "}");
  return (payload_t){.data = {(uint8_t*)text, (size_t)(at - text)},
                     .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_JSON}};
}

/// `argument` is how much money there is in the beginning.
bank_audit_result_cairn_actor_types_payload_cairn_actor_types_error_t
exports_cairn_actor_handler_init(payload_t argument) {
  const char* at = (const char*)argument.data.ptr;
  const books_t books = {.money = next_number(&at, at + argument.data.len)};
  cairn_actor_types_payload_free(&argument);
  return (bank_audit_result_cairn_actor_types_payload_cairn_actor_types_error_t){
      .is_err = false, .val.ok = state_of(books)};
}

bank_audit_result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t
exports_cairn_actor_handler_handle(cairn_actor_types_message_t message, payload_t state) {
  books_t books = books_of(&state);
  bank_audit_result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t result = {
      .is_err = false};
  if (message.origin.tag == CAIRN_ACTOR_TYPES_ORIGIN_PUBLISHED) {
    const char* at = (const char*)message.payload.data.ptr;
    ++books.movements;
    books.money += next_number(&at, at + message.payload.data.len);
    result.val.ok.state.is_some = true;
    result.val.ok.state.val = state_of(books);
  }
  if (message.origin.tag == CAIRN_ACTOR_TYPES_ORIGIN_REQUESTED) {
    result.val.ok.reply.is_some = true;
    result.val.ok.reply.val = state_of(books);
  }
  cairn_actor_types_message_free(&message);
  cairn_actor_types_payload_free(&state);
  return result;
}

static checked_t well(void) { return (checked_t){.is_err = false}; }

checked_t exports_cairn_actor_lifecycle_post_start(void) {
  static char topic[] = "bank.movements";
  cairn_actor_messaging_subscribe((bank_audit_string_t){topic, sizeof(topic) - 1});
  return well();
}
checked_t exports_cairn_actor_lifecycle_pre_start(void) { return well(); }
checked_t exports_cairn_actor_lifecycle_pre_stop(void) { return well(); }
checked_t exports_cairn_actor_lifecycle_post_stop(void) { return well(); }
checked_t exports_cairn_actor_lifecycle_health_check(void) { return well(); }
checked_t exports_cairn_actor_lifecycle_on_restart(bank_audit_string_t cause) {
  bank_audit_string_free(&cause);
  return well();
}
