// The template of a command for WASI 0.3, which works with streams.

#include <array>

#include "templates.hpp"

namespace cairn::cli {
namespace {

constexpr std::string_view wit = R"(package local:@NAME@@0.1.0;

world @NAME@ {
  import wasi:cli/stdout@0.3.0;
  export wasi:cli/run@0.3.0;
}

/// What is used of WASI 0.3.
package wasi:cli@0.3.0 {
  interface types {
    enum error-code { io, illegal-byte-sequence, pipe }
  }

  interface stdout {
    use types.{error-code};
    /// Writes a stream to standard output; the future says how that ended.
    write-via-stream: func(data: stream<u8>) -> future<result<_, error-code>>;
  }

  interface run {
    run: async func() -> result;
  }
}
)";

constexpr std::string_view command = R"(#include "@ID@.h"

#include <string.h>

typedef @ID@_stream_uint8_writer_t output_t;

static bool print(output_t output, const char* text) {
  const size_t size = strlen(text);
  return @ID@_stream_uint8_write(output, (const uint8_t*)text, size) == size;
}

@ID@_result_void_void_t exports_wasi_cli_run_run(void) {
  output_t output;
  const @ID@_future_@ID@_result_void_wasi_cli_types_error_code_t ended =
      wasi_cli_stdout_write_via_stream(@ID@_stream_uint8_new(&output));
  const bool printed = print(output, "Hello") && print(output, " from @NAME@!\n");
  @ID@_stream_uint8_writer_drop(output);

  @ID@_result_void_wasi_cli_types_error_code_t how;
  const bool known = @ID@_future_@ID@_result_void_wasi_cli_types_error_code_read(ended, &how);
  @ID@_future_@ID@_result_void_wasi_cli_types_error_code_drop(ended);
  return (@ID@_result_void_void_t){.is_err = !printed || !known || how.is_err};
}
)";

constexpr std::string_view makefile =
    R"(# `make` builds @NAME@.wasm, a component for WASI 0.3; `make run` runs it.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang-22 clang))
FLAGS := --target=wasm32-wasi -Wno-deprecated -mexec-model=reactor -O2 -Wall -Wextra -Igen

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: gen/@ID@.c main.c
@TAB@$(CLANG) $(FLAGS) gen/@ID@.c main.c -o $@

gen/@ID@.c: wit/world.wit
@TAB@mkdir -p gen
@TAB@$(CAIRN) bindgen c wit -o gen

run: @NAME@.wasm
@TAB@$(CAIRN) run @NAME@.wasm

clean:
@TAB@rm -rf gen core.wasm @NAME@.wasm

.PHONY: run clean
)";

constexpr std::string_view readme = R"(# @NAME@

A command for WASI 0.3: it exports `wasi:cli/run`, and writes to a stream of its own. It needs clang with
a C library for WebAssembly (on Debian: `clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32`) and `cairn`.

    make          # writes the bindings of wit/ to gen/, and builds @NAME@.wasm
    make run

What of WASI the command uses stands in `wit/world.wit`; more of it is in the WIT of
<https://github.com/WebAssembly/WASI>.
)";

constexpr std::array files = {TemplateFile{"wit/world.wit", wit}, TemplateFile{"main.c", command},
                              TemplateFile{"Makefile", makefile}, TemplateFile{"README.md", readme},
                              TemplateFile{".gitignore", "*.wasm\ngen/\n"}};

}  // namespace

std::span<const TemplateFile> async_template_files() { return files; }

}  // namespace cairn::cli
