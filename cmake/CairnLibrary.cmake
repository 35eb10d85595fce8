# cairn_library: one layer = one folder, one library, one include root, one rank.
#
#   cairn_library(<name> LAYER <rank>
#     [DEPENDS <layer or target>…]          # seen by users of the layer
#     [PRIVATE_DEPENDS <layer or target>…]  # used by src/ only
#     [TEST_DEPENDS …] [FUZZ_DEPENDS …] [BENCH_DEPENDS …]
#     [PCH <header>…])                      # the layer's large headers: precompiled for it and its tests
#
# Sources are found: src/**/*.cpp, tests src/**/*.test.cpp (one binary, cairn_<name>_tests), fuzz
# targets fuzz/*.cpp (one binary each, fuzz_<name>_<stem>), benchmarks bench/*.bench.cpp (one
# binary, bench_<name>). A dependency without "::" is a layer; it must be declared already and have
# a lower rank, else the configuration fails.

set_property(GLOBAL PROPERTY CAIRN_DECLARED_LAYERS "")

# Turns layer names into targets and refuses a link that goes up or sideways.
function(cairn_resolve_depends out name rank)
  set(targets "")
  foreach(dependency IN LISTS ARGN)
    string(REGEX REPLACE "^cairn::" "" layer "${dependency}")
    if(layer MATCHES "::" OR layer STREQUAL "cairn_fmt")
      list(APPEND targets ${layer})
      continue()
    endif()
    if(NOT TARGET cairn_${layer})
      message(FATAL_ERROR "${name} depends on '${layer}', which is not declared before it "
        "(see CAIRN_LAYERS in CMakeLists.txt)")
    endif()
    get_target_property(below cairn_${layer} CAIRN_RANK)
    if(NOT below LESS rank)
      message(FATAL_ERROR "${name} (rank ${rank}) may not depend on ${layer} (rank ${below}): "
        "links point down, never up and never sideways (docs/ARCHITECTURE.md)")
    endif()
    list(APPEND targets cairn_${layer})
  endforeach()
  set(${out} "${targets}" PARENT_SCOPE)
endfunction()

function(cairn_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LAYER"
    "DEPENDS;PRIVATE_DEPENDS;TEST_DEPENDS;FUZZ_DEPENDS;BENCH_DEPENDS;PCH")
  if(arg_UNPARSED_ARGUMENTS OR NOT DEFINED arg_LAYER)
    message(FATAL_ERROR "cairn_library(${name}): wrong arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  cairn_resolve_depends(public ${name} ${arg_LAYER} ${arg_DEPENDS})
  cairn_resolve_depends(private ${name} ${arg_LAYER} ${arg_PRIVATE_DEPENDS})

  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/*.hpp")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp")
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/*.test.cpp")
  list(REMOVE_ITEM sources ${tests} "")

  set(target cairn_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_include_directories(${target} PRIVATE src)
    target_link_libraries(${target} PUBLIC ${public} PRIVATE ${private})
    cairn_precompile(${target} ${arg_PCH})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${public} ${private})
  endif()
  add_library(cairn::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES CAIRN_RANK ${arg_LAYER}
    VERIFY_INTERFACE_HEADER_SETS "${CMAKE_VERIFY_INTERFACE_HEADER_SETS}")
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_include_directories(${target} ${scope} include)
  set_property(GLOBAL APPEND PROPERTY CAIRN_DECLARED_LAYERS ${name})

  if(CAIRN_FUZZ)
    cairn_fuzz_targets(${name} ${arg_FUZZ_DEPENDS})
    return()
  endif()
  if(CAIRN_TESTS AND tests)
    cairn_test(cairn_${name}_tests SOURCES ${tests} DEPENDS ${target} ${private}
      ${arg_TEST_DEPENDS} PCH ${arg_PCH})
    target_include_directories(cairn_${name}_tests PRIVATE src)
  endif()
  if(TARGET benchmark::benchmark_main)
    cairn_benchmarks(${name} ${arg_BENCH_DEPENDS})
  endif()
endfunction()

# cairn_precompile(<target> [TESTS] [<header>…]): the standard headers, and these, are read once for
# all sources of the target. Sources still include what they use: -DCAIRN_PCH=OFF builds too.
function(cairn_precompile target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TESTS" "" "")
  if(NOT CAIRN_PCH)
    return()
  endif()
  set(shared cairn_pch)
  set(headers ${CAIRN_PCH_HEADERS})
  if(arg_TESTS)
    set(shared cairn_test_pch)
    set(headers ${CAIRN_TEST_PCH_HEADERS})
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    target_precompile_headers(${target} PRIVATE ${headers} ${arg_UNPARSED_ARGUMENTS})
  else()
    target_precompile_headers(${target} REUSE_FROM ${shared})
  endif()
endfunction()

# What is tested is optimised; the tests themselves are run once, and not.
function(cairn_test_options target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# cairn_test(<target> SOURCES … DEPENDS … [TIMEOUT seconds] [PCH …]): a gtest binary, one ctest per
# test. Its sources know CAIRN_TESTSUITES (folder), CAIRN_BINARY (the command) and CAIRN_SOURCE_DIR.
function(cairn_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPENDS;PCH")
  if(NOT TARGET GTest::gtest_main)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_DEPENDS} cairn_fmt GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE
    CAIRN_TESTSUITES="${CAIRN_TESTSUITES}"
    CAIRN_BINARY="${PROJECT_BINARY_DIR}/cairn"
    CAIRN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  cairn_test_options(${target})
  cairn_precompile(${target} TESTS ${arg_PCH})
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${target}/"
    PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()

# The target cairn_fuzz is all of them.
function(cairn_fuzz_targets name)
  if(NOT TARGET cairn_fuzz)
    add_custom_target(cairn_fuzz)
  endif()
  file(GLOB targets CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*.cpp")
  foreach(source IN LISTS targets)
    get_filename_component(stem "${source}" NAME_WE)
    set(target fuzz_${name}_${stem})
    add_executable(${target} ${source})
    target_include_directories(${target} PRIVATE src)
    target_link_libraries(${target} PRIVATE cairn_${name} ${ARGN} cairn_fmt)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_dependencies(cairn_fuzz ${target})
    set_target_properties(${target} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
  endforeach()
endfunction()

function(cairn_benchmarks name)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/bench/*.bench.cpp")
  if(sources)
    add_executable(bench_${name} ${sources})
    target_include_directories(bench_${name} PRIVATE src "${PROJECT_SOURCE_DIR}/bench")
    target_link_libraries(bench_${name} PRIVATE cairn_${name} ${ARGN} cairn_fmt
      benchmark::benchmark_main)
  endif()
endfunction()

# Links can also be made behind cairn_library's back: look at every layer once more at the end.
function(cairn_check_layers)
  get_property(layers GLOBAL PROPERTY CAIRN_DECLARED_LAYERS)
  foreach(layer IN LISTS layers)
    get_target_property(rank cairn_${layer} CAIRN_RANK)
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_target_property(links cairn_${layer} ${property})
      foreach(link IN LISTS links)
        string(REGEX REPLACE "^(\\$<LINK_ONLY:)?(cairn::|cairn_)?([a-z0-9_]+)>?$" "\\3" below
          "${link}")
        if(below IN_LIST layers)
          cairn_resolve_depends(ignored ${layer} ${rank} ${below})
        endif()
      endforeach()
    endforeach()
  endforeach()
endfunction()
