// A guest for tests: an account of one number, which does what messages say, word by word. With
// RESIDENT its number is in its memory, otherwise it goes from message to message as text. With
// HANDLES it is resident, too, and keeps handles. With DECIDES it says what becomes of it.

#if defined HANDLES
#define RESIDENT
#include "machine_with_handles.h"
#define NAME(rest) machine_with_handles_##rest
typedef NAME(result_machine_with_handles_option_cairn_actor_types_payload_cairn_actor_types_error_t)
    handled_t;
#elif defined DECIDES && defined RESIDENT
#include "resident_deciding_machine.h"
#define NAME(rest) resident_deciding_machine_##rest
typedef NAME(
    result_resident_deciding_machine_option_cairn_actor_types_payload_cairn_actor_types_error_t)
    handled_t;
#elif defined DECIDES
#include "deciding_machine.h"
#define NAME(rest) deciding_machine_##rest
#elif defined RESIDENT
#include "resident_actor_with_contracts.h"
#define NAME(rest) resident_actor_with_contracts_##rest
typedef NAME(
    result_resident_actor_with_contracts_option_cairn_actor_types_payload_cairn_actor_types_error_t)
    handled_t;
#else
#include "actor_with_contracts.h"
#define NAME(rest) actor_with_contracts_##rest
#endif

#ifndef MOST
#define MOST INT64_MAX
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef NAME(string_t) text_t;
typedef cairn_actor_types_payload_t payload_t;
typedef cairn_actor_types_message_t message_t;
typedef cairn_actor_types_error_t error_t;
typedef NAME(result_void_cairn_actor_types_error_t) checked_t;

// ---- Text --------------------------------------------------------------------------------------

static text_t copy(const char* bytes, size_t length) {
  text_t text = {.ptr = length == 0 ? NULL : malloc(length), .len = length};
  if (length != 0) memcpy(text.ptr, bytes, length);
  return text;
}
static text_t text(const char* words) { return copy(words, strlen(words)); }
/// For calls of the host, which only look at it.
static text_t lent(const char* words) { return (text_t){(char*)words, strlen(words)}; }

static payload_t payload(const char* bytes, size_t length) {
  const text_t data = copy(bytes, length);
  return (payload_t){.data = {(uint8_t*)data.ptr, data.len},
                     .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_TEXT}};
}
static payload_t number(int64_t value) {
  char digits[24];
  size_t at = sizeof(digits);
  uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
  do digits[--at] = (char)('0' + left % 10);
  while ((left /= 10) != 0);
  if (value < 0) digits[--at] = '-';
  return payload(digits + at, sizeof(digits) - at);
}
static int64_t parse(const char* word) { return word == NULL ? 0 : strtoll(word, NULL, 10); }
static int64_t parse_payload(const payload_t* from) {
  char digits[24] = {0};
  memcpy(digits, from->data.ptr, from->data.len < 23 ? from->data.len : 23);
  return parse(digits);
}
static error_t error(const char* code, const char* message) {
  return (error_t){.code = text(code), .message = text(message)};
}

/// The words of a message, ended by zeros, and all of it from the third on.
typedef struct {
  char bytes[512], whole[512];
  char* word[5];
  const char* rest;
} words_t;
static void split(words_t* words, const payload_t* from) {
  memset(words, 0, sizeof(*words));
  const size_t length = from->data.len < 511 ? from->data.len : 511;
  memcpy(words->bytes, from->data.ptr, length);
  memcpy(words->whole, from->data.ptr, length);
  char* at = words->bytes;
  for (int i = 0; i < 5; ++i) {
    words->word[i] = at;
    if (i == 4) break;
    while (*at != 0 && *at != ' ') ++at;
    if (*at != 0) *at++ = 0;
  }
  words->rest = words->whole + (words->word[2] - words->bytes);
}
static bool is(const words_t* words, const char* command) {
  return strcmp(words->word[0], command) == 0;
}

// ---- What it does ------------------------------------------------------------------------------

typedef struct {
  int64_t value;
  bool changed, replied, failed;
  payload_t reply;
  error_t error;
} step_t;

static void say(step_t* step, payload_t reply) {
  step->replied = true;
  step->reply = reply;
}
static void say_text(step_t* step, text_t words) {
  say(step, (payload_t){.data = {(uint8_t*)words.ptr, words.len},
                        .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_TEXT}});
}

static volatile uint64_t sink;
static void* volatile kept;

static payload_t lent_payload(const char* words) {
  return (payload_t){.data = {(uint8_t*)words, strlen(words)},
                     .media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_TEXT}};
}

