// Reads what another component counts.
#include "stream_user.h"

stream_user_tuple2_uint64_uint64_t exports_stream_user_run(uint32_t count, uint32_t unread) {
  stream_user_tuple2_stream_user_stream_uint32_stream_user_future_uint64_t counting =
      test_streams_numbers_count_up(count);
  stream_user_tuple2_uint64_uint64_t result = {0};
  uint32_t left = count - unread;
  uint32_t some[64];
  while (left > 0) {
    const size_t size =
        stream_user_stream_uint32_read(counting.f0, some, left < 64 ? left : 64);
    if (size == 0) break;
    for (size_t i = 0; i < size; ++i) result.f0 += some[i];
    left -= size;
  }
  stream_user_stream_uint32_drop(counting.f0);
  stream_user_future_uint64_read(counting.f1, &result.f1);
  stream_user_future_uint64_drop(counting.f1);
  return result;
}
