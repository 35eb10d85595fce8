# Runs the command after `--` with INPUT as standard input and compares its standard output with the
# file EXPECTED and its exit code with EXIT. SCRATCH is emptied first.
file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")

set(command "")
set(seen_separator FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(seen_separator)
    list(APPEND command "${CMAKE_ARGV${i}}")
  elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
    set(seen_separator TRUE)
  endif()
endforeach()

execute_process(COMMAND ${command} INPUT_FILE "${INPUT}" RESULT_VARIABLE code
  OUTPUT_VARIABLE output ERROR_VARIABLE errors)

file(READ "${EXPECTED}" expected)
if(NOT "${code}" STREQUAL "${EXIT}")
  message(FATAL_ERROR "exit code ${code}, expected ${EXIT}\n--- output\n${output}\n"
    "--- errors\n${errors}")
endif()
if(NOT "${output}" STREQUAL "${expected}")
  message(FATAL_ERROR "the output differs from ${EXPECTED}\n--- output\n${output}\n"
    "--- expected\n${expected}\n--- errors\n${errors}")
endif()
if(NOT EXIT EQUAL 0 AND expected STREQUAL "" AND errors STREQUAL "")
  message(FATAL_ERROR "the program failed without a word")
endif()