static void harm(const words_t* words) {
  if (is(words, "trap")) __builtin_trap();
  if (is(words, "loop"))
    for (;;) ++sink;
  if (is(words, "spin"))
    for (int64_t left = parse(words->word[1]); left > 0; --left) ++sink;
  if (is(words, "bomb"))
    for (;;) {
      kept = malloc(1 << 20);
      if (kept == NULL) __builtin_trap();
      memset(kept, 1, 1 << 20);
    }
}

static void talk(step_t* step, const words_t* words) {
  char* const* const word = words->word;
  if (is(words, "send")) cairn_actor_messaging_send(lent(word[1]), lent_payload(words->rest));
  if (is(words, "flood"))
    for (int64_t left = parse(word[1]); left > 0; --left)
      cairn_actor_messaging_send(lent("nobody"), lent_payload("x"));
  if (is(words, "publish")) cairn_actor_messaging_publish(lent(word[1]), lent_payload(words->rest));
  if (is(words, "unsubscribe")) cairn_actor_messaging_unsubscribe(lent(word[1]));
  const cairn_actor_messaging_send_options_t options = {
      .priority = (cairn_actor_messaging_priority_t)parse(word[2]),
      .time_to_live_ns = {.is_some = parse(word[3]) != 0, .val = (uint64_t)parse(word[3])}};
  if (is(words, "send-with"))
    cairn_actor_messaging_send_with(lent(word[1]), lent_payload(word[4]), options);
  if (is(words, "publish-with"))
    cairn_actor_messaging_publish_with(lent(word[1]), lent_payload(word[4]), options);
  if (is(words, "ask") || is(words, "ask-with")) {
    const uint64_t second = 1000000000;
    __auto_type answer =
        is(words, "ask")
            ? cairn_actor_messaging_request(lent(word[1]), lent_payload(words->rest), second)
            : cairn_actor_messaging_request_with(lent(word[1]), lent_payload(word[4]), second,
                                                 options);
    if (answer.is_err) {
      char code[] = "refusal-0";
      code[8] = (char)('0' + answer.val.err.refusal);
      say_text(step, text(code));
    } else {
      say(step, answer.val.ok);
    }
  }
}

static void live(step_t* step, const words_t* words) {
  char* const* const word = words->word;
  if (is(words, "spawn")) {
    __auto_type done =
        cairn_actor_children_spawn(lent(word[1]), lent(word[2]), lent_payload(word[3]));
    if (done.is_err) say_text(step, (text_t){done.val.err.ptr, done.val.err.len});
  }
  if (is(words, "spawn-with")) {
    const cairn_actor_children_child_options_t options = {
        .restart = (cairn_actor_children_restart_t)parse(word[3]),
        .significant = parse(word[4]) != 0};
    __auto_type done = cairn_actor_children_spawn_with(lent(word[1]), lent(word[2]),
                                                       lent_payload("0"), options);
    if (done.is_err) say_text(step, (text_t){done.val.err.ptr, done.val.err.len});
  }
  if (is(words, "end-child")) {
    __auto_type done = cairn_actor_children_stop(lent(word[1]));
    if (done.is_err) say_text(step, (text_t){done.val.err.ptr, done.val.err.len});
  }
  if (is(words, "monitor")) cairn_actor_children_monitor(lent(word[1]));
  if (is(words, "timer"))
    cairn_actor_timers_start((uint32_t)parse(word[1]), (uint64_t)parse(word[2]),
                             (uint64_t)parse(word[3]));
  if (is(words, "cancel")) cairn_actor_timers_cancel((uint32_t)parse(word[1]));
  if (is(words, "stop")) cairn_actor_self_stop();
  if (is(words, "who")) say_text(step, cairn_actor_self_address());
  if (is(words, "parent")) say_text(step, cairn_actor_self_parent());
  if (is(words, "now")) say(step, number((int64_t)cairn_actor_self_now()));
  if (is(words, "log")) cairn_actor_logging_log(CAIRN_ACTOR_LOGGING_LEVEL_WARN, lent(word[1]));
  if (is(words, "logs"))
    for (int64_t left = parse(word[1]); left > 0; --left)
      cairn_actor_logging_log(CAIRN_ACTOR_LOGGING_LEVEL_WARN, lent("more"));
  if (is(words, "remove")) cairn_actor_key_value_remove(lent(word[1]));
  if (is(words, "set"))
    cairn_actor_key_value_set(lent(word[1]),
                              (NAME(list_uint8_t)){(uint8_t*)words->rest, strlen(words->rest)});
  if (is(words, "value")) {
    __auto_type value = cairn_actor_key_value_get(lent(word[1]));
    say_text(step, value.is_some ? (text_t){(char*)value.val.ptr, value.val.len} : text("none"));
  }
}

