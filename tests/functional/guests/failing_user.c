// Implements the world `failing-user` of errors.wit.

#include "failing_user.h"

/// Errors go there and come back so often, and each is freed: the text of the last one.
failing_user_string_t exports_failing_user_run(uint32_t rounds) {
  failing_user_string_t text = {NULL, 0};
  for (uint32_t i = 0; i < rounds; ++i) {
    failing_user_string_free(&text);
    const failing_user_string_t message = {(char*)"it broke", 8};
    failing_user_error_context_t one = test_errors_failures_fail(message).val.err;
    failing_user_error_context_t two = test_errors_failures_echo(one);
    failing_user_error_context_t both[] = {one, two};
    failing_user_list_test_errors_failures_failure_t told =
        test_errors_failures_all((failing_user_list_failing_user_error_context_t){both, 2});
    text = test_errors_failures_text(told.ptr[1].why);
    failing_user_list_test_errors_failures_failure_free(&told);
    failing_user_error_context_free(&one);
    failing_user_error_context_free(&two);
  }
  return text;
}
