// What `machine.c` does with handles, which it keeps from one message to the next.

static wasi_io_streams_output_stream_own_t out;
static wasi_io_poll_pollable_own_t slots[200];
static bool is_open, is_taken[200];

static void print(const char* words) {
  if (!is_open) out = wasi_cli_stdout_get_stdout();
  is_open = true;
  const NAME(list_uint8_t) bytes = {(uint8_t*)words, strlen(words)};
  wasi_io_streams_output_stream_blocking_write_and_flush(wasi_io_streams_output_stream_borrow(out),
                                                         bytes);
}

#ifdef OPENS_EARLY
/// As constructors of C++ may.
__attribute__((constructor)) static void open_early(void) {
  out = wasi_cli_stdout_get_stdout();
  is_open = true;
}
#endif

/// Pollables of moments, by slots.
static void wait_in_slots(step_t* step, const words_t* words) {
  const size_t at = (size_t)parse(words->word[1]) % 200;
  if (is(words, "wait") && !is_taken[at]) {
    slots[at] = wasi_clocks_monotonic_clock_subscribe_duration((uint64_t)parse(words->word[2]));
    is_taken[at] = true;
    say(step, number(slots[at].handle));
  }
  if (is(words, "ready") && is_taken[at])
    say(step, number(wasi_io_poll_pollable_ready(wasi_io_poll_pollable_borrow(slots[at]))));
  if (is(words, "sleep") && is_taken[at])
    wasi_io_poll_pollable_block(wasi_io_poll_pollable_borrow(slots[at]));
  if (is(words, "forget") && is_taken[at]) {
    wasi_io_poll_pollable_drop(slots[at]);
    is_taken[at] = false;
  }
}

static void use_handles(step_t* step, const words_t* words) {
  wait_in_slots(step, words);
  if (is(words, "print")) print(words->word[1]);
  if (is(words, "close") && is_open) {
    wasi_io_streams_output_stream_drop(out);
    is_open = false;
  }
  if (is(words, "check"))
    wasi_io_streams_output_stream_check_write(wasi_io_streams_output_stream_borrow(out));
  if (is(words, "allowed")) {
    // Without having asked in this message.
    wasi_io_streams_output_stream_borrow_t to = wasi_io_streams_output_stream_borrow(out);
    const NAME(list_uint8_t) bytes = {(uint8_t*)"some\n", 5};
    say(step, number(wasi_io_streams_output_stream_write(to, bytes).is_err));
  }
  if (is(words, "watch") && is_open && !is_taken[199]) {
    slots[199] = wasi_io_streams_output_stream_subscribe(wasi_io_streams_output_stream_borrow(out));
    is_taken[199] = true;
  }
  if (is(words, "churn")) {
    wasi_io_poll_pollable_own_t some[3];
    for (int i = 0; i < 3; ++i) some[i] = wasi_clocks_monotonic_clock_subscribe_duration(1);
    for (int i = 0; i < 3; ++i) wasi_io_poll_pollable_drop(some[i]);
  }
  if (is(words, "leak"))
    for (int64_t left = parse(words->word[1]); left > 0; --left)
      wasi_clocks_monotonic_clock_subscribe_duration(1);
  if (is(words, "fields")) wasi_http_types_fields_create();
  if (is(words, "fields-briefly")) wasi_http_types_fields_drop(wasi_http_types_fields_create());
}
