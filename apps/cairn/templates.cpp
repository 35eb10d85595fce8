#include "templates.hpp"

#include <array>

namespace cairn::cli {
namespace {

constexpr std::string_view ignored = "*.wasm\ngen/\nnode_modules/\n";

// ---- Commands ----------------------------------------------------------------------------------

constexpr std::string_view c_command = R"(#include <stdio.h>

int main(int argc, char** argv) {
  printf("Hello from @NAME@, %s!\n", argc > 1 ? argv[1] : "world");
  return 0;
}
)";

constexpr std::string_view cpp_command = R"(#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view who = argc > 1 ? argv[1] : "world";
  std::cout << "Hello from @NAME@, " << who << "!\n";
}
)";

constexpr std::string_view c_command_makefile =
    R"(# `make` builds @NAME@.wasm, a component for WASI 0.2; `make run` runs it.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang-22 clang))
FLAGS := --target=wasm32-wasi -Wno-deprecated -O2 -Wall -Wextra

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: main.c
@TAB@$(CLANG) $(FLAGS) main.c -o $@

run: @NAME@.wasm
@TAB@$(CAIRN) run @NAME@.wasm

clean:
@TAB@rm -f core.wasm @NAME@.wasm

.PHONY: run clean
)";

constexpr std::string_view cpp_command_makefile =
    R"(# `make` builds @NAME@.wasm, a component for WASI 0.2; `make run` runs it.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang++-22 clang++))
FLAGS := --target=wasm32-wasi -Wno-deprecated -std=c++23 -fno-exceptions -O2 -Wall -Wextra

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: main.cpp
@TAB@$(CLANG) $(FLAGS) main.cpp -o $@

run: @NAME@.wasm
@TAB@$(CAIRN) run @NAME@.wasm

clean:
@TAB@rm -f core.wasm @NAME@.wasm

.PHONY: run clean
)";

constexpr std::string_view command_readme = R"(# @NAME@

A command: a component of the world `wasi:cli/command`. It needs clang with a C library for
WebAssembly (on Debian: `clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32`, for C++ also
`libc++-22-dev-wasm32 libc++abi-22-dev-wasm32`) and `cairn`.

    make          # builds @NAME@.wasm
    make run
    cairn run @NAME@.wasm you
    cairn component wit @NAME@.wasm

What it may see of the outside is said when it is run: `cairn run --dir . --env KEY=value @NAME@.wasm`.
)";

// ---- Libraries ---------------------------------------------------------------------------------

constexpr std::string_view library_wit = R"(package local:@NAME@@0.1.0;

/// What the component offers.
interface greeter {
  /// A greeting for somebody.
  greet: func(name: string) -> string;
}

world @NAME@ {
  export greeter;
}
)";

constexpr std::string_view c_library = R"(#include "@ID@.h"

#include <stdlib.h>
#include <string.h>

@ID@_string_t exports_local_@ID@_greeter_greet(@ID@_string_t name) {
  static const char hello[] = "Hello, ";
  @ID@_string_t greeting = {NULL, sizeof hello - 1 + name.len};
  greeting.ptr = malloc(greeting.len);
  if (greeting.ptr == NULL) abort();
  memcpy(greeting.ptr, hello, sizeof hello - 1);
  if (name.len != 0) memcpy(greeting.ptr + sizeof hello - 1, name.ptr, name.len);
  @ID@_string_free(&name);
  return greeting;
}
)";

constexpr std::string_view cpp_library = R"(#include "@ID@.hpp"

std::string exports::local::@ID@::greeter::greet(std::string name) { return "Hello, " + name; }
)";

constexpr std::string_view c_library_makefile =
    R"(# `make` builds @NAME@.wasm, a component that exports what wit/world.wit says.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang-22 clang))
FLAGS := --target=wasm32-wasi -Wno-deprecated -mexec-model=reactor -O2 -Wall -Wextra -Igen

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: gen/@ID@.c library.c
@TAB@$(CLANG) $(FLAGS) gen/@ID@.c library.c -o $@

gen/@ID@.c: wit/world.wit
@TAB@mkdir -p gen
@TAB@$(CAIRN) bindgen c wit -o gen

clean:
@TAB@rm -rf gen core.wasm @NAME@.wasm

.PHONY: clean
)";

constexpr std::string_view cpp_library_makefile =
    R"(# `make` builds @NAME@.wasm, a component that exports what wit/world.wit says.
CAIRN ?= cairn
CLANG ?= $(firstword $(shell command -v clang++-22 clang++))
FLAGS := --target=wasm32-wasi -Wno-deprecated -mexec-model=reactor -std=c++23 -fno-exceptions -O2 -Wall -Wextra -Igen

@NAME@.wasm: core.wasm
@TAB@$(CAIRN) component new core.wasm -o $@

