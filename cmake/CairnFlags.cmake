# Compiler and linker flags that hold for every target.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 22)
  # The interpreter rests on preserve_none and musttail, which only Clang has in this form.
  message(FATAL_ERROR "Cairn is built with clang 22 or newer (use a preset, or ./dev build); "
    "found ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_COLOR_DIAGNOSTICS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# -pthread stands here, and not on single targets, so that all share one precompiled header.
add_compile_options(-pthread -fno-plt -ffunction-sections -fdata-sections)
add_link_options(-pthread -fuse-ld=lld -Wl,--gc-sections)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  # SSE4.1 carries most of WebAssembly's SIMD; every x86-64 machine since 2009 has it.
  add_compile_options(-march=x86-64-v2)
endif()

add_compile_options(
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wimplicit-fallthrough -Wextra-semi
  "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Woverloaded-virtual>"
  -Werror)

if(CAIRN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CAIRN_SANITIZE)
  add_compile_options(-fsanitize=${CAIRN_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CAIRN_SANITIZE})
  # Not part of "undefined" in clang.
  if(CAIRN_SANITIZE MATCHES "undefined")
    add_compile_options(-fsanitize=float-cast-overflow -fno-sanitize-recover=float-cast-overflow)
  endif()
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

# A compiler cache, where there is one, makes a second build directory nearly free.
if(NOT CMAKE_CXX_COMPILER_LAUNCHER OR CMAKE_CXX_COMPILER_LAUNCHER STREQUAL "ccache")
  find_program(CAIRN_CCACHE ccache)
  if(CAIRN_CCACHE)
    # ccache(1), "Precompiled headers": these two settings and -fno-pch-timestamp are required.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CAIRN_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    if(CAIRN_PCH)
      add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
    endif()
  endif()
endif()
