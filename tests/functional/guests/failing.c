// Implements the world `failing` of errors.wit.

#include "failing.h"

#include <stdlib.h>

failing_result_uint32_failing_error_context_t exports_test_errors_failures_fail(
    failing_string_t message) {
  failing_result_uint32_failing_error_context_t result = {.is_err = true};
  result.val.err = failing_error_context_new(message);
  failing_string_free(&message);
  return result;
}

failing_error_context_t exports_test_errors_failures_echo(failing_error_context_t e) { return e; }

failing_list_exports_test_errors_failures_failure_t exports_test_errors_failures_all(
    failing_list_failing_error_context_t l) {
  failing_list_exports_test_errors_failures_failure_t result = {
      malloc(l.len * sizeof *result.ptr), l.len};
  for (size_t i = 0; i < l.len; ++i) {
    result.ptr[i].number = i;
    result.ptr[i].why = l.ptr[i];
  }
  free(l.ptr);
  return result;
}

failing_string_t exports_test_errors_failures_text(failing_error_context_t e) {
  failing_string_t message = failing_error_context_debug_message(e);
  failing_error_context_free(&e);
  return message;
}
