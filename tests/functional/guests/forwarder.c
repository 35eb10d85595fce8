// Implements the world `forwarder` of echo.wit: hands everything on to what it imports. The types
// of the imported and of the exported interface have the same layout.

#include "forwarder.h"

#include <stdlib.h>
#include <string.h>

#define AS(type, value)               \
  ({                                  \
    type as_;                         \
    memcpy(&as_, &value, sizeof as_); \
    as_;                              \
  })

double exports_test_echo_values_scalars(bool a, int8_t b, uint8_t c, int16_t d, uint16_t e,
                                        int32_t f, uint32_t g, int64_t h, uint64_t i, float j,
                                        double k, uint32_t l) {
  return test_echo_values_scalars(a, b, c, d, e, f, g, h, i, j, k, l);
}

forwarder_string_t exports_test_echo_values_text(forwarder_string_t s) {
  const forwarder_string_t result = test_echo_values_text(s);
  forwarder_string_free(&s);
  return result;
}

forwarder_list_exports_test_echo_values_point_t exports_test_echo_values_points(
    forwarder_list_exports_test_echo_values_point_t l) {
  forwarder_list_test_echo_values_point_t result =
      test_echo_values_points(AS(forwarder_list_test_echo_values_point_t, l));
  forwarder_list_exports_test_echo_values_point_free(&l);
  return AS(forwarder_list_exports_test_echo_values_point_t, result);
}

exports_test_echo_values_shape_t exports_test_echo_values_shapes(
    exports_test_echo_values_shape_t s) {
  test_echo_values_shape_t result = test_echo_values_shapes(AS(test_echo_values_shape_t, s));
  exports_test_echo_values_shape_free(&s);
  return AS(exports_test_echo_values_shape_t, result);
}

forwarder_result_forwarder_option_uint32_forwarder_string_t exports_test_echo_values_maybe(
    forwarder_option_exports_test_echo_values_shape_t o) {
  const forwarder_result_forwarder_option_uint32_forwarder_string_t result =
      test_echo_values_maybe(AS(forwarder_option_test_echo_values_shape_t, o));
  forwarder_option_exports_test_echo_values_shape_free(&o);
  return result;
}

exports_test_echo_values_everything_t exports_test_echo_values_all(
    exports_test_echo_values_everything_t e) {
  test_echo_values_everything_t result = test_echo_values_all(AS(test_echo_values_everything_t, e));
  exports_test_echo_values_everything_free(&e);
  return AS(exports_test_echo_values_everything_t, result);
}

forwarder_tuple2_exports_test_echo_values_color_exports_test_echo_values_rights_t
exports_test_echo_values_colors(exports_test_echo_values_color_t c,
                                exports_test_echo_values_rights_t r) {
  forwarder_tuple2_test_echo_values_color_test_echo_values_rights_t result =
      test_echo_values_colors(c, r);
  return AS(forwarder_tuple2_exports_test_echo_values_color_exports_test_echo_values_rights_t,
            result);
}

forwarder_result_void_void_t exports_test_echo_values_void_result(bool ok) {
  return test_echo_values_void_result(ok);
}

void exports_test_echo_values_nothing(void) { test_echo_values_nothing(); }

/// Two counters from `start` and from 10; what they give one after another, then joined.
forwarder_list_uint32_t exports_forwarder_use_counters(uint32_t start) {
  typedef test_echo_counters_counter_own_t counter;
  uint32_t starts[] = {10, 20};
  forwarder_list_test_echo_counters_counter_own_t made =
      test_echo_counters_make((forwarder_list_uint32_t){starts, 2});
  counter own = test_echo_counters_counter_create(start);
  forwarder_list_uint32_t result = {malloc(4 * sizeof(uint32_t)), 4};
  result.ptr[0] = test_echo_counters_counter_next(test_echo_counters_counter_borrow(own));
  result.ptr[1] = test_echo_counters_counter_next(test_echo_counters_counter_borrow(own));
  result.ptr[2] = test_echo_counters_counter_next(test_echo_counters_counter_borrow(made.ptr[0]));
  own = test_echo_counters_counter_join(own, test_echo_counters_counter_borrow(made.ptr[1]));
  result.ptr[3] = test_echo_counters_counter_next(test_echo_counters_counter_borrow(own));
  test_echo_counters_counter_drop(own);
  forwarder_list_test_echo_counters_counter_own_free(&made);
  return result;
}
