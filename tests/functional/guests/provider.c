// Implements the world `provider` of echo.wit: gives back what it gets.

#include "provider.h"

#include <stdlib.h>

double exports_test_echo_values_scalars(bool a, int8_t b, uint8_t c, int16_t d, uint16_t e,
                                        int32_t f, uint32_t g, int64_t h, uint64_t i, float j,
                                        double k, uint32_t l) {
  return a + b + c + d + e + f + g + (double)h + (double)i + (double)j + k + l;
}

provider_string_t exports_test_echo_values_text(provider_string_t s) { return s; }

provider_list_exports_test_echo_values_point_t exports_test_echo_values_points(
    provider_list_exports_test_echo_values_point_t l) {
  return l;
}

exports_test_echo_values_shape_t exports_test_echo_values_shapes(
    exports_test_echo_values_shape_t s) {
  return s;
}

/// none: an error with a text; a shape: its tag; `none` among the shapes: no number.
provider_result_provider_option_uint32_provider_string_t exports_test_echo_values_maybe(
    provider_option_exports_test_echo_values_shape_t o) {
  provider_result_provider_option_uint32_provider_string_t result = {.is_err = !o.is_some};
  if (!o.is_some) {
    result.val.err.ptr = malloc(7);
    result.val.err.len = 7;
    __builtin_memcpy(result.val.err.ptr, "nothing", 7);
    return result;
  }
  result.val.ok.is_some = o.val.tag != EXPORTS_TEST_ECHO_VALUES_SHAPE_NONE;
  result.val.ok.val = o.val.tag;
  provider_option_exports_test_echo_values_shape_free(&o);
  return result;
}

exports_test_echo_values_everything_t exports_test_echo_values_all(
    exports_test_echo_values_everything_t e) {
  return e;
}

provider_tuple2_exports_test_echo_values_color_exports_test_echo_values_rights_t
exports_test_echo_values_colors(exports_test_echo_values_color_t c,
                                exports_test_echo_values_rights_t r) {
  return (provider_tuple2_exports_test_echo_values_color_exports_test_echo_values_rights_t){c, r};
}

provider_result_void_void_t exports_test_echo_values_void_result(bool ok) {
  return (provider_result_void_void_t){.is_err = !ok};
}

void exports_test_echo_values_nothing(void) {}

// ---- Counters ----------------------------------------------------------------------------------

typedef exports_test_echo_counters_counter_own_t own_counter;

struct exports_test_echo_counters_counter_t {
  uint32_t value;
};

own_counter exports_test_echo_counters_counter_create(uint32_t start) {
  exports_test_echo_counters_counter_t* const rep = malloc(sizeof *rep);
  rep->value = start;
  return exports_test_echo_counters_counter_new(rep);
}

uint32_t exports_test_echo_counters_counter_next(exports_test_echo_counters_counter_borrow_t self) {
  return self->value++;
}

own_counter exports_test_echo_counters_counter_join(own_counter a,
                                                    exports_test_echo_counters_counter_borrow_t b) {
  exports_test_echo_counters_counter_rep(a)->value += b->value;
  return a;
}

void exports_test_echo_counters_counter_destructor(exports_test_echo_counters_counter_t* rep) {
  free(rep);
}

provider_list_exports_test_echo_counters_counter_own_t exports_test_echo_counters_make(
    provider_list_uint32_t starts) {
  provider_list_exports_test_echo_counters_counter_own_t counters = {
      malloc(starts.len * sizeof(own_counter)), starts.len};
  for (size_t i = 0; i < starts.len; ++i) {
    counters.ptr[i] = exports_test_echo_counters_counter_create(starts.ptr[i]);
  }
  provider_list_uint32_free(&starts);
  return counters;
}
