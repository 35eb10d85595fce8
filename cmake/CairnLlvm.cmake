# cairn_llvm: the archives of LLVM 22 that the compiled tier is linked from. Without them, or on
# another architecture, CAIRN_COMPILER is switched off for this configuration.

set(reason "")
find_program(CAIRN_LLVM_CONFIG NAMES llvm-config-22 llvm-config)
find_library(CAIRN_ZSTD libzstd.a)
find_library(CAIRN_ZLIB libz.a)
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(reason "it exists for x86-64 only")
elseif(NOT CAIRN_LLVM_CONFIG)
  set(reason "llvm-config-22 was not found (package llvm-22-dev)")
elseif(NOT CAIRN_ZSTD OR NOT CAIRN_ZLIB)
  set(reason "libzstd.a and libz.a, which LLVM needs, were not found (packages libzstd-dev, zlib1g-dev)")
else()
  execute_process(COMMAND "${CAIRN_LLVM_CONFIG}" --version OUTPUT_VARIABLE version
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  if(NOT version MATCHES "^22\\.")
    set(reason "it needs LLVM 22, ${CAIRN_LLVM_CONFIG} is version ${version}")
  endif()
endif()
if(reason)
  message(STATUS "Without the compiled tier: ${reason}")
  set(CAIRN_COMPILER OFF)
  return()
endif()

# The archives stand for themselves: what they would drag in as shared libraries (Z3, libxml2) is
# not used by any object that is linked.
execute_process(COMMAND "${CAIRN_LLVM_CONFIG}" --link-static --libfiles
    x86codegen x86desc x86info passes bitreader linker
  OUTPUT_VARIABLE archives OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(archives)
execute_process(COMMAND "${CAIRN_LLVM_CONFIG}" --bindir OUTPUT_VARIABLE LLVM_TOOLS_BINARY_DIR
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(LLVM_VERSION_MAJOR 22)
execute_process(COMMAND "${CAIRN_LLVM_CONFIG}" --includedir OUTPUT_VARIABLE headers
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

add_library(cairn_llvm INTERFACE)
target_include_directories(cairn_llvm SYSTEM INTERFACE "${headers}")
target_link_libraries(cairn_llvm INTERFACE ${archives} "${CAIRN_ZSTD}" "${CAIRN_ZLIB}" m)