/// So many of something, by names of their own.
static void gather(const words_t* words) {
  if (!is(words, "timers") && !is(words, "monitors") && !is(words, "subscriptions")) return;
  for (int64_t left = parse(words->word[1]); left > 0; --left) {
    char name[24] = "x.";
    int64_t rest = left;
    for (size_t at = 2; rest > 0; rest /= 10) name[at++] = (char)('0' + rest % 10);
    if (is(words, "timers")) cairn_actor_timers_start((uint32_t)left, 3600000000000, 0);
    if (is(words, "monitors")) cairn_actor_children_monitor(lent(name));
    if (is(words, "subscriptions")) cairn_actor_messaging_subscribe(lent(name));
  }
}

static void answer_much(step_t* step, const words_t* words) {
  const size_t size = (size_t)parse(words->word[1]);
  if (is(words, "much")) say(step, (payload_t){.data = {calloc(size, 1), size}});
  if (is(words, "media")) {
    const text_t media = {.ptr = malloc(size), .len = size};
    memset(media.ptr, 'm', size);
    say(step,
        (payload_t){.media_type = {.tag = CAIRN_ACTOR_TYPES_MEDIA_TYPE_OTHER, .val.other = media}});
  }
}

static volatile int64_t asked;  // the message contract, in the life of this memory

static void account(step_t* step, const words_t* words) {
  if (is(words, "asked")) say(step, number(asked));
  const int64_t amount = parse(words->word[1]);
  if (is(words, "add")) step->value += amount, step->changed = true;
  if (is(words, "take")) step->value -= amount, step->changed = true;
  if (is(words, "add") || is(words, "take") || is(words, "get")) say(step, number(step->value));
  if (is(words, "bad")) {
    step->value += 1000;  // is to be taken back
    step->failed = true;
    step->error = error("bad", "it was asked for");
  }
}

#ifdef HANDLES
#include "machine_handles.h"
#else
static void use_handles(step_t* step, const words_t* words) { (void)step, (void)words; }
#endif

static void perform(step_t* step, const words_t* words) {
  if (is(words, "subscribe")) {
    __auto_type done = cairn_actor_messaging_subscribe(lent(words->word[1]));
    if (done.is_err) say_text(step, (text_t){done.val.err.ptr, done.val.err.len});
  }
  if (is(words, "count")) step->value += 1, step->changed = true;
  harm(words);
  talk(step, words);
  live(step, words);
  gather(words);
  answer_much(step, words);
  use_handles(step, words);
  account(step, words);
}

static void handle(step_t* step, const message_t* message) {
  words_t words;
  split(&words, &message->payload);
  if (message->origin.tag == CAIRN_ACTOR_TYPES_ORIGIN_TIMER) {
    step->value += message->origin.val.timer;
    step->changed = true;
    return;
  }
  if (message->origin.tag == CAIRN_ACTOR_TYPES_ORIGIN_ENDED) {
    step->value += 100 + message->origin.val.ended.exit;
    step->changed = true;
    return;
  }
  if (is(&words, "from")) {
    const text_t from = message->origin.val.requested;
    say_text(step, copy(from.ptr, from.len));
  }
  perform(step, &words);
}

// ---- Exports -----------------------------------------------------------------------------------

#ifdef RESIDENT

static int64_t balance;

NAME(result_void_cairn_actor_types_error_t)
exports_cairn_actor_resident_handler_init(payload_t argument) {
  balance = parse_payload(&argument);
  cairn_actor_types_payload_free(&argument);
  return (checked_t){.is_err = false};
}

handled_t exports_cairn_actor_resident_handler_handle(message_t message) {
  step_t step = {.value = balance};
  handle(&step, &message);
  balance = step.value;
  handled_t result = {.is_err = step.failed};
  if (step.failed) {
    result.val.err = step.error;
  } else {
    result.val.ok.is_some = step.replied;
    result.val.ok.val = step.reply;
  }
  cairn_actor_types_message_free(&message);
  return result;
}

payload_t exports_cairn_actor_observable_state(void) { return number(balance); }

#else

