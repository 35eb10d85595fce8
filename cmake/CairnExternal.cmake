# Libraries from outside, all of them Debian packages (docs/dependencies.md says why each is here).

find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

# The archive: the command is linked statically.
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)

# Cairn::SQLite: its archive, with what that needs of the system.
find_library(CAIRN_SQLITE libsqlite3.a)
find_path(CAIRN_SQLITE_HEADERS sqlite3.h)
if(NOT CAIRN_SQLITE OR NOT CAIRN_SQLITE_HEADERS)
  message(FATAL_ERROR "libsqlite3.a or sqlite3.h was not found (package libsqlite3-dev)")
endif()
find_package(Threads REQUIRED)
add_library(Cairn::SQLite STATIC IMPORTED)
set_target_properties(Cairn::SQLite PROPERTIES IMPORTED_LOCATION "${CAIRN_SQLITE}"
  INTERFACE_INCLUDE_DIRECTORIES "${CAIRN_SQLITE_HEADERS}"
  INTERFACE_LINK_LIBRARIES "Threads::Threads;m;${CMAKE_DL_LIBS}")

# Cairn::Toml: toml++, of which only headers are used.
find_path(CAIRN_TOML_HEADERS toml++/toml.h)
if(NOT CAIRN_TOML_HEADERS)
  message(FATAL_ERROR "toml++/toml.h was not found (package libtomlplusplus-dev)")
endif()
add_library(Cairn::Toml INTERFACE IMPORTED)
set_target_properties(Cairn::Toml PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${CAIRN_TOML_HEADERS}")

# cairn_fmt: {fmt} as a static library (Debian has only the shared one), see cmake/fmt/fmt.cpp.
add_library(cairn_fmt STATIC "${PROJECT_SOURCE_DIR}/cmake/fmt/fmt.cpp")
get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(cairn_fmt SYSTEM PUBLIC ${fmt_headers})

# cairn_llvm: the parts of LLVM that the compiled tier needs, as archives.
if(CAIRN_COMPILER)
  include(CairnLlvm)
endif()
if(CAIRN_COMPILER)
  include(CairnAsmjit)
endif()

if(CAIRN_TESTS AND NOT CAIRN_FUZZ)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(CAIRN_BENCH AND NOT CAIRN_FUZZ AND NOT CAIRN_SANITIZE)
  find_package(benchmark REQUIRED)
endif()

# The standard headers that nearly all sources read. Libraries and tests of which nothing else is
# worth precompiling share one file; see cairn_precompile.
set(CAIRN_PCH_HEADERS <algorithm> <array> <atomic> <bit> <cstdint> <cstring> <expected> <functional>
  <map> <memory> <mutex> <optional> <span> <string> <string_view> <unordered_map> <utility> <variant>
  <vector> <fmt/format.h>)
set(CAIRN_TEST_PCH_HEADERS ${CAIRN_PCH_HEADERS} <gtest/gtest.h>)
if(CAIRN_PCH)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pch/empty.cpp" CONTENT "")
  add_library(cairn_pch OBJECT "${PROJECT_BINARY_DIR}/pch/empty.cpp")
  target_link_libraries(cairn_pch PRIVATE cairn_fmt)
  target_precompile_headers(cairn_pch PRIVATE ${CAIRN_PCH_HEADERS})
  if(CAIRN_TESTS AND NOT CAIRN_FUZZ)
    add_library(cairn_test_pch OBJECT "${PROJECT_BINARY_DIR}/pch/empty.cpp")
    target_link_libraries(cairn_test_pch PRIVATE cairn_fmt GTest::gtest)
    cairn_test_options(cairn_test_pch)
    target_precompile_headers(cairn_test_pch PRIVATE ${CAIRN_TEST_PCH_HEADERS})
  endif()
endif()
