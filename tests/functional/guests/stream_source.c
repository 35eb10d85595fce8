// Gives and takes streams and futures, maps and reasons.
#include "stream_source.h"

#include <stdlib.h>
#include <string.h>

typedef stream_source_tuple2_stream_source_stream_uint32_stream_source_future_uint64_t counting;

void exports_test_streams_numbers_count_up(uint32_t count) {
  stream_source_stream_uint32_writer_t numbers;
  stream_source_future_uint64_writer_t read;
  counting result;
  result.f0 = stream_source_stream_uint32_new(&numbers);
  result.f1 = stream_source_future_uint64_new(&read);
  exports_test_streams_numbers_count_up_return(result);
  uint64_t total = 0;
  for (uint32_t next = 0; next < count;) {
    uint32_t some[100];
    uint32_t size = 0;
    while (size < 100 && next < count) some[size++] = next++;
    const size_t taken = stream_source_stream_uint32_write(numbers, some, size);
    total += taken;
    if (taken < size) break;
  }
  stream_source_stream_uint32_writer_drop(numbers);
  stream_source_future_uint64_write(read, &total);
  stream_source_future_uint64_writer_drop(read);
}

stream_source_tuple2_uint64_stream_source_option_stream_source_string_t
exports_test_streams_numbers_measure(stream_source_stream_stream_source_string_t words) {
  stream_source_tuple2_uint64_stream_source_option_stream_source_string_t measured = {0};
  stream_source_string_t some[3];
  size_t size;
  while ((size = stream_source_stream_stream_source_string_read(words, some, 3)) > 0) {
    for (size_t i = 0; i < size; ++i) {
      measured.f0 += some[i].len;
      if (measured.f1.is_some) {
        stream_source_string_free(&some[i]);
      } else {
        measured.f1.is_some = true;
        measured.f1.val = some[i];
      }
    }
  }
  stream_source_stream_stream_source_string_drop(words);
  return measured;
}

uint32_t exports_test_streams_numbers_successor(stream_source_future_uint32_t number) {
  uint32_t value = 0;
  const bool came = stream_source_future_uint32_read(number, &value);
  stream_source_future_uint32_drop(number);
  return came ? value + 1 : 0;
}

stream_source_map_stream_source_string_uint32_t exports_test_streams_numbers_invert(
    stream_source_map_uint32_stream_source_string_t names) {
  stream_source_map_stream_source_string_uint32_t inverted = {NULL, names.len};
  if (names.len == 0) return inverted;
  inverted.ptr = malloc(names.len * sizeof *inverted.ptr);
  if (inverted.ptr == NULL) abort();
  for (size_t i = 0; i < names.len; ++i) {
    inverted.ptr[i].key = names.ptr[i].value;
    inverted.ptr[i].value = names.ptr[i].key;
  }
  free(names.ptr);
  return inverted;
}
