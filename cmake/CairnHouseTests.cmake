# The rules of the house, as tests: the lint is clean and sees what it must, and cairn_library
# refuses what it must.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(Git QUIET)
if(Git_FOUND AND EXISTS "${PROJECT_SOURCE_DIR}/.git")
  add_test(NAME house/lint COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/lint.py")
endif()
add_test(NAME house/lint_sees COMMAND Python3::Interpreter -B
  "${PROJECT_SOURCE_DIR}/tools/lint_test.py")

# house_layers(CASE reason): configuring cmake/tests/layers for the case prints the reason.
function(house_layers case reason)
  add_test(NAME house/layers_${case} COMMAND ${CMAKE_COMMAND} --fresh -G "${CMAKE_GENERATOR}"
    -S "${PROJECT_SOURCE_DIR}/cmake/tests/layers" -B "${PROJECT_BINARY_DIR}/house/${case}"
    -DCASE=${case})
  set_tests_properties(house/layers_${case} PROPERTIES PASS_REGULAR_EXPRESSION "${reason}")
endfunction()

house_layers(good "Configuring done")
house_layers(upward "twin \\(rank 0\\) may not depend on low \\(rank 1\\)")
house_layers(sideways "twin \\(rank 1\\) may not depend on low \\(rank 1\\)")
house_layers(undeclared "low depends on 'high', which is not declared before it")
house_layers(hidden "low \\(rank 1\\) may not depend on high \\(rank 2\\)")