NAME(result_cairn_actor_types_payload_cairn_actor_types_error_t)
exports_cairn_actor_handler_init(payload_t argument) {
  const int64_t value = parse_payload(&argument);
  cairn_actor_types_payload_free(&argument);
  NAME(result_cairn_actor_types_payload_cairn_actor_types_error_t)
  result = {.is_err = false, .val.ok = number(value)};
  return result;
}

NAME(result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t)
exports_cairn_actor_handler_handle(message_t message, payload_t state) {
  step_t step = {.value = parse_payload(&state)};
  handle(&step, &message);
  NAME(result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t)
  result = {.is_err = step.failed};
  words_t words;
  split(&words, &message.payload);
  if (step.failed) {
    result.val.err = step.error;
  } else {
    result.val.ok.state.is_some = step.changed;
    if (step.changed) result.val.ok.state.val = number(step.value);
    if (is(&words, "big")) {
      const size_t size = (size_t)parse(words.word[1]);
      result.val.ok.state.is_some = true;
      result.val.ok.state.val.data.ptr = calloc(size, 1);
      result.val.ok.state.val.data.len = size;
    }
    result.val.ok.reply.is_some = step.replied;
    result.val.ok.reply.val = step.reply;
  }
  cairn_actor_types_message_free(&message);
  cairn_actor_types_payload_free(&state);
  return result;
}

#endif

checked_t exports_cairn_actor_message_contract_check(message_t message, payload_t state) {
  words_t words;
  split(&words, &message.payload);
  ++asked;
  const bool refused = is(&words, "take") && parse(words.word[1]) > 1000;
  cairn_actor_types_message_free(&message);
  cairn_actor_types_payload_free(&state);
  checked_t result = {.is_err = refused};
  if (refused) result.val.err = error("too-much", "no more than 1000 at once");
  return result;
}

checked_t exports_cairn_actor_state_contract_check(payload_t state) {
  const int64_t value = parse_payload(&state);
  cairn_actor_types_payload_free(&state);
#ifdef HARSH
  if (value > MOST) __builtin_trap();
#endif
  checked_t result = {.is_err = value < 0 || value > MOST};
  if (value < 0) result.val.err = error("overdrawn", "the balance would be below zero");
  if (value > MOST) result.val.err = error("too-rich", "the balance would be above the limit");
  return result;
}

/// Does what the value of its name says.
static checked_t hook(const char* name) {
  cairn_actor_logging_log(CAIRN_ACTOR_LOGGING_LEVEL_INFO, lent(name));
  __auto_type value = cairn_actor_key_value_get(lent(name));
  if (!value.is_some) return (checked_t){.is_err = false};
  words_t words;
  split(&words, &(payload_t){.data = {value.val.ptr, value.val.len}});
  step_t step = {0};
#ifdef RESIDENT
  step.value = balance;
#endif
  perform(&step, &words);
#ifdef RESIDENT
  balance = step.value;
#endif
  return (checked_t){.is_err = step.failed, .val.err = step.error};
}
checked_t exports_cairn_actor_lifecycle_pre_start(void) { return hook("pre-start"); }
checked_t exports_cairn_actor_lifecycle_post_start(void) { return hook("post-start"); }
checked_t exports_cairn_actor_lifecycle_pre_stop(void) { return hook("pre-stop"); }
checked_t exports_cairn_actor_lifecycle_post_stop(void) { return hook("post-stop"); }
checked_t exports_cairn_actor_lifecycle_health_check(void) { return hook("health-check"); }
checked_t exports_cairn_actor_lifecycle_on_restart(text_t cause) {
  NAME(string_free)(&cause);
  return hook("on-restart");
}

#ifdef DECIDES
/// What it was told is its value "told"; what it says is that of "directive", a digit.
exports_cairn_actor_error_handler_directive_t exports_cairn_actor_error_handler_on_error(
    exports_cairn_actor_error_handler_cause_t cause, error_t error) {
  char told[512] = {(char)('0' + cause), ' '};
  size_t at = 2;
  for (size_t i = 0; i < error.code.len && at < 250; ++i) told[at++] = error.code.ptr[i];
  told[at++] = ' ';
  for (size_t i = 0; i < error.message.len && at < 500; ++i) told[at++] = error.message.ptr[i];
  cairn_actor_key_value_set(lent("told"), (NAME(list_uint8_t)){(uint8_t*)told, at});
  cairn_actor_types_error_free(&error);
  hook("on-error");
  __auto_type value = cairn_actor_key_value_get(lent("directive"));
  return (exports_cairn_actor_error_handler_directive_t)(value.is_some ? value.val.ptr[0] - '0' : 1);
}
#endif
