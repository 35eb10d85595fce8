# What a user may choose. Everything has a default that works.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

set(CAIRN_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, for instance address,undefined")
option(CAIRN_FUZZ "Build the libFuzzer targets in place of the tests" OFF)
option(CAIRN_TESTS "Build the unit tests" ON)
option(CAIRN_BENCH "Build the micro-benchmarks" ON)
option(CAIRN_STATIC "Link the cairn command without shared libraries" ON)
option(CAIRN_COMPILER "Build the compiled tier (needs LLVM 22; x86-64 only)" ON)
option(CAIRN_PCH "Precompile the standard and test headers" ON)

# The official suites are data from outside: where the environment says, a sibling folder, or what
# `./dev setup` fetched.
set(CAIRN_TESTSUITES_FETCHED "${PROJECT_SOURCE_DIR}/build/testsuites")
get_filename_component(default_testsuites "${PROJECT_SOURCE_DIR}/../shared/testsuites" ABSOLUTE)
if(DEFINED ENV{CAIRN_TESTSUITES})
  set(default_testsuites "$ENV{CAIRN_TESTSUITES}")
elseif(NOT EXISTS "${default_testsuites}")
  set(default_testsuites "${CAIRN_TESTSUITES_FETCHED}")
endif()
set(CAIRN_TESTSUITES "${default_testsuites}" CACHE PATH
  "Folder of the official WebAssembly and WASI test suites")

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_BINARY_DIR)
  message(FATAL_ERROR "Build outside the source folder: ./dev build")
endif()