core.wasm: gen/@ID@.cpp library.cpp
@TAB@$(CLANG) $(FLAGS) gen/@ID@.cpp library.cpp -o $@

gen/@ID@.cpp: wit/world.wit
@TAB@mkdir -p gen
@TAB@$(CAIRN) bindgen cpp wit -o gen

clean:
@TAB@rm -rf gen core.wasm @NAME@.wasm

.PHONY: clean
)";

constexpr std::string_view library_readme = R"(# @NAME@

A component that exports the interface in `wit/world.wit`. Change the interface, run `make`, and the
bindings in `gen/` are written anew; the compiler then says what is left to implement. It needs clang
with a C library for WebAssembly (on Debian: `clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32`,
for C++ also `libc++-22-dev-wasm32 libc++abi-22-dev-wasm32`) and `cairn`.

    make                                # builds @NAME@.wasm
    cairn component wit @NAME@.wasm     # what it exports
    cairn component compose app.wasm --plug @NAME@.wasm -o whole.wasm
)";

// ---- JavaScript --------------------------------------------------------------------------------

constexpr std::string_view js_library = R"(export const greeter = {
  greet(name) {
    return `Hello, ${name}`;
  },
};
)";

constexpr std::string_view js_package = R"({
  "name": "@NAME@",
  "version": "0.1.0",
  "private": true,
  "type": "module",
  "devDependencies": {
    "@bytecodealliance/componentize-js": "*"
  }
}
)";

/// `jco componentize` would do the same, with a reader of WIT that does not find files everywhere.
constexpr std::string_view js_build =
    R"(// Puts the program and a JavaScript engine into one component.
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";

const { component } = await componentize(await readFile("library.js", "utf8"), {
  witPath: resolve("wit"),
  worldName: "@NAME@",
});
await writeFile("@NAME@.wasm", component);
)";

constexpr std::string_view js_makefile =
    R"(# `make` builds @NAME@.wasm: the program and the JavaScript engine that runs it.
@NAME@.wasm: library.js build.mjs wit/world.wit node_modules
@TAB@node build.mjs

node_modules: package.json
@TAB@npm install
@TAB@touch node_modules

clean:
@TAB@rm -f @NAME@.wasm

.PHONY: clean
)";

constexpr std::string_view js_readme = R"(# @NAME@

A component in JavaScript that exports the interface in `wit/world.wit`. It needs node with npm; `make`
installs `componentize-js`, which puts the program and a JavaScript engine into one component.

    make                                # builds @NAME@.wasm
    cairn run --invoke 'greet("you")' @NAME@.wasm
    cairn component wit @NAME@.wasm     # what it imports and exports
    cairn component inspect @NAME@.wasm
)";

constexpr std::array c_files = {
    TemplateFile{"main.c", c_command}, TemplateFile{"Makefile", c_command_makefile},
    TemplateFile{"README.md", command_readme}, TemplateFile{".gitignore", ignored}};
constexpr std::array cpp_files = {
    TemplateFile{"main.cpp", cpp_command}, TemplateFile{"Makefile", cpp_command_makefile},
    TemplateFile{"README.md", command_readme}, TemplateFile{".gitignore", ignored}};
constexpr std::array c_library_files = {
    TemplateFile{"wit/world.wit", library_wit}, TemplateFile{"library.c", c_library},
    TemplateFile{"Makefile", c_library_makefile}, TemplateFile{"README.md", library_readme},
    TemplateFile{".gitignore", ignored}};
constexpr std::array cpp_library_files = {
    TemplateFile{"wit/world.wit", library_wit}, TemplateFile{"library.cpp", cpp_library},
    TemplateFile{"Makefile", cpp_library_makefile}, TemplateFile{"README.md", library_readme},
    TemplateFile{".gitignore", ignored}};
constexpr std::array js_files = {
    TemplateFile{"wit/world.wit", library_wit}, TemplateFile{"library.js", js_library},
    TemplateFile{"package.json", js_package},   TemplateFile{"build.mjs", js_build},
    TemplateFile{"Makefile", js_makefile},      TemplateFile{"README.md", js_readme},
    TemplateFile{".gitignore", ignored}};

}  // namespace

std::span<const Template> project_templates() {
  static const std::array all = {
      Template{"c", "a command in C", c_files},
      Template{"cpp", "a command in C++", cpp_files},
      Template{"c-async", "a command in C for WASI 0.3, with streams", async_template_files()},
      Template{"c-library", "a component in C with an interface of its own", c_library_files},
      Template{"cpp-library", "the same in C++", cpp_library_files},
      Template{"c-http", "a component in C that serves HTTP", http_template_files()},
      Template{"c-actor", "an actor in C: with a state, a contract and a chain",
               actor_template_files()},
      Template{"js", "a component in JavaScript, through componentize-js of npm", js_files},
  };
  return all;
}

}  // namespace cairn::cli
