# cairn_asmjit: the assembler of the baseline compiler, as an archive. Without it CAIRN_COMPILER is
# switched off for this configuration, as without LLVM.

find_library(CAIRN_ASMJIT_ARCHIVE NAMES libasmjit.a)
find_path(CAIRN_ASMJIT_HEADERS asmjit/x86.h)
if(NOT CAIRN_ASMJIT_ARCHIVE OR NOT CAIRN_ASMJIT_HEADERS)
  message(STATUS "Without the compiled tier: AsmJit was not found (package libasmjit-dev)")
  set(CAIRN_COMPILER OFF)
  return()
endif()

add_library(cairn_asmjit INTERFACE)
target_include_directories(cairn_asmjit SYSTEM INTERFACE "${CAIRN_ASMJIT_HEADERS}")
target_compile_definitions(cairn_asmjit INTERFACE ASMJIT_STATIC)
target_link_libraries(cairn_asmjit INTERFACE "${CAIRN_ASMJIT_ARCHIVE}")
