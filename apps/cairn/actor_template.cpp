// The template of an actor: a counter with a contract. Its interfaces are those of actor/wit.

#include <cairn/base/bytes.hpp>

#include <array>
#include <cstdint>

#include "templates.hpp"

namespace cairn::cli {
namespace {

constexpr uint8_t actor_interfaces[] = {
#include "actor_wit.inc"
};

constexpr std::string_view world = R"(package local:@NAME@;

world @NAME@ {
  include cairn:actor/actor@0.1.0;
  export cairn:actor/state-contract@0.1.0;
}
)";

constexpr std::string_view program =
    R"(// An actor that counts: {"data": 5} adds 5. Its state is {"count":5}, a value that goes from message
// to message; nothing may be kept in memory from one call to the next.

#include "@ID@.h"

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

static @ID@_string_t text(const char* words) {
  const @ID@_string_t made = {malloc(strlen(words)), strlen(words)};
  memcpy(made.ptr, words, made.len);
  return made;
}

/// The first state.
@ID@_result_cairn_actor_types_payload_cairn_actor_types_error_t
exports_cairn_actor_handler_init(payload_t argument) {
  cairn_actor_types_payload_free(&argument);
  return (@ID@_result_cairn_actor_types_payload_cairn_actor_types_error_t){.val.ok = count(0)};
}

@ID@_result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t
exports_cairn_actor_handler_handle(cairn_actor_types_message_t message, payload_t state) {
  const int64_t value = number_in(&state) + number_in(&message.payload);
  cairn_actor_types_message_free(&message);
  cairn_actor_types_payload_free(&state);
  @ID@_result_exports_cairn_actor_handler_outcome_cairn_actor_types_error_t result = {
      .is_err = false};
  result.val.ok.state.is_some = true;
  result.val.ok.state.val = count(value);
  result.val.ok.reply.is_some = true;
  result.val.ok.reply.val = count(value);
  return result;
}

/// Asked about each new state before it counts: if it says no, nothing has happened.
@ID@_result_void_cairn_actor_types_error_t
exports_cairn_actor_state_contract_check(payload_t state) {
  const int64_t value = number_in(&state);
  cairn_actor_types_payload_free(&state);
  @ID@_result_void_cairn_actor_types_error_t result = {.is_err = value < 0};
  if (result.is_err) {
    result.val.err.code = text("below-zero");
    result.val.err.message = text("a count is never below zero");
  }
  return result;
}
)";

constexpr std::string_view makefile =
    R"(# `make` builds @NAME@.wasm, an actor; `make serve` serves it.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang-22 clang))
FLAGS := --target=wasm32-wasi -Wno-deprecated -mexec-model=reactor -O2 -Wall -Wextra -Igen

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: gen/@ID@.c actor.c
@TAB@$(CLANG) $(FLAGS) gen/@ID@.c actor.c -o $@

gen/@ID@.c: wit/world.wit
@TAB@mkdir -p gen
@TAB@$(CAIRN) bindgen c wit -o gen

serve: @NAME@.wasm
@TAB@$(CAIRN) serve @NAME@.wasm

clean:
@TAB@rm -rf gen core.wasm @NAME@.wasm

.PHONY: serve clean
)";

constexpr std::string_view readme = R"(# @NAME@

An actor: a component of `cairn:actor` with a state, a contract, and a chain of all that it did. It needs
clang with a C library for WebAssembly (on Debian: `clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32`)
and `cairn`.

    make            # builds @NAME@.wasm
    make serve      # serves it on http://127.0.0.1:8080, kept in cairn-data/

    curl -d '{"data": 5}' http://127.0.0.1:8080/
    curl -d '{"data": -9}' http://127.0.0.1:8080/      # refused by the contract
    cairn actor chain @NAME@
    cairn verify cairn-data

`wit/deps/actor.wit` says what else an actor can do: send, publish, spawn, timers, values of its own.
)";

}  // namespace

std::span<const TemplateFile> actor_template_files() {
  static const std::array files = {TemplateFile{"wit/world.wit", world},
                                   TemplateFile{"wit/deps/actor.wit", as_text(actor_interfaces)},
                                   TemplateFile{"actor.c", program},
                                   TemplateFile{"Makefile", makefile},
                                   TemplateFile{"README.md", readme},
                                   TemplateFile{".gitignore", "*.wasm\ngen/\ncairn-data/\n"}};
  return files;
}

}  // namespace cairn::cli
